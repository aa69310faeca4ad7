"""Messages over a WebSocket; the one place where websocket-client's errors become ours."""

from __future__ import annotations

import socket
from typing import Protocol

import websocket

from ..deadline import Deadline
from ..errors import ConnectionLostError, DeadlineExceeded

__all__ = ["Transport", "WebSocketTransport"]


class Transport(Protocol):
    """What a session needs of a connection; tests put a scripted one in its place."""

    def send(self, message: str) -> None: ...

    def receive(self, deadline: Deadline) -> str | bytes:
        """The next message; raises DeadlineExceeded or ConnectionLostError."""
        ...

    def close(self) -> None: ...


class WebSocketTransport:
    """One WebSocket connection to an inspector at ``url``."""

    def __init__(self, url: str, deadline: Deadline) -> None:
        self.url = url
        try:
            # UTF-8 validation in pure Python costs 15 s of CPU per 100 MB of snapshot.
            self._socket = websocket.create_connection(
                url,
                timeout=deadline.timeout(),
                skip_utf8_validation=True,
                suppress_origin=True,
                sockopt=((socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),),
                http_no_proxy=["*"],
            )
        except (OSError, websocket.WebSocketException) as error:
            raise ConnectionLostError(f"cannot connect to the inspector at {url}: {error}") from error

    def __repr__(self) -> str:
        return f"<WebSocketTransport {self.url} {'open' if self._socket.connected else 'closed'}>"

    def send(self, message: str) -> None:
        try:
            self._socket.send(message)
        except (OSError, websocket.WebSocketException) as error:
            raise ConnectionLostError(f"the inspector connection was lost: {error}") from error

    def receive(self, deadline: Deadline) -> str | bytes:
        timeout = deadline.timeout()
        if timeout is not None and timeout <= 0:
            raise DeadlineExceeded("no message from the inspector in time")
        try:
            self._socket.settimeout(timeout)
            opcode, data = self._socket.recv_data()
        except websocket.WebSocketTimeoutException as error:
            raise DeadlineExceeded("no message from the inspector in time") from error
        except (OSError, websocket.WebSocketException, ValueError) as error:
            raise ConnectionLostError(f"the inspector connection was lost: {error}") from error
        if opcode == websocket.ABNF.OPCODE_CLOSE:
            raise ConnectionLostError("the inspector closed the connection")
        message: bytes = data
        return message

    def close(self) -> None:
        # No closing handshake: the other side may be stuck or dead.
        self._socket.shutdown()
