"""Endurance: many leak tests in one pytest run. Is pytest itself steady, is anything left?

    python benchmarks/soak.py --tests 200

Prints RSS, file descriptors and threads of pytest along the way, and what is left in the folder
for temporary files and of processes. Exit status 1 if something grows or is left.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

PROGRAM = """\
class Entry { constructor() { this.at = 1; } }
const kept = [];
exports.leak = () => { kept.push(new Entry()); };
exports.fine = () => { new Entry(); };
"""
TESTS = """\
import pytest
from pytest_nodeleak import LeakError, assert_no_leak, module

@pytest.mark.parametrize("number", range({count}))
def test_one(launch_node, number):
    app = launch_node("program.js")
    if number % 10:
        assert_no_leak(app, module("./program", "fine"))
    else:
        with pytest.raises(LeakError):
            assert_no_leak(app, module("./program", "leak"))
"""
# Asked by pytest itself, after each test.
WATCH = """\
import gc, json, os, threading, psutil

def pytest_runtest_logfinish(nodeid):
    me = psutil.Process()
    gc.collect()
    facts = [me.memory_info().rss, me.num_fds(), threading.active_count(), len(me.children())]
    with open(os.environ["SOAK_LOG"], "a") as log:
        log.write(json.dumps(facts) + "\\n")
"""
#: bytes of RSS from the second quarter to the last that are no growth
STEADY = 4_000_000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tests", type=int, default=200)
    count = parser.parse_args().tests
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        temporary = root / "temporary"
        temporary.mkdir()
        project = root / "project"
        project.mkdir()
        (project / "program.js").write_text(PROGRAM)
        (project / "test_soak.py").write_text(TESTS.format(count=count))
        (project / "conftest.py").write_text(WATCH)
        log = root / "log"
        env = {**os.environ, "TMPDIR": str(temporary), "SOAK_LOG": str(log)}
        began = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"],
            cwd=project,
            env=env,
            check=False,
        )
        seconds = time.monotonic() - began
        left = sorted(path.name for path in temporary.iterdir() if path.name != "pytest-of-root")
        orphans = [
            process.pid
            for process in psutil.process_iter(["cmdline"])
            if any(folder in part for part in process.info["cmdline"] or ())
        ]
        facts = [json.loads(line) for line in log.read_text().splitlines()]
    return report(facts, seconds, done.returncode, left, orphans)


def report(
    facts: list[list[int]], seconds: float, status: int, left: list[str], orphans: list[int]
) -> int:
    """Print it; 1 if something grew or was left."""
    print("test      RSS       fds  threads  children")
    step = max(1, len(facts) // 10)
    for number in [*range(0, len(facts) - 1, step), len(facts) - 1]:
        rss, fds, threads, children = facts[number]
        print(f"{number + 1:4}  {rss / 1e6:6.1f} MB  {fds:6}  {threads:7}  {children:8}")
    early, last = facts[len(facts) // 4], facts[-1]
    growth = last[0] - early[0]
    print(f"{len(facts)} tests in {seconds:.0f} s, pytest's status {status}")
    print(f"RSS since a quarter of them: {growth / 1e6:+.1f} MB")
    print(f"left: files {left}, processes {orphans}")
    steady = growth < STEADY and last[1:] == early[1:]
    return 0 if steady and not left and not orphans and status == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
