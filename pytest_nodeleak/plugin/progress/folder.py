"""The folder that a run with workers of pytest-xdist shares, if they are on this machine."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest

__all__ = ["SharedFolder", "shared_memory_folder", "shared_pipe"]

_FOLDER, _PIPE = "nodeleak_shared", "nodeleak_pipe"


class SharedFolder:
    """Of the controller: made for the first worker, removed with the session."""

    def __init__(self) -> None:
        self._path: Path | None = None

    def share(self, workerinput: dict[str, object], *, pipe: bool) -> Path:
        """Tell a worker of it, and whether anybody reads the pipe; returns the pipe's path."""
        if self._path is None:
            self._path = Path(tempfile.mkdtemp(prefix="nodeleak-"))
        path = self._path / "progress"
        workerinput[_FOLDER] = str(self._path)
        workerinput[_PIPE] = str(path) if pipe else ""
        return path

    def close(self) -> None:
        if self._path is not None:
            shutil.rmtree(self._path, ignore_errors=True)
            self._path = None


def _told(config: pytest.Config, key: str) -> Path | None:
    text = getattr(config, "workerinput", {}).get(key)
    path = Path(text) if text else None
    return path if path is not None and path.exists() else None  # not on another machine


def shared_memory_folder(config: pytest.Config) -> Path | None:
    """Where workers note what memory they take; None: there are no others, or not here."""
    return _told(config, _FOLDER)


def shared_pipe(config: pytest.Config) -> Path | None:
    """Where a worker tells what it is doing; None: nobody wants to know."""
    return _told(config, _PIPE)
