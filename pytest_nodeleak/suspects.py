"""Which classes grew in every window, and at what pace. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from .evidence import VALUE_KINDS, Suspect
from .policy import Policy
from .trend import steady_rate

if TYPE_CHECKING:
    from .heap import ConstructorGrowth

__all__ = ["LEAST_RATE", "distinctiveness", "over_bounds", "suspects_of", "worst_of"]

#: objects per iteration below which growth is no evidence: half of the rate we promise to find
LEAST_RATE = 0.005
#: objects that a snapshot itself, or a late initialisation, may add
NOISE_OBJECTS = 2
#: V8 node types that only the engine makes: code, shapes, its own tables
ENGINE_KINDS = frozenset(
    {"code", "hidden", "object shape", "synthetic", "native", "array", "wasm object"}
)
#: a window at least half as long again as the one before that adds less than this has levelled off
FADED = 0.25
#: a context (vm, jsdom, an iframe): the one thing of the engine's that programs leak
CONTEXT = "system / NativeContext"
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


def distinctiveness(name: str, kind: str, *, of_program: bool = False) -> int:
    """How much a name helps: 0 the program's own class, 1 a context, up to 6 for bare values.

    ``of_program``: the constructor was written by the program or a package, not by Node or V8.
    """
    if kind in VALUE_KINDS or name.startswith("("):
        return 6
    if name == CONTEXT:
        return 1
    if kind == "closure":
        return 5 if name in ("Function", "") or name.startswith(("(", "Function ")) else 2
    if name.startswith("{"):
        return 3
    if name in GENERIC or not name:
        return 4
    return 0 if of_program else 2


def suspects_of(
    rows: Sequence[ConstructorGrowth], windows: Sequence[float], policy: Policy
) -> tuple[Suspect, ...]:
    """The classes of the program whose population grew in every window, with their pace."""
    found = []
    for row in rows:
        is_engine = row.kind in ENGINE_KINDS or row.name.startswith("system / ")
        if is_engine and row.name != CONTEXT:
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
