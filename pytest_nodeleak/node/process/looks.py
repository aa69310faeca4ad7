"""What the system tells of a process that we did not start: is it Node, what does it heed?"""

from __future__ import annotations

import mmap
import os
import re
import shlex
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from ...base.errors import AttachError, hide_ours

__all__ = [
    "arguments_of",
    "catches",
    "checked_process",
    "in_another_network",
    "is_node",
    "is_young",
    "listening_ports",
    "option_of",
    "owner_of_port",
    "send",
]

__tracebackhide__ = hide_ours

_NODE_NAMES = re.compile(r"^(?:node|nodejs|electron)(?:[-_.\d]|$)", re.IGNORECASE)
#: what only the text of Node's own program holds
_MARKS = (b"NODE_OPTIONS", b"--inspect-brk", b"node:internal/bootstrap")


def checked_process(pid: int) -> psutil.Process:
    """The process, which runs Node. Raises AttachError with what is wrong otherwise."""
    if not isinstance(pid, int) or pid < 1:
        raise AttachError(f"{pid!r} is no process id; it is a whole number, as `ps` shows it")
    try:
        process = psutil.Process(pid)
        path = process.exe()
        if not path:
            raise psutil.AccessDenied(pid)
        if is_node(path):
            return process
        raise AttachError(f"process {pid} is '{path}', not Node.js{_node_below(process)}")
    except psutil.ZombieProcess:
        raise AttachError(f"process {pid} has ended (its parent has not reaped it)") from None
    except psutil.NoSuchProcess:
        raise AttachError(f"there is no process {pid}") from None
    except psutil.AccessDenied:
        raise AttachError(_denied(pid)) from None


def _denied(pid: int) -> str:
    try:
        owner = f" of user '{psutil.Process(pid).username()}'"
    except psutil.Error:
        owner = ""
    return f"no permission to look into process {pid}{owner}; run nodeleak as that user, or root"


def _node_below(process: psutil.Process) -> str:
    """The children that do run Node: of npm's or a shell's pid people mean those."""
    children = process.children(recursive=True)
    found = [str(child.pid) for child in children if is_node(_executable(child))]
    return f"; below it Node runs as {' and '.join(found[:4])}: give that" if found else ""


def _executable(process: psutil.Process) -> str:
    try:
        return str(process.exe())
    except psutil.Error:
        return ""


def is_node(path: str) -> bool:
    """Whether an executable is Node.js: by its name, else by what is in it."""
    if _NODE_NAMES.match(os.path.basename(path)):
        return True
    try:
        with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
            return all(text.find(mark) >= 0 for mark in _MARKS)
    except (OSError, ValueError):
        return False


def catches(pid: int, number: int) -> bool | None:
    """Whether the process has a handler for a signal; None where the system does not tell."""
    try:
        text = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    found = re.search(r"^SigCgt:\s*([0-9a-f]+)", text, re.MULTILINE)
    return None if found is None else bool(int(found[1], 16) >> (number - 1) & 1)


def is_young(pid: int) -> bool:
    """Whether the process may still be booting."""
    try:
        return bool(time.time() - psutil.Process(pid).create_time() < 10)
    except psutil.Error:
        return False


def arguments_of(pid: int) -> list[str]:
    """Node's own arguments: of the command line before the script, and of NODE_OPTIONS."""
    found = []
    try:
        process = psutil.Process(pid)
        for part in process.cmdline()[1:]:
            if not part.startswith("-"):
                break
            found.append(part)
        found += shlex.split(process.environ().get("NODE_OPTIONS", ""))
    except (psutil.Error, ValueError, OSError):
        pass
    return found


def option_of(arguments: list[str], name: str) -> str | None:
    """The value of ``--name=value``; "" if it is given without one, None if it is not."""
    for argument in arguments:
        option, _, value = argument.partition("=")
        if option.replace("_", "-") == f"--{name}":
            return value
    return None


def _connections(process: psutil.Process) -> Iterator[tuple[str, int]]:
    ask = getattr(process, "net_connections", None) or process.connections
    for connection in ask("tcp"):
        if connection.status == psutil.CONN_LISTEN:
            yield connection.laddr.ip, connection.laddr.port


def listening_ports(pid: int) -> dict[int, str]:
    """The TCP ports that the process listens on, with their addresses."""
    try:
        return {port: address for address, port in _connections(psutil.Process(pid))}
    except psutil.NoSuchProcess:
        raise AttachError(f"process {pid} has ended") from None
    except psutil.AccessDenied:
        raise AttachError(_denied(pid)) from None


def owner_of_port(port: int) -> int | None:
    """The pid of another process that listens on a local port, as far as we may see."""
    try:
        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port:
                return int(connection.pid or 0) or None
    except (psutil.Error, OSError):
        pass
    return None


def in_another_network(pid: int) -> bool:
    """Whether its ports are out of our reach: in a network namespace of its own (a container)."""
    if sys.platform != "linux":
        return False
    try:
        return os.readlink(f"/proc/{pid}/ns/net") != os.readlink("/proc/self/ns/net")
    except OSError:
        return False


def send(pid: int, number: signal.Signals) -> None:
    """Send a signal. Raises AttachError if that is not allowed, or nobody is there."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        raise AttachError(f"process {pid} has ended") from None
    except PermissionError:
        raise AttachError(_denied(pid)) from None
