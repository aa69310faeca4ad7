"""Where children of the program tell us that they are there: a socket in a private folder."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import shutil
import socket
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from ...base.deadline import Deadline
from ...base.errors import ConnectionLostError, DeadlineExceeded
from ...inspector import LineTransport

__all__ = ["Arrival", "MeetingPoint"]

_VARIABLE = "NODELEAK_HEAPS"
_PREFIX = "nodeleak-heaps-"
# Seconds after which a folder where nobody listens is not one that is just being made.
_STALE = 60.0
# The system's bound for the path of a socket is 104 to 108 bytes.
_LONGEST = 100
# Children that come while nobody looks; more of them try again.
_BACKLOG = 512
# Seconds for a look at a connection on which nothing has come yet.
_LOOK = 0.001


@dataclass(frozen=True)
class Arrival:
    """A child that has introduced itself: its process id, the script it runs ("" for none)."""

    transport: LineTransport
    pid: int
    script: str


class MeetingPoint:
    """Children connect here; those that are gone again before we look are passed over.

    Where there are no such sockets (Windows), nobody comes.
    """

    def __init__(self) -> None:
        self._folder = ""
        self._socket: socket.socket | None = None
        self._strangers: list[LineTransport] = []
        self._open()

    def _open(self) -> None:
        if sys.platform == "win32":
            return
        _clear(tempfile.gettempdir())
        folder = tempfile.mkdtemp(prefix=_PREFIX)
        if len(os.fsencode(folder)) > _LONGEST - 2:
            os.rmdir(folder)
            folder = tempfile.mkdtemp(prefix=_PREFIX, dir="/tmp")
        self._folder = folder
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.bind(self._path)
        self._socket.listen(_BACKLOG)
        self._socket.setblocking(False)

    def __repr__(self) -> str:
        return f"<MeetingPoint {self._folder or 'nowhere'}>"

    @property
    def _path(self) -> str:
        return os.path.join(self._folder, "s")

    def environment(self, jit: str, mark: str) -> dict[str, str]:
        """The variable that tells the driver of it; ``mark`` is the family's."""
        if self._socket is None:
            return {}
        return {_VARIABLE: json.dumps({"socket": self._path, "jit": jit, "mark": mark})}

    def arrivals(self) -> list[Arrival]:
        """Children that have come since the last call."""
        while self._socket is not None:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                break  # nobody, or no file descriptor left for one
            self._strangers.append(LineTransport(connection))
        strangers, self._strangers = self._strangers, []
        found = [self._introduced(transport) for transport in strangers]
        return [arrival for arrival in found if arrival is not None]

    def _introduced(self, transport: LineTransport) -> Arrival | None:
        """None: it has not said who it is, or never will."""
        try:
            hello = json.loads(transport.receive(Deadline(_LOOK)))
            return Arrival(transport, int(hello["pid"]), Path(str(hello["script"])).name)
        except DeadlineExceeded:
            self._strangers.append(transport)
        except (ConnectionLostError, ValueError, TypeError, KeyError):
            transport.close()
        return None

    def close(self) -> None:
        """Nobody can come any more. Does nothing the second time."""
        for transport in self._strangers:
            transport.close()
        self._strangers = []
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.close()
            self._socket = None
            shutil.rmtree(self._folder, ignore_errors=True)


@functools.cache
def _clear(parent: str) -> None:
    """Remove, once, the folders of those who were killed: sockets where nobody listens."""
    for folder in Path(parent).glob(_PREFIX + "*"):
        with contextlib.suppress(OSError):
            if time.time() - folder.stat().st_mtime > _STALE and _deserted(folder / "s"):
                shutil.rmtree(folder, ignore_errors=True)


def _deserted(path: Path) -> bool:
    if sys.platform == "win32":
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            return True
        except OSError:
            return False
    return False
