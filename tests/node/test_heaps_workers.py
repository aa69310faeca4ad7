"""Worker threads: found whenever they start, asked as the main heap is, gone when they end."""

from __future__ import annotations

import time
from typing import Any

import pytest

from pytest_nodeleak.base.errors import HeapGoneError, PolicyError, TargetStuckError
from pytest_nodeleak.inspector import Session
from pytest_nodeleak.node import NodeExecutable, NodeWorker, open_node

from .conftest import Started
from .heaps import await_count, check_all_questions

JOB = """
globalThis.Job = class Job { constructor(n) { this.n = n; this.rest = [n]; } };
globalThis.jobs = [new Job(1), new Job(2), new Job(3)];
"""
STAYS = JOB + "setInterval(() => {}, 1000);"
MAIN = """
const { Worker } = require('worker_threads');
const path = require('path');
globalThis.begin = (name, options = {}) => {
  const worker = new Worker(options.eval ? name : path.join(__dirname, name), options);
  worker.on('error', (error) => console.log(error));
  return new Promise((done) => worker.on('online', () => done(worker)));
};
"""


def test_main_is_a_heap_like_the_others(start: Started) -> None:
    app = start(STAYS)
    (main,) = app.heaps()
    assert (main.name, main.kind, main.pid) == ("main", "main", app.pid)
    check_all_questions(main)
    app.iterations = 17
    assert main.memory().iterations == 17
    assert app.heaps() == [main]


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("jobs.js", "{}"),
        ("jobs.mjs", "{}"),
        ("jobs.js", "{ execArgv: [], env: { A: 'b' } }"),
        ("jobs.mjs", "{ execArgv: ['--no-warnings'] }"),
        (
            "jobs.js",
            "{ resourceLimits: { maxOldGenerationSizeMb: 32 }, stdout: true, stderr: true }",
        ),
    ],
)
def test_a_worker_answers_every_question(start: Started, name: str, options: str) -> None:
    start.write(STAYS, name)
    app = start(MAIN + f"begin('{name}', {options});")
    main, worker = await_count(app, 2)
    assert isinstance(worker, NodeWorker)
    assert (worker.name, worker.kind, worker.pid) == (f"worker 1 ({name})", "worker", app.pid)
    assert (worker.id, worker.url.endswith(name)) == (1, True)
    check_all_questions(worker)
    # The main heap has none of it.
    assert main.evaluate("typeof Job") == "undefined"
    assert app.heaps() == [main, worker]
    assert app.workers == [worker]


def test_later_workers_and_workers_of_workers_are_found(start: Started) -> None:
    start.write(MAIN + STAYS, "outer.js")
    start.write(STAYS, "inner.js")
    app = start(MAIN)
    assert len(app.heaps()) == 1
    app.evaluate("await begin('outer.js'); return 1")
    (_, outer) = await_count(app, 2)
    outer.evaluate("await begin('inner.js'); return 1")
    heaps = await_count(app, 3)
    assert [heap.name for heap in heaps[1:]] == ["worker 1 (outer.js)", "worker 2 (inner.js)"]
    check_all_questions(heaps[2])


def test_a_worker_that_ends_is_gone(start: Started) -> None:
    start.write(STAYS, "jobs.js")
    app = start(MAIN)
    app.evaluate("globalThis.it = await begin('jobs.js'); return 1")
    _, worker = await_count(app, 2)
    app.evaluate("await it.terminate()")
    assert not worker.alive
    assert len(app.heaps()) == 1
    for ask in (worker.memory, worker.take_snapshot, lambda: worker.evaluate("1")):
        with pytest.raises(HeapGoneError, match=r"^worker 1 \(jobs\.js\) ended while ") as caught:
            ask()
        assert caught.value.heap == worker.name
    app.memory()


@pytest.mark.fault(
    "The program",
    "a worker ends while it is asked",
    forced="`process.exit` in the worker",
    kept="the program runs on",
    seen="HeapGoneError: worker 1 ended",
)
def test_a_worker_that_ends_while_it_is_asked(start: Started) -> None:
    start.write(STAYS, "jobs.js")
    app = start(MAIN + "begin('jobs.js');")
    _, worker = await_count(app, 2)
    with pytest.raises(HeapGoneError, match="ended while evaluate ran"):
        worker.evaluate("setTimeout(() => process.exit(), 50); await new Promise(() => {})")
    assert app.evaluate("1") == 1


ASLEEP = """
const { workerData } = require('worker_threads');
const kept = [];
class Slept { constructor(n) { this.n = n; } }
for (let i = 0; i < 50; i++) kept.push(new Slept(i));
workerData[1] = kept.length;
for (;;) Atomics.wait(workerData, 0, 0);
"""


@pytest.mark.parametrize("options", ["", "execArgv: [],"])
def test_a_worker_that_sleeps_between_its_tasks_is_measured(start: Started, options: str) -> None:
    """As threads of piscina and tinypool do: their event loop has no turns then."""
    start.write(ASLEEP, "jobs.js")
    app = start(
        MAIN
        + f"""
        globalThis.shared = new Int32Array(new SharedArrayBuffer(8));
        begin('jobs.js', {{ {options} workerData: shared }});
        """
    )
    _, worker = await_count(app, 2)
    while not app.evaluate("shared[1]"):
        time.sleep(0.01)
    assert worker.channel.is_asleep()
    worker.collect_garbage()
    *_, before, after = [worker.memory().heap_used for _ in range(5)]
    assert after == pytest.approx(before, abs=512)
    assert worker.heap_limit() > 1e6
    for detail in ("classes", "full"):
        assert worker.take_snapshot(detail=detail).classes()["Slept"][0] == 50
    with pytest.raises(TargetStuckError, match=r"sleeps in Atomics\.wait"):
        worker.evaluate("1")
    assert not app.main_heap.channel.is_asleep()


@pytest.mark.ends
def test_200_workers_one_after_the_other(start: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    """None stays, none is waited for, and looking for them costs the main heap nothing.

    None is attached to: of 40,000 such workers two took Node down, on a busy machine.
    """
    commands = []

    def spied(session: Session, method: str, *args: Any, **options: Any) -> Any:
        commands.append(method)
        return call(session, method, *args, **options)

    call = Session.call
    monkeypatch.setattr(Session, "call", spied)
    start.write("require('worker_threads').parentPort.postMessage(1);", "jobs.js")
    app = start(
        MAIN
        + """
        globalThis.once = () => new Promise((done, failed) => {
          new Worker(path.join(__dirname, 'jobs.js')).on('exit', done).on('error', failed);
        });
        """
    )
    app.heaps()
    app.run("await once()", 20)
    before = app.memory().heap_used
    for _ in range(18):
        app.run("await once()", 10)
        assert len(app.heaps()) == 1
    assert "NodeWorker.enable" not in commands
    # Of a worker that stayed there would be 28 kB; Node 18 takes steps of 80 kB in all.
    assert app.memory().heap_used - before < 180 * 2000
    app.evaluate("begin('setInterval(() => {}, 1000)', { eval: true }), 1")
    await_count(app, 2)
    assert "NodeWorker.enable" in commands


def test_nothing_of_ours_shows_in_a_worker(start: Started) -> None:
    start.write(
        "require('worker_threads').parentPort.postMessage({ argv: process.argv.slice(1),"
        "execArgv: process.execArgv, env: Object.keys(process.env).filter((k) => k !== 'NODELEAK_"
        "TARGET' && /NODELEAK|NODE_OPTIONS/.test(k)), keys: Object.keys(globalThis) });",
        "look.js",
    )
    app = start(
        MAIN
        + """globalThis.look = (options) => new Promise((done) => {
          new Worker(path.join(__dirname, 'look.js'), options).on('message', done);
        });"""
    )
    seen = app.evaluate("await look()")
    assert seen["execArgv"] == app.evaluate("process.execArgv")
    assert (seen["argv"], seen["env"]) == ([str(start.folder / "look.js")], [])
    assert app.evaluate("await look({ execArgv: ['--no-warnings'] })")["execArgv"] == [
        "--no-warnings"
    ]


@pytest.mark.fault(
    "The program",
    "a worker that is asked and does not answer",
    forced="an endless loop in it",
    kept="the program runs on",
    seen="TargetStuckError: it is busy or stopped",
)
def test_a_busy_worker_is_told_from_one_that_has_ended(start: Started) -> None:
    start.write(
        "require('worker_threads').parentPort.once('message', () => { for (;;); });", "b.js"
    )
    app = start(MAIN)
    app.evaluate("globalThis.it = await begin('b.js'); return 1")
    _, worker = await_count(app, 2)
    app.evaluate("it.postMessage(1)")
    began = time.monotonic()
    with pytest.raises(Exception, match=r"worker 1 \(b\.js\) did not answer within 0\.5 s"):
        worker.evaluate("1", timeout=0.5)
    assert time.monotonic() - began < 5
    assert worker.alive
    app.memory()


def test_nodes_own_threads_are_no_heaps_of_the_program(start: Started) -> None:
    start.write("export const resolve = (name, context, next) => next(name, context);", "hooks.mjs")
    start.write("import m from 'module'; m.register?.('./hooks.mjs', import.meta.url);", "reg.mjs")
    app = start("", node_args=["--no-warnings", "--import", (start.folder / "reg.mjs").as_uri()])
    assert [heap.name for heap in app.heaps()] == ["main"]


def test_main_only(start: Started) -> None:
    start.write(STAYS, "jobs.js")
    app = start(
        MAIN
        + "begin('jobs.js'); globalThis.spawned = require('child_process')"
        + ".execFileSync(process.execPath, ['-p', 'process.env.NODE_OPTIONS']).toString();",
        heaps="main",
    )
    assert app.evaluate("spawned") == "undefined\n"
    time.sleep(0.2)
    assert [heap.name for heap in app.heaps()] == ["main"]
    assert app.workers == []
    assert app.children == []


def test_heaps_of_another_kind_are_refused(node: NodeExecutable) -> None:
    with pytest.raises(PolicyError, match="'some'"):
        open_node("main.js", node=node, heaps="some")
