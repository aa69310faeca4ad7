"""Policy and evidence in, a judgement out. Pure: no clock, no process, no pytest.

The rule in short (docs/how-it-decides.md has it whole): a heap that is flat is steady. Where it
is not, objects are counted: a class of the program whose population grows in every window between
snapshots, at a pace that does not slow down however long the windows become, leaks. What slows
down is a bounded structure filling: more work decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ..base.policy import Policy
from ..base.samples import Series
from ..base.units import format_amount, format_bytes, format_count, format_rate, round_up
from .by_bytes import by_rss
from .evidence import Evidence, Judgement, Suspect
from .nothing_grows import no_class_grows
from .suspects import over_bounds, suspects_of, worst_of
from .thresholds import THRESHOLDS
from .trend import bends, rising_share, robust_slope

if TYPE_CHECKING:
    from ..heap import SlotGrowth

__all__ = ["judge"]


def judge(evidence: Evidence, policy: Policy) -> Judgement:
    """The judgement on the evidence so far; ``outcome`` None asks for another window."""
    judgement = _by_heap(evidence, policy)
    outside = evidence.outside
    if judgement.outcome != "steady" or outside is None or policy.offheap == "off":
        return judgement
    return by_rss(evidence, outside, policy, judgement)


def _by_heap(evidence: Evidence, policy: Policy) -> Judgement:
    if evidence.flat:
        return Judgement("steady", (_flat_reason(evidence),))
    evidence = _without_short_window(evidence)
    suspects = suspects_of(
        evidence.rows, evidence.windows, policy, _seconds_of_last_window(evidence)
    )
    over = over_bounds(evidence.rows, policy)
    if over:
        return Judgement("leak", tuple(over), suspects)
    leaking = tuple(s for s in suspects if s.steady)
    if all(s.is_value for s in leaking) and not _heap_shows(leaking, evidence):
        leaking = ()  # the content of something bounded
    if leaking and _slows_down(evidence, leaking):
        return _slowing(evidence, leaking)
    if leaking:
        return _leak_or_filling(evidence, policy, suspects, leaking)
    things = tuple(s for s in suspects if not s.is_value)
    if things:
        return _slowing(evidence, things)
    return no_class_grows(evidence, policy)


def _seconds_of_last_window(evidence: Evidence) -> float:
    samples = evidence.series.samples
    first = samples[-1].iterations - evidence.windows[-1]
    return samples[-1].seconds - max(
        (s.seconds for s in samples if s.iterations <= first), default=samples[0].seconds
    )


def _without_short_window(evidence: Evidence) -> Evidence:
    """The last window joined to the one before where the budget cut it short."""
    windows = evidence.windows
    if len(windows) < 2 or windows[-1] >= THRESHOLDS.short_window * windows[-2]:
        return evidence
    rows = tuple(
        replace(
            row,
            populations=(*row.populations[:-2], row.populations[-1]),
            sizes=(*row.sizes[:-2], row.sizes[-1]),
            survivors=(*row.survivors[:-2], sum(row.survivors[-2:])),
        )
        for row in evidence.rows
        if len(row.survivors) == len(windows)
    )
    slots = _joined(evidence.slots)
    stores = None if evidence.stores is None else _joined(evidence.stores)
    joined = (*windows[:-2], sum(windows[-2:]))
    return replace(evidence, windows=joined, rows=rows, slots=slots, stores=stores)


def _joined(grown: Sequence[SlotGrowth]) -> tuple[SlotGrowth, ...]:
    return tuple(replace(slot, counts=(*slot.counts[:-2], slot.counts[-1])) for slot in grown)


def _heap_shows(suspects: Sequence[Suspect], evidence: Evidence) -> bool:
    """Whether heapUsed grew over the windows as the objects that were counted say."""
    _, counted = _before_and_counted(evidence)
    slope = robust_slope(counted.iterations, counted.heap_used)
    return slope >= THRESHOLDS.counted_witnessed * _bytes_counted(suspects, evidence)


def _slows_down(evidence: Evidence, suspects: Sequence[Suspect]) -> bool:
    """Whether heapUsed does, where too few objects were counted to show it."""
    if sum(sum(s.growth) for s in suspects) >= THRESHOLDS.counted_well:
        return False
    each = _bytes_counted(suspects, evidence)
    return any(bends(series, each) for series in _before_and_counted(evidence))


def _before_and_counted(evidence: Evidence) -> tuple[Series, Series]:
    """The readings up to the first snapshot, and those from there on."""
    samples = evidence.series.samples
    first = samples[-1].iterations - sum(evidence.windows)
    before = Series(tuple(s for s in samples if s.iterations <= first))
    return before, Series(tuple(s for s in samples if s.iterations >= first))


def _bytes_counted(suspects: Sequence[Suspect], evidence: Evidence) -> float:
    """Bytes per iteration."""
    return sum(s.row.sizes[-1] - s.row.sizes[0] for s in suspects) / sum(evidence.windows)


def _leak_or_filling(
    evidence: Evidence, policy: Policy, suspects: tuple[Suspect, ...], leaking: tuple[Suspect, ...]
) -> Judgement:
    worst = worst_of(leaking)
    if not evidence.exhausted and not (evidence.pushed and len(evidence.windows) > 1):
        return Judgement(None, ("growth without an end so far",), suspects)
    if _too_little(evidence, leaking):
        return _undecided(evidence, suspects)
    per_iteration = _bytes_per_iteration(leaking, evidence)
    if per_iteration <= policy.max_growth.bytes:
        return Judgement(
            "steady",
            (
                f"grows by {format_bytes(per_iteration)} per {evidence.unit}, within "
                f"max_growth={policy.max_growth}",
            ),
            suspects,
        )
    windows = len(evidence.windows)
    reason = (
        f"{worst.row.name} grew in {windows} of {windows} windows at a "
        f"steady +{format_rate(worst.per_iteration)} per {evidence.unit}"
    )
    return Judgement("leak", (reason,), leaking)


def _too_little(evidence: Evidence, leaking: Sequence[Suspect]) -> bool:
    """Whether the budget ended before there was enough of anything to call it a leak.

    Few iterations may still be filling small bounded structures, unless they are of megabytes; one
    window alone needs heapUsed as a second witness.
    """
    heap = evidence.series.heap_used
    if evidence.timed:
        return False
    grown_in_all = evidence.rounds_total_growth
    plenty = heap[-1] - heap[0] >= THRESHOLDS.plenty or grown_in_all >= THRESHOLDS.plenty_in_all
    if evidence.total_iterations < THRESHOLDS.least_counted_work and not plenty:
        return True
    if len(evidence.windows) > 1:
        return False
    grown, rising = heap[-1] - heap[0], rising_share(heap)
    rose = (grown >= THRESHOLDS.much and rising >= 0.7) or (
        grown >= THRESHOLDS.some and rising >= 0.9
    )
    return not rose or not _heap_shows(leaking, evidence)


def _bytes_per_iteration(suspects: Sequence[Suspect], evidence: Evidence) -> float:
    slope = robust_slope(evidence.series.iterations, evidence.series.heap_used)
    return max(_bytes_counted(suspects, evidence), slope)


def _slowing(evidence: Evidence, suspects: tuple[Suspect, ...]) -> Judgement:
    if not evidence.exhausted:
        return Judgement(None, ("growth that slows down",), suspects)
    if len(evidence.windows) > 1 and all(s.fading <= THRESHOLDS.fading for s in suspects):
        worst = worst_of(suspects)
        reason = (
            f"{worst.row.name} fills up: it grew by {format_count(worst.growth[-1])} over the last "
            f"{format_amount(evidence.windows[-1], evidence.unit)}, by "
            f"{format_count(max(worst.growth[:-1]))} over fewer before"
        )
        return Judgement("steady", (reason,), suspects)
    return _undecided(evidence, suspects)


def _undecided(evidence: Evidence, suspects: tuple[Suspect, ...]) -> Judgement:
    worst = worst_of(suspects)
    pace = worst.growth[-1] / evidence.windows[-1]
    population = worst.row.populations[-1]
    but = (
        "but the budget ended after one window"
        if len(evidence.windows) < 2
        else "but too little was seen of it"
        if worst.steady
        else "but not at a steady pace"
    )
    reason = (
        f"{worst.row.name} is still growing at +{format_rate(pace)} per {evidence.unit} after "
        f"{format_amount(evidence.total_iterations, evidence.unit)}, {but}: a "
        f"bounded structure that is still filling, or a slow leak; raise the budget, or name the "
        f"bound: max_live={{{worst.row.name!r}: {round_up(2 * population)}}}"
    )
    return Judgement("inconclusive", (reason,), suspects)


def _flat_reason(evidence: Evidence) -> str:
    first, last = evidence.series.samples[0], evidence.series.samples[-1]
    return (
        f"heapUsed is flat: {format_bytes(last.heap_used)} after "
        f"{format_amount(last.iterations - first.iterations, evidence.unit)}"
    )
