"""The process of a program where the system offers less."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import psutil
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


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.fault(
    "pytest",
    "a copy of pytest's process that ends (`os.fork`, `--forked`)",
    forced="`os.fork` beside a program, `sys.exit` in the copy; then the end of the original "
    "while another copy lives",
    kept="the program",
    seen="the program runs on; it ends with the original",
)
def test_a_copy_of_this_process_ends_no_program_and_holds_none() -> None:
    code = (
        "import os, sys, time\n"
        "from pytest_nodeleak.node.process.descendants import new_mark\n"
        "from pytest_nodeleak.node.process.target import TargetProcess\n"
        "argv = [sys.executable, '-c', 'import time; time.sleep(60)']\n"
        "found = TargetProcess(argv, env=dict(os.environ), cwd=os.getcwd(), mark=new_mark())\n"
        "if os.fork() == 0:\n"
        "    sys.exit()\n"  # what is to be done at exit is done here as well
        "os.wait()\n"
        "assert found.returncode is None\n"
        "if os.fork() == 0:\n"
        "    os.closerange(0, 3)\n"
        "    time.sleep(30)\n"
        "    os._exit(0)\n"
        "print(found.pid, flush=True)\n"
        "os._exit(0)\n"  # as if killed: nothing is closed
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    pid, end = int(done.stdout), time.monotonic() + 20
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < end, "the copy keeps it alive"
        time.sleep(0.02)
