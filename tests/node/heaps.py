"""What the tests of the heaps share."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import pairwise

from pytest_nodeleak.node import NodeApp, NodeHeap

#: seconds for a child to start and tell of itself; the machine may be busy
SOON = 15.0


def await_heaps(app: NodeApp, enough: Callable[[list[NodeHeap]], bool]) -> list[NodeHeap]:
    """The heaps of ``app`` once ``enough`` holds for them."""
    end = time.monotonic() + SOON
    while not enough(heaps := app.heaps()):
        assert time.monotonic() < end, (heaps, app.other_children(), app.output)
        time.sleep(0.02)
    return heaps


def await_count(app: NodeApp, count: int) -> list[NodeHeap]:
    return await_heaps(app, lambda heaps: len(heaps) == count)


def by_name(heaps: list[NodeHeap], part: str) -> NodeHeap:
    (found,) = (heap for heap in heaps if part in heap.name)
    return found


def check_all_questions(heap: NodeHeap) -> None:
    """Everything that can be asked of a heap; in it lives ``class Job`` and ``jobs``, three."""
    assert heap.alive
    assert heap.name in repr(heap)
    # An ES module is loaded some turns after the thread has begun.
    heap.evaluate(
        "for (let i = 0; i < 500 && !globalThis.jobs; i++)"
        " await new Promise((done) => setTimeout(done, 9))"
    )
    heap.evaluate("jobs.length = 3; void 0")
    assert heap.count_instances("Job") == 3
    heap.collect_garbage()
    steady = [heap.memory().heap_used for _ in range(8)]
    # Exact: GC leaves the same to the byte, once all code has run.
    assert 0 in [after - before for before, after in pairwise(steady[3:])]
    # Objects that are kept show in its own figures, in each way of looking.
    heap.evaluate("for (let i = 0; i < 5000; i++) jobs.push(new Job(i)); void 0")
    grown = heap.memory().heap_used - steady[-1]
    assert grown > 5000 * 32
    assert heap.count_instances("Job") == 5003
    # Garbage goes when GC is forced: the same three are left.
    heap.evaluate("jobs.length = 3; void 0")
    assert heap.count_instances("Job") == 3
    assert heap.memory().heap_used - steady[-1] < grown / 2
    # Last: in Node 22 what writes a snapshot leaves traces of its own.
    assert heap.take_snapshot().classes()["Job"][0] == 3
