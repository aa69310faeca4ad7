"""Memory that several processes want at once: who would take more than there is has to wait."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

if sys.platform != "win32":
    import fcntl

__all__ = ["MemoryShares", "Share"]


def _lock(number: int) -> None:
    if sys.platform != "win32":
        fcntl.flock(number, fcntl.LOCK_EX)


def _is_locked(number: int) -> bool:
    """Whether another process has locked the file."""
    if sys.platform != "win32":
        try:
            fcntl.flock(number, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


class Share:
    """Bytes that a process has noted for itself, until it closes this, or ends."""

    def __init__(self, path: Path | None = None, number: int | None = None) -> None:
        self._path = path
        self._number = number

    def close(self) -> None:
        if self._path is not None and self._number is not None:
            with contextlib.suppress(OSError):  # the folder may have gone, the run is over
                self._path.unlink()
            os.close(self._number)
            self._path = self._number = None


class MemoryShares:
    """What processes that share ``folder`` have noted; without a folder nobody waits for anybody.

    Each note is a file that its process keeps locked: the lock of one that was killed goes with it.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder

    def take(self, size: int, room: int) -> Share | None:
        """Note ``size`` bytes of ``room``, which is free; None if that has to wait for others.

        Nobody waits in vain: what would not fit without the others either is not noted, and what
        becomes of it is for the caller to decide.
        """
        if self._folder is None or sys.platform == "win32":
            return Share()
        try:
            with self._gate(self._folder):
                # Some of it is taken by now and missing in ``room`` too: rather a wait too many.
                others = self._others(self._folder)
                if size > room + others:
                    return Share()
                if others and size + others > room:
                    return None
                return self._note(self._folder, size)
        except OSError:  # a folder that has gone, a full disk: no reason to fail
            return Share()

    @contextlib.contextmanager
    def _gate(self, folder: Path) -> Iterator[None]:
        """A block in which no other process counts or notes."""
        with open(folder / "gate", "wb") as gate:
            _lock(gate.fileno())
            yield

    @staticmethod
    def _others(folder: Path) -> int:
        """Bytes that were noted by processes that live."""
        total = 0
        for path in folder.glob("*.share"):
            with contextlib.suppress(FileNotFoundError), open(path, "rb") as file:
                if _is_locked(file.fileno()):
                    total += int(file.read())
                else:
                    path.unlink()  # its process was killed
        return total

    @staticmethod
    def _note(folder: Path, size: int) -> Share:
        number, name = tempfile.mkstemp(".share", f"{os.getpid()}-", folder)
        _lock(number)
        os.write(number, str(size).encode())
        return Share(Path(name), number)
