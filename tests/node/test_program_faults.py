"""Whatever goes wrong while it runs: one clear error, soon; nothing is left."""

from __future__ import annotations

import time
from collections.abc import Callable

import fault_table
import psutil
import pytest

from pytest_nodeleak.base.errors import (
    LaunchError,
    TargetError,
    TargetExitedError,
    TargetOutOfMemoryError,
    TargetStuckError,
)
from pytest_nodeleak.node import NodeApp

from .conftest import Started, fails, processes_of

# -- while it runs -------------------------------------------------------------------------

ENDINGS = [
    pytest.param(
        "process.exit(4)",
        TargetExitedError,
        "ended with exit status 4 while the workload ran",
        4,
        marks=pytest.mark.fault(
            "The program", "exits with 4 in an iteration", forced="`process.exit(4)`"
        ),
    ),
    pytest.param(
        "process.exit()",
        TargetExitedError,
        "ended with exit status 0 while",
        0,
        marks=pytest.mark.fault(
            "The program", "exits with 0 in an iteration", forced="`process.exit()`"
        ),
    ),
    pytest.param(
        "setImmediate(() => { throw new Error('boom in a timer') }); await new Promise(() => {})",
        TargetExitedError,
        r"(?s)ended with exit status 1 while the workload ran \(from iteration 1\); its stderr "
        "ends:.*Error: boom in a timer",
        1,
        marks=pytest.mark.fault(
            "The program", "throws beside an iteration", forced="`setImmediate`", kept="its stderr"
        ),
    ),
    pytest.param(
        "Promise.reject(new Error('unhandled')); await new Promise(() => {})",
        TargetExitedError,
        "(?s)exit status 1 while.*Error: unhandled",
        1,
        marks=pytest.mark.fault(
            "The program",
            "a rejection that nobody handles",
            forced="`Promise.reject(...)`",
            kept="its stderr",
        ),
    ),
    pytest.param(
        "process.kill(process.pid, 'SIGKILL')",
        TargetExitedError,
        "was killed by SIGKILL while",
        -9,
        marks=pytest.mark.fault(
            "The program", "kills itself in an iteration", forced="SIGKILL", kept="its stderr"
        ),
    ),
    pytest.param(
        "process.abort()",
        TargetExitedError,
        "was killed by SIGABRT while",
        -6,
        marks=pytest.mark.fault(
            "The program", "aborts in an iteration", forced="`process.abort()`", kept="its stderr"
        ),
    ),
]


@pytest.mark.parametrize(("work", "kind", "said", "code"), ENDINGS)
def test_ends_during_a_run(
    start: Started, work: str, kind: type[TargetExitedError], said: str, code: int
) -> None:
    app = start("")
    with fails(kind, said) as caught:
        app.run(work, 5)
    assert isinstance(caught.value, TargetExitedError)
    assert caught.value.returncode == code
    assert not app.running
    # Whatever is asked afterwards has the same answer.
    with fails(kind, said.split(" while")[0].replace("(?s)", ""), 1):
        app.memory()


@pytest.mark.fault(
    "The program",
    "ends between two calls",
    forced="`process.exit(7)` in a timer",
    kept="the program's output",
)
def test_ends_between_calls(start: Started) -> None:
    app = start("setTimeout(() => process.exit(7), 300);")
    time.sleep(0.8)
    assert not app.running
    with fails(TargetExitedError, "ended with exit status 7 while it was watched", 1):
        app.check_alive("it was watched")


def test_check_alive_of_a_busy_program_does_not_wait(start: Started) -> None:
    app = start("setTimeout(() => { for (;;); }, 100);")
    time.sleep(0.3)
    began = time.monotonic()
    app.check_alive("it was watched")
    assert app.running
    assert time.monotonic() - began < 0.2


@pytest.mark.fault(
    "The program",
    "is killed from outside",
    forced="SIGKILL while `evaluate` waits",
    kept="the program's output",
)
def test_killed_from_outside(start: Started) -> None:
    app = start("")
    psutil.Process(app.pid).kill()
    with fails(TargetExitedError, "was killed by SIGKILL while evaluate ran"):
        app.evaluate("await new Promise(() => {})")


@pytest.mark.fault(
    "The program",
    "out of memory outside of a measurement",
    forced="`--max-old-space-size=30` and a list that grows",
    kept="V8's own line",
)
def test_out_of_memory_during_a_run(start: Started) -> None:
    app = start("global.kept = [];", node_args=["--max-old-space-size=30"])
    said = r"ran out of memory while the workload ran.*FATAL ERROR.*; lower `iterations`, or give"
    with fails(TargetOutOfMemoryError, said, 15) as caught:
        app.run("for (let i = 0; i < 1e4; i++) kept.push({i, list: [i]})", 10_000)
    assert isinstance(caught.value, TargetOutOfMemoryError)
    assert caught.value.returncode == -6


@pytest.mark.fault(
    "The program",
    "endless loop in `evaluate`",
    forced="`for (;;);`, time-out 0.5 s",
    kept="where it is",
)
def test_endless_loop_in_evaluate(start: Started) -> None:
    app = start("global.spin = function spin() { for (;;); };")
    with fails(TargetStuckError, r"within 0.5 s while evaluate ran; it is at:\n +at spin \(", 2.5):
        app.evaluate("spin()", timeout=0.5)


@pytest.mark.fault(
    "The program",
    "endless loop in `run`",
    forced="`for (;;);` in the fourth iteration",
    kept="where it is",
)
def test_endless_loop_in_an_iteration(start: Started) -> None:
    app = start("global.n = 0; global.spin = () => { if (++n > 3) for (;;); };")
    with fails(
        TargetStuckError, r"(?s)while the workload ran.*; it is at:.*at global.spin", 6
    ) as c:
        app.run("spin()", 10, timeout=0.3)
    assert isinstance(c.value, TargetStuckError)
    assert "main.js:1" in c.value.stack
    assert "driver" not in c.value.stack


@pytest.mark.fault(
    "The program",
    "endless loop in a module that is loaded",
    forced="`for (;;);` at its top level",
    kept="where it is",
)
def test_endless_loop_in_a_module_of_the_workload(start: Started) -> None:
    from pytest_nodeleak import module

    start.write("for (;;);", "work.js")
    app = start("")
    with fails(TargetStuckError, r"(?s)it is at:.*work\.js:1", 4):
        app.run(module("./work.js", "x"), 1, timeout=0.5)


def test_a_long_loop_goes_on_after_it_was_looked_at(start: Started) -> None:
    app = start("global.work = () => { for (const end = Date.now() + 1500; Date.now() < end;); };")
    with fails(TargetStuckError, r"(?s)it is at:.*at global\.work", 2.5):
        app.evaluate("work(); global.finished = 1", timeout=0.4)
    assert app.evaluate("return finished", timeout=5) == 1


@pytest.mark.fault(
    "The program",
    "a promise that never settles, in `evaluate`",
    forced="`await new Promise(() => {})`",
    kept="the program runs on",
)
def test_a_promise_that_never_settles(start: Started) -> None:
    app = start("setInterval(() => { for (const e = Date.now() + 15; Date.now() < e;); }, 1);")
    # The second if GC comes by meanwhile.
    said = "waits for a promise that (does not settle|nothing can settle any more)"
    with fails(TargetStuckError, said, 2.5):
        app.evaluate("await new Promise(() => {})", timeout=0.4)
    # The program itself is well, and was not left halted.
    assert app.evaluate("1") == 1
    assert app.run("await new Promise((r) => setTimeout(r, 1))", 3) == 3


@pytest.mark.fault(
    "The program", "is stopped from outside", forced="SIGSTOP", kept="the program's output"
)
def test_a_program_that_is_halted(start: Started) -> None:
    app = start("")
    psutil.Process(app.pid).suspend()
    with fails(TargetStuckError, r"a signal has stopped it \(SIGSTOP\)", 2.5):
        app.evaluate("1", timeout=0.4)
    began = time.monotonic()
    app.close()
    assert time.monotonic() - began < 1


@pytest.mark.fault(
    "The program",
    "closes stdout and stderr, then exits",
    forced="`fs.closeSync(1)`, `fs.closeSync(2)`",
    kept="the exit status",
)
def test_closed_standard_streams(start: Started) -> None:
    app = start("require('fs').closeSync(2); require('fs').closeSync(1);")
    assert app.run("1", 10) == 10
    app.memory()
    with fails(TargetExitedError, "exit status 9"):
        app.run("process.exit(9)", 1)


@pytest.mark.fault(
    "The program",
    "closes stderr, then throws while it loads",
    forced="`fs.closeSync(2)`",
    kept="the exit status",
)
def test_closed_streams_while_loading(start: Started) -> None:
    with fails(LaunchError, "exit status 1"):
        start("require('fs').closeSync(2); throw new Error('unheard');")


@pytest.mark.fault(
    "The program",
    "a grandchild holds its pipes open",
    forced="a detached child that inherits stderr",
    kept="the program's output",
)
def test_a_grandchild_that_holds_the_pipes(start: Started) -> None:
    """The end of the program is told at once, although its stderr stays open."""
    app = start(
        "require('child_process').spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)',"
        "__dirname], {detached: true, stdio: 'inherit'}).unref();"
        "setTimeout(() => { console.error('bye'); process.exit(2) }, 200);"
    )
    with fails(TargetExitedError, "(?s)exit status 2.*bye"):
        app.wait_for_output("never")
    app.close()
    assert processes_of(start.folder) == []


@pytest.mark.fault(
    "The program",
    "closes our inspector in `evaluate`",
    forced="`inspector.close()`",
    kept="the program's output",
)
def test_the_program_closes_the_inspector(start: Started) -> None:
    app = start("")
    with pytest.raises(TargetError, match=r"inspector connection was cut|did not answer") as caught:
        app.evaluate("require('inspector').close(); await new Promise(() => {})", timeout=2)
    fault_table.saw(caught.value)
    began = time.monotonic()
    app.close()
    assert time.monotonic() - began < 1


USES: list[Callable[[NodeApp], object]] = [
    lambda app: app.memory(),
    lambda app: app.collect_garbage(),
    lambda app: app.take_snapshot(),
    lambda app: app.count_instances("Map"),
    lambda app: app.workers,
    lambda app: app.evaluate("1"),
    lambda app: app.run("1", 1),
    lambda app: app.wait_for_output("x"),
]


@pytest.mark.fault(
    "The program",
    "is asked after its death",
    forced="each method of NodeApp after `process.exit(6)`",
    kept="the program's output",
)
def test_every_call_tells_of_the_death(start: Started) -> None:
    app = start("setTimeout(() => { console.error('bye'); process.exit(6) }, 30);")
    time.sleep(0.3)
    for use in USES:
        with fails(TargetExitedError, r"(?s)exit status 6 while .*bye", 1.5):
            use(app)
