"""What the collector does in a program: its runs, their pauses, and a heap that grows by them."""

import contextlib
import threading

import pytest

from pytest_nodeleak import attach
from pytest_nodeleak.base.errors import PolicyError
from pytest_nodeleak.heap.read.profiles import load_profile

from .by_hand import by_hand as by_hand
from .by_hand import listens, soon
from .test_running_attached import traces

KEPT = """
const kept = [];
globalThis.keep = () => { for (let i = 0; i < 500; i++) kept.push({ i }); };
globalThis.churn = () => { for (let i = 0; i < 3e5; i++) ({ i, text: [i] }); };
globalThis.counted = () => new Promise((resolve) => {
  const { PerformanceObserver } = require('perf_hooks');
  const own = [];
  const observer = new PerformanceObserver((list) => {
    for (const { detail, duration } of list.getEntries()) own.push([detail.kind, duration]);
  });
  observer.observe({ entryTypes: ['gc'] });
  globalThis.ended = () => { observer.disconnect(); return own; };
  setImmediate(resolve, 0);
});
setInterval(() => {}, 1e3);
"""
NUMBERS = {1: "minor", 2: "minor", 4: "major", 8: "incremental", 16: "weak callbacks"}


def test_runs_are_those_that_the_program_sees_itself(start):
    app = start(KEPT)
    with app.on_gc() as gc:
        before = len(gc.read().runs)
        app.evaluate("counted()")
        app.evaluate("churn()")
        app.collect_garbage()
        own = app.evaluate("new Promise((r) => setTimeout(() => r(ended()), 50))")
        runs = list(gc.read().runs)[before:]
        seen = [(run.kind, pytest.approx(run.pause_ms, abs=1e-6)) for run in runs]
        told = [(NUMBERS[kind], duration) for kind, duration in own]
        # Around the program's own counting there may be runs that only we have seen.
        assert any(told == seen[at : at + len(told)] for at in range(len(seen))), (told, seen)
        stats = gc.read()
    assert {"minor", "major"} <= set(stats.kinds)
    assert stats.kinds["major"].runs == len(stats.heap_used)
    assert stats.kinds["minor"].longest_ms > 0
    assert stats.pause_ms == pytest.approx(sum(run.pause_ms for run in stats.runs))
    assert any(run.forced for run in stats.runs)
    assert [run.at for run in stats.runs] == sorted(run.at for run in stats.runs)
    assert "major" in str(stats)


def test_the_heap_is_that_right_after_the_run_not_of_the_turn_in_which_it_is_told(start):
    app = start(KEPT)
    with app.on_gc() as gc:
        gc.read()
        # The garbage of the rest of this turn, 8 MB, is no part of it.
        app.evaluate("gc(), globalThis.rest = Array.from({length: 1e6}, () => 1.5), 1")
        # So large an array makes V8 collect once more, by itself.
        (heap,) = [run.heap_used for run in gc.read().runs if run.forced][-1:]
        used = app.memory().heap_used
    assert used - heap > 4_000_000


def test_growth_over_five_gcs_is_told_and_a_level_heap_is_not(start):
    app = start(KEPT)
    told = []
    app.on_growth(told.append)
    for _ in range(8):
        app.memory(settle=1)
    level = len(told)  # what the engine itself adds at first may count once
    for _ in range(6):
        app.evaluate("keep()")
        app.memory()
    assert len(told) > level
    last = told[-1]
    assert last.runs >= 5
    assert last.growth >= 5 * 500 * 16
    assert last.bytes_per_hour > 0
    assert "heap growth over 5 consecutive GCs" in str(last)


def test_without_it_nothing_of_it_is_in_the_program_and_after_it_nothing_stays(start):
    app = start(KEPT)
    watched = "globalThis[Symbol.for('pytest-nodeleak.driver')].gcWatch !== null"
    loaded = "Object.keys(require.cache).some((file) => file.endsWith('gc.cjs'))"
    assert app.evaluate(f"[{watched}, {loaded}]") == [False, False]
    with app.on_gc():
        assert app.evaluate(watched) is True
    assert app.evaluate(watched) is False


def test_of_a_program_that_runs_it_is_told_while_nobody_asks(by_hand):
    process = by_hand(
        "const kept = []; setInterval(() => { kept.push({}); gc(); }, 20);", "--expose-gc"
    )
    with attach(process.pid) as app:
        told, runs = threading.Event(), []
        app.on_growth(lambda growth: told.set())
        app.on_gc(runs.append)
        assert told.wait(60)
        assert soon(lambda: len(runs) > 3)
    assert soon(lambda: not listens(process.pid))
    assert traces(process) == ("[[],[],1]", True)
    assert process.poll() is None


def test_what_a_callback_raises_is_raised_by_the_next_call(start):
    app = start(KEPT)

    def refuse(run):
        raise AssertionError(f"{run.kind} GC")

    gc = app.on_gc(refuse)
    with pytest.raises(AssertionError, match="GC"):
        app.collect_garbage()
    with contextlib.suppress(AssertionError):
        gc.close()
    assert gc.closed
    app.collect_garbage()


def test_a_program_that_ends_leaves_what_was_seen(start):
    app = start(KEPT)
    gc = app.on_gc()
    app.collect_garbage()
    seen = len(gc.read().runs)
    assert seen
    app.close()
    assert len(gc.read().runs) == seen
    gc.close()


def test_a_worker_has_its_own(start):
    app = start(
        """
        const { Worker } = require('worker_threads');
        new Worker("setInterval(() => { for (let i = 0; i < 1e4; i++) ({ i }); }, 1)",
          { eval: true });
        """
    )
    assert soon(lambda: app.workers)
    (worker,) = app.workers
    with worker.on_gc() as gc:
        assert soon(lambda: "minor" in gc.read().kinds)


def test_a_live_profile_has_what_stays_by_function(start, tmp_path):
    app = start(
        "const kept = []; globalThis.keep = function keepOne() { kept.push({ at: kept.length }); };"
        "globalThis.drop = function dropOne() { return [{ at: 1 }].length; };"
    )
    path = tmp_path / "live.heapprofile"
    with app.live_profile(path, interval=1):
        app.run("keep()", 500)
        app.run("drop()", 500)
    table = {function.name: function for function in load_profile(path).functions}
    assert table["keepOne"].samples >= 500
    assert table["keepOne"].size >= 500 * 16
    # What V8 itself keeps of a function that has run.
    assert "dropOne" not in table or table["dropOne"].samples < 20
    with pytest.raises(PolicyError, match="interval=0"), app.live_profile(path, interval=0):
        pass
    with pytest.raises(PolicyError, match="no folder"), app.live_profile(tmp_path / "a" / "b"):
        pass
    with pytest.raises(ZeroDivisionError), app.live_profile(tmp_path / "none.heapprofile"):
        raise ZeroDivisionError
    assert sorted(p.name for p in tmp_path.glob("*.heapprofile*")) == ["live.heapprofile"]
