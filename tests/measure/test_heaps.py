"""Leaks in worker threads and children: found in the heap that has them, named as elsewhere."""

from __future__ import annotations

import pytest

from pytest_nodeleak.measuring.heaps import every

from .conftest import Measured

# One source for all: what it is, the workload tells.
PARTS = """
const { Worker, isMainThread, parentPort, workerData } = require('worker_threads');
const { fork } = require('child_process');
const LEAKS = %(leaks)s;
const kept = [];
class Job { constructor(n) { this.n = n; } }
function work(n) {
  const job = new Job(n);
  if (LEAKS) kept.push(job);
  return job.n;
}
if (!isMainThread && workerData === 'idle') {
  setInterval(() => {}, 1000);
  parentPort.postMessage(0);
} else if (!isMainThread && workerData) {
  // As piscina does: asleep between two tasks.
  const { port, lock } = workerData;
  const { receiveMessageOnPort } = require('worker_threads');
  for (;;) {
    Atomics.wait(lock, 0, 0);
    Atomics.store(lock, 0, 0);
    const message = receiveMessageOnPort(port);
    if (message) port.postMessage(work(message.message));
  }
} else if (!isMainThread) {
  parentPort.on('message', (n) => parentPort.postMessage(work(n)));
} else if (process.argv[2] === 'child') {
  process.on('message', (n) => process.send(work(n)));
  process.on('disconnect', () => process.exit());
} else {
  let n = 0;
  const ask = (other, target = other) =>
    new Promise((done) => { other.once('message', done); target(n++); });
  const start = %(start)s;
  const others = start();
  global.iteration = () => {
    const [other, send] = others[Math.floor(Math.random() * others.length)];
    return new Promise((done) => { other.once('message', done); send(n++); });
  };
}
"""
WORKERS = """() => [1, 2].map(() => {
  const worker = new Worker(__filename);
  return [worker, (n) => worker.postMessage(n)];
})"""
ASLEEP = """() => [1, 2].map(() => {
  const { port1, port2 } = new MessageChannel();
  const lock = new Int32Array(new SharedArrayBuffer(4));
  new Worker(__filename, { workerData: { port: port2, lock }, transferList: [port2] });
  const wake = () => { Atomics.store(lock, 0, 1); Atomics.notify(lock, 0); };
  return [port1, (n) => { port1.postMessage(n); wake(); }];
})"""
CHILD = """() => {
  const child = fork(__filename, ['child']);
  return [[child, (n) => child.send(n)]];
}"""


@pytest.mark.parametrize("start", [WORKERS, ASLEEP, CHILD], ids=["workers", "asleep", "child"])
@pytest.mark.slow
def test_the_heap_that_leaks_is_named(measured: Measured, start: str) -> None:
    verdict = measured(PARTS % {"leaks": "true", "start": start})
    assert verdict.outcome == "leak", verdict.reasons
    assert verdict.heap.endswith("(program.js)")
    assert verdict.heap.startswith("child" if start is CHILD else "worker")
    job = verdict.constructors[0]
    assert (job.name, job.retaining_path) == ("Job", ("kept (Array) in module program.js", "[n]"))
    assert job.allocated_at is not None
    assert "program.js:8:" in job.allocated_at
    if start is not CHILD:  # both members of the pool
        assert job.per_iteration == pytest.approx(0.5, abs=0.2)
        (also,) = [reason for reason in verdict.reasons if reason.startswith("leaks as well: ")]
        assert "worker" in also
    steady = measured(PARTS % {"leaks": "false", "start": start})
    assert steady.outcome == "steady", steady.reasons


@pytest.mark.parametrize("start", [WORKERS, CHILD], ids=["workers", "child"])
def test_a_heap_that_rises_beside_a_flat_one_is_counted_at_once(
    measured: Measured, start: str
) -> None:
    verdict = measured(PARTS % {"leaks": "true", "start": start}, snapshots="never", offheap="off")
    assert verdict.leaks, verdict.reasons
    done = {phase.name: phase.last - phase.first for phase in verdict.phases}
    assert done["rounds"] < 0.7 * verdict.iterations  # of the flat one alone they go on and double


@pytest.mark.slow
def test_workers_that_pile_up_are_the_leak(measured: Measured) -> None:
    workload = """new Promise((done) => {
      const worker = new Worker(file, { workerData: 'idle' });
      worker.once('message', () => %s);
    })"""
    source = PARTS % {"leaks": "false", "start": "() => []"}
    source += "global.Worker = Worker; global.file = __filename;"
    left = measured(source, workload % "done()", budget="5s")
    assert left.outcome == "leak"
    assert any(r.startswith("live worker threads and child processes: +1.00") for r in left.reasons)
    ended = measured(source, workload % "worker.terminate().then(() => done())")
    assert ended.outcome == "steady", ended.reasons


def test_heaps_beyond_those_that_are_measured_are_said(
    measured: Measured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(every, "MOST_HEAPS", 1)
    verdict = measured(PARTS % {"leaks": "false", "start": WORKERS})
    assert verdict.outcome == "steady", verdict.reasons
    assert "not measured: 1 of the workers and children; 1 are" in verdict.reasons


QUEUE = """
const { Worker, isMainThread, parentPort } = require('worker_threads');
class Letter { constructor(n) { this.text = 'dear ' + n; } }
if (isMainThread) {
  const workers = [new Worker(__filename), new Worker(__filename)];
  let n = 0;
  global.iteration = () => new Promise((done) => {
    const worker = workers[n++ %% 2];
    worker.once('message', done);
    worker.postMessage(n);
  });
} else {
  const inbox = [];
  let letters = 0;  // V8 does not tell which of the two holds the list
  parentPort.on('message', (n) => {
    letters++;
    inbox.push(new Letter(n));
    if (inbox.length > 50 && %s) inbox.shift();
    parentPort.postMessage(n);
  });
}
"""


@pytest.mark.slow
def test_a_worker_whose_queue_grows_is_found_where_nothing_outlives_anything(
    measured: Measured,
) -> None:
    verdict = measured(QUEUE % "n % 10 > 1")
    assert verdict.outcome == "leak", verdict.reasons
    assert verdict.heap.startswith("worker")
    assert verdict.constructors[0].name == "Letter"
    assert verdict.constructors[0].retaining_path[:1] == ("inbox (Array) in module program.js",)
    bounded = measured(QUEUE % "true")
    assert bounded.outcome == "steady", bounded.reasons
