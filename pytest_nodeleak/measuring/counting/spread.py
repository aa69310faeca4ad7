"""Entries that pile up in many containers, of which none is seen to grow by itself.

Nor is the heap, for long. So does a store that is copied at each change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...base.policy import Policy
from ...base.samples import Series
from ...judge.judge import judge
from ...judge.nothing_grows import unexplained_rise
from ...judge.thresholds import THRESHOLDS
from ...judge.trend import goes_on
from ..heaps import Entries
from ..meter import Meter

if TYPE_CHECKING:
    from ...judge.evidence import Evidence, Judgement
    from ..windows import Windows
    from .ledger import Ledger

__all__ = ["spread_leak"]

#: seconds of GC with which counting begins, at most: a count takes four of them
MOST_GC = 0.1
#: windows in each of which they rise, and seconds for all of these
TIMES = 3
TIME = 2.0
#: seconds for the judgement where they do
PROOF = 10.0


def spread_leak(
    windows: Windows, policy: Policy, ledger: Ledger | None
) -> tuple[Judgement, Evidence] | None:
    """The judgement where the entries of all arrays, maps and sets rise at one pace.

    None where they do not, or where it cannot be told: in a service that others use, a program
    that works by itself, a heap that takes long to walk, or where the policy accepts growth, for
    that is in containers as well.
    """
    meter = windows.meter
    accepts = policy.ignore or policy.max_live or policy.max_growth.amount
    if policy.snapshots == "never" or accepts or not _can_count(meter):
        return None
    if ledger is not None:
        ledger.end(fill_again=True)  # under the profiler a count takes 25 times as long
    if not _rise(meter, grew=ledger is not None):
        return None
    meter.budget.extend_for(PROOF)
    growth, before = unexplained_rise(meter.series), len(meter.samples)
    evidence = windows.evidence()
    judgement = judge(evidence, policy)
    # Classes that grow here were let go of, if they were counted before: of a queue that becomes
    # longer all that is old is, and the heap goes on to rise. What a wait has emptied fills up.
    rises = growth > 0 and goes_on(Series(tuple(meter.samples[before:])), growth)
    grows = ledger is None or (rises and not ledger.waited)
    leaks = judgement.outcome == "leak" and (judgement.slots or grows)
    return (judgement, evidence) if leaks else None


def _can_count(meter: Meter) -> bool:
    works_by_itself = meter.app.in_use or meter.runner.fixed_seconds is not None
    return (
        not works_by_itself
        and meter.gc_seconds <= MOST_GC
        and not meter.subject.heap.channel.is_asleep()
        and meter.memory.fits(meter.snapshot_bytes)
    )


def _rise(meter: Meter, *, grew: bool) -> bool:
    """Whether they do, in each of some windows more; long ones where something ``grew`` before."""
    n = max(1, meter.samples[-1].iterations - meter.samples[-2].iterations)
    if grew:
        n = max(n, int(TIME / TIMES / max(meter.last_pace, 1e-6)))  # what comes in bursts, too
    meter.budget.extend_for(TIME)
    limit = meter.budget.within(TIME)
    meter.enter("entries of containers")
    entries = Entries(meter.subject.heap)
    for _ in range(TIMES):
        done = meter.iterate(n, limit)
        entries.read()
        if not done or not entries.rise(max(1.0, THRESHOLDS.slot_rate * done)):
            return False
    return True
