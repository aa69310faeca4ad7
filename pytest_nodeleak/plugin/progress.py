"""What a long measurement is doing, on the real terminal while pytest captures output."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from typing import Any

import pytest

__all__ = ["Progress"]

#: seconds of a measurement before anything is shown, and between two changes of the line
PATIENCE, PAUSE = 2.0, 0.1


class Progress:
    """Of one session. On a terminal one line that is rewritten; else, with -v, a line per phase.

    Nothing in workers of xdist, and nothing where pytest has no terminal.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._reporter: Any = config.pluginmanager.getplugin("terminalreporter")
        self._file: int | None = None
        self._lock = threading.Lock()  # the size of a snapshot is told by the thread that reads it
        self._began = 0.0
        self._drawn = 0.0
        self._erase = ""
        self._phase = ""

    @property
    def _is_live(self) -> bool:
        return bool(self._reporter.isatty) and os.environ.get("TERM") != "dumb"

    def open(self) -> None:
        """Keep the file behind stdout; to be called while nothing is captured."""
        self._reporter = self._config.pluginmanager.getplugin("terminalreporter")
        if self._reporter is None or hasattr(self._config, "workerinput"):
            return
        if self._is_live or self._config.get_verbosity() > 0:
            with contextlib.suppress(OSError, ValueError):  # no file behind it
                self._file = os.dup(sys.stdout.fileno())

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def tell(self, phase: str, detail: str) -> None:
        """Show what is being done, once the measurement has taken its time."""
        if self._file is None:
            return
        with self._lock:
            now = time.monotonic()
            self._began = self._began or now
            if now - self._began < PATIENCE:
                return
            if self._is_live:
                if now - self._drawn >= PAUSE:
                    self._drawn = now
                    self._draw(f"{phase}: {detail}" if detail else phase)
            elif phase != self._phase:
                self._write(("" if self._phase else "\n") + f"  nodeleak: {phase}\n")
                self._phase = phase

    def _draw(self, text: str) -> None:
        from ..report.progress import drawn

        terminal = self._config.get_terminal_writer()
        column = terminal.width_of_current_line
        dim = bool(terminal.hasmarkup)  # no colours, where none are wanted
        shown, erase = drawn(text, column, terminal.fullwidth, dim=dim)
        self._write(self._erase + shown)
        self._erase = erase

    def clear(self) -> None:
        """The measurement is over: leave no trace on a terminal."""
        if self._file is None:
            return
        with self._lock:
            self._write(self._erase)
            self._erase = self._phase = ""
            self._began = self._drawn = 0.0

    def _write(self, text: str) -> None:
        if text and self._file is not None:
            with contextlib.suppress(OSError):  # the terminal has gone: pytest will tell
                os.write(self._file, text.encode("utf-8", "replace"))
