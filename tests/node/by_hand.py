"""Programs as somebody else has started them: nothing of ours is in them."""

from __future__ import annotations

import subprocess
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from pytest_nodeleak.node import NodeExecutable

__all__ = ["ByHand", "by_hand"]

READY = "\nprocess.stdout.write('ready\\n');\n"


class ByHand:
    """Writes a script, runs it with plain node, and returns when its last line has run."""

    def __init__(self, folder: Path, node: NodeExecutable) -> None:
        self.folder = folder
        self.node = node
        self.processes: list[subprocess.Popen[str]] = []

    def __call__(
        self, source: str, *node_args: str, name: str = "index.js"
    ) -> subprocess.Popen[str]:
        path = self.folder / name
        path.write_text(textwrap.dedent(source) + READY, encoding="utf-8")
        process = subprocess.Popen(
            # Port 9229 may be somebody else's.
            [self.node.path, "--inspect-port=0", *node_args, str(path)],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.processes.append(process)
        assert process.stdout is not None
        for line in process.stdout:
            if line == "ready\n":
                break
        return process


@pytest.fixture
def by_hand(tmp_path: Path, node: NodeExecutable) -> Iterator[ByHand]:
    """``by_hand(source, *node_args)`` gives the Popen of a program that runs."""
    hand = ByHand(tmp_path, node)
    yield hand
    for process in hand.processes:
        process.kill()
        process.communicate()


def listens(pid: int) -> bool:
    """Whether the process has an open port."""
    process = psutil.Process(pid)
    ask = getattr(process, "net_connections", None) or process.connections
    return any(c.status == psutil.CONN_LISTEN for c in ask("tcp"))


def soon(condition, seconds: float = 60.0) -> bool:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True
