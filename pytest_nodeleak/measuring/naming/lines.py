"""The line on which a function allocates, read from the text that the engine runs.

V8's profiler tells the function, and where that begins. What was allocated, and which function was
called for it, tells the rest.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Mapping

from ...base.errors import NodeLeakError
from ...base.frames import CallFrame, file_of
from ...node.heaps.heap import NodeHeap
from ...node.probes.scripts import Script
from ...sources.code import own_code
from ...sources.making import makes, surely_makes

__all__ = ["Lines", "offset_of", "place_of"]

#: bytes of a file that is read where the engine cannot be asked
_MOST_BYTES = 16 << 20
#: what stands between a function's own code and one in it that is in another function as well
_OTHER = re.compile(r"[({]|=>")


class Lines:
    """Of the scripts of one heap, read once."""

    def __init__(self, heap: NodeHeap, scripts: Mapping[int, Script]) -> None:
        self._heap = heap
        # The profiler tells paths where the debugger tells URLs.
        self._numbers = {file_of(script.url): number for number, script in scripts.items()}
        self._texts: dict[str, str] = {}
        self._codes: dict[tuple[str, int], str | None] = {}

    def number(self, url: str) -> int | None:
        """Of the script, as in heap snapshots; None if it is not known."""
        return self._numbers.get(file_of(url))

    def made_in(
        self, frame: CallFrame, name: str, callee: str, closure: tuple[int, int] | None
    ) -> tuple[CallFrame, ...]:
        """``frame`` with the places in it where objects called ``name`` come from.

        ``name`` is the engine's, ``callee`` the function that ``frame`` has called for them ("":
        none), ``closure`` the line and column, from 0, where a leaking function begins.
        """
        text = self.text(frame.url)
        begin, code = self._function(frame)
        if begin is None or code is None:
            return ()
        inside = offset_of(text, *closure) if closure is not None else None
        if inside is not None and begin < inside < begin + len(code):
            found: tuple[int, ...] = (inside - begin,)
        else:
            found = makes(code, name, callee)
        return tuple(_at(frame, text, begin + at) for at in found)

    def are_made_in(
        self, frame: CallFrame, name: str, closure: tuple[int, int] | None = None
    ) -> bool:
        """Whether the text of ``frame`` makes objects that the engine calls ``name``.

        Or the function that begins at ``closure``: not if it is in another one inside.
        """
        begin, code = self._function(frame)
        if begin is None or code is None:
            return False
        text = self.text(frame.url)
        inside = offset_of(text, *closure) if closure is not None else None
        if inside is None:
            return surely_makes(code, name)
        at = inside - begin
        head = len(code[: max(at, 0)].rstrip())
        return 0 < at < len(code) and not _OTHER.search(text[begin + head : inside])

    def _function(self, frame: CallFrame) -> tuple[int | None, str | None]:
        """Where it begins in its text, and its code; None for what is not known."""
        begin = offset_of(self.text(frame.url), frame.line - 1, frame.column - 1)
        return begin, None if begin is None else self._code(frame.url, begin)

    def _code(self, url: str, begin: int) -> str | None:
        """Of the function that begins there: several rows are of the same one."""
        if (url, begin) not in self._codes:
            self._codes[url, begin] = own_code(self.text(url), begin)
        return self._codes[url, begin]

    def text(self, url: str) -> str:
        """Of a script, or else of the file there; "" if there is none."""
        if url not in self._texts:
            self._texts[url] = self._from_engine(url) or _from_disk(file_of(url))
        return self._texts[url]

    def _from_engine(self, url: str) -> str:
        number = self.number(url)
        if number is not None:
            with contextlib.suppress(NodeLeakError):  # it died of what it allocated
                return self._heap.script_texts([number])[number]
        return ""


def _from_disk(path: str) -> str:
    with contextlib.suppress(OSError, ValueError):
        if os.path.isfile(path) and os.path.getsize(path) <= _MOST_BYTES:
            with open(path, encoding="utf-8", errors="replace", newline="") as file:
                return file.read()
    return ""


def offset_of(text: str, line: int, column: int) -> int | None:
    """Of a place counted from 0; None if the text has no such line."""
    at = 0
    for _ in range(line):
        at = text.find("\n", at) + 1
        if at == 0:
            return None
    return at + column if 0 <= at + column < len(text) else None


def place_of(text: str, offset: int) -> tuple[int, int]:
    """Line and column, from 0."""
    return text.count("\n", 0, offset), offset - text.rfind("\n", 0, offset) - 1


def _at(frame: CallFrame, text: str, offset: int) -> CallFrame:
    line, column = place_of(text, offset)
    return frame._replace(line=line + 1, column=column + 1)
