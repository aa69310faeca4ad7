"""Call frames as V8 tells them: who allocated, who called."""

from __future__ import annotations

import os
from typing import Any, Literal, NamedTuple
from urllib.parse import unquote, urlsplit

__all__ = ["CallFrame", "Origin", "file_of", "frame_of", "path_in_url"]

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


def frame_of(call_frame: dict[str, Any]) -> CallFrame:
    """A frame from the inspector's ``callFrame``, which counts from 0."""
    return CallFrame(
        str(call_frame.get("functionName", "")),
        str(call_frame.get("url", "")),
        int(call_frame.get("lineNumber", -1)) + 1,
        int(call_frame.get("columnNumber", -1)) + 1,
    )


def file_of(url: str) -> str:
    """The file of a script's url, if it is one; else the url as it is."""
    return unquote(path_in_url(url)) if url.startswith("file:") else url


def path_in_url(url: str) -> str:
    """What stands between host and query; of text that is no URL (``//[x``) all of it."""
    try:
        return urlsplit(url).path
    except ValueError:
        return url
