"""The hooks that other plugins and a ``conftest.py`` may implement."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from ..judge.verdict import Verdict

__all__ = [
    "pytest_nodeleak_ignore_constructor",
    "pytest_nodeleak_launch_args",
    "pytest_nodeleak_report",
    "pytest_nodeleak_verdict",
]


@pytest.hookspec
def pytest_nodeleak_launch_args(config: pytest.Config, script: Path, node_args: list[str]) -> None:
    """A Node program is about to start: change ``node_args``, arguments of node, in place."""


@pytest.hookspec(firstresult=True)
def pytest_nodeleak_ignore_constructor(item: pytest.Item, name: str) -> bool | None:
    """True: constructor ``name`` (a shape is written ``{id, name}``) is not judged in this test."""


@pytest.hookspec(firstresult=True)
def pytest_nodeleak_verdict(item: pytest.Item, verdict: Verdict) -> Verdict | None:
    """A measurement is over: return another verdict (``dataclasses.replace``), or None.

    What is returned is what the test passes or fails by, and what is written.
    """


@pytest.hookspec
def pytest_nodeleak_report(item: pytest.Item, verdict: Verdict) -> str | list[str] | None:
    """More lines for the "nodeleak" section of the test's report, below the verdict."""
