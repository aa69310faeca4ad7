"""What bytes witness, or are the only witness of: heapUsed, external memory, RSS. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations, pairwise
from statistics import median

from ..base.errors import TargetOutOfMemoryError
from ..base.policy import Policy
from ..base.samples import Sample, Series
from ..base.units import format_amount, format_bytes
from .evidence import Evidence, Judgement, LedgerEvidence, OutsideGrowth
from .ledger import Growing
from .thresholds import THRESHOLDS
from .trend import (
    deltas,
    heap_rises_evenly,
    last_by,
    later_half,
    paces,
    rises_evenly,
    rises_late,
    rises_nearly_always,
    rises_overall,
    rising_share,
    robust_slope,
    steady_rate,
)

__all__ = [
    "LEAST_OFF_HEAP",
    "always_falls",
    "by_death",
    "by_rss",
    "bytes_added",
    "bytes_per_iteration",
    "external_rises",
    "external_rises_evenly",
    "external_rises_in_jumps",
    "fits",
    "is_level",
    "is_noise",
    "late_share",
    "off_heap_growth",
    "slope_of",
    "that_fit",
    "witnessed",
]

#: bytes of external memory per iteration that are growth, where they do not come evenly
LEAST_OFF_HEAP = 64

#: share of the way to the end of its memory that a program must have been seen to go
SEEN_OF_THE_WAY = 1 / 16
#: share of the steps that go up on such a way
GOING_UP = 0.7

#: readings of which nearly all are above the one before, where what was counted tells the rest
LEAST_RISING = 7


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
    return (last_by(series, iterations) or series.samples[0]).external


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


def witnessed(leaking: Sequence[Growing], evidence: LedgerEvidence) -> bool:
    """Whether heapUsed rises by what was counted, and still does so in the later half."""
    wanted = THRESHOLDS.witnessed * bytes_per_iteration(leaking)
    late = later_half(evidence.series).samples
    return slope_of(evidence.series.samples) >= wanted and (
        len(late) < THRESHOLDS.late_samples or slope_of(late) >= wanted
    )


def that_fit(growing: Sequence[Growing], evidence: LedgerEvidence) -> tuple[Growing, ...]:
    """What heapUsed rises by, in nearly every reading, where it rises by far less than all of it.

    The rest is replaced: bytes are conserved. Of a function that replaces things and keeps others
    it is those of one size. Empty where these do not make up what heapUsed rises by.
    """
    series = evidence.all_readings
    slope = slope_of(series.samples)
    rises = rising_share(series.heap_used) >= THRESHOLDS.nearly_all
    if evidence.may_warm_up or not rises or len(series.samples) < LEAST_RISING:
        return ()
    fitting = tuple(
        part
        for whole in growing
        for part in ((whole,) if fits(whole, slope) else _sizes_of(whole, evidence.windows))
        if fits(part, slope)
    )
    makes_up = bytes_per_iteration(fitting) >= THRESHOLDS.witnessed * slope
    return fitting if makes_up and witnessed(fitting, evidence) else ()


def fits(growing: Growing, slope: float) -> bool:
    """Whether a heap that rises by ``slope`` bytes per iteration may keep all of it."""
    return THRESHOLDS.witnessed * growing.bytes_per_iteration <= slope


def _sizes_of(growing: Growing, windows: Sequence[float]) -> Iterator[Growing]:
    """The sizes that come at a steady pace, each by itself."""
    allocations = growing.allocations
    for size, count in allocations.by_size:
        part = allocations.only(size)
        pace = growing.per_iteration * count / sum(allocations.counts)
        if count >= THRESHOLDS.few_own and steady_rate(part.counts, windows):
            yield replace(
                growing, allocations=part, per_iteration=pace, bytes_per_iteration=pace * size
            )


def is_noise(leaking: Sequence[Growing], evidence: LedgerEvidence) -> bool:
    """Whether heapUsed jumps by more, from reading to reading, than survivors add in all.

    Compilers make it jump once or twice, by what they drop or need themselves.
    """
    heap = evidence.series.heap_used
    if len(heap) < 3:
        return True
    steps = deltas(heap)
    jumps = [abs(step - median(steps)) for step in steps]
    added = bytes_added(leaking, evidence)
    return added < THRESHOLDS.noise_steps * median(jumps) or (
        evidence.may_warm_up and added < max(jumps)
    )


def always_falls(evidence: LedgerEvidence) -> bool:
    """Whether something large is worked off: beside it nothing shows that stays."""
    heap = evidence.all_readings.heap_used
    return rises_nearly_always([-used for used in heap])


def is_level(evidence: LedgerEvidence, leaking: Sequence[Growing]) -> bool:
    """Whether heapUsed neither rises to the end nor falls by as much as survivors add.

    A full cache hides a small leak beside it, a backlog that is worked off a larger one. Where
    compilers are on, single steps of the heap are theirs.
    """
    if evidence.compiled:
        return evidence.may_warm_up or not rises_overall(evidence.series, THRESHOLDS.flat_band)
    heap = evidence.series.heap_used
    fall = max((before - after for before, after in combinations(heap, 2)), default=0)
    series = evidence.series
    rises = rises_late(series) or rises_nearly_always(heap) or heap_rises_evenly(series)
    rises = rises or late_share(evidence, leaking) > THRESHOLDS.replaced_rise
    # Of a heap that moves by as much as would witness them nothing follows.
    return not rises and fall < THRESHOLDS.witnessed * bytes_added(leaking, evidence)


def late_share(evidence: LedgerEvidence, growing: Sequence[Growing]) -> float:
    """What heapUsed rose by in the later half of the work, as a share of what was counted."""
    late = later_half(evidence.series).samples
    counted = bytes_per_iteration(growing)
    enough = len(late) >= THRESHOLDS.late_samples and counted > 0
    return slope_of(late) / counted if enough else 0.0


def bytes_added(growing: Sequence[Growing], evidence: LedgerEvidence) -> float:
    """What survivors add over the whole series."""
    iterations = evidence.series.iterations
    return bytes_per_iteration(growing) * (iterations[-1] - iterations[0])


def slope_of(samples: Sequence[Sample]) -> float:
    return robust_slope([s.iterations for s in samples], [s.heap_used for s in samples])


def bytes_per_iteration(growing: Sequence[Growing]) -> float:
    return sum(g.bytes_per_iteration for g in growing)
