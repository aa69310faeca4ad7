"""Messages over a socket, one a line: what a child of the program speaks with us."""

from __future__ import annotations

import contextlib
import socket

from ..base.deadline import Deadline
from ..base.errors import ConnectionLostError, DeadlineExceeded, hide_ours

__all__ = ["LineTransport"]

__tracebackhide__ = hide_ours

_CHUNK = 1 << 16


class LineTransport:
    """A connected stream socket as a Transport."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._buffer = bytearray()
        # Where the search for the end of a line goes on: a snapshot's chunks are long.
        self._searched = 0

    def __repr__(self) -> str:
        return f"<LineTransport {'closed' if self._socket.fileno() < 0 else 'open'}>"

    def send(self, message: str, deadline: Deadline) -> None:
        deadline.check("a command was sent")
        try:
            self._socket.settimeout(deadline.timeout())
            self._socket.sendall(message.encode() + b"\n")
        except TimeoutError:
            # Half a line may be on its way: what follows would be garbage to the other side.
            self.close()
            raise DeadlineExceeded("the inspector took no command in time") from None
        except OSError as error:
            raise ConnectionLostError(f"the connection was lost: {error}") from None

    def receive(self, deadline: Deadline) -> bytes:
        # A message cut off by a time-out is not lost: the next call goes on with it.
        while (end := self._buffer.find(b"\n", self._searched)) < 0:
            self._searched = len(self._buffer)
            deadline.check("a message of the inspector was awaited")
            try:
                self._socket.settimeout(max(deadline.timeout(3600.0) or 0.0, 0.0005))
                data = self._socket.recv(_CHUNK)
            except TimeoutError:
                raise DeadlineExceeded("no message from the inspector in time") from None
            except OSError as error:
                raise ConnectionLostError(f"the connection was lost: {error}") from None
            if not data:
                raise ConnectionLostError("the other side closed the connection")
            self._buffer += data
        message = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        self._searched = 0
        return message

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.close()
