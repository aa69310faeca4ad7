"""A worker's side: it has no terminal, so it tells the controller what it is doing."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from pathlib import Path

import pytest

from .terminal import Progress

__all__ = ["LONGEST_NAME", "ToController"]

#: characters of a test's name, of a phase and of what is done in it, each of at most 12 bytes: what
#: has less than 4 kB is written as a whole
LONGEST_NAME, _LONGEST_PHASE, _LONGEST_DETAIL = 200, 40, 80


class ToController(Progress):
    """Lines of JSON into a pipe. Nothing waits for a controller that does not read them."""

    def __init__(self, config: pytest.Config, pipe: Path | None) -> None:
        super().__init__()
        self._worker = str(getattr(config, "workerinput", {}).get("workerid", ""))
        self._file: int | None = None
        if pipe is not None:
            with contextlib.suppress(OSError):  # nobody reads it
                if sys.platform != "win32":
                    self._file = os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)

    @property
    def is_watched(self) -> bool:
        return self._file is not None

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _show(self, phase: str, detail: str, *, is_new: bool) -> None:
        self._send(phase, detail)

    def _clear(self) -> None:
        self._send("", "")

    def _send(self, phase: str, detail: str) -> None:
        # pytest sets it: "path::test (call)"
        test = os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" (")[0]
        told = (test[:LONGEST_NAME], phase[:_LONGEST_PHASE], detail[:_LONGEST_DETAIL])
        line = json.dumps([self._worker, *told])
        if self._file is not None:
            with contextlib.suppress(OSError):  # full, or the controller has gone
                os.write(self._file, line.encode() + b"\n")
