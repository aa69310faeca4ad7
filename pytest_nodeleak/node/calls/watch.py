"""The end of a program, noticed while a Python callable waits for it."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable

from ...base.errors import NodeLeakError

__all__ = ["EndWatch"]

#: seconds between two looks
INTERVAL = 0.06
#: seconds that who waits for the program has to notice for himself
GRACE = 0.5


class EndWatch:
    """A thread that looks, while the body of ``with`` runs, whether the program has ended.

    A program that has ended waits for our disconnect with its sockets open, and its clients with
    it: ``notice_end`` tells of the end and lets go. ``seen`` says that it came; if the
    body still runs a moment later, ``on_end`` is called from that thread.
    """

    def __init__(self, notice_end: Callable[[], bool]) -> None:
        self._notice_end = notice_end
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="nodeleak-watch", daemon=True)
        self.on_end: Callable[[], object] = bool
        self.seen = False

    def __enter__(self) -> EndWatch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(INTERVAL):
            # What the inspector says besides is for those that ask it.
            with contextlib.suppress(NodeLeakError):
                if self._notice_end():
                    self.seen = True
                    # A client may close what it has when its sockets end: that comes first.
                    if not self._over.wait(GRACE):
                        self.on_end()
                    return
