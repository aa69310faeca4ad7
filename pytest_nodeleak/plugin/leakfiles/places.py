"""Lines of JavaScript as frames of a traceback, so that pytest shows them as it shows Python's."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from ...sources.paths import is_package, path_of_url

__all__ = ["Place", "line_of", "places_in", "raise_at", "working_folder"]

_FRAME = re.compile(
    r"^\s+at (?:async )?(?:(?P<name>[^(]+?) (?:\[as [^\]]*\] )?\()?"
    r"(?P<url>(?:file://|/)[^()]*?):(?P<line>\d+):(?P<column>\d+)\)?$"
)
#: how Node begins to tell of an error that nobody caught
_UNCAUGHT = re.compile(r"^(?P<url>(?:file://|/)[^\s].*?):(?P<line>\d+)$")


@dataclass(frozen=True)
class Place:
    """A line of a file, from 1, and the function that it is in; ``column`` 0: not known."""

    path: str
    line: int
    function: str
    column: int = 0


def working_folder(path: Path, root: Path) -> Path:
    """Where the file's program runs: the package that it belongs to, else the rootdir."""
    for folder in path.parents:
        if (folder / "package.json").is_file():
            return folder
        if folder == root:
            break
    return root


def line_of(text: str, name: str) -> int:
    """Where a leak file defines ``name``, from 1; 1 if that cannot be told from its text."""
    word = re.escape(name)
    patterns = (
        rf"\bfunction\s*\*?\s*{word}\b",
        rf"\bexports\.{word}\s*=",
        rf"\b(?:const|let|var)\s+{word}\b",
        rf"^\s*(?:async\s+)?(?:{word}|'{word}'|\"{word}\")\s*[(:]",
        rf"\b{word}\b",
    )
    for pattern in patterns:
        found = re.search(pattern, text, re.MULTILINE)
        if found:
            start = found.start() + len(found.group()) - len(found.group().lstrip())
            return text.count("\n", 0, start) + 1
    return 1


def places_in(stack: str) -> list[Place]:
    """The frames of a JavaScript stack that are in files of the author, the outermost first.

    Of a script that did not load, Node tells the line alone.
    """
    found: list[Place] = []
    began = False
    for line in stack.splitlines():
        match = _FRAME.match(line)
        if match is None and began and not line.startswith("    at "):
            break  # of the cause, or of another error
        began = began or match is not None
        if match is not None:
            name = (match["name"] or "").strip()
            found += _place(match["url"], int(match["line"]), name, int(match["column"]))
    if not found:
        for line in stack.splitlines():
            match = _UNCAUGHT.match(line)
            if match is not None:
                found += _place(match["url"], int(match["line"]), "")[:1]
                break
    return found[::-1]


def _place(url: str, line: int, function: str, column: int = 0) -> list[Place]:
    path = path_of_url(url)
    if is_package(path) or not os.path.isfile(path) or "[nodeleak" in path:
        return []
    last = Path(path).read_bytes().rstrip().count(b"\n") + 1  # an unexpected end is behind it
    return [Place(path, min(line, last), function or "<anonymous>", column)]


def raise_at(places: Sequence[Place], error: BaseException) -> NoReturn:
    """Raise ``error`` from ``places``, the innermost last."""
    __tracebackhide__ = True

    def fail() -> NoReturn:
        __tracebackhide__ = True
        raise error

    call: Callable[[], Any] = fail
    for place in reversed(places):
        call = _frame(place, call)
    call()
    raise error  # never


def _frame(place: Place, call: Callable[[], Any]) -> Callable[[], Any]:
    """A function whose code stands at ``place`` and does nothing but ``call``."""
    tree = ast.parse("\n" * (place.line - 1) + "def at(): call()\n")
    for node in ast.walk(tree):
        if isinstance(node, (ast.expr, ast.stmt)):
            # pytest marks the columns, unless they span lines.
            node.col_offset, node.end_col_offset = max(place.column - 1, 0), place.column
            node.end_lineno = place.line if place.column else place.line + 1
    space: dict[str, Any] = {"call": call, "__name__": Path(place.path).name}
    exec(compile(tree, place.path, "exec"), space)
    function: Any = space["at"]
    function.__code__ = function.__code__.replace(co_name=place.function)
    found: Callable[[], Any] = function
    return found
