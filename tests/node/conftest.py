"""Programs written into the test's folder, started, and looked after."""

from __future__ import annotations

import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import fault_table
import psutil
import pytest

from pytest_nodeleak.base.errors import NodeLeakError
from pytest_nodeleak.node import NodeApp, NodeExecutable, open_node

#: seconds for an error after its cause, the start of Node included; the machine may be busy
PROMPT = 3.0


def pytest_itemcollected(item: pytest.Item) -> None:
    """Each of them is run on five versions of Node."""
    item.add_marker(pytest.mark.slow)


class Started:
    """Writes scripts, starts them, and ends them after the test."""

    def __init__(self, folder: Path, node: NodeExecutable) -> None:
        self.folder = folder
        self.node = node
        self.apps: list[NodeApp] = []

    def write(self, source: str, name: str = "main.js") -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(source), encoding="utf-8")
        return path

    def __call__(self, source: str, *args: str, name: str = "main.js", **options: Any) -> NodeApp:
        path = self.write(source, name)
        app = open_node(path, *args, node=options.pop("node", self.node), **options)
        self.apps.append(app)
        return app


@pytest.fixture
def start(tmp_path: Path, node: NodeExecutable) -> Iterator[Started]:
    """``start(source, *args, name="main.js", **options of open_node)`` gives a NodeApp."""
    started = Started(tmp_path, node)
    try:
        yield started
    finally:
        for app in started.apps:
            app.close()


def processes_of(folder: Path) -> list[psutil.Process]:
    """All processes whose command line names ``folder``."""
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if any(str(folder) in part for part in process.info["cmdline"] or ())
    ]


def gone(folder: Path, seconds: float = 2.0) -> bool:
    """Whether all processes of ``folder`` end within ``seconds``."""
    return _soon(lambda: not processes_of(folder), seconds)


def _soon(condition: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


@pytest.fixture(autouse=True)
def no_orphans(tmp_path: Path) -> Iterator[None]:
    """Every test leaves no process behind, whatever it provoked."""
    yield
    left = [] if gone(tmp_path, 1.0) else processes_of(tmp_path)
    for process in left:
        process.kill()
    assert not left, f"left behind: {left}"


@contextmanager
def fails(
    kind: type[NodeLeakError], said: str, seconds: float = PROMPT
) -> Iterator[pytest.ExceptionInfo[NodeLeakError]]:
    """The one error of exactly this kind, in time, with nothing of ours chained to it."""
    began = time.monotonic()
    with pytest.raises(kind, match=said) as caught:
        yield caught
    took = time.monotonic() - began
    assert took < seconds
    fault_table.saw(f"{kind.__name__}: {caught.value}", took)
    assert type(caught.value) is kind
    error = caught.value
    assert error.__cause__ is None
    assert error.__context__ is None or error.__suppress_context__
