"""The process of a program where the system offers less."""

from __future__ import annotations

import os
import sys

import pytest

from pytest_nodeleak.base.deadline import Deadline
from pytest_nodeleak.node.process.descendants import new_mark
from pytest_nodeleak.node.process.target import TargetProcess


@pytest.mark.parametrize(("code", "status"), [("raise SystemExit(3)", 3), ("", 0)])
def test_its_end_is_seen_without_waitid(
    monkeypatch: pytest.MonkeyPatch, code: str, status: int
) -> None:
    monkeypatch.delattr(os, "waitid", raising=False)
    process = TargetProcess(
        [sys.executable, "-c", code], env=dict(os.environ), cwd=os.getcwd(), mark=new_mark()
    )
    try:
        assert process.wait(Deadline(30)) == status
    finally:
        process.stop()
