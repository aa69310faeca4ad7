"""Readings are exact, and nothing that measuring does keeps memory alive."""

from __future__ import annotations

import itertools
import time

import pytest

from pytest_nodeleak.base.deadline import Deadline
from pytest_nodeleak.base.errors import EvaluationError, PolicyError
from pytest_nodeleak.node import NodeApp

from .conftest import Started

BUSY = """
global.work = () => {
  const map = new Map();
  for (let i = 0; i < 200; i++) map.set('k' + i, { i, text: 'x'.repeat(i % 7), list: [i] });
  return JSON.stringify([...map]).length;
};
"""


def settled_range(app: NodeApp, samples: int = 8) -> int:
    """Bytes between the lowest and the highest of some samples after the driver's warm-up."""
    for _ in range(5):
        app.memory()
    used = [app.memory().heap_used for _ in range(samples)]
    return max(used) - min(used)


def test_an_idle_program_does_not_change(start: Started) -> None:
    assert settled_range(start("")) == 0


def test_an_idle_es_module_does_not_change(start: Started) -> None:
    assert settled_range(start("export const a = 1;", name="main.mjs")) == 0


def test_a_busy_program_does_not_change(start: Started) -> None:
    app = start(BUSY)
    app.run("work()", 200)
    for _ in range(5):
        app.run("work()", 50)
        app.memory()
    used = []
    for _ in range(8):
        app.driver("run", 50, 8192)
        used.append(app.memory().heap_used)
    assert max(used) - min(used) == 0, used


def test_a_leak_shows_to_the_byte(start: Started) -> None:
    app = start("global.kept = null; class N { constructor(p) { this.p = p; } }; global.N = N;")
    app.evaluate("return 1")
    app.run("kept = new N(kept)", 500)
    used = []
    for _ in range(6):
        app.memory()
        used.append(app.memory().heap_used)
        app.driver("run", 64, 8192)
    deltas = {b - a for a, b in itertools.pairwise(used[1:])}
    assert len(deltas) == 1, used
    assert deltas.pop() % 64 == 0
    assert used[2] > used[1]


def test_repeated_evaluate_keeps_nothing(start: Started) -> None:
    app = start("global.n = 0;")
    for _ in range(30):
        app.evaluate("return n + 1")
    settled_range(app)
    before = app.memory().heap_used
    for _ in range(50):
        app.evaluate("return n + 1")
    assert app.memory().heap_used - before == 0


def test_what_was_logged_is_collected_with_the_rest(start: Started) -> None:
    app = start(
        "global.say = () => { const it = {}; global.ref = new WeakRef(it); console.log(it); };"
    )
    app.run("say()", 1)
    app.collect_garbage()
    assert app.evaluate("ref.deref() === undefined")


def test_console_arguments_are_not_kept(start: Started) -> None:
    app = start(
        "class Logged {}; global.Logged = Logged; global.say = () => console.log(new Logged());"
    )
    app.run("say()", 300)
    app.memory()
    assert app.count_instances("Logged") == 0
    app.run("console.error({text: 'x'.repeat(2000)}); say()", 200)
    before = app.memory().heap_used
    app.run("console.error({text: 'x'.repeat(2000)}); say()", 200)
    # What the pipe has not taken yet is kept by Node: on a busy machine that takes a moment.
    deadline = Deadline(10)
    while app.memory().heap_used - before >= 20_000:
        deadline.check("the heap came down again")
        time.sleep(0.05)


def test_what_a_sample_holds(start: Started) -> None:
    app = start("")
    app.memory()
    before = app.memory()
    app.evaluate(
        "global.buffer = new ArrayBuffer(5e6); global.server = require('net').createServer();"
        "await new Promise((r) => server.listen(0, '127.0.0.1', r));"
        "global.context = require('vm').createContext({});"
    )
    after = app.memory()
    assert 5_000_000 <= after.array_buffers - before.array_buffers < 5_200_000
    assert after.external - before.external >= 5_000_000
    assert after.contexts - before.contexts == 1
    assert after.resources - before.resources == 1
    assert after.rss > 20_000_000
    assert after.iterations == 0


def test_weak_references_are_cleared(start: Started) -> None:
    app = start(
        """
        global.ref = new WeakRef({});
        global.reg = new FinalizationRegistry(() => { global.done = 1; });
        reg.register({}, 1);
        """
    )
    app.memory(settle=3)
    assert app.evaluate("ref.deref() === undefined")
    app.collect_garbage()
    assert app.evaluate("global.done") == 1


def test_count_instances(start: Started) -> None:
    app = start(
        """
        class Job {}
        class Special extends Job {}
        global.Job = Job; global.Special = Special;
        global.jobs = [new Job(), new Job(), new Special()];
        for (let i = 0; i < 100; i++) new Job();
        """
    )
    # A prototype counts as an instance of what it inherits from: Special.prototype.
    assert app.count_instances("Job") == 3 + 1
    assert app.count_instances("Special") == 1
    assert app.count_instances("Job.prototype") == 4
    app.evaluate("jobs.length = 0")
    assert app.count_instances("Special;") == 0
    with pytest.raises(EvaluationError, match="needs a class or a prototype, not 5"):
        app.count_instances("5")
    with pytest.raises(EvaluationError, match="Jub is not defined"):
        app.count_instances("Jub")
    before = app.count_instances("Map")
    for _ in range(5):
        assert app.count_instances("Map") == before


@pytest.mark.parametrize("bad", [-1, float("nan"), "5", True])
def test_timeouts_that_are_nonsense(start: Started, bad: object) -> None:
    app = start("")
    for use in (app.evaluate, app.wait_for_output, app.count_instances):
        with pytest.raises(PolicyError, match="is no time-out; give seconds"):
            use("1", timeout=bad)  # type: ignore[operator]
    with pytest.raises(PolicyError):
        app.run("1", 1, timeout=bad)  # type: ignore[arg-type]
    assert app.evaluate("1", timeout=float("inf")) == 1
    assert app.evaluate("1", timeout=1e300) == 1


def test_what_node_notes_of_each_fetch_is_forgotten(start: Started) -> None:
    app = start(
        "const server = require('http').createServer((_, answer) => answer.end('x')).listen(0);\n"
        "global.url = () => `http://127.0.0.1:${server.address().port}`;\n"
        "global.count = () => performance.getEntriesByType('resource').length;\n"
    )
    app.run("await (await fetch(url())).text()", 5)
    noted = app.evaluate("count()")
    app.memory()
    assert (noted, app.evaluate("count()")) == (5, 0)
