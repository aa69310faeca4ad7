"""What a measurement found out: frozen data, and the errors that carry it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from ..base.errors import NodeLeakError, Ours
from ..base.phases import Phase
from ..base.policy import Policy
from ..base.recipe import Recipe
from ..base.samples import Sample, Series
from ..base.units import format_bytes, format_rate

__all__ = [
    "SCHEMA",
    "AllocationSite",
    "InconclusiveError",
    "LeakError",
    "LeakingConstructor",
    "Outcome",
    "SelfCheckError",
    "Verdict",
]

SCHEMA = 1
Outcome = Literal["leak", "steady", "inconclusive"]


@dataclass(frozen=True)
class LeakingConstructor:
    """One constructor that grows. Sizes are bytes; ``retained_size`` is that of the survivors.

    ``count`` is how many objects were added over all windows and stay alive; ``per_window`` the
    same per iteration of each window. ``defined_at`` is where the class or function begins.
    ``texts`` are some of the strings: their text where that was asked for, else how it looks.
    """

    name: str
    per_iteration: float
    count: int
    shallow_size: int
    retained_size: int | None = None
    retaining_path: tuple[str, ...] = ()
    allocated_at: str | None = None
    owner: str | None = None
    per_window: tuple[float, ...] = ()
    internal: bool = False
    kind: str = "object"
    defined_at: str | None = None
    texts: tuple[str, ...] = ()

    @property
    def pace(self) -> str:
        """``+1.00`` objects per iteration; where one piece becomes larger its bytes, ``+12 B``."""
        is_piece = self.kind in ("buffer", "text")
        return "+" + (format_bytes if is_piece else format_rate)(self.per_iteration)

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "per_iteration": round(self.per_iteration, 6),
            "count": self.count,
            "shallow_size": self.shallow_size,
            "retained_size": self.retained_size,
            "retaining_path": list(self.retaining_path),
            "allocated_at": self.allocated_at,
            "owner": self.owner,
            "per_window": [round(rate, 6) for rate in self.per_window],
            "kind": self.kind,
            "defined_at": self.defined_at,
            "texts": list(self.texts),
        }


@dataclass(frozen=True)
class AllocationSite:
    """A function of the program and the bytes it allocated that stayed alive.

    ``per_iteration`` counts the objects, ``by_size`` those of each size in bytes. ``stack`` has the
    callers, innermost first, each like ``function (file.js:21:3)``; places are those where the
    functions begin. ``own`` is the number of the innermost frame that is no package's.
    """

    size: int
    stack: tuple[str, ...]
    per_iteration: float = 0.0
    by_size: tuple[tuple[int, float], ...] = ()
    own: int = 0

    def __str__(self) -> str:
        return self.stack[self.own]


@dataclass(frozen=True)
class Verdict:
    """The outcome and its evidence.

    ``constructors`` are the leaking ones, worst first; ``internals`` grow as well and stand in
    parentheses in V8's own naming. ``seconds`` is the time of the whole measurement,
    ``windows`` the iterations between snapshots (empty: none was taken; parts of iterations for a
    program that works by itself), ``sites`` the functions that allocated what stayed alive.
    ``heap`` is the one that ``series``, rows and snapshots are of: "main", "worker 1 (jobs.js)",
    "child 4711 (job.js)"; ``heaps`` are the names and series of all that were measured.
    ``phases`` say what was done over which iterations, ``warm_readings`` came before ``series``.
    ``accepted`` says why a leak is no failure: it stands in the file of accepted growth.
    ``recipe`` is what ``replay.json`` is made of; None for a program that others started.
    """

    outcome: Outcome
    reasons: tuple[str, ...]
    series: Series
    seconds: float
    workload: str
    script: str
    node: str
    policy: Policy
    constructors: tuple[LeakingConstructor, ...] = ()
    internals: tuple[LeakingConstructor, ...] = ()
    windows: tuple[float, ...] = ()
    iterations: int = 0
    warmup: int = 0
    resolution: float = 0.0
    unit: str = "iteration"
    artifacts: str | None = None
    snapshots: tuple[str, ...] = ()
    sites: tuple[AllocationSite, ...] = ()
    heap: str = "main"
    heaps: tuple[tuple[str, Series], ...] = ()
    phases: tuple[Phase, ...] = ()
    warm_readings: tuple[Sample, ...] = ()
    accepted: str | None = None
    recipe: Recipe | None = field(default=None, repr=False, compare=False)

    def __repr__(self) -> str:
        names = ", ".join(f"{c.name} +{c.per_iteration:.2f}" for c in self.constructors[:3])
        return (
            f"<Verdict {self.outcome}{': ' + names if names else ''}, "
            f"{self.iterations} iterations, {self.seconds:.2f} s>"
        )

    @property
    def leaks(self) -> bool:
        return self.outcome == "leak"

    def to_json(self) -> dict[str, Any]:
        """Plain Python values, ready for ``json.dumps``; the schema of ``verdict.json``."""
        return {
            "schema": SCHEMA,
            "outcome": self.outcome,
            "reasons": list(self.reasons),
            "constructors": [{**row.to_json(), "heap": self.heap} for row in self.constructors],
            "internals": [{**row.to_json(), "heap": self.heap} for row in self.internals],
            "series": [
                {
                    "iterations": sample.iterations,
                    "seconds": round(sample.seconds, 4),
                    "heap_used": sample.heap_used,
                    "external": sample.external,
                    "array_buffers": sample.array_buffers,
                    "rss": sample.rss,
                    "heap_physical": sample.heap_physical,
                    "contexts": sample.contexts,
                    "resources": sample.resources,
                }
                for sample in self.series.samples
            ],
            "windows": list(self.windows),
            "iterations": self.iterations,
            "warmup": self.warmup,
            "resolution": self.resolution,
            "unit": self.unit,
            "seconds": round(self.seconds, 3),
            "workload": self.workload,
            "script": self.script,
            "node": self.node,
            "policy": self.policy.to_json(),
            "snapshots": list(self.snapshots),
            "heap": self.heap,
            "heaps": [
                {"name": name, "series": _points(series.samples)} for name, series in self.heaps
            ],
            "phases": [
                {"name": phase.name, "first": phase.first, "last": phase.last}
                for phase in self.phases
            ],
            "warm_readings": _points(self.warm_readings),
            "accepted": self.accepted,
            "sites": [{"size": site.size, "stack": list(site.stack)} for site in self.sites],
            "artifacts": self.artifacts,
        }


def _points(samples: tuple[Sample, ...]) -> list[dict[str, int]]:
    return [{"iterations": s.iterations, "heap_used": s.heap_used} for s in samples]


class LeakError(Ours, AssertionError):
    """The program leaks. ``str(error)`` is the report; ``verdict`` holds its facts."""

    def __init__(self, message: str, verdict: Verdict | None = None) -> None:
        super().__init__(message)
        self.verdict = verdict


class InconclusiveError(NodeLeakError):
    """The evidence does not decide; ``str(error)`` says why and what to do."""

    def __init__(self, message: str, verdict: Verdict | None = None) -> None:
        super().__init__(message)
        self.verdict = verdict


class SelfCheckError(NodeLeakError):
    """A leak planted into the program was not seen there: ``verdict`` is blind to it."""

    def __init__(self, message: str, verdict: Verdict | None = None) -> None:
        super().__init__(message)
        self.verdict = verdict


# Users meet them as pytest_nodeleak.LeakError: in a traceback, in pytest's short summary.
for _error in (LeakError, InconclusiveError, SelfCheckError):
    _error.__module__ = "pytest_nodeleak"
