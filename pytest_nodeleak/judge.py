"""Policy and evidence in, a judgement out. Pure: no clock, no process, no pytest.

The rule in short (docs/how-it-decides.md has it whole): a heap that is flat is steady. Where it
is not, objects are counted: a class of the program whose population grows in every window between
snapshots, at a pace that does not slow down however long the windows become, leaks. What slows
down is a bounded structure filling: more work decides.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from .evidence import Evidence, Judgement, Suspect
from .judge_bytes import by_heap_used, by_rss, off_heap_growth
from .policy import Policy
from .suspects import aged_of, over_bounds, suspects_of, worst_of
from .trend import rising_share, robust_slope
from .units import format_amount, format_bytes, format_count, format_rate, round_up

if TYPE_CHECKING:
    from .heap import StaleContainer

__all__ = ["SLOT", "judge"]

#: what a last window, longer than the ones before, adds at most of what one of them added, for a
#: structure that fills up; growth like a logarithm would add 1.0
FADING = 0.6
#: iterations, or else bytes of growth of the heap or of the whole program, before anything is
#: called a leak
LEAST_WORK = 300
PLENTY = 4_000_000
PLENTY_IN_ALL = 64_000_000
#: growth of heapUsed in bytes without which one window proves nothing
ONE_WINDOW = 500_000
#: iterations between snapshots below which "no class grew" means nothing
LEAST_COUNTED = 20
#: a last window below this share of the one before shows nothing by itself
SHORT_WINDOW = 0.25
#: iterations after which a swinging population has shown what it is
SWINGS_ENOUGH = 16_000
#: the part of the bytes counted that heapUsed must show, where little else speaks for a leak
WITNESSED = 0.3
#: bytes of a slot, slots per iteration that are found, and the least store that is looked at
SLOT = 8
SLOT_RATE = 0.05
LEAST_STORE = 4096
#: growth in bytes before the first snapshot that leaves a question where no class grows
UNEXPLAINED = 32_768
#: by how much a store grows at least when it has to: V8 adds a half to arrays, doubles tables
STORE_STEP = 1.4


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
    if evidence.window_bytes:
        return by_heap_used(evidence, policy)
    evidence = _without_short_window(evidence)
    suspects = suspects_of(evidence.rows, evidence.windows, policy)
    over = over_bounds(evidence.rows, policy)
    if over:
        return Judgement("leak", tuple(over), suspects)
    leaking = tuple(s for s in suspects if s.steady)
    if all(s.is_value for s in leaking) and not _heap_shows(leaking, evidence):
        leaking = ()  # the content of something bounded
    if leaking:
        return _leak_or_filling(evidence, policy, suspects, leaking)
    things = tuple(s for s in suspects if not s.is_value)
    if things:
        return _slowing(evidence, things)
    return _no_class_grows(evidence, policy)


def _without_short_window(evidence: Evidence) -> Evidence:
    """The last window joined to the one before where the budget cut it short."""
    windows = evidence.windows
    if len(windows) < 2 or windows[-1] >= SHORT_WINDOW * windows[-2]:
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
    joined = (*windows[:-2], sum(windows[-2:]))
    return replace(evidence, windows=joined, rows=rows, containers=())


def _heap_shows(suspects: Sequence[Suspect], evidence: Evidence) -> bool:
    """Whether heapUsed grew over the windows as the objects that were counted say."""
    samples = evidence.series.samples
    first = samples[-1].iterations - sum(evidence.windows)
    counted = [sample for sample in samples if sample.iterations >= first]
    slope = robust_slope([s.iterations for s in counted], [s.heap_used for s in counted])
    return slope >= WITNESSED * _bytes_counted(suspects, evidence)


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
    plenty = heap[-1] - heap[0] >= PLENTY or evidence.rounds_total_growth >= PLENTY_IN_ALL
    if evidence.total_iterations < LEAST_WORK and not plenty:
        return True
    if len(evidence.windows) > 1:
        return False
    grown = heap[-1] - heap[0]
    return rising_share(heap) < 0.7 or grown < ONE_WINDOW or not _heap_shows(leaking, evidence)


def _bytes_per_iteration(suspects: Sequence[Suspect], evidence: Evidence) -> float:
    slope = robust_slope(evidence.series.iterations, evidence.series.heap_used)
    return max(_bytes_counted(suspects, evidence), slope)


def _slowing(evidence: Evidence, suspects: tuple[Suspect, ...]) -> Judgement:
    if not evidence.exhausted:
        return Judgement(None, ("growth that slows down",), suspects)
    if len(evidence.windows) > 1 and all(s.fading <= FADING for s in suspects):
        worst = worst_of(suspects)
        reason = (
            f"{worst.row.name} fills up: it grew by {format_count(worst.growth[-1])} over the last "
            f"{format_amount(evidence.windows[-1], evidence.unit)}, by "
            f"{format_count(max(worst.growth[:-1]))} over fewer before"
        )
        return Judgement("steady", (reason,))
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


def _no_class_grows(evidence: Evidence, policy: Policy) -> Judgement:
    if len(evidence.windows) < 2 and not evidence.exhausted:
        return Judgement(
            None, ("no class grew in the first window",), wants_double=_slots_may_grow(evidence)
        )
    swinging = _swinging(evidence, policy)
    if swinging is not None:
        return swinging
    containers = grown_containers(evidence, policy)
    off_heap = off_heap_growth(evidence.series)
    if policy.offheap == "on" and off_heap > max(policy.max_growth.bytes, 64):
        if not (evidence.pushed or evidence.exhausted):
            return Judgement(None, ("memory outside the heap grows",), off_heap=off_heap)
        return Judgement(
            "leak",
            (f"external memory rose every round: +{format_bytes(off_heap)} per {evidence.unit}",),
            off_heap=off_heap,
        )
    if containers:
        proven = tuple(
            c
            for c in containers
            if c.backing_bytes >= STORE_STEP * evidence.grown_before.get(c.owner_id, math.inf)
        )
        if proven and (evidence.pushed or evidence.exhausted):
            worst = max(proven, key=lambda c: c.backing_bytes)
            reason = (
                f"{worst.owner_name} (@{worst.owner_id}) grew in each of the last windows, to "
                f"{format_bytes(worst.backing_bytes)} of slots"
            )
            return Judgement("leak", (reason,), containers=proven)
        if not evidence.exhausted:
            return Judgement(None, ("a container grows",), containers=containers, wants_double=True)
    if _slots_may_grow(evidence) and not _has_doubled(evidence) and not evidence.exhausted:
        return Judgement(None, ("heapUsed grows, and no class does",), wants_double=True)
    if evidence.exhausted and evidence.rounds_growth >= UNEXPLAINED and not _has_doubled(evidence):
        grown = format_bytes(evidence.rounds_growth)
        reason = (
            f"heapUsed grew by {grown} over "
            f"{format_amount(evidence.rounds_iterations, evidence.unit)} and no class accounts for "
            "it; the budget ended before the work could be doubled, which shows whether a store "
            "of numbers grows: raise the budget"
        )
        return Judgement("inconclusive", (reason,))
    total = sum(evidence.windows)
    if total < LEAST_COUNTED and not evidence.timed:
        reason = (
            f"only {format_amount(total, evidence.unit)} fitted into the budget while objects "
            "were counted, too few to see a slow leak: raise the budget"
        )
        return Judgement("inconclusive", (reason,))
    return Judgement(
        "steady",
        (
            f"no class of the program grew over {format_amount(total, evidence.unit)} between "
            f"{len(evidence.windows) + 1} snapshots",
        ),
    )


def _swinging(evidence: Evidence, policy: Policy) -> Judgement | None:
    """Where objects stay for good behind a population that swings; None if there are none."""
    aged = aged_of(evidence.rows, evidence.windows, policy)
    if not aged or evidence.total_iterations >= SWINGS_ENOUGH:
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


def grown_containers(evidence: Evidence, policy: Policy) -> tuple[StaleContainer, ...]:
    """Containers whose slots grow without bound: an old owner with a new, large backing store.

    Slots come in steps (a store grows by half, or doubles), so only a store allocated in the last
    and longest window counts, and only if the arrays of the whole heap grew as well.
    """
    if len(evidence.array_bytes) < 2:
        return ()
    last = len(evidence.windows) - 1
    grown = evidence.array_bytes[-1] - evidence.array_bytes[-2]
    least = max(LEAST_STORE, SLOT * SLOT_RATE * evidence.total_iterations)
    return tuple(
        c
        for c in evidence.containers
        if c.window == last
        and c.backing_bytes >= least
        and grown >= 0.25 * c.backing_bytes
        # What holds different objects is judged by counting them.
        and c.objects * SLOT < 0.02 * c.backing_bytes
        and not c.owner_name.startswith("Weak")
        and not policy.ignores(c.owner_name)
    )


def _slots_may_grow(evidence: Evidence) -> bool:
    """Whether heapUsed grew before the first snapshot as a store of bare slots would make it."""
    return evidence.rounds_growth >= max(LEAST_STORE, 0.5 * SLOT * evidence.rounds_iterations)


def _has_doubled(evidence: Evidence) -> bool:
    return evidence.windows[-1] >= 0.4 * evidence.total_iterations


def _flat_reason(evidence: Evidence) -> str:
    first, last = evidence.series.samples[0], evidence.series.samples[-1]
    return (
        f"heapUsed is flat: {format_bytes(last.heap_used)} after "
        f"{format_amount(last.iterations - first.iterations, evidence.unit)}"
    )
