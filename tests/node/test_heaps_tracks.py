"""Readings of worker threads: one that rests is only looked at, one that did a little is read."""

from __future__ import annotations

import pytest

from pytest_nodeleak.measuring.heaps.tracks import AT_WORK, NOTHING, Track

from .conftest import Started
from .heaps import await_count

WORKER = """
const { parentPort } = require('worker_threads');
globalThis.kept = [];
parentPort.on('message', (n) => {
  for (let i = 0; i < n; i++) kept.push({ i });
  parentPort.postMessage(n);
});
"""
MAIN = """
const { Worker } = require('worker_threads');
const worker = new Worker(require('path').join(__dirname, 'jobs.js'));
globalThis.send = (n) => new Promise((done) => {
  worker.once('message', done);
  worker.postMessage(n);
});
"""


@pytest.fixture
def track(start: Started) -> Track:
    start.write(WORKER, "jobs.js")
    app = start(MAIN)
    _, worker = await_count(app, 2)
    for _ in range(30):
        app.evaluate("send(1)")  # its first messages make it compile
    track = Track(worker)
    track.warm_up()
    track.app = app  # type: ignore[attr-defined]
    return track


def test_a_thread_that_rests_is_not_read_anew(track: Track) -> None:
    rested = []
    for number in range(20):
        track.read(float(number))
        rested.append(track.rested)
    # Node 20 does something of its own at times: then it is read.
    assert sum(rested) >= 10
    assert [sample.seconds for sample in track.samples] == list(map(float, range(20)))


def test_the_first_reading_is_as_exact_as_later_ones(track: Track) -> None:
    track.read(0.0)
    for number in range(1, 4):
        track.app.evaluate("send(0)")  # type: ignore[attr-defined]
        track.read(float(number))
    first, *later = [sample.heap_used for sample in track.samples]
    # Without looks before it, each later one has 500 to 1,500 B more. (V8 may do something once.)
    assert any(abs(used - first) <= NOTHING for used in later), later


def test_one_object_in_a_thread_is_seen(track: Track) -> None:
    for number in range(5):
        track.read(float(number))
    for number in range(5, 10):
        track.app.evaluate("send(1)")  # type: ignore[attr-defined]
        track.read(float(number))
        assert not track.rested
        assert track.samples[-1].heap_used > track.samples[-2].heap_used


def test_one_that_works_is_not_asked_whether_it_rests(track: Track) -> None:
    for number in range(AT_WORK + 1):
        track.app.evaluate("send(2)")  # type: ignore[attr-defined]
        track.read(float(number))
    track.heap.usage = None  # type: ignore[method-assign, assignment]
    track.read(9.0)
    assert not track.ended
    assert len(track.samples) == AT_WORK + 2
