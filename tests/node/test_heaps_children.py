"""Child processes that run Node: found however they were started, and asked like the others."""

from __future__ import annotations

import re
import urllib.request

import pytest

from pytest_nodeleak.base.errors import HeapGoneError

from .conftest import Started, gone
from .heaps import await_count, await_heaps, by_name, check_all_questions
from .test_heaps_workers import JOB

STAYS = JOB + "setInterval(() => {}, 1000);"

WAYS = {
    "fork": "cp.fork(file)",
    "fork, own execArgv": "cp.fork(file, [], { execArgv: ['--no-warnings'], silent: true })",
    "spawn": "cp.spawn(process.execPath, [file])",
    "ignore": "cp.spawn(process.execPath, [file], { stdio: 'ignore' })",
    "inherit": "cp.spawn(process.execPath, [file], { stdio: 'inherit' })",
    "detached": "cp.spawn(process.execPath, [file], { detached: true, stdio: 'ignore' }).unref()",
    "env {}": "cp.spawn(process.execPath, [file], { env: {} })",
    "detached, env {}": "cp.spawn(process.execPath, [file], { detached: true, env: {} })",
    "own NODE_OPTIONS": (
        "cp.spawn(process.execPath, [file], { env: { NODE_OPTIONS: '--no-warnings' } })"
    ),
    "execFile": "cp.execFile(process.execPath, [file])",
    "exec": "cp.exec(`'${process.execPath}' '${file}'`)",
    "shell script": "cp.spawn('/bin/sh', ['-c', `'${process.execPath}' '${file}'; exit 3`])",
}


@pytest.mark.parametrize("way", WAYS)
def test_a_child_answers_every_question(start: Started, way: str) -> None:
    start.write(STAYS, "job.js")
    app = start(
        "const cp = require('child_process'); const file = require.resolve('./job.js');" + WAYS[way]
    )
    main, child = await_count(app, 2)
    assert (child.name, child.kind) == (f"child {child.pid} (job.js)", "child")
    assert child.evaluate("process.pid") == child.pid != app.pid
    check_all_questions(child)
    assert app.heaps() == [main, child]
    assert app.children == [child]
    # Compilers are off as in the program itself.
    hot = "function hot(a) { return a + 1; } for (let i = 0; i < 2e5; i++) hot(i);"
    natives = "require('v8').setFlagsFromString('--allow-natives-syntax');"
    status = "return new Function('f', 'return %GetOptimizationStatus(f)')(hot)"
    maglevved_or_turbofanned = (1 << 4) | (1 << 5) | (1 << 6)
    assert child.evaluate(natives + hot + status) & maglevved_or_turbofanned == 0
    app.close()
    assert gone(start.folder)


def test_cluster(start: Started) -> None:
    app = start(
        JOB
        + """
        const cluster = require('cluster');
        if (cluster.isPrimary) for (let i = 0; i < 3; i++) cluster.fork();
        else {
          const server = require('http').createServer((request, response) => {
            jobs.push(new Job(1));
            response.end(String(process.pid));
          });
          server.keepAliveTimeout = 1;
          server.listen(0, '127.0.0.1', () => console.log('port ' + server.address().port));
        }
        """
    )
    url = "http://127.0.0.1:" + app.wait_for_output(r"port (\d+)").group(1)
    heaps = await_count(app, 4)
    assert {heap.name for heap in heaps[1:]} == {
        f"child {heap.pid} (main.js)" for heap in heaps[1:]
    }
    answered = [int(urllib.request.urlopen(url).read()) for _ in range(12)]
    assert set(answered) <= {heap.pid for heap in heaps[1:]}
    for heap in heaps[1:]:
        assert heap.count_instances("Job") == 3 + answered.count(heap.pid)
    assert heaps[0].count_instances("Job") == 3


def test_grandchildren_and_workers_of_children(start: Started) -> None:
    start.write(STAYS, "job.js")
    start.write(
        JOB
        + """
        require('child_process').fork('./job.js', { cwd: __dirname });
        new (require('worker_threads').Worker)(require.resolve('./job.js'));
        new (require('worker_threads').Worker)(`require('child_process').spawn(process.execPath,
          [${JSON.stringify(require.resolve('./job.js'))}], { env: {}, stdio: 'ignore' });`,
          { eval: true });
        """,
        "middle.js",
    )
    app = start("require('child_process').fork('./middle.js', { cwd: __dirname });")
    heaps = await_heaps(
        app,
        lambda heaps: (
            [re.sub(r"\d{2,}", "N", heap.name) for heap in heaps].count("child N (job.js)") == 2
            and sum("worker" in heap.name for heap in heaps) == 2
        ),
    )
    middle = heaps[1]
    assert middle.name == f"child {middle.pid} (middle.js)"
    worker = by_name(heaps, f"worker 1 (job.js) of {middle.name}")
    assert (worker.kind, worker.pid) == ("worker", middle.pid)
    check_all_questions(worker)
    for heap in heaps:
        if heap.name.endswith("(job.js)") and heap.kind == "child":
            check_all_questions(heap)


def test_a_worker_of_the_program_starts_a_child(start: Started) -> None:
    start.write(STAYS, "job.js")
    start.write("require('child_process').fork('./job.js', { cwd: __dirname });", "worker.js")
    app = start("new (require('worker_threads').Worker)(require.resolve('./worker.js'));")
    heaps = await_count(app, 3)
    assert [heap.kind for heap in heaps] == ["main", "worker", "child"]


def test_a_child_that_ends_is_gone(start: Started) -> None:
    start.write(STAYS, "job.js")
    app = start(
        "globalThis.it = require('child_process').fork('./job.js', { cwd: __dirname });"
        "it.on('exit', (code, signal) => { globalThis.ended = [code, signal]; });"
    )
    _, child = await_count(app, 2)
    with pytest.raises(HeapGoneError, match=r"^child \d+ \(job\.js\) ended while evaluate ran$"):
        child.evaluate("setTimeout(() => process.exit(5), 20); await new Promise(() => {})")
    assert not child.alive
    assert len(app.heaps()) == 1
    # It went without waiting for us.
    assert app.evaluate(
        "for (let i = 0; i < 500 && !globalThis.ended; i++)"
        " await new Promise((r) => setTimeout(r, 10)); return ended"
    ) == [5, None]
    with pytest.raises(HeapGoneError):
        child.memory()


def test_other_children_are_counted(start: Started) -> None:
    start.write(STAYS, "job.js")
    app = start(
        "const { spawn, fork } = require('child_process');"
        "fork('./job.js', { cwd: __dirname }); globalThis.it = spawn('sleep', ['60']);"
    )
    await_count(app, 2)
    (other,) = app.other_children()
    assert (other.pid, other.name) == (app.evaluate("it.pid"), "sleep")
    assert 100_000 < other.rss < 20_000_000
    app.evaluate("it.kill(); await new Promise((done) => it.on('exit', done))")
    assert app.other_children() == []
