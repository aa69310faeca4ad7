"""Work beyond the windows: what must come of it before growth is called a leak."""

from __future__ import annotations

from collections.abc import Sequence

from ...base.units import power_of_two
from ...judge.ledger import Growing
from ..meter import Meter
from ..plan import unlike

__all__ = ["push", "work_on"]

#: bytes of growth that are enough: more would make the heap dear to look at
PUSH_BYTES = 8_000_000
#: pieces of a push, between which heapUsed is read
PIECES = 4
#: iterations, or objects, that what was counted must outlive at a time; how many make one piece
WORK = 25_000
WORK_PIECE = 512


def push(meter: Meter, n: int, share: float, *, all_of_it: bool = False) -> float:
    """Up to ``n`` iterations at full speed, with readings between; the seconds they took.

    Less is often enough, and no more than that ``share`` of the budget that is left.
    """
    meter.enter("more work")
    began = meter.budget.clock()
    limit = meter.budget.within(share * meter.budget.left)
    piece = power_of_two(max(1, n / PIECES))
    while n > 0 and not limit.expired and not meter.is_huge:
        done = meter.iterate(min(unlike(piece, len(meter.samples)), n), limit)
        n -= max(done, 1)
        meter.sample()
        if meter.heap_growth > PUSH_BYTES and not all_of_it:
            break
    return meter.budget.clock() - began


def work_on(
    meter: Meter, growing: Sequence[Growing], seconds: float, iterations: float | None = None
) -> float:
    """Work under the profiler for so many ``seconds``, or ``iterations`` if they are given.

    What is dropped in turn, or all at once when a table is full, is gone then. Returns the seconds
    that an iteration took.
    """
    began, before = meter.budget.clock(), meter.done
    objects = sum(g.per_iteration for g in growing)
    added = sum(g.bytes_per_iteration for g in growing)
    n = min(WORK, WORK / max(objects, 1.0), PUSH_BYTES / 2 / max(added, 1.0))
    n = n if iterations is None else min(iterations, meter.room())
    limit = meter.budget.within(seconds)
    with meter.naming_for(limit):  # these seconds may be beside the budget
        while n >= 1 and not limit.expired:
            n -= max(1, meter.iterate(power_of_two(min(n, WORK_PIECE)), limit))
    done = meter.done - before
    return (meter.budget.clock() - began) / done if done else meter.last_pace
