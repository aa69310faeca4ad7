"""A snapshot with its file, or without one where there is no room for it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from ...base.errors import NodeLeakError

__all__ = ["with_file_if_possible"]

Taken = TypeVar("Taken")


def with_file_if_possible(
    path: Path, take: Callable[[Path], Taken], take_without: Callable[[], Taken], why_not: str = ""
) -> tuple[Taken, str]:
    """What ``take(path)`` gives; or what ``take_without()`` does, and why there is no file.

    A full disk must not lose what a measurement has found. ``why_not``: that it is full already.
    """
    if why_not:
        return take_without(), why_not
    try:
        return take(path), ""
    except OSError as error:
        if isinstance(error, NodeLeakError):  # a time-out
            raise
        why = error.strerror or str(error)
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)
    return take_without(), f"snapshot files could not be kept in '{path.parent}': {why}"
