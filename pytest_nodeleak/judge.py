"""Policy and evidence in, a judgement out. Pure: no clock, no process, no pytest.

The rule in short (docs/how-it-decides.md has it whole): a heap that is flat is steady. Where it
is not, objects are counted: a class of the program whose population grows in every window between
snapshots, at a pace that does not slow down however long the windows become, leaks. What slows
down is a bounded structure filling: more work decides.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from .policy import Policy
from .samples import Series
from .trend import is_flat, rising_share, robust_slope, steady_rate
from .units import format_bytes, format_count, format_rate
from .verdict import Outcome

if TYPE_CHECKING:
    from .heap import ConstructorGrowth
    from .heap.growth import StaleContainer

__all__ = ["Evidence", "Judgement", "Suspect", "heap_is_flat", "judge", "suspects_of"]

#: objects per iteration below which growth is no evidence: half of the rate we promise to find
LEAST_RATE = 0.005
#: objects that a snapshot itself, or a late initialisation, may add
NOISE_OBJECTS = 2
#: V8 node types that only the engine makes: code, shapes, its own tables
ENGINE_KINDS = frozenset({"code", "hidden", "object shape", "synthetic", "native", "array", "wasm object"})
#: values rather than things: evidence, but never the name of a culprit if there is another
VALUE_KINDS = frozenset(
    {"string", "concatenated string", "sliced string", "number", "bigint", "symbol"}
)
#: a window at least half as long again as the one before that adds less than this has levelled off
FADED = 0.25
#: the same at the end of the budget: what grows like a logarithm would add 1.0
FADING = 0.6
#: iterations, or else bytes of growth, before anything is called a leak
LEAST_WORK = 300
PLENTY = 4_000_000
#: what Node itself keeps of its own, up to these numbers: performance.getEntries()
NODE_BOUNDS = {"PerformanceResourceTiming": 250}
#: a band of heapUsed, in bytes, that is no growth if the end is not above the beginning
FLAT_BAND = 2048
#: bytes per iteration of heapUsed that are no growth, where bytes are all there is
BYTES_NOISE = 4.0
#: bytes of a slot, slots per iteration that are found, and the least store that is looked at
SLOT = 8
SLOT_RATE = 0.05
LEAST_STORE = 4096
#: by how much a store grows at least when it has to: V8 adds a half to arrays, doubles tables
STORE_STEP = 1.4


@dataclass(frozen=True)
class Evidence:
    """All that was measured so far.

    ``windows`` are iterations between snapshots, oldest first; ``rows`` and ``containers`` what
    grew over them, ``grown_before`` the
    stores, bytes by owner's id, of the containers that had grown one window earlier. ``pushed``: as much work has been done as it takes for common bounded
    structures to fill; ``exhausted``: the budget allows no further window. ``window_bytes``: growth of
    heapUsed in each window, where no snapshots were taken. ``rounds_growth`` are the bytes by which heapUsed grew over ``rounds_iterations`` before the first snapshot.
    """

    series: Series
    windows: tuple[float, ...] = ()
    rows: tuple[ConstructorGrowth, ...] = ()
    containers: tuple[StaleContainer, ...] = ()
    array_bytes: tuple[int, ...] = ()
    timed: bool = False
    grown_before: Mapping[int, int] = field(default_factory=dict)
    total_iterations: int = 0
    pushed: bool = False
    exhausted: bool = False
    flat: bool = False
    window_bytes: tuple[int, ...] = ()
    rounds_growth: int = 0
    rounds_iterations: int = 0
    unit: str = "iteration"


@dataclass(frozen=True)
class Suspect:
    """A class that grew in every window.

    ``steady`` if its pace holds. ``fading`` is what the last window added, as a share of the most
    that an earlier one did: windows double, so what grows for ever adds at least as much (1.0 for
    a logarithm), and what fills up adds less.
    """

    row: ConstructorGrowth
    growth: tuple[int, ...]
    per_iteration: float
    steady: bool
    fading: float

    @property
    def is_value(self) -> bool:
        return self.row.kind in VALUE_KINDS


@dataclass(frozen=True)
class Judgement:
    """``outcome`` is None while more work is needed to decide."""

    outcome: Outcome | None
    reasons: tuple[str, ...]
    suspects: tuple[Suspect, ...] = ()
    containers: tuple[StaleContainer, ...] = ()
    off_heap: float = 0.0
    wants_double: bool = False


def heap_is_flat(series: Series, last: int) -> bool:
    """Whether the last ``last`` samples show no growth of any kind of memory that we read."""
    samples = series.samples[-last:]
    if len(samples) < last:
        return False
    return (
        is_flat([s.heap_used for s in samples], FLAT_BAND)
        and samples[-1].external <= samples[0].external + 64
        and samples[-1].array_buffers <= samples[0].array_buffers
        and samples[-1].contexts <= samples[0].contexts
        and samples[-1].resources <= samples[0].resources
    )


def judge(evidence: Evidence, policy: Policy) -> Judgement:
    """The judgement on the evidence so far; ``outcome`` None asks for another window."""
    if evidence.flat:
        return Judgement("steady", (_flat_reason(evidence),))
    if evidence.window_bytes:
        return _by_bytes(evidence, policy)
    suspects = suspects_of(evidence.rows, evidence.windows, policy)
    over = _over_bounds(evidence.rows, policy)
    if over:
        return Judgement("leak", tuple(over), suspects)
    leaking = tuple(s for s in suspects if s.steady)
    if leaking:
        return _leak_or_filling(evidence, policy, suspects, leaking)
    things = tuple(s for s in suspects if not s.is_value)
    if things:
        return _slowing(evidence, things)
    return _no_class_grows(evidence, policy)


def suspects_of(
    rows: Sequence[ConstructorGrowth], windows: Sequence[float], policy: Policy
) -> tuple[Suspect, ...]:
    """The classes of the program whose population grew in every window, with their pace."""
    found = []
    for row in rows:
        if row.kind in ENGINE_KINDS or row.name.startswith("system / "):
            continue
        if policy.ignores(row.name) or policy.live_bound(row.name) is not None:
            continue
        if row.populations[-1] <= NODE_BOUNDS.get(row.name, -1):
            continue
        suspect = _suspect(row, windows)
        if suspect is not None and suspect.per_iteration > policy.max_growth.objects:
            found.append(suspect)
    return tuple(found)


def _suspect(row: ConstructorGrowth, windows: Sequence[float]) -> Suspect | None:
    growth = _growth(row, len(windows))
    if growth is None:
        return None
    # The first window is short: its few objects may be chance. The sum must not be.
    if sum(growth) <= NOISE_OBJECTS or min(growth) <= 0:
        return None
    if growth[-1] <= NOISE_OBJECTS or growth[-1] / windows[-1] < LEAST_RATE:
        return None
    steady = steady_rate(growth, windows)
    fading = growth[-1] / max(growth[:-1]) if len(growth) > 1 else 1.0
    if not steady and fading <= FADED and windows[-1] >= 1.5 * windows[-2]:
        return None
    return Suspect(row, growth, sum(growth) / sum(windows), steady, fading)


def _growth(row: ConstructorGrowth, windows: int) -> tuple[int, ...] | None:
    """Objects added for good in each window, by two counts that must agree.

    The population's net growth says that more live than before, survivors say which: those
    allocated in the window and alive in the last snapshot. A structure that is copied at each
    change has no old survivors; its net growth must hold for three windows.
    """
    net = tuple(after - before for before, after in pairwise(row.populations))
    if len(net) != windows or len(row.survivors) != windows:
        return None
    growth = tuple(min(pair) for pair in zip(net, row.survivors, strict=True))
    is_shape = row.name == "Object" or row.name.startswith("{")
    if min(growth) <= 0 < min(net) and windows >= 3 and not is_shape:
        return net
    return growth


def _over_bounds(rows: Sequence[ConstructorGrowth], policy: Policy) -> list[str]:
    return [
        f"{row.name}: {row.populations[-1]} live objects, more than max_live={bound}"
        for row in rows
        if (bound := policy.live_bound(row.name)) is not None and row.populations[-1] > bound
    ]


def _leak_or_filling(
    evidence: Evidence, policy: Policy, suspects: tuple[Suspect, ...], leaking: tuple[Suspect, ...]
) -> Judgement:
    worst = max(leaking, key=lambda s: (not s.is_value, s.per_iteration))
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
    if evidence.total_iterations < LEAST_WORK and heap[-1] - heap[0] < PLENTY:
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
        worst = max(suspects, key=lambda s: s.per_iteration)
        reason = (
            f"{worst.row.name} fills up: it grew by {format_count(worst.growth[-1])} over the last "
            f"{format_count(evidence.windows[-1])} {evidence.unit}s, by "
            f"{format_count(max(worst.growth[:-1]))} over fewer before"
        )
        return Judgement("steady", (reason,))
    return _undecided(evidence, suspects)


def _undecided(evidence: Evidence, suspects: tuple[Suspect, ...]) -> Judgement:
    worst = max(suspects, key=lambda s: (not s.is_value, s.per_iteration))
    pace = worst.growth[-1] / evidence.windows[-1]
    population = worst.row.populations[-1]
    reason = (
        f"{worst.row.name} is still growing at +{format_rate(pace)} per {evidence.unit} after "
        f"{format_count(evidence.total_iterations)} {evidence.unit}s, but not at a steady pace: a "
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
            (f"external memory grew in every round: +{format_bytes(off_heap)} per {evidence.unit}",),
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
    if evidence.exhausted and _slots_may_grow(evidence) and not _has_doubled(evidence):
        grown = format_bytes(evidence.rounds_growth)
        reason = (
            f"heapUsed grew by {grown} over {format_count(evidence.rounds_iterations)} "
            f"{evidence.unit}s and no class accounts for it; the budget ended before the work could "
            "be doubled, which shows whether a store of plain numbers grows: raise the budget"
        )
        return Judgement("inconclusive", (reason,))
    total = sum(evidence.windows)
    return Judgement(
        "steady",
        (
            f"no class of the program grew over {format_count(total)} {evidence.unit}s between "
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
    if len(growth) > 1 and min(growth) > 0 and steady_rate(growth, windows):
        reason = f"heapUsed grew in {len(growth)} of {len(growth)} windows, at last by"
        return Judgement(
            "leak",
            (f"{reason} {format_bytes(last)} per {evidence.unit}; nothing is named without "
             "snapshots",),
        )
    return Judgement(
        "inconclusive",
        (f"heapUsed grew by {format_bytes(last)} per {evidence.unit} in the last window, but not at "
         "a steady pace, and no snapshots were taken; allow them or raise the budget",),
    )


def _flat_reason(evidence: Evidence) -> str:
    first, last = evidence.series.samples[0], evidence.series.samples[-1]
    return (
        f"heapUsed is flat: {format_bytes(last.heap_used)} after "
        f"{format_count(last.iterations - first.iterations)} {evidence.unit}s"
    )
