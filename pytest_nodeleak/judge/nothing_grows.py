"""The judgement where no class grows in every window: batches, stores of bare slots. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING

from ..base.policy import Policy
from ..base.samples import Series
from ..base.units import format_amount, format_bytes
from .by_bytes import (
    LEAST_OFF_HEAP,
    external_rises,
    external_rises_in_jumps,
    off_heap_growth,
)
from .evidence import Evidence, Judgement
from .suspects import aged_of
from .thresholds import THRESHOLDS
from .trend import (
    bends,
    beside_drop,
    deltas,
    heap_rises_evenly,
    heap_rises_in_steps,
    later_half,
    rates,
    rises_late,
    rises_nearly_always,
    rises_overall,
    robust_slope,
    steady_rate,
)

if TYPE_CHECKING:
    from ..heap import SlotGrowth

__all__ = [
    "SLOT",
    "doubts",
    "is_unexplained",
    "no_class_grows",
    "not_proven",
    "unexplained",
    "unexplained_rise",
]

#: bytes of a slot, slots per iteration that are found, and the least store that is looked at
SLOT = 8
#: containers that are told of one by one
FEW = 3


def no_class_grows(evidence: Evidence, policy: Policy) -> Judgement:
    if len(evidence.windows) < 2 and not evidence.exhausted:
        return Judgement(
            None, ("no class grew in the first window",), wants_double=_slots_may_grow(evidence)
        )
    swinging = _swinging(evidence, policy)
    if swinging is not None:
        return swinging
    slots = _growing(evidence.slots, evidence.windows, policy)
    # Where one number more is put into one of hundreds, none is seen to grow by itself.
    stores = _growing(evidence.stores or (), evidence.windows, policy)
    if stores and (not slots or (len(slots) > FEW and stores[0].growth > FEW * slots[0].growth)):
        slots = stores
    if slots:
        if not (evidence.pushed or evidence.exhausted):
            return Judgement(None, ("a container gains slots",), slots=slots, wants_double=True)
        return _gaining(slots)
    off_heap = off_heap_growth(evidence.series)
    in_jumps = external_rises_in_jumps(evidence.series)
    least = 0 if external_rises(evidence.series) else LEAST_OFF_HEAP
    if policy.offheap == "on" and off_heap > max(policy.max_growth.bytes, least):
        if evidence.pushed or evidence.exhausted:
            how = "grew over each doubling of the work" if in_jumps else "rose every round"
            reason = f"external memory {how}: +{format_bytes(off_heap)} per {evidence.unit}"
            return Judgement("leak", (reason,), off_heap=off_heap)
        reason = "memory outside the heap grows"
        return Judgement(None, (reason,), off_heap=off_heap, wants_double=in_jumps)
    if _slots_may_grow(evidence) and not _has_doubled(evidence) and not evidence.exhausted:
        return Judgement(None, ("heapUsed grows, and no class does",), wants_double=True)
    if (
        evidence.exhausted
        and evidence.rounds_growth >= THRESHOLDS.unexplained
        and _slots_may_grow(evidence)
        and not _has_doubled(evidence)
    ):
        grown = format_bytes(evidence.rounds_growth)
        reason = (
            f"heapUsed grew by {grown} over "
            f"{format_amount(evidence.rounds_iterations, evidence.unit)} and no class accounts for "
            "it; the budget ended before the work could be doubled, which shows whether a store "
            "of numbers grows: raise the budget"
        )
        return Judgement("inconclusive", (reason,))
    total = sum(evidence.windows)
    if total < THRESHOLDS.least_counted and not evidence.timed:
        reason = (
            f"only {format_amount(total, evidence.unit)} fitted into the budget while objects "
            "were counted, too few to see a slow leak: raise the budget"
        )
        return Judgement("inconclusive", (reason,))
    growth = unexplained_rise(evidence.series)
    if growth > policy.max_growth.bytes:
        return unexplained(evidence, growth)
    return Judgement(
        "steady",
        (
            f"no class of the program grew over {format_amount(total, evidence.unit)} between "
            f"{len(evidence.windows) + 1} snapshots",
        ),
    )


def is_unexplained(whole: Series, later: Series, policy: Policy) -> bool:
    """Whether the heap rose without survivors: slots, copies, or V8 itself.

    ``later`` are the readings after the first windows: the profiler makes V8 take a step or two.
    """
    # Of optimised code the profiler may see nothing at all: Node 18 did, 22 and 24 at times.
    if policy.jit == "on" and any(
        rises_overall(part, THRESHOLDS.least_store) for part in (whole, beside_drop(whole))
    ):
        return True
    if policy.offheap == "on" and external_rises(whole):
        return True
    if bends(whole) and not rises_late(whole):
        return False  # what fills up
    return (
        heap_rises_evenly(whole)
        or heap_rises_in_steps(whole)
        or any(
            series.heap_used[-1] - series.heap_used[0] >= THRESHOLDS.least_store
            and rises_late(series)
            for series in (whole, later)
        )
    )


def doubts(counted: Judgement, *, exact: bool, fills_up: bool) -> bool:
    """Whether classes that grew between snapshots tell less than what was ``counted`` before.

    ``exact``: of strings none was left; ``fills_up``: heapUsed rises slower and slower.
    """
    if counted.slots or counted.off_heap:
        return False
    return fills_up or (exact and counted.tells_values)


def unexplained(evidence: Evidence, growth: float) -> Judgement:
    """Where heapUsed rises by ``growth`` bytes per iteration and nothing counted says why.

    Unless it is a string that becomes longer.
    """
    text = _growing_text(evidence, growth)
    if text:
        reason = f"(string) becomes longer: +{format_bytes(text)} per {evidence.unit}"
        return Judgement("leak", (reason,), text=text)
    reason = (
        f"heapUsed rises by {format_bytes(growth)} per {evidence.unit}, in nearly every round, and "
        f"nothing that was counted over {format_amount(evidence.total_iterations, evidence.unit)} "
        "accounts for it: growth that is rarer, or slower and slower; raise the budget"
    )
    return Judgement("inconclusive", (reason,))


def not_proven(evidence: Evidence) -> Judgement:
    """Where bytes rise, counts do not say why, and compilers may have hidden who allocates."""
    heap = evidence.series.heap_used
    rise = max((after - before for before, after in combinations(heap, 2)), default=0)
    reason = (
        f"heapUsed rose by up to {format_bytes(rise)}, and nothing that was counted "
        "accounts for it; with V8's compilers on, allocating functions change while they are "
        "counted: raise the budget, or let a snapshot be taken (snapshots='always')"
    )
    return Judgement("inconclusive", (reason,))


def unexplained_rise(series: Series) -> float:
    """Bytes per iteration by which heapUsed rose in nearly every round to the end; else 0.0.

    Bytes are conserved: such a heap is not steady, whatever was counted.
    """
    if heap_rises_evenly(series):
        late = later_half(series)
        return robust_slope(late.iterations, late.heap_used)
    heap = series.heap_used
    if not rises_nearly_always(heap) or not rises_late(series):
        return 0.0
    slope = robust_slope(series.iterations, heap)
    return slope if slope >= THRESHOLDS.least_slope else 0.0


def _swinging(evidence: Evidence, policy: Policy) -> Judgement | None:
    """Where objects stay for good behind a population that swings; None if there are none."""
    aged = aged_of(evidence.rows, evidence.windows, policy)
    if not aged or evidence.total_iterations >= THRESHOLDS.swings_enough:
        return None
    if not evidence.exhausted:
        return Judgement(None, ("objects stay while their number swings",), wants_double=True)
    worst = aged[0]
    reason = (
        f"{sum(worst.counts):,} {worst.row.name} of the first "
        f"{format_amount(sum(evidence.windows[:-1]), evidence.unit)} are still alive, but their "
        f"number swings by {worst.swing:,}: too few iterations to tell a batch from a leak; raise "
        "the budget"
    )
    return Judgement("inconclusive", (reason,))


def _gaining(slots: tuple[SlotGrowth, ...]) -> Judgement:
    most = slots[0]
    where = f"{most.containers:,} of them" if most.containers > 1 else f"@{most.owner_id}"
    reason = (
        f"{most.owner_name} ({where}) gained {most.growth:,} slots, as many in each window for its "
        "length"
    )
    return Judgement("leak", (reason,), slots=slots)


def _growing(
    slots: Sequence[SlotGrowth], windows: Sequence[float], policy: Policy
) -> tuple[SlotGrowth, ...]:
    """What gains entries in every window, at one pace: exact from one on."""
    if len(windows) < 2:
        return ()
    least = max(THRESHOLDS.least_slots, THRESHOLDS.slot_rate * sum(windows))
    return tuple(
        slot
        for slot in slots
        if slot.exact
        and slot.every_window
        and slot.growth >= least
        and SLOT * slot.growth / sum(windows) > policy.max_growth.bytes
        and steady_rate(slot.gained, windows)
        and not slot.owner_name.startswith("Weak")
        and not policy.ignores(slot.owner_name)
    )


def _growing_text(evidence: Evidence, growth: float) -> float:
    """Bytes per iteration by which strings become longer, where no more are there; else 0.0.

    ``growth`` is that of heapUsed: a log that is put together again and again is all of it.
    """
    sizes = [row.sizes for row in evidence.rows if row.kind.endswith("string")]
    steps = deltas([sum(each) for each in zip(*sizes, strict=True)])
    if growth <= 0 or len(steps) != len(evidence.windows) or min(steps, default=0) <= 0:
        return 0.0
    pace = sum(steps) / sum(evidence.windows)
    alike = (pace, *rates(steps, evidence.windows))
    even = THRESHOLDS.even
    return pace if all(even * growth <= each <= growth / even for each in alike) else 0.0


def _slots_may_grow(evidence: Evidence) -> bool:
    """Whether heapUsed grew before the first snapshot as a store of bare slots would make it.

    Not if it is known what all containers hold, and over windows none of that grew.
    """
    if evidence.stores is not None and len(evidence.windows) > 1:
        least = THRESHOLDS.slot_rate * sum(evidence.windows)
        if not any(store.every_window and store.growth >= least for store in evidence.stores):
            return False
    return evidence.rounds_growth >= max(
        THRESHOLDS.least_store, 0.5 * SLOT * evidence.rounds_iterations
    )


def _has_doubled(evidence: Evidence) -> bool:
    return evidence.windows[-1] >= 0.4 * evidence.total_iterations
