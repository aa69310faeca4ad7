"""The controller's side: what its workers are doing, shown between what pytest writes."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from .telling import LONGEST_NAME
from .terminal import Terminal

__all__ = ["Watching"]


class Watching:
    """Of one session: reads what workers tell, in a thread of its own.

    pytest writes in the main thread: while it does, nothing of ours is on the terminal.
    """

    def __init__(self, config: pytest.Config, terminal: Terminal) -> None:
        self._config = config
        self._terminal = terminal
        self._lock = threading.RLock()
        self._file: int | None = None
        self._thread: threading.Thread | None = None
        #: by worker: its test, phase and detail
        self._doing: dict[str, tuple[str, str, str]] = {}

    def open(self, pipe: Path) -> None:
        """Make the pipe and read it from now on; once."""
        if self._file is None and sys.platform != "win32":
            os.mkfifo(pipe, 0o600)
            self._file = os.open(pipe, os.O_RDWR)  # and write: so it does not end between workers
            self._thread = threading.Thread(target=self._read, name="nodeleak-watch", daemon=True)
            self._thread.start()

    def close(self) -> None:
        if self._file is not None and self._thread is not None:
            os.write(self._file, b"null\n")
            self._thread.join()
            os.close(self._file)
            self._file = None
        with self._lock:
            self._terminal.erase()

    def _read(self) -> None:
        assert self._file is not None
        rest = b""
        while True:
            *lines, rest = (rest + os.read(self._file, 65536)).split(b"\n")
            for line in lines:
                told = json.loads(line)
                if told is None:
                    return
                with self._lock:
                    self._take(*told)

    def _take(self, worker: str, test: str, phase: str, detail: str) -> None:
        before = self._doing.pop(worker, ("", "", ""))
        if phase:
            self._doing[worker] = (test, phase, detail)
        if self._terminal.is_live:
            self._draw()
        elif phase and before[:2] != (test, phase):
            # In a log there is no line of ours to be rewritten, and pytest captures nothing here.
            reporter: Any = self._config.pluginmanager.getplugin("terminalreporter")
            reporter.ensure_newline()
            reporter.write_line(f"[{worker}] nodeleak: {test}: {phase}")

    def _draw(self) -> None:
        self._terminal.erase()
        if self._doing:
            # The one that has begun last is not the one that is waited for.
            parts = [
                f"{test.rpartition('::')[2]} {phase}" + (f": {detail}" if detail else "")
                for _, (test, phase, detail) in sorted(self._doing.items())
            ]
            self._terminal.draw("; ".join(parts))

    def _quietly(self) -> Generator[None, Any, Any]:
        with self._lock:
            self._terminal.erase()
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logstart(self) -> Generator[None, Any, Any]:
        return (yield from self._quietly())

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> Generator[None, Any, Any]:
        with self._lock:
            test = report.nodeid[:LONGEST_NAME]
            if report.when == "teardown":  # a worker that was killed tells of no end
                self._doing = {w: doing for w, doing in self._doing.items() if doing[0] != test}
        return (yield from self._quietly())

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logfinish(self) -> Generator[None, Any, Any]:
        return (yield from self._quietly())

    @pytest.hookimpl(wrapper=True, tryfirst=True, optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> Generator[None, Any, Any]:
        with self._lock:
            self._doing.pop(node.gateway.id, None)
        return (yield from self._quietly())

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        self.close()
