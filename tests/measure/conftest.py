"""One measurement of a small program, as a function."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_nodeleak import Verdict, measure, open_node
from pytest_nodeleak.node import NodeExecutable
from pytest_nodeleak.node.workload import Workload

Measured = Callable[..., Verdict]


@pytest.fixture
def measured(tmp_path: Path, node: NodeExecutable) -> Measured:
    """``measured(source, workload="iteration()", **policy)``: start the source and measure it."""

    def run(source: str, workload: Workload = "iteration()", **policy: Any) -> Verdict:
        script = tmp_path / "program.js"
        script.write_text(textwrap.dedent(source), encoding="utf-8")
        with open_node(script, node=node) as app:
            return measure(app, workload, **policy)

    return run
