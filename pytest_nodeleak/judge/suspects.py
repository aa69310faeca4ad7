"""Which classes grew in every window, and at what pace. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from ..base.policy import Policy
from .evidence import VALUE_KINDS, Suspect
from .thresholds import THRESHOLDS
from .trend import rates, steady_rate

if TYPE_CHECKING:
    from ..heap import ConstructorGrowth

__all__ = [
    "Aged",
    "aged_of",
    "distinctiveness",
    "has_filled_up",
    "judged_rows",
    "over_bounds",
    "replaced_within",
    "some_grow",
    "suspects_of",
    "worst_of",
]

#: V8 node types that only the engine makes: code, shapes, its own tables
ENGINE_KINDS = frozenset(
    {"code", "hidden", "object shape", "synthetic", "native", "array", "wasm object"}
)
#: a context (vm, jsdom): the one thing of the engine's that programs leak; Node 26 adds its origin
CONTEXT = "system / NativeContext"
#: the driver's resource of an iteration, which errors keep by their stacks, and what counts entries
OURS = frozenset({"NodeleakIteration", "NodeleakStore"})
#: what Node itself keeps of its own, up to these numbers: performance.getEntries()
NODE_BOUNDS = {"PerformanceResourceTiming": 250}

#: names that every program is full of: true, but no help in finding the line
GENERIC = frozenset(
    [
        "Object",
        "Array",
        "Map",
        "Set",
        "WeakMap",
        "WeakSet",
        "WeakRef",
        "Promise",
        "Date",
        "Error",
        "Function",
        "RegExp",
        "Symbol",
        "Number",
        "String",
        "Boolean",
        "BigInt",
        "Uint8Array",
        "ArrayBuffer",
        "DataView",
        "Generator",
        "AsyncGenerator",
        "AsyncFunction",
        "Arguments",
        "Iterator",
        "Timeout",
        "Immediate",
        "TickObject",
        "AsyncResource",
        "Proxy",
    ]
)


def distinctiveness(name: str, kind: str, origin: str | None = None) -> int:
    """How much a name helps: 0 the program's own class, 1 a package's, up to 7 for bare values.

    ``origin`` is who wrote the constructor or function: "program", "package", "" for Node and V8,
    None if that was not asked.
    """
    if kind in VALUE_KINDS or name.startswith("("):
        return 7
    if name.startswith(CONTEXT):
        return 2
    if kind == "closure":
        if name in ("Function", "") or name.startswith(("(", "Function ")):
            return 6
        return 5 if origin == "" else 3
    if name.startswith("{"):
        return 4
    if name in GENERIC or not name:
        return 5
    return {"program": 0, "package": 1}.get(origin or "", 3)


def suspects_of(
    rows: Sequence[ConstructorGrowth],
    windows: Sequence[float],
    policy: Policy,
    last_seconds: float = math.inf,
) -> tuple[Suspect, ...]:
    """The classes of the program whose population grew in every window, with their pace.

    ``last_seconds`` is how long the last window took: what outlived it has that age.
    """
    old = last_seconds >= THRESHOLDS.aged_seconds
    compiled = policy.jit == "on"
    least = THRESHOLDS.least_rate_compiled if compiled else THRESHOLDS.least_rate
    found = (_suspect(row, windows, old, least) for row in judged_rows(rows, policy))
    return tuple(s for s in found if s and s.per_iteration > policy.max_growth.objects)


def judged_rows(rows: Sequence[ConstructorGrowth], policy: Policy) -> Iterator[ConstructorGrowth]:
    """The rows that are evidence."""
    for row in rows:
        is_engine = row.kind in ENGINE_KINDS or row.name.startswith("system / ")
        if (is_engine and not row.name.startswith(CONTEXT)) or row.name in OURS:
            continue
        if policy.ignores(row.name) or policy.live_bound(row.name) is not None:
            continue
        if row.populations[-1] > NODE_BOUNDS.get(row.name, -1):
            yield row


def _suspect(
    row: ConstructorGrowth, windows: Sequence[float], old: bool, least: float
) -> Suspect | None:
    growth = _growth(row, len(windows))
    if growth is None:
        return None
    # The first window is short: its few objects may be chance. The sum must not be.
    if sum(growth) <= THRESHOLDS.noise_objects or min(growth) <= 0:
        aged = aged_in(row, windows) if old else None
        return None if aged is None or not aged.is_proof else aged.suspect(windows)
    if growth[-1] <= THRESHOLDS.noise_objects or growth[-1] / windows[-1] < least:
        return None
    # What comes many at a time is there by chance, or not, in the first windows, which are short.
    late = growth[-3:] if len(growth) > 3 and sum(windows[:-3]) < windows[-3] else growth
    steady = steady_rate(late, windows[-len(late) :])
    fading = growth[-1] / max(growth[:-1]) if len(growth) > 1 else 1.0
    if not steady and fading <= THRESHOLDS.faded and windows[-1] >= 1.5 * windows[-2]:
        return None
    return Suspect(row, growth, sum(growth) / sum(windows), steady, fading)


@dataclass(frozen=True)
class Aged:
    """A class whose population swings, as a batch does, while some of its objects stay for good.

    ``counts`` are the objects of each window but the last that are alive after it, ``swing`` the
    most that died in one window, ``net`` the growth of the population over all of them.
    """

    row: ConstructorGrowth
    counts: tuple[int, ...]
    swing: int
    net: int
    steady: bool

    @property
    def is_proof(self) -> bool:
        """Windows of the same pace, and more of them than the population swings by."""
        total = sum(self.counts)
        return len(self.counts) > 1 and self.steady and total >= self.swing <= 2 * self.net

    def suspect(self, windows: Sequence[float]) -> Suspect:
        growth = (*self.counts, self.row.survivors[-1])
        rate = sum(self.counts) / sum(windows[:-1])
        return Suspect(self.row, growth, rate, steady=True, fading=1.0)


def aged_in(row: ConstructorGrowth, windows: Sequence[float]) -> Aged | None:
    """What of a class outlived a whole window more, if its population may have grown by that."""
    if len(windows) < 2 or len(row.survivors) != len(windows) or row.kind in VALUE_KINDS:
        return None
    counts, spans = row.survivors[:-1], windows[:-1]
    total = sum(counts)
    if (
        total <= THRESHOLDS.noise_objects
        or min(counts) <= 0
        or total / sum(spans) < THRESHOLDS.least_rate
    ):
        return None
    net = _net(row)
    swing = max(born - grown for born, grown in zip(row.survivors, net, strict=True))
    if swing <= 0 or sum(net) < 0.5 * total - swing:
        return None
    if row.survivors[-1] / windows[-1] < 0.5 * total / sum(spans):
        return None  # it has filled up
    if max(map(abs, net)) <= max(THRESHOLDS.noise_objects, THRESHOLDS.level * swing):
        return None  # a cache that is full: as many go as come
    return Aged(row, counts, swing, sum(net), steady_rate(counts, spans))


def aged_of(
    rows: Sequence[ConstructorGrowth], windows: Sequence[float], policy: Policy
) -> tuple[Aged, ...]:
    """The classes that may leak behind a swinging population, the largest first."""
    found = (aged_in(row, windows) for row in judged_rows(rows, policy))
    return tuple(sorted((a for a in found if a is not None), key=lambda a: -sum(a.counts)))


def _net(row: ConstructorGrowth) -> tuple[int, ...]:
    """How many more objects live after each window than before it."""
    return tuple(after - before for before, after in pairwise(row.populations))


def _growth(row: ConstructorGrowth, windows: int) -> tuple[int, ...] | None:
    """Objects added for good in each window, by two counts that must agree.

    The population's net growth says that more live than before, survivors say which: those
    allocated in the window and alive in the last snapshot. A structure that is copied at each
    change has no old survivors; its net growth must hold for three windows.
    """
    net = _net(row)
    if len(net) != windows or len(row.survivors) != windows:
        return None
    growth = tuple(min(pair) for pair in zip(net, row.survivors, strict=True))
    is_shape = row.name == "Object" or row.name.startswith("{")
    if min(growth) <= 0 < min(net) and windows >= 3 and not is_shape:
        return net
    return growth


def replaced_within(
    rows: Sequence[ConstructorGrowth], windows: Sequence[float], pace: float
) -> float | None:
    """Iterations in which populations that stay level although ``pace`` survive are all new.

    The classes that so many survivors can be of had as many before: each new one takes the place
    of another. Where no class has so many, nothing is said (None); nor where one grows by many at
    a steady pace: of what a full cache holds, a list beside it may forget some.
    """
    least = [0.5 * min(pace, 1.0) * n for n in windows]
    carriers = [
        row
        for row in judged_rows(rows, Policy())
        if len(row.survivors) == len(windows)
        and all(s >= max(n, 1) for s, n in zip(row.survivors, least, strict=True))
    ]
    if not carriers or not all(
        _is_level(row) and not _grows_steadily(_net(row), windows) for row in carriers
    ):
        return None
    # One class may have many more, elsewhere.
    return min(row.populations[-1] * sum(windows) / sum(row.survivors) for row in carriers)


def some_grow(rows: Sequence[ConstructorGrowth], windows: Sequence[float], pace: float) -> bool:
    """Whether of some class more are alive than before, by as much as that ``pace`` would add.

    Or fewer by as much, of one that survives: the ends of a batch hide what stays of it.
    """
    least = pace * sum(windows) - THRESHOLDS.noise_objects
    return any(
        sum(_net(row)) >= least or (all(row.survivors) and -sum(_net(row)) >= least)
        for row in judged_rows(rows, Policy())
    )


def has_filled_up(
    rows: Sequence[ConstructorGrowth], windows: Sequence[float], pace: float, usual: float
) -> bool:
    """Whether all classes together grew little in a last window that should have many survivors.

    ``pace`` objects per iteration were counted before, some in each window of ``usual`` iterations:
    the last of some hundred sets of labels. What comes in bursts may miss a shorter one.
    """
    expected = pace * windows[-1]
    if len(windows) < 2 or expected < THRESHOLDS.few_own or windows[-1] < 2 * usual:
        return False
    counted = [row for row in rows if len(row.survivors) == len(windows)]
    grown = sum(max(0, min(row.survivors[-1], _net(row)[-1])) for row in counted)
    return grown < THRESHOLDS.faded * expected and not any(_goes_on(r, windows) for r in counted)


def _goes_on(row: ConstructorGrowth, windows: Sequence[float]) -> bool:
    """Whether as many of the last window are there as of the one before, which have outlived it.

    Of a batch only few stay, and its ends hide them from the population.
    """
    stayed, new = rates(row.survivors[-2:], windows[-2:])
    return row.survivors[-2] >= THRESHOLDS.few_own and new >= THRESHOLDS.faded * stayed


def _is_level(row: ConstructorGrowth) -> bool:
    """Whether a population moves by less, in each window, than outlived it."""
    return all(
        abs(net) <= max(THRESHOLDS.noise_objects, THRESHOLDS.replaced * survivors)
        for net, survivors in zip(_net(row), row.survivors, strict=True)
    )


def _grows_steadily(net: Sequence[int], windows: Sequence[float]) -> bool:
    many = sum(net) >= THRESHOLDS.few_of_node and min(net) > THRESHOLDS.noise_objects
    return many and steady_rate(net, windows)


def over_bounds(rows: Sequence[ConstructorGrowth], policy: Policy) -> list[str]:
    return [
        f"{row.name}: {row.populations[-1]} live objects, more than max_live={bound}"
        for row in rows
        if (bound := policy.live_bound(row.name)) is not None and row.populations[-1] > bound
    ]


def worst_of(suspects: Sequence[Suspect]) -> Suspect:
    """The one to name: the most distinctive, then the one that grows most."""
    return min(
        suspects,
        key=lambda s: (distinctiveness(s.row.name, s.row.kind), -s.per_iteration, s.row.name),
    )
