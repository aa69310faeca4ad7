"""Reads a file while another process writes it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

__all__ = ["FileFollower"]

_BLOCK = 1 << 17
# Seconds between looks at a file that does not grow; a snapshot's first part takes longer.
_PAUSE = 0.004


class FileFollower:
    """Hands what is in a file, and what comes to it, to ``feed`` in a thread of its own.

    A context manager: it reads from its beginning to :meth:`finish`; left without that, it
    stops where it is.
    """

    def __init__(self, path: Path, feed: Callable[[bytes], None]) -> None:
        self._path = path
        self._feed = feed
        self._complete = threading.Event()
        self._abandoned = False
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="nodeleak-follow", daemon=True)

    def __repr__(self) -> str:
        return f"<FileFollower of {self._path}>"

    def __enter__(self) -> FileFollower:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._abandoned = True
        self._complete.set()
        self._thread.join()

    def finish(self) -> None:
        """Read the rest of the file, which is complete; raises what reading or ``feed`` raised."""
        self._complete.set()
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            with open(self._path, "rb", buffering=0) as file:
                while not self._abandoned:
                    # Asked before the read: what was written until then is in it.
                    complete = self._complete.is_set()
                    chunk = file.read(_BLOCK)
                    if chunk:
                        self._feed(chunk)
                    elif complete:
                        return
                    else:
                        self._complete.wait(_PAUSE)
        except BaseException as error:
            self._error = error
