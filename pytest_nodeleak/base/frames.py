"""Call frames as V8 tells them: who allocated, who called."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple
from urllib.parse import unquote, urlsplit

__all__ = [
    "INLINED",
    "CallFrame",
    "Origin",
    "Place",
    "file_of",
    "frame_of",
    "path_in_url",
    "place_of",
]

Origin = Literal["program", "package", "node", "engine", "driver"]

_DRIVER = os.path.join("node", "driver") + os.sep


class CallFrame(NamedTuple):
    """A function on the stack; ``line`` and ``column``, from 1, are where it begins."""

    function: str
    url: str
    line: int
    column: int

    @property
    def path(self) -> str:
        """The file, if it is one; else the url as it is."""
        return file_of(self.url)

    @property
    def origin(self) -> Origin:
        """Whose code it is; "engine" for builtins and V8's own roots, such as (V8 API)."""
        if not self.url:
            return "engine"
        if self.url.startswith("node:"):
            return "node"
        path = self.path
        if "nodeleak" in path and _DRIVER in path:
            return "driver"
        return "package" if "node_modules" in path.replace("\\", "/").split("/") else "program"

    @property
    def is_own(self) -> bool:
        """Whether it is code that the program brings along, packages included."""
        return self.origin in ("program", "package")


#: a place in the program: its own innermost function and what that called, innermost first
Place = tuple[CallFrame, ...]
#: the driver's functions that call the workload, and plant for a self-check; what stands for them
DRIVERS_CALLS = ("work", "plant")
INLINED = CallFrame("(the workload)", "", 0, 0)


def frame_of(call_frame: dict[str, Any]) -> CallFrame:
    """A frame from the inspector's ``callFrame``, which counts from 0."""
    return CallFrame(
        str(call_frame.get("functionName", "")),
        str(call_frame.get("url", "")),
        int(call_frame.get("lineNumber", -1)) + 1,
        int(call_frame.get("columnNumber", -1)) + 1,
    )


def place_of(stack: Sequence[CallFrame]) -> tuple[Place, tuple[CallFrame, ...]] | None:
    """The place and the callers of a stack (innermost first); None for what is not the program's.

    Left out are the driver, the builtins that it calls itself, and V8's own roots. What the driver
    calls is the workload's, though: a compiler may have put it into the caller.
    """
    own: list[CallFrame] = []
    caller = ""
    for frame in stack:
        if frame.origin == "driver":
            caller = frame.function
            break
        own.append(frame)
    if all(frame.origin == "engine" for frame in own):
        return ((*own, INLINED), ()) if caller in DRIVERS_CALLS else None
    for at, frame in enumerate(own):
        if frame.is_own:
            return tuple(own[: at + 1]), tuple(own[at + 1 :])
    return tuple(own), ()


def file_of(url: str) -> str:
    """The file of a script's url, if it is one; else the url as it is."""
    return unquote(path_in_url(url)) if url.startswith("file:") else url


def path_in_url(url: str) -> str:
    """What stands between host and query; of text that is no URL (``//[x``) all of it."""
    try:
        return urlsplit(url).path
    except ValueError:
        return url
