"""What a measurement hands to the judge, and what the judge hands back. Plain frozen data."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..base.samples import Sample, Series
from .ledger import Growing
from .thresholds import THRESHOLDS
from .trend import deltas, is_flat
from .verdict import Outcome

if TYPE_CHECKING:
    from ..heap import ConstructorGrowth, SlotGrowth

__all__ = [
    "VALUE_KINDS",
    "Evidence",
    "Judgement",
    "LedgerEvidence",
    "OutsideGrowth",
    "Suspect",
    "heap_is_flat",
    "hides_nothing",
    "resolution",
]

#: V8 node types that are values
VALUE_KINDS = frozenset(
    {"string", "concatenated string", "sliced string", "number", "bigint", "symbol"}
)


@dataclass(frozen=True)
class OutsideGrowth:
    """Growth of RSS that neither the heap nor external memory explains.

    ``per_iteration`` and ``growth`` (bytes) are those of the last of several windows that double;
    ``steady`` if it kept its pace, ``addons`` the native addons in the process.
    """

    per_iteration: float
    growth: int
    steady: bool
    addons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Evidence:
    """All that was measured so far.

    ``windows`` are iterations between snapshots, oldest first; ``rows`` and ``slots`` what
    grew over them, ``stores`` the entries of all containers of a kind (None: not counted).
    ``pushed``: as much work has been done as it takes for common bounded structures to fill;
    ``exhausted``: the budget allows no further window. ``rounds_growth`` are the bytes by which
    heapUsed grew over ``rounds_iterations`` before the first snapshot, ``rounds_total_growth`` the
    same of the whole program (a snapshot inflates RSS for good), ``outside`` growth that only RSS
    shows. ``resources`` are the active ones of Node, by kind, that have become more.
    """

    series: Series
    windows: tuple[float, ...] = ()
    rows: tuple[ConstructorGrowth, ...] = ()
    slots: tuple[SlotGrowth, ...] = ()
    stores: tuple[SlotGrowth, ...] | None = None
    timed: bool = False
    total_iterations: int = 0
    pushed: bool = False
    exhausted: bool = False
    flat: bool = False
    rounds_growth: int = 0
    rounds_iterations: int = 0
    rounds_total_growth: int = 0
    outside: OutsideGrowth | None = None
    resources: Mapping[str, int] = field(default_factory=dict)
    unit: str = "iteration"


@dataclass(frozen=True)
class LedgerEvidence:
    """Survivors by allocating function.

    ``windows`` are the iterations of those windows that another one followed, oldest first;
    ``growing`` the places that leave survivors of each; ``series`` the samples since the first
    window began, ``earlier`` those before. ``pushed`` and ``exhausted`` as in :class:`Evidence`;
    ``slow``: an iteration takes so long that thousands of them cannot be asked for; ``compiled``:
    V8's compilers are on.
    ``wanted`` are the iterations without a survivor that are asked for; ``outlived`` those beyond
    the windows that what is counted has outlived.
    """

    windows: tuple[float, ...]
    growing: tuple[Growing, ...]
    series: Series
    earlier: tuple[Sample, ...] = ()
    total_iterations: int = 0
    wanted: float = 0.0
    pushed: bool = False
    exhausted: bool = False
    timed: bool = False
    slow: bool = False
    compiled: bool = False
    outlived: float = math.inf
    unit: str = "iteration"

    @property
    def all_readings(self) -> Series:
        """Those before the first window as well."""
        return Series((*self.earlier, *self.series.samples))

    @property
    def may_warm_up(self) -> bool:
        """Whether compilers may be at work: a program that is watched is warm."""
        return self.compiled and not self.timed


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
        """A value rather than a thing: evidence, but no name of a culprit if there is another."""
        return self.row.kind in VALUE_KINDS


@dataclass(frozen=True)
class Judgement:
    """``outcome`` is None while more work is needed to decide.

    ``doubtful``: heapUsed moves by more than the survivors' bytes, so that it is no witness.
    ``others_replaced``: what else was counted is replaced, for it would make heapUsed rise by more.
    ``text``: bytes per iteration by which one string becomes longer.
    ``wants_age``: iterations that what was counted must outlive, to be counted once more.
    """

    outcome: Outcome | None
    reasons: tuple[str, ...]
    suspects: tuple[Suspect, ...] = ()
    off_heap: float = 0.0
    text: float = 0.0
    slots: tuple[SlotGrowth, ...] = ()
    wants_double: bool = False
    doubtful: bool = False
    others_replaced: bool = False
    wants_age: float = 0.0
    growing: tuple[Growing, ...] = ()

    @property
    def is_doubt(self) -> bool:
        """Whether survivors grow that heapUsed is no witness of."""
        return self.outcome == "inconclusive" and self.doubtful

    @property
    def doubts_things(self) -> bool:
        """Whether a suspect is more than a value."""
        return any(not suspect.is_value for suspect in self.suspects)

    @property
    def tells_values(self) -> bool:
        """Whether it is of values alone: strings, numbers."""
        other = self.slots or self.off_heap
        return bool(self.suspects) and not self.doubts_things and not other


def heap_is_flat(series: Series, last: int) -> bool:
    """Whether the last ``last`` samples show no growth of any kind of memory that we read."""
    samples = series.samples[-last:]
    if len(samples) < last:
        return False
    return (
        is_flat([s.heap_used for s in samples], THRESHOLDS.flat_band)
        and samples[-1].external <= samples[0].external + 64
        and samples[-1].array_buffers <= samples[0].array_buffers
        and samples[-1].contexts <= samples[0].contexts
        and samples[-1].resources <= samples[0].resources
    )


def hides_nothing(series: Series, last: int) -> bool:
    """Whether the last ``last`` readings of a flat heap fell by too little to hide a leak.

    What rose meanwhile is at most what it fell by. The heaps of most programs do neither.
    """
    samples = series.samples[-last:]
    fell = -sum(min(step, 0) for step in deltas([s.heap_used for s in samples]))
    return fell <= THRESHOLDS.may_hide * (samples[-1].iterations - samples[0].iterations)


def resolution(evidence: Evidence, survivors: LedgerEvidence | None) -> float:
    """Objects per iteration that would have been seen: two or three over what was looked at."""
    series = evidence.series.iterations
    looked_at = sum(evidence.windows) or series[-1] - series[0]
    if survivors is not None:
        looked_at = max(looked_at if evidence.windows else 0, sum(survivors.windows))
    counted = evidence.windows or survivors is not None
    two = max(2 / max(looked_at, 1), THRESHOLDS.least_rate if counted else 0.0)
    if survivors is None or survivors.compiled:
        return round(two, 6)
    many = THRESHOLDS.no_chance / max(sum(survivors.windows), 1)
    return round(min(two, max(many, THRESHOLDS.least_rate_many)), 6)
