"""What goes wrong while a program is measured: told by the budget and a little, nothing is lost."""

from __future__ import annotations

import itertools
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import fault_table
import psutil
import pytest

from pytest_nodeleak import NodeApp, TargetError, TargetStuckError, measure, module, open_node
from pytest_nodeleak.base.deadline import Deadline
from pytest_nodeleak.base.errors import DeadlineExceeded
from pytest_nodeleak.inspector import transport
from pytest_nodeleak.node import NodeExecutable, launch
from pytest_nodeleak.report import text_report

from .conftest import Measured

#: seconds of the budget, and beyond it on a machine that is very busy; the table shows the usual
BUDGET = 1.0
LATE = 12.0

STUCK = [
    pytest.param(
        "let n = 0; exports.iteration = () => { if (++n > 300) for (;;); };",
        r"(?s)while the workload ran \(from iteration \d+\); it is at:.*at exports\.iteration",
        marks=pytest.mark.fault(
            "The program",
            "endless loop in an iteration that is measured",
            forced="`for (;;);`, budget 1 s",
            kept="where it is",
        ),
        id="loop",
    ),
    pytest.param(
        "let n = 0; exports.iteration = () => ++n > 300 && new Promise(() => {});",
        "waits for a promise that (does not settle|nothing can settle any more)",
        marks=pytest.mark.fault(
            "The program",
            "a workload's promise that never settles",
            forced="`new Promise(() => {})`, budget 1 s",
            kept="which iteration",
        ),
        id="promise",
    ),
    pytest.param(
        "exports.iteration = () => {}; exports.teardown = () => { for (;;); };",
        r"(?s)while teardown\(\) of the workload ran; it is at:.*at exports\.teardown",
        marks=pytest.mark.fault(
            "The program",
            "endless loop in teardown",
            forced="`for (;;);`, budget 1 s",
            kept="where it is",
        ),
        id="teardown",
    ),
    pytest.param(
        "exports.iteration = () => new Promise((done) => setTimeout(done, 20));"
        "setTimeout(() => require('child_process').execSync('sleep 60'), 400);",
        "not even its debugger answers: is it in one long synchronous call",
        marks=pytest.mark.fault(
            "The program",
            "a long synchronous call beside the workload",
            forced="`execSync('sleep 60')` in a timer, budget 1 s",
        ),
        id="call",
    ),
]


@pytest.mark.parametrize(("source", "said"), STUCK)
def test_a_stuck_program_is_told_of_by_the_budget(
    measured: Measured, source: str, said: str
) -> None:
    work = module("./program.js", "iteration")
    began = time.monotonic()
    with pytest.raises(TargetStuckError, match=said) as caught:
        measured(source, work, budget=BUDGET, snapshots="never")
    took = time.monotonic() - began
    assert took < BUDGET + LATE
    fault_table.saw(f"TargetStuckError: {caught.value}", took)


BUSY = """\
const { Worker } = require('worker_threads');
new Worker("setTimeout(() => { for (;;); }, 50)", { eval: true });
const { spawn } = require('child_process');
const child = spawn(process.execPath, ['-e', "console.log(1); setTimeout(() => {}, 6e4)"]);
child.stdout.once('data', () => setTimeout(() => child.kill('SIGSTOP'), 200));
exports.iteration = () => new Promise((resolve) => setTimeout(resolve, 2));
"""


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.fault(
    "The program",
    "a worker thread in an endless loop, a child that is stopped",
    forced="`for (;;);` in the one, SIGSTOP of the other",
    kept="the verdict on the others",
)
@pytest.mark.slow
def test_heaps_that_do_not_answer_are_said_and_passed_over(measured: Measured) -> None:
    began = time.monotonic()
    verdict = measured(BUSY, module("./program.js", "iteration"), budget=2.0)
    took = time.monotonic() - began
    assert took < 30
    busy = [reason for reason in verdict.reasons if reason.startswith("too busy to answer")]
    assert "worker 1 (eval)" in busy[0]
    fault_table.saw(f"{verdict.outcome}, with: {busy[0]}", took)


LEAK = """\
const kept = [];
class Entry { constructor() { this.at = 1; } }
exports.iteration = () => { kept.push(new Entry()); };
"""


@pytest.mark.skipif(os.name != "posix", reason="rlimits")
@pytest.mark.fault(
    "The machine",
    "no space for the snapshots of a measurement",
    forced="RLIMIT_FSIZE of 500 kB",
    kept="the verdict, with names and paths",
)
@pytest.mark.slow
def test_a_full_disk_loses_no_verdict(measured: Measured) -> None:
    import resource

    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, usual[1]))
    try:
        verdict = measured(LEAK, module("./program.js", "iteration"), iterations=50)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
    assert verdict.outcome == "leak"
    assert verdict.constructors[0].name == "Entry"
    assert verdict.constructors[0].retaining_path
    assert verdict.snapshots == ()
    [said] = [reason for reason in verdict.reasons if "could not be kept" in reason]
    assert said.endswith("File too large")
    fault_table.saw(f"LeakError, with: {said}")


@pytest.mark.fault(
    "The machine",
    "the clock jumps",
    forced="`time.time()` goes back by a year and on by ten, while measured",
    kept="the verdict",
    seen="LeakError, as ever",
)
@pytest.mark.fault(
    "The machine",
    "not enough memory for a snapshot",
    forced="psutil says that 1 MB is free",
    kept="the verdict, by allocating function",
)
def test_clocks_that_jump_and_a_snapshot_that_memory_does_not_allow(
    measured: Measured, monkeypatch: pytest.MonkeyPatch
) -> None:
    jumps, real = itertools.cycle([-3e7, 3e8]), time.time
    monkeypatch.setattr(time, "time", lambda: real() + next(jumps))
    monkeypatch.setattr("pytest_nodeleak.measuring.memory.memory_room", lambda pid: 1_000_000)
    verdict = measured(LEAK, module("./program.js", "iteration"))
    assert verdict.outcome == "leak"
    assert verdict.constructors[0].name == "exports.iteration"
    assert 0 < verdict.seconds < 120
    [said] = [reason for reason in verdict.reasons if "more than is free" in reason]
    fault_table.saw(f"LeakError, with: {said}")


def test_where_the_time_for_paths_is_over_the_names_stand_and_it_is_said(
    measured: Measured, monkeypatch: pytest.MonkeyPatch
) -> None:
    def over(*args: object, **keywords: object) -> None:
        raise DeadlineExceeded("while explaining")

    monkeypatch.setattr("pytest_nodeleak.heap.diff.difference.SnapshotDiff.explain", over)
    verdict = measured(LEAK, module("./program.js", "iteration"))
    assert (verdict.outcome, verdict.constructors[0].name) == ("leak", "Entry")
    assert verdict.constructors[0].retained_size is None
    said = "no paths and retained sizes: 30 s for them were over; raise `explain`"
    assert said in verdict.reasons
    assert said in text_report(verdict)


class CutWire:
    """Stands between the session and a real program; cuts the TCP stream after so many bytes."""

    def __init__(self, port: int, after: int) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self._target = port
        self._left = after
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        near, _ = self._server.accept()
        far = socket.create_connection(("127.0.0.1", self._target))
        threading.Thread(target=self._forth, args=(near, far), daemon=True).start()
        while self._left > 0 and (data := far.recv(min(self._left, 1 << 16))):
            self._left -= len(data)
            near.sendall(data)
        for end in (near, far):
            end.shutdown(socket.SHUT_RDWR)
            end.close()
        self._server.close()

    @staticmethod
    def _forth(near: socket.socket, far: socket.socket) -> None:
        try:
            while data := near.recv(1 << 16):
                far.sendall(data)
        except OSError:
            pass  # cut


@contextmanager
def cut_wire(monkeypatch: pytest.MonkeyPatch, after: int) -> Iterator[None]:
    """In the block, what a program says reaches us for ``after`` bytes only."""

    class Cut(transport.WebSocketTransport):
        def __init__(self, url: str, deadline: Deadline) -> None:
            host, _, rest = url.removeprefix("ws://").partition("/")
            wire = CutWire(int(host.rpartition(":")[2]), after)
            super().__init__(f"ws://127.0.0.1:{wire.port}/{rest}", deadline)

    with monkeypatch.context() as patch:
        patch.setattr(launch, "WebSocketTransport", Cut)
        yield


@pytest.mark.fault(
    "The wire",
    "cut after any number of bytes, in the middle of a message or a chunk",
    forced="a TCP proxy that cuts after 150 B to 1 MB",
)
@pytest.mark.slow
def test_a_wire_that_is_cut_anywhere(
    tmp_path: Path, node: NodeExecutable, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "program.js"
    script.write_text(LEAK)
    # A snapshot through the inspector is the longest message there is.
    monkeypatch.setattr("pytest_nodeleak.node.probes.snapshots._written", _cannot)
    slowest = ("", 0.0)
    for after in (150, 700, 1500, 20_000, 1_000_000):
        began = time.monotonic()
        with (
            cut_wire(monkeypatch, after),
            pytest.raises((TargetError, launch.LaunchError)) as caught,
        ):
            _whole_life(script, node)
        slowest = max(slowest, (str(caught.value), time.monotonic() - began), key=lambda x: x[1])
        assert slowest[1] < LATE
    fault_table.saw(f"{type(caught.value).__name__}: {caught.value}", slowest[1])


def _whole_life(script: Path, node: NodeExecutable) -> None:
    with open_node(script, node=node) as app:
        app.take_snapshot()


def _cannot(*args: Any, **kwargs: Any) -> bool:
    return False


@pytest.fixture
def few_files() -> Iterator[None]:
    """300 file descriptors besides those that are in use."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (psutil.Process().num_fds() + 300, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.skipif(os.name != "posix", reason="file descriptors are counted")
@pytest.mark.fault(
    "Load",
    "50 programs at once in one test, two of them measured at a time",
    forced="`open_node` in a loop, 300 file descriptors for all; `measure` in two threads",
    kept="the verdicts",
)
@pytest.mark.slow
def test_many_programs_and_measurements_at_once(
    tmp_path: Path, node: NodeExecutable, few_files: None
) -> None:
    script = tmp_path / "program.js"
    script.write_text(LEAK)
    threads, files = threading.active_count(), psutil.Process().num_fds()
    apps = [open_node(script, node=node) for _ in range(50)]
    outcomes: list[str] = []

    def one(app: NodeApp) -> None:
        work = module("./program.js", "iteration")
        outcomes.append(measure(app, work, snapshots="never").outcome)

    try:
        assert [app.evaluate("1 + 1") for app in apps] == [2] * len(apps)
        measuring = [threading.Thread(target=one, args=(app,)) for app in apps[3:5]]
        for thread in measuring:
            thread.start()
        for thread in measuring:
            thread.join()
    finally:
        for app in apps:
            app.close()
    assert outcomes == ["leak", "leak"]
    assert threading.active_count() == threads
    assert psutil.Process().num_fds() <= files  # an earlier test's may have been collected
    fault_table.saw("LeakError; afterwards as many threads and file descriptors as before")


@pytest.mark.slow
@pytest.mark.fault(
    "The program",
    "a snapshot that does not end",
    forced="a chain of thousands of prototypes, over which V8 takes minutes; 2 s for names",
    kept="the verdict, and the functions that allocate",
)
def test_a_snapshot_that_does_not_end_costs_the_names_alone(
    measured: Measured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pytest_nodeleak.measuring.meter.LEAST_NAMING", 2.0)
    verdict = measured(
        """
        let scope = { v: 0 }; let n = 0;
        global.iteration = () => { scope = Object.create(scope); scope.v = n++; };
        """,
        explain=2,
    )
    assert verdict.outcome == "leak"
    assert any("did not end in the time for it" in reason for reason in verdict.reasons)
    assert verdict.constructors[0].name == "global.iteration"
    fault_table.saw(verdict.reasons[-1])
