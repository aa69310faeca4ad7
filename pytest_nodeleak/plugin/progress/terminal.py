"""What a long measurement is doing, on the real terminal while pytest captures output."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from abc import ABC, abstractmethod
from typing import Any

import pytest

__all__ = ["OnTerminal", "Progress", "Terminal"]

#: seconds of a measurement before anything is shown, and between two changes of the line
PATIENCE, PAUSE = 2.0, 0.1


class Terminal:
    """What is behind pytest's stdout; a line that is rewritten there, or lines of a log.

    Nothing where pytest has no terminal reporter, and in a log without -v.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._reporter: Any = None
        self._file: int | None = None
        self._erase = ""
        self.is_live = False

    def open(self) -> None:
        """Keep the file behind stdout; to be called while nothing is captured."""
        self._reporter = self._config.pluginmanager.getplugin("terminalreporter")
        if self._reporter is None:
            return
        self.is_live = bool(self._reporter.isatty) and os.environ.get("TERM") != "dumb"
        if self.is_live or self._config.get_verbosity() > 0:
            with contextlib.suppress(OSError, ValueError):  # no file behind it
                self._file = os.dup(sys.stdout.fileno())

    @property
    def is_open(self) -> bool:
        return self._file is not None

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def draw(self, text: str) -> None:
        """Rewrite the line, beside what pytest has written, or below it."""
        from ...report.progress import drawn

        writer = self._config.get_terminal_writer()
        column = writer.width_of_current_line
        dim = bool(writer.hasmarkup)  # no colours, where none are wanted
        shown, erase = drawn(text, column, writer.fullwidth, dim=dim)
        self.write(self._erase + shown)
        self._erase = erase

    def erase(self) -> None:
        self.write(self._erase)
        self._erase = ""

    def write(self, text: str) -> None:
        if text and self._file is not None:
            with contextlib.suppress(OSError):  # the terminal has gone: pytest will tell
                os.write(self._file, text.encode("utf-8", "replace"))


class Progress(ABC):
    """Of one session: what a measurement is doing, once it has taken its time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # the size of a snapshot is told by the thread that reads it
        self._began = 0.0
        self._shown = 0.0
        self._phase = ""

    @property
    @abstractmethod
    def is_watched(self) -> bool:
        """Whether anybody wants to know."""

    @abstractmethod
    def _show(self, phase: str, detail: str, *, is_new: bool) -> None: ...

    @abstractmethod
    def _clear(self) -> None: ...

    def tell(self, phase: str, detail: str) -> None:
        if not self.is_watched:
            return
        with self._lock:
            now = time.monotonic()
            self._began = self._began or now
            if now - self._began < PATIENCE:
                return
            is_new = phase != self._phase
            if is_new or now - self._shown >= PAUSE:
                self._shown = now
                self._show(phase, detail, is_new=is_new)
                self._phase = phase

    def clear(self) -> None:
        """The measurement is over."""
        if not self.is_watched:
            return
        with self._lock:
            if self._phase:
                self._clear()
            self._phase = ""
            self._began = self._shown = 0.0


class OnTerminal(Progress):
    """On a terminal one line that comes and goes; else, with -v, a line per phase."""

    def __init__(self, terminal: Terminal) -> None:
        super().__init__()
        self._terminal = terminal

    @property
    def is_watched(self) -> bool:
        return self._terminal.is_open

    def _show(self, phase: str, detail: str, *, is_new: bool) -> None:
        if self._terminal.is_live:
            self._terminal.draw(f"{phase}: {detail}" if detail else phase)
        elif is_new:
            self._terminal.write(("" if self._phase else "\n") + f"  nodeleak: {phase}\n")

    def _clear(self) -> None:
        self._terminal.erase()
