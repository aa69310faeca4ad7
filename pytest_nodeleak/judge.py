"""Policy and evidence in, a judgement out. Pure: no clock, no process, no pytest.

The rule in short (docs/how-it-decides.md has it whole): a heap that is flat is steady. Where it
is not, objects are counted: a class of the program whose population grows in every window between
snapshots, at a pace that does not slow down however long the windows become, leaks. What slows
down is a bounded structure filling: more work decides.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from .evidence import Evidence, Judgement, OutsideGrowth, Suspect
from .policy import Policy
from .samples import Series
from .suspects import over_bounds, suspects_of, worst_of
from .trend import rising_share, robust_slope, steady_rate
from .units import format_amount, format_bytes, format_count, format_rate

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
#: iterations between snapshots below which "no class grew" means nothing
LEAST_COUNTED = 20
#: bytes per iteration of heapUsed that are no growth, where bytes are all there is
BYTES_NOISE = 4.0
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
    return _by_rss(evidence, outside, policy, judgement)


def _by_rss(
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


def _by_heap(evidence: Evidence, policy: Policy) -> Judgement:
    if evidence.flat:
        return Judgement("steady", (_flat_reason(evidence),))
    if evidence.window_bytes:
        return _by_bytes(evidence, policy)
    suspects = suspects_of(evidence.rows, evidence.windows, policy)
    over = over_bounds(evidence.rows, policy)
    if over:
        return Judgement("leak", tuple(over), suspects)
    leaking = tuple(s for s in suspects if s.steady)
    if leaking:
        return _leak_or_filling(evidence, policy, suspects, leaking)
    things = tuple(s for s in suspects if not s.is_value)
    if things:
        return _slowing(evidence, things)
    return _no_class_grows(evidence, policy)


def _leak_or_filling(
    evidence: Evidence, policy: Policy, suspects: tuple[Suspect, ...], leaking: tuple[Suspect, ...]
) -> Judgement:
    worst = worst_of(leaking)
    if not evidence.exhausted and not (evidence.pushed and len(evidence.windows) > 1):
        return Judgement(None, ("growth without an end so far",), suspects)
    if _too_little(evidence):
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
    reasons = [
        f"{worst.row.name} grew in {len(evidence.windows)} of {len(evidence.windows)} windows at a "
        f"steady +{format_rate(worst.per_iteration)} per {evidence.unit}"
    ]
    return Judgement("leak", tuple(reasons), leaking)


def _too_little(evidence: Evidence) -> bool:
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
    return len(evidence.windows) < 2 and rising_share(heap) < 0.7


def _bytes_per_iteration(suspects: Sequence[Suspect], evidence: Evidence) -> float:
    by_counts = sum(s.row.sizes[-1] - s.row.sizes[0] for s in suspects) / sum(evidence.windows)
    slope = robust_slope(evidence.series.iterations, evidence.series.heap_used)
    return max(by_counts, slope)


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
    reason = (
        f"{worst.row.name} is still growing at +{format_rate(pace)} per {evidence.unit} after "
        f"{format_amount(evidence.total_iterations, evidence.unit)}, but not at a steady pace: a "
        f"bounded structure that is still filling, or a slow leak; raise the budget, or name the "
        f"bound: max_live={{{worst.row.name!r}: {_round_up(2 * population)}}}"
    )
    return Judgement("inconclusive", (reason,), suspects)


def _round_up(count: int) -> int:
    digits = int(10 ** max(0, len(str(count)) - 1))
    return -(-count // digits) * digits


def _no_class_grows(evidence: Evidence, policy: Policy) -> Judgement:
    if len(evidence.windows) < 2 and not evidence.exhausted:
        return Judgement(
            None, ("no class grew in the first window",), wants_double=_slots_may_grow(evidence)
        )
    containers = grown_containers(evidence, policy)
    off_heap = _off_heap_growth(evidence.series)
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


def _off_heap_growth(series: Series) -> float:
    """Bytes per iteration of external memory, if it rose in every round; else 0.0."""
    samples = series.samples
    external = [s.external for s in samples]
    if len(samples) < 4 or rising_share(external) < 0.99:
        return 0.0
    return robust_slope(series.iterations, external)


def _by_bytes(evidence: Evidence, policy: Policy) -> Judgement:
    """No snapshots: heapUsed is the only witness, over windows that double."""
    growth, windows = evidence.window_bytes, evidence.windows
    last = growth[-1] / windows[-1]
    accepted = max(policy.max_growth.bytes, BYTES_NOISE)
    if last <= accepted:
        reason = f"heapUsed grew by {format_bytes(last)} per {evidence.unit} in the last window"
        return Judgement("steady", (f"{reason}, no snapshots",))
    if len(growth) > 1 and min(growth) > 0 and steady_rate(growth[-2:], windows[-2:]):
        reason = f"heapUsed grew in {len(growth)} of {len(growth)} windows, at last by"
        return Judgement(
            "leak",
            (
                f"{reason} {format_bytes(last)} per {evidence.unit}; nothing is named without "
                "snapshots",
            ),
        )
    return Judgement(
        "inconclusive",
        (
            f"heapUsed grew by {format_bytes(last)} per {evidence.unit} in the last window, but "
            "not at a steady pace, and no snapshots were taken; allow them or raise the budget",
        ),
    )


def _flat_reason(evidence: Evidence) -> str:
    first, last = evidence.series.samples[0], evidence.series.samples[-1]
    return (
        f"heapUsed is flat: {format_bytes(last.heap_used)} after "
        f"{format_amount(last.iterations - first.iterations, evidence.unit)}"
    )
