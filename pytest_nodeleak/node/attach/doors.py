"""The inspector of a program that runs: found, or opened by SIGUSR1."""

from __future__ import annotations

import http.client
import ipaddress
import json
import re
import signal
import socket
import sys
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ...base.deadline import Deadline
from ...base.errors import AttachError, hide_ours
from ..process.looks import (
    arguments_of,
    catches,
    checked_process,
    in_another_network,
    is_young,
    listening_ports,
    option_of,
    owner_of_port,
    send,
)

__all__ = ["Door", "door_at", "door_of", "door_of_url"]

__tracebackhide__ = hide_ours

USUAL_PORT = 9229
#: seconds that Node gets to open its inspector; it does in a tenth, when its event loop turns
_OPENING = 10.0
#: seconds after which the signal is sent once more
_AGAIN = 2.0
_ANSWER = 2.0
_BOOTING = 5.0


@dataclass(frozen=True)
class Door:
    """The address of an inspector; ``opened``: by us, so that it is ours to close again.

    ``listens_at`` is the address that its program listens at, as far as that is known.
    """

    url: str
    opened: bool = False
    pid: int | None = None
    listens_at: str = ""

    @property
    def exposed_at(self) -> str:
        """Where other machines may reach it; "" if only this one can."""
        address = self.listens_at or urlsplit(self.url).hostname or ""
        try:
            return "" if ipaddress.ip_address(address).is_loopback else address
        except ValueError:
            return ""  # a name: that of this machine, or of a forwarded port


def door_of_url(url: str) -> Door:
    """The address itself. Raises AttachError if it is none."""
    try:
        parts = urlsplit(url)
    except ValueError:  # '[x' is no IPv6 address
        parts = urlsplit("")
    if parts.scheme in ("http", "https", "") or not parts.path.strip("/"):
        address = parts.netloc or url.strip("/")
        if parts.scheme in ("http", "ws") and parts.netloc:
            return door_at(address)
    if parts.scheme != "ws" or not parts.netloc:
        raise AttachError(
            f"'{url}' is no inspector address; it looks like ws://127.0.0.1:9229/0f2c936f-..., as "
            "Node prints it and http://HOST:PORT/json/list shows it"
        )
    return Door(url)


def door_at(address: str, deadline: Deadline | None = None) -> Door:
    """The one target of the inspector at ``HOST:PORT`` (or ``PORT``). Raises AttachError."""
    host, port = _host_and_port(address)
    targets = _targets(host, port, deadline or Deadline(_ANSWER))
    if isinstance(targets, str):
        raise AttachError(f"no inspector answers at {host}:{port}: {targets}")
    return Door(_only(targets, host, port))


def _host_and_port(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    host = host.strip("[]") or "127.0.0.1"
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise AttachError(f"'{address}' is no HOST:PORT, such as 127.0.0.1:9229")
    try:
        # Node's inspector refuses names other than localhost, against DNS rebinding.
        found = socket.getaddrinfo(host, int(port), type=socket.SOCK_STREAM)
    except OSError as error:
        raise AttachError(f"host '{host}' is not known: {error}") from None
    return str(found[0][4][0]), int(port)


def door_of(pid: int) -> Door:
    """The inspector of a process, opened if it is not. Raises AttachError with what hinders."""
    checked_process(pid)
    if in_another_network(pid):
        raise AttachError(
            f"process {pid} has a network of its own (a container?): its inspector cannot be "
            "reached from here; run nodeleak in there, or forward its port and give --inspect"
        )
    arguments = arguments_of(pid)
    ports = listening_ports(pid)
    likely = [port for port in (_given_port(arguments), USUAL_PORT) if port in ports]
    for port in dict.fromkeys(likely):
        url = _asked(ports[port], port)
        if url:
            return Door(url, pid=pid, listens_at=ports[port])
    return _opened(pid, arguments, set(ports))


def _given_port(arguments: list[str]) -> int:
    """Where its inspector is to listen; 0: at any port that is free."""
    for name in ("inspect-port", "inspect", "inspect-brk", "inspect-wait", "debug-port"):
        value = option_of(arguments, name)
        found = re.search(r"(\d+)$", value or "")
        if found:
            return int(found[1])
    return USUAL_PORT


def _opened(pid: int, arguments: list[str], before: set[int]) -> Door:
    """Let Node open its inspector."""
    if sys.platform == "win32":
        raise AttachError(
            f"the inspector of process {pid} is not open, and Windows has no signal to open it: "
            f'run `node -e "process._debugProcess({pid})"` and give --inspect 127.0.0.1:9229'
        )
    young = Deadline(_BOOTING)
    while catches(pid, signal.SIGUSR1) is False and is_young(pid) and not young.expired:
        time.sleep(0.02)  # Node sets its handler while it boots
    if catches(pid, signal.SIGUSR1) is False:
        # Without a handler the signal would end it.
        raise AttachError(
            f"process {pid} does not heed SIGUSR1: it was started with --disable-sigusr1, or its "
            "inspector is switched off; start it with --inspect=127.0.0.1:0 instead"
        )
    deadline, again = Deadline(_OPENING), Deadline(0)
    while not deadline.expired:
        if again.expired:
            # One that comes while an inspector is being closed is lost; one more is harmless.
            send(pid, signal.SIGUSR1)
            again = Deadline(_AGAIN)
        ports = listening_ports(pid)
        for port in sorted(set(ports) - before):
            url = _asked(ports[port], port)
            if url:
                return Door(url, opened=True, pid=pid, listens_at=ports[port])
        time.sleep(0.02)
    # Open before, on a port that nothing told of: asked last, for it may be the program's own.
    for port, address in sorted(listening_ports(pid).items()):
        url = _asked(address, port)
        if url:
            return Door(url, pid=pid, listens_at=address)
    raise AttachError(_why_closed(pid, arguments))


def _why_closed(pid: int, arguments: list[str]) -> str:
    failed = f"process {pid} did not open its inspector within {_OPENING:g} s of SIGUSR1"
    port = _given_port(arguments)
    owner = owner_of_port(port) if port else None
    if owner is not None and owner != pid:
        return (
            f"{failed}: its port {port} is taken by process {owner}; end that one's debugging, or "
            f"start this one with --inspect-port=0"
        )
    if any("permission" in argument for argument in arguments):
        return f"{failed}: Node's permission model, which it runs under, switches it off"
    return (
        f"{failed}: it has a handler of its own for SIGUSR1, or its main thread is busy or "
        "stopped; start it with --inspect=127.0.0.1:0, or try --via signal"
    )


def _asked(address: str, port: int) -> str:
    """The address of the target there; "" if no inspector answers."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address)
    targets = _targets(host, port, Deadline(_ANSWER))
    return "" if isinstance(targets, str) else _only(targets, host, port)


def _targets(host: str, port: int, deadline: Deadline) -> list[dict[str, Any]] | str:
    """What ``/json/list`` tells, or why it tells nothing."""
    connection = http.client.HTTPConnection(host, port, timeout=deadline.timeout(_ANSWER))
    try:
        connection.request("GET", "/json/list")
        answer = json.loads(connection.getresponse().read(1 << 20))
    except TimeoutError:
        return "nothing within the time (is the program stopped?)"
    except ValueError:
        return "what answers there is no inspector"
    except (OSError, http.client.HTTPException) as error:
        return str(error) or type(error).__name__
    finally:
        connection.close()
    if not isinstance(answer, list) or not all(isinstance(item, dict) for item in answer):
        return "what answers there is no inspector"
    targets = [item for item in answer if item.get("webSocketDebuggerUrl")]
    if answer and not targets:
        return "somebody else is connected to its only target (a debugger that lets no other in)"
    return targets or "it lists no target"


def _only(targets: list[dict[str, Any]], host: str, port: int) -> str:
    """The address of the one target, at the host and port that we came by."""
    if len(targets) > 1:
        named = "; ".join(
            f"{item['webSocketDebuggerUrl']} ({item.get('title', 'no title')})" for item in targets
        )
        raise AttachError(
            f"{len(targets)} targets at {host}:{port}; give one of them as --url: {named}"
        )
    path = urlsplit(str(targets[0]["webSocketDebuggerUrl"])).path
    return f"ws://{f'[{host}]' if ':' in host else host}:{port}{path}"
