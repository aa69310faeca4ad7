"""Self-check: a known leak is planted into each heap of the program, and must be seen there."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace

from ..base.deadline import Deadline
from ..base.errors import NodeLeakError, hide_ours
from ..base.units import format_amount, format_rate, power_of_two
from ..judge.verdict import LeakingConstructor, SelfCheckError, Verdict
from ..node.app import NodeApp
from ..node.heaps.heap import NodeHeap
from ..node.workload import Runner

__all__ = ["PLANTED", "PLANT_RATE", "PlantingRunner", "planted_row", "without_planted"]

__tracebackhide__ = hide_ours

#: the class that the driver plants
PLANTED = "PlantedLeak"
#: objects per iteration
PLANT_RATE = 0.1
#: for a program that works by itself an iteration is seconds long, and few are looked at
PLANT_RATE_TIMED = 10.0


class PlantingRunner:
    """A runner that leaves ``rate`` objects per iteration (timed: 100 times as many) behind."""

    def __init__(self, app: NodeApp, runner: Runner, rate: float) -> None:
        #: gives the heaps to plant into: the main one first
        self.heaps: Callable[[], list[NodeHeap]] = lambda: [app.main_heap]
        self._runner = runner
        self.fixed_seconds = runner.fixed_seconds
        self.description = runner.description
        timed = runner.fixed_seconds is not None
        self.rate = rate * PLANT_RATE_TIMED / PLANT_RATE if timed else rate
        self._due = 0.0

    def setup(self, deadline: Deadline) -> None:
        self._runner.setup(deadline)

    def run(self, n: int, seconds: float, deadline: Deadline) -> int:
        done = self._runner.run(n, seconds, deadline)
        self._due += done * self.rate
        while self._due >= 1:
            # Powers of two: the inspector keeps a trace of each new number.
            part = power_of_two(self._due)
            self._plant(part, deadline)
            self._due -= part
        return done

    def teardown(self, deadline: Deadline) -> None:
        self._plant(0, deadline)
        self._runner.teardown(deadline)

    def _plant(self, n: int, deadline: Deadline) -> None:
        main, *others = self.heaps()
        main.driver("plant", n, deadline=deadline)
        for heap in others:
            with contextlib.suppress(NodeLeakError):  # it may have ended
                heap.driver("plant", n, deadline=deadline)


def planted_row(verdict: Verdict) -> LeakingConstructor | None:
    """The planted class as the verdict names it; None: it was not seen."""
    if verdict.outcome != "leak":
        return None
    return next((row for row in verdict.constructors if row.name == PLANTED), None)


def without_planted(verdict: Verdict, rate: float) -> Verdict:
    """What the verdict says of the program itself, after the planted leak was seen in it.

    Raises SelfCheckError if it was not: a green result on this program would mean nothing.
    """
    row = planted_row(verdict)
    where = "this program" if verdict.heap == "main" else verdict.heap
    if row is None:
        raise SelfCheckError(
            f"self-check: a planted leak of {format_rate(rate)} objects per {verdict.unit} was "
            f"not seen in {where}: {verdict.outcome}: {verdict.reasons[0]}",
            verdict,
        )
    own = tuple(other for other in verdict.constructors if other is not row)
    seen = (
        f"self-check: a planted leak of {format_rate(rate)} objects per {verdict.unit} was seen"
        f"{'' if len(verdict.heaps) < 2 else f' in each of {len(verdict.heaps)} heaps'}, "
        f"+{format_rate(row.per_iteration)} after "
        f"{format_amount(verdict.iterations, verdict.unit)}"
    )
    return replace(verdict, outcome="leak" if own else "steady", reasons=(seen,), constructors=own)
