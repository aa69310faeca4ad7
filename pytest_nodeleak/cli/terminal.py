"""One line of progress on a terminal."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

from ..report.columns import one_line, shorten

__all__ = ["Terminal"]


class Terminal:
    """One line of progress that is rewritten; nothing if stderr is no terminal."""

    def __init__(self) -> None:
        self.is_there = sys.stderr.isatty()

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        self.show("")

    def show(self, text: str) -> None:
        if self.is_there:
            columns = 80
            with suppress(OSError, ValueError):
                columns = os.get_terminal_size(sys.stderr.fileno()).columns or 80
            line = shorten(one_line(text), columns - 1)
            print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)
