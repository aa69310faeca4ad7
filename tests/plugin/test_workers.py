"""With workers of pytest-xdist: they share the memory, and their controller shows what they do."""

import contextlib
import json
import os
import pty
import re
import subprocess
import sys
from itertools import pairwise

import pytest

pytest.importorskip("xdist")

#: a machine with memory for one snapshot of so small a heap, and who took one when
CONFTEST = """\
import os, time
import pytest_nodeleak.measuring.memory as memory
from pytest_nodeleak.node.heaps.heap import NodeHeap
from pytest_nodeleak.node.probes.cost import snapshot_bytes

memory.memory_room = lambda pid: snapshot_bytes(6_000_000)
take = NodeHeap.take_snapshot

def noted(self, *args, **keywords):
    before = time.monotonic()
    result = take(self, *args, **keywords)
    with open(os.environ['NOTES'], 'a') as file:
        file.write(f'[{os.getpid()}, {before}, {time.monotonic()}]\\n')
    return result

NodeHeap.take_snapshot = noted
"""
BOTH_LEAK = """
@pytest.mark.parametrize('n', range(2))
def test_it(launch_node, n):
    verdict = measure(launch_node('program.js'), module('./program', 'leak'), snapshots='always')
    assert verdict.constructors[0].name == 'Entry'
"""


@pytest.mark.slow
def test_snapshots_wait_while_they_would_not_fit_beside_each_other(project, monkeypatch):
    notes = project.path / "../notes"
    monkeypatch.setenv("NOTES", str(notes))
    project.write("conftest.py", CONFTEST)
    project.tests(BOTH_LEAK)
    project.run("-n", "2").assert_outcomes(passed=2)
    taken = sorted(map(json.loads, notes.read_text().splitlines()), key=lambda note: note[1])
    # What a measurement has begun, it finishes: nobody takes turns.
    pids = [pid for pid, _, _ in taken]
    assert len(set(pids)) == 2
    assert pids == sorted(pids, key=pids.index)
    assert all(end <= begin for (_, _, end), (_, begin, _) in pairwise(taken))
    assert project.leftovers() == []


LONG = """
def test_long(launch_node):
    print("captured")
    assert_no_leak(launch_node("program.js"), every("1s"))
"""
STAY = "setInterval(() => {}, 50);\n"


@pytest.mark.slow
@pytest.mark.parametrize("workers", [[], ["-n", "1"]], ids=["alone", "xdist"])
def test_a_long_measurement_shows_on_a_terminal_what_it_is_doing(project, workers):
    project.write("program.js", STAY)
    project.tests(LONG)
    main, terminal = pty.openpty()
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:asyncio"]
    process = subprocess.Popen(
        [*command, *workers], stdout=terminal, stderr=terminal, stdin=terminal
    )
    os.close(terminal)
    chunks = []
    with contextlib.suppress(OSError):  # it ends when the other side is closed
        while chunk := os.read(main, 65536):
            chunks.append(chunk)
    os.close(main)
    assert process.wait(60) == 0
    text = b"".join(chunks).decode()
    shown = r"(\x1b\[K)+  test_long [a-z]+" if workers else r"test_it\.py (\x1b\[K)+  [a-z]+"
    assert re.search(shown, text)
    assert re.search(r"[a-z] \d: \d+ iterations, \d+ of \d+ s", text)  # not the first thing
    assert "captured" not in text
    assert re.search(r"\x1b\[K\. ", text)  # erased before pytest goes on
    assert "\x1b[2m" not in text  # the run has no colours
    assert project.leftovers() == []


@pytest.mark.slow
@pytest.mark.parametrize("workers", [[], ["-n", "1"]], ids=["alone", "xdist"])
def test_in_a_log_there_is_a_line_for_each_phase_with_v_and_none_without(project, workers):
    project.write("program.js", STAY)
    project.tests(LONG)
    assert "nodeleak: window" not in project.run(*workers).stdout.str()
    told = project.run("-v", *workers)
    line = "[[]gw0] nodeleak: test_it.py::test_long: *" if workers else "  nodeleak: *"
    told.stdout.fnmatch_lines(["test_it.py::test_long *", line, "*PASSED*"])
    assert "\x1b" not in told.stdout.str()
    phases = [line for line in told.outlines if " nodeleak: " in line]
    assert "iterations," not in "\n".join(phases)
    assert len(phases) == len(set(phases)) > 1
