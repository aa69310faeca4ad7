"""V8's call frames as frames of the author's files.

V8 counts lines and columns from 0; a ``Frame`` counts them from 1, as editors do.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from .find import Sources
from .paths import is_package, path_of_url, readable

__all__ = ["Frame", "Kind", "display", "frame_of", "frames_of", "own_first"]

#: the user's code, a package's (or a bundler's), Node's own, or this tool's driver
Kind = Literal["program", "package", "node", "tool"]

_TOOL_FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_ANONYMOUS = "(anonymous)"
#: letters of a name that no minifier gives
_LEAST_NAME = 3


@dataclass(frozen=True, slots=True)
class Frame:
    """A function and where it begins: ``line`` and ``column`` are 1-based, 0 without a place."""

    function: str
    file: str
    line: int
    column: int
    kind: Kind


def frame_of(call: Mapping[str, Any], sources: Sources) -> Frame:
    """The frame of ``{functionName, url, lineNumber, columnNumber}``, its numbers 0-based."""
    url = str(call.get("url") or "")
    line, column = int(call.get("lineNumber", -1)), int(call.get("columnNumber", -1))
    function = str(call.get("functionName") or "")
    kind = _kind(url)
    if kind in ("program", "package"):
        place = sources.original(url, line, column)
        if place is not None:
            package = place.package or is_package(place.file)
            function = _better(function, place.name) or _ANONYMOUS
            kind = "package" if package else "program"
            return Frame(function, place.file, place.line, place.column, kind)
    file = readable(url)
    return Frame(function or _ANONYMOUS, file, max(line, -1) + 1, max(column, -1) + 1, kind)


def frames_of(calls: Iterable[Mapping[str, Any]], sources: Sources) -> list[Frame]:
    """The frames of a stack, in its order."""
    return [frame_of(call, sources) for call in calls]


def display(frame: Frame, folder: str) -> str:
    """``function (path:line:column)``, the path relative to ``folder``."""
    if not frame.file:
        return frame.function
    file = os.path.relpath(frame.file, folder) if os.path.isabs(frame.file) else frame.file
    place = f"{file}:{frame.line}:{frame.column}" if frame.line else file
    return f"{frame.function} ({place})"


def own_first(frames: Sequence[Frame]) -> int:
    """The index of the innermost frame of the program, else of a package, else the innermost.

    ``frames`` are innermost first. -1 if there are none.
    """
    for wanted in ("program", "package"):
        for index, frame in enumerate(frames):
            if frame.kind == wanted:
                return index
    return 0 if frames else -1


def _kind(url: str) -> Kind:
    if not url or url.startswith("node:"):
        return "node"
    path = path_of_url(url)
    if "nodeleak" in os.path.basename(path) or path.startswith(_TOOL_FOLDER + os.sep):
        return "tool"
    return "package" if is_package(readable(url)) else "program"


def _better(function: str, original: str | None) -> str:
    """The author's name, unless V8's says the same and more ("get size", "Ticket.describe")."""
    if not original:
        return function
    *before, last = function.replace(".", " ").split() or [""]
    is_minified = bool(before) and len(before[0]) < _LEAST_NAME
    return function if last == original and not is_minified else original
