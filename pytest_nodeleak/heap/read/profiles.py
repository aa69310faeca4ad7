"""Sampling heap profiles (``.heapprofile``): what is alive, by the function that allocated it."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ...base.errors import SnapshotFormatError
from ...base.json_text import parsed_json, whole

__all__ = ["HeapProfile", "ProfiledFunction", "is_profile", "load_profile"]


@dataclass(frozen=True)
class ProfiledFunction:
    """One function: bytes alive that it allocated itself, and how many samples say so.

    ``place`` is ``file:line:column`` counted from 1, "" for V8's own; ``samples`` is None if the
    file lists none.
    """

    name: str
    place: str
    size: int
    samples: int | None

    def __str__(self) -> str:
        name = self.name or "(anonymous)"
        return f"{name} ({self.place})" if self.place else name


@dataclass(frozen=True)
class HeapProfile:
    """The functions of one profile, those with most bytes first."""

    source: str
    functions: tuple[ProfiledFunction, ...]

    @property
    def total_size(self) -> int:
        """Bytes alive by all functions together."""
        return sum(function.size for function in self.functions)


def is_profile(path: str | os.PathLike[str]) -> bool:
    """Whether a file is a heap profile, by its name or its first bytes. Raises OSError."""
    if os.fspath(path).lower().endswith(".heapprofile"):
        return True
    with open(path, "rb") as stream:
        return stream.read(64).lstrip().replace(b" ", b"").startswith(b'{"head"')


def load_profile(path: str | os.PathLike[str]) -> HeapProfile:
    """Read a ``.heapprofile``, as of ``--heap-prof``, DevTools or ``stopSampling``.

    Raises SnapshotFormatError if the file is none, OSError if it cannot be read.
    """
    source = os.path.basename(os.fspath(path))
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            document = parsed_json(stream.read())
        return HeapProfile(source, _functions(document))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SnapshotFormatError(
            f"{source}: this is no heap profile: {_reason(error)}", source=source
        ) from None


def _reason(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"no {error} in it"
    return str(error) if isinstance(error, ValueError) else "its parts are not those of one"


def _functions(document: Mapping[str, Any]) -> tuple[ProfiledFunction, ...]:
    counts = Counter(sample["nodeId"] for sample in document.get("samples", ()))
    sizes: Counter[tuple[str, str]] = Counter()
    samples: Counter[tuple[str, str]] = Counter()
    for node in _nodes(document["head"]):
        frame = node["callFrame"]
        key = str(frame.get("functionName", "")), _place(frame)
        sizes[key] += whole(node["selfSize"])
        samples[key] += counts.get(node.get("id"), 0)
    listed = "samples" in document
    functions = [
        ProfiledFunction(*key, size, samples[key] if listed else None)
        for key, size in sizes.items()
        if size or samples[key]
    ]
    return tuple(sorted(functions, key=lambda function: (-function.size, str(function))))


def _nodes(head: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    waiting = [head]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += node.get("children", ())


def _place(frame: Mapping[str, Any]) -> str:
    url = str(frame.get("url", ""))
    line, column = whole(frame.get("lineNumber", -1)), whole(frame.get("columnNumber", -1))
    if not url:
        return ""
    name = url if url.startswith("node:") else url.replace("\\", "/").rpartition("/")[2] or url
    return f"{name}:{line + 1}:{column + 1}" if line >= 0 else name
