"""The judgement where bytes are the only witness: heapUsed, external memory, RSS. Pure."""

from __future__ import annotations

from itertools import pairwise

from ..base.errors import TargetOutOfMemoryError
from ..base.policy import Policy
from ..base.samples import Series
from ..base.units import format_amount, format_bytes
from .evidence import Evidence, Judgement, OutsideGrowth
from .thresholds import THRESHOLDS
from .trend import deltas, later_half, paces, rises_evenly, rising_share, robust_slope

__all__ = [
    "LEAST_OFF_HEAP",
    "by_death",
    "by_rss",
    "external_rises",
    "external_rises_evenly",
    "external_rises_in_jumps",
    "off_heap_growth",
]

#: bytes of external memory per iteration that are growth, where they do not come evenly
LEAST_OFF_HEAP = 64

#: share of the way to the end of its memory that a program must have been seen to go
SEEN_OF_THE_WAY = 1 / 16
#: share of the steps that go up on such a way
GOING_UP = 0.7


def off_heap_growth(series: Series) -> float:
    """Bytes per iteration of external memory, if it rose in every round, or of the later half."""
    late = later_half(series)
    if external_rises_in_jumps(series):  # flat between two of them: no median says how fast
        first, last = series.samples[0], series.samples[-1]
        return (last.external - first.external) / (last.iterations - first.iterations)
    if _always_rises(series) or external_rises_evenly(series):
        return robust_slope(series.iterations, _external(series))
    return robust_slope(late.iterations, _external(late)) if _always_rises(late) else 0.0


def external_rises(series: Series) -> bool:
    """Whether external memory grew as nothing does that comes to an end so far."""
    return external_rises_evenly(series) or external_rises_in_jumps(series)


def external_rises_in_jumps(series: Series) -> bool:
    """Whether external memory grew over each of two or three doublings of all work, by no less.

    So does a store of numbers that is made anew at half as much again or twice the size, and what
    gains a large Buffer now and then; not what rises all along.
    """
    if _always_rises(series) or external_rises_evenly(series):
        return False
    # Two early steps may lie between the same readings: a little before there is one.
    return any(_grew_over_doublings(series, early) for early in (1.0, 0.9))


def _grew_over_doublings(series: Series, early: float) -> bool:
    done = series.iterations[-1]
    points = (early * done / 8, early * done / 4, done / 2, done)
    looked_at = [point for point in points if point >= series.iterations[0]]
    grown = deltas([_external_at(series, at) for at in looked_at])
    return (
        len(grown) > 1
        and grown[0] >= THRESHOLDS.least_store
        and all(late >= THRESHOLDS.no_less * early for early, late in pairwise(grown))
    )


def _external_at(series: Series, iterations: float) -> int:
    """The reading up to which there were so many ``iterations``; the first where there is none."""
    known = [s.external for s in series.samples if s.iterations <= iterations]
    return known[-1] if known else series.samples[0].external


def external_rises_evenly(series: Series) -> bool:
    """Whether external memory rose, in the later half, by the same bytes per iteration."""
    late = later_half(series)
    return rises_evenly(late.iterations, _external(late))


def _always_rises(series: Series) -> bool:
    steps = paces(series.iterations, _external(series))
    return len(steps) >= 3 and min(steps) > 0


def _external(series: Series) -> list[int]:
    return [sample.external for sample in series.samples]


def by_death(
    readings: Series, error: TargetOutOfMemoryError, iterations: int, policy: Policy
) -> Judgement | None:
    """A leak, where the heap grew from reading to reading until there was no memory left.

    None: it died of something else, such as one iteration that takes too much.
    """
    samples = [s for at, s in enumerate(readings.samples) if _is_last_of_its_kind(readings, at)]
    if len(samples) < 2:
        return None
    first, last = samples[0], samples[-1]
    grown = last.heap_used - first.heap_used
    rate = grown / (last.iterations - first.iterations)
    way = max(error.heap_used, last.heap_used) - first.heap_used
    if rate <= policy.max_growth.bytes or grown < SEEN_OF_THE_WAY * way:
        return None
    if rising_share([s.heap_used for s in samples]) < GOING_UP:
        return None
    reason = (
        f"the program ran out of memory after {format_amount(iterations, 'iteration')}: "
        f"{error.line}; heapUsed rose by {format_bytes(rate)} per iteration until then"
    )
    return Judgement("leak", (reason,))


def _is_last_of_its_kind(readings: Series, at: int) -> bool:
    """Whether no later reading is of the same number of iterations."""
    return readings.iterations[at] not in readings.iterations[at + 1 :]


def by_rss(
    evidence: Evidence, outside: OutsideGrowth, policy: Policy, judgement: Judgement
) -> Judgement:
    """The heap is steady, RSS grew: native memory, which has no constructor."""
    if outside.per_iteration <= policy.max_growth.bytes:
        return judgement
    pace = f"+{format_bytes(outside.per_iteration)} of RSS per {evidence.unit} outside the heap"
    addons = ", ".join(outside.addons)
    where = (
        f"native addons loaded: {addons}"
        if addons
        else "no native addon is loaded: threads, or what Node keeps natively, such as process.env"
    )
    if outside.steady:
        reason = f"{pace}, {format_bytes(outside.growth)} in the last window; {where}"
        return Judgement("leak", (reason, *judgement.reasons))
    reason = (
        f"{pace}, but not at a steady pace: memory that an allocator keeps, or a leak of native "
        f"memory; raise the budget, or set offheap='off'; {where}"
    )
    return Judgement("inconclusive", (reason, *judgement.reasons))
