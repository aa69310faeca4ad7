"""Endurance: many leak tests in one pytest run. Is pytest itself steady, is anything left?

    python benchmarks/soak.py --tests 500 --workers 2

Prints RSS, file descriptors and threads of pytest along the way (with workers: of each of them, and
of the one that hands out the tests), and what is left in the folder for temporary files and of
processes. Exit status 1 if something grows or is left.
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
# Asked by pytest itself, after each test; each process has a file of its own.
WATCH = """\
import gc, json, os, threading, psutil

def pytest_runtest_logfinish(nodeid):
    me = psutil.Process()
    gc.collect()
    facts = [me.memory_info().rss, me.num_fds(), threading.active_count(), len(me.children())]
    name = os.environ.get("PYTEST_XDIST_WORKER", "pytest")
    with open(os.path.join(os.environ["SOAK_LOGS"], name), "a") as log:
        log.write(json.dumps(facts) + "\\n")
"""
#: bytes of RSS in the second half that are no growth, and what each result takes until the end: the
#: verdict, of which the summary and the report files are made, and pytest's own report
STEADY = 2_000_000
RESULT = 16_000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tests", type=int, default=200)
    parser.add_argument("--workers", type=int, default=0, help="of pytest-xdist")
    arguments = parser.parse_args()
    count, workers = arguments.tests, arguments.workers
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        temporary = root / "temporary"
        temporary.mkdir()
        project = root / "project"
        project.mkdir()
        (project / "program.js").write_text(PROGRAM)
        (project / "test_soak.py").write_text(TESTS.format(count=count))
        (project / "conftest.py").write_text(WATCH)
        logs = root / "logs"
        logs.mkdir()
        env = {**os.environ, "TMPDIR": str(temporary), "SOAK_LOGS": str(logs)}
        spread = ["-n", str(workers)] if workers else ["-p", "no:xdist"]
        began = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *spread],
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
        told = {
            path.name: [json.loads(line) for line in path.read_text().splitlines()]
            for path in sorted(logs.iterdir())
        }
    steady = [is_steady(name, facts) for name, facts in told.items()]
    print(f"{count} tests in {seconds:.0f} s, pytest's status {done.returncode}")
    print(f"left: files {left}, processes {orphans}")
    return 0 if all(steady) and not left and not orphans and done.returncode == 0 else 1


def is_steady(name: str, facts: list[list[int]]) -> bool:
    """Print what a process of pytest told after each test; whether nothing has grown."""
    print(f"{name}\ntest      RSS       fds  threads  children")
    step = max(1, len(facts) // 10)
    for number in [*range(0, len(facts) - 1, step), len(facts) - 1]:
        rss, fds, threads, children = facts[number]
        print(f"{number + 1:4}  {rss / 1e6:6.1f} MB  {fds:6}  {threads:7}  {children:8}")
    early, last = facts[len(facts) // 2], facts[-1]  # it takes 40 tests to level off
    growth = last[0] - early[0]
    print(f"RSS since half of them: {growth / 1e6:+.1f} MB")
    allowed = STEADY + RESULT * (len(facts) - len(facts) // 2)
    return growth < allowed and last[1:] == early[1:]


if __name__ == "__main__":
    sys.exit(main())
