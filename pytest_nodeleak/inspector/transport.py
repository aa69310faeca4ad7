"""Messages over a WebSocket; the one place where websocket-client's errors become ours."""

from __future__ import annotations

import socket
from typing import Protocol

import websocket

from ..base.deadline import Deadline
from ..base.errors import ConnectionLostError, DeadlineExceeded, hide_ours

__all__ = ["Transport", "WebSocketTransport"]

__tracebackhide__ = hide_ours


_QUICK_ACK: int | None = getattr(socket, "TCP_QUICKACK", None)  # Linux


class Transport(Protocol):
    """What a session needs of a connection; tests put a scripted one in its place."""

    def send(self, message: str, deadline: Deadline) -> None:
        """Raises DeadlineExceeded or ConnectionLostError."""
        ...

    def receive(self, deadline: Deadline) -> str | bytes:
        """The next message; raises DeadlineExceeded or ConnectionLostError."""
        ...

    def close(self) -> None: ...


class WebSocketTransport:
    """One WebSocket connection to an inspector at ``url``.

    Raises ConnectionLostError if nobody answers there, DeadlineExceeded if not in time.
    """

    def __init__(self, url: str, deadline: Deadline) -> None:
        self.url = url
        deadline.check(f"connecting to the inspector at {url}")
        try:
            # UTF-8 validation in pure Python costs 15 s of CPU per 100 MB of snapshot.
            self._socket = websocket.create_connection(
                url,
                timeout=_blocking(deadline),
                skip_utf8_validation=True,
                suppress_origin=True,
                sockopt=((socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),),
                http_no_proxy=["*"],
            )
        except websocket.WebSocketTimeoutException:
            raise DeadlineExceeded(f"the inspector at {url} did not answer in time") from None
        except (OSError, ValueError, websocket.WebSocketException) as error:
            raise ConnectionLostError(
                f"cannot connect to the inspector at {url}: {error}"
            ) from None

    def __repr__(self) -> str:
        return f"<WebSocketTransport {self.url} {'open' if self._socket.connected else 'closed'}>"

    def send(self, message: str, deadline: Deadline) -> None:
        deadline.check("a command was sent")
        try:
            self._socket.settimeout(_blocking(deadline))
            self._socket.send(message)
        except websocket.WebSocketTimeoutException:
            # Half a frame may be on its way: what follows would be garbage to the other side.
            self.close()
            raise DeadlineExceeded("the inspector took no command in time") from None
        except (OSError, ValueError, websocket.WebSocketException) as error:
            raise ConnectionLostError(f"the inspector connection was lost: {error}") from None

    def receive(self, deadline: Deadline) -> str | bytes:
        # A message cut off by a time-out is not lost: the next call goes on with it.
        deadline.check("a message of the inspector was awaited")
        try:
            if _QUICK_ACK is not None and self._socket.sock is not None:
                # Node sends the second of two messages only when the first is acknowledged,
                # which else takes 40 ms; the system forgets this with each message.
                self._socket.sock.setsockopt(socket.IPPROTO_TCP, _QUICK_ACK, 1)
            self._socket.settimeout(_blocking(deadline))
            opcode, data = self._socket.recv_data()
        except websocket.WebSocketTimeoutException:
            raise DeadlineExceeded("no message from the inspector in time") from None
        except (OSError, ValueError, websocket.WebSocketException) as error:
            raise ConnectionLostError(f"the inspector connection was lost: {error}") from None
        if opcode == websocket.ABNF.OPCODE_CLOSE:
            raise ConnectionLostError("the inspector closed the connection")
        message: bytes = data
        return message

    def close(self) -> None:
        # No closing handshake: the other side may be stuck or dead.
        self._socket.shutdown()  # type: ignore[no-untyped-call]


def _blocking(deadline: Deadline) -> float | None:
    """Seconds for a socket, which takes 0 for "do not wait" and then fails otherwise."""
    timeout = deadline.timeout()
    return None if timeout is None else max(timeout, 0.0005)
