"""A program that somebody else has started, measured by ``attach`` and left as it was found."""

import signal
import subprocess
import sys
import time

import psutil
import pytest

from pytest_nodeleak import attach, every, measure
from pytest_nodeleak.base.deadline import Deadline
from pytest_nodeleak.base.errors import AttachError
from pytest_nodeleak.node.attach.bundle import visiting
from pytest_nodeleak.node.attach.doors import door_of
from pytest_nodeleak.node.attach.taking import connected, evaluated

from .by_hand import by_hand as by_hand
from .by_hand import listens, soon

LEAK = """
class SimpleClass { constructor(n) { this.text = 'item ' + n; } }
const leakyData = [];
let n = 0;
setInterval(() => leakyData.push(new SimpleClass(n++)), 20);
"""
TRACES = """JSON.stringify([
  Object.getOwnPropertySymbols(globalThis).map(String).filter((name) => name.includes('nodeleak')),
  Object.keys(require.cache || {}).filter((name) => name.includes('nodeleak')),
  process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length,
])"""


def traces(process):
    """What a visit has left, seen in a visit without a driver; the door is closed behind it."""
    door = door_of(process.pid)
    session = connected(door)
    try:
        return evaluated(session, TRACES), door.opened
    finally:
        if door.opened:
            evaluated(session, "setTimeout(() => require('inspector').close(), 20).unref(), 1")
        session.close()


def test_the_leak_of_a_program_that_runs_is_named_and_nothing_stays(by_hand):
    process = by_hand(LEAK)
    with attach(process.pid) as app:
        assert app.pid == process.pid
        assert app.evaluate("require('path').basename(process.argv[1])") == "index.js"
        before = app.memory()
        assert before.heap_used > 1_000_000
        with pytest.raises(AttachError, match="somebody measures it already"):
            attach(process.pid)
        verdict = measure(app, every("200ms"))
    assert verdict.leaks, verdict.reasons
    worst = verdict.constructors[0]
    assert worst.name == "SimpleClass"
    assert "leakyData" in " ".join(worst.retaining_path)
    assert "index.js:5" in worst.allocated_at
    assert soon(lambda: not listens(process.pid))
    assert traces(process) == ("[[],[],1]", True)
    assert process.poll() is None


def test_its_timers_are_told_without_a_walk_through_its_heap(by_hand, monkeypatch):
    monkeypatch.setattr("pytest_nodeleak.node.probes.timers.objects_below", None)
    process = by_hand("setInterval(() => {}, 7000); setTimeout(() => {}, 9000);")
    with attach(process.pid) as app:
        timers = app.main_heap.own_timers(35.0)
    assert sorted(timer.period for timer in timers) == [7.0, 9.0]


@pytest.mark.ends
def test_driven_by_its_own_javascript_and_counted(by_hand):
    process = by_hand(
        "class Kept {}; globalThis.kept = []; globalThis.keep = () => kept.push(new Kept());"
        "globalThis.Kept = Kept; setInterval(() => {}, 1e3);"
    )
    with attach(process.pid) as app:
        assert app.run("keep()", 40) == 40
        assert app.count_instances("Kept") == 40
        verdict = measure(app, "keep()", budget="10s")
        # Its compilers stay on: on a busy machine there may be no time for a second window.
        assert verdict.outcome in ("leak", "inconclusive"), verdict.reasons
        assert verdict.constructors[0].name == "Kept"
        assert verdict.constructors[0].per_iteration == pytest.approx(1.0, rel=0.05)
    assert process.poll() is None


@pytest.mark.ends
def test_workers_are_looked_into_children_are_weighed_and_both_are_left(by_hand):
    process = by_hand(
        """
        const { Worker } = require('worker_threads');
        const { spawn } = require('child_process');
        spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e3)'], { stdio: 'ignore' });
        new Worker("const kept = []; class Job {}; setInterval(() => kept.push(new Job()), 5);",
          { eval: true });
        """
    )
    with attach(process.pid) as app:
        assert soon(lambda: len(app.heaps()) == 2)
        (worker,) = app.workers
        assert worker.memory().heap_used > 100_000
        (child,) = app.other_children()
        assert child.rss > 1_000_000
        verdict = measure(app, every("200ms"))
    assert verdict.leaks
    assert verdict.heap.startswith("worker")
    assert verdict.constructors[0].name == "Job"
    assert process.poll() is None
    assert psutil.pid_exists(child.pid)
    psutil.Process(child.pid).kill()


def test_a_visitor_whose_people_are_gone_leaves_by_itself(by_hand):
    process = by_hand(LEAK)
    door = door_of(process.pid)
    session = connected(door)
    hurried = visiting(True).replace("BEAT = 10_000", "BEAT = 20")
    assert evaluated(session, hurried) == ""
    session.close()
    assert soon(lambda: not listens(process.pid))
    assert traces(process) == ("[[],[],1]", True)


def killed_while_attached(process, folder):
    """The process, to which a nodeleak was attached that was killed."""
    ours = subprocess.Popen(
        [sys.executable, "-m", "pytest_nodeleak", "attach", "--pid", str(process.pid)],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    assert soon(lambda: listens(process.pid))
    ours.send_signal(signal.SIGKILL)
    ours.wait()
    time.sleep(0.2)
    return process


@pytest.mark.ends
def test_killed_in_the_middle_the_program_runs_on_and_can_be_attached_to_again(by_hand, tmp_path):
    process = killed_while_attached(by_hand(LEAK), tmp_path)
    while process.poll() == -signal.SIGSEGV:  # Node 18 to 22, at times
        process = killed_while_attached(by_hand(LEAK), tmp_path)
    door = door_of(process.pid)  # open still: nobody could close it
    session = connected(door)
    session.call("HeapProfiler.startSampling", deadline=Deadline(10))
    session.close()
    assert process.poll() is None
