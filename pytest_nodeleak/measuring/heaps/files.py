"""The files of snapshots that are kept, as long as there is room for them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from ...base.errors import NodeLeakError

__all__ = ["SnapshotFiles"]

Taken = TypeVar("Taken")


class SnapshotFiles(list[Path]):
    """Those that were kept. A full disk must not lose what a measurement has found."""

    #: why no more files are kept, as a sentence
    why_not = ""

    def taken(
        self, path: Path, take: Callable[[Path], Taken], take_without: Callable[[], Taken]
    ) -> Taken:
        """What ``take(path)`` gives; or, where the file cannot be kept, ``take_without()``."""
        if self.why_not:
            return take_without()
        try:
            snapshot = take(path)
        except OSError as error:
            if isinstance(error, NodeLeakError):  # a time-out
                raise
            why = error.strerror or str(error)
            self.why_not = f"snapshot files could not be kept in '{path.parent}': {why}"
        else:
            self.append(path)
            return snapshot
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
        return take_without()
