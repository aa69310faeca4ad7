"""What grows, and may stop by itself: bounds that the program declares, ages, pending timers."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from ..judge.bounds import (
    DeclaredAge,
    DeclaredBound,
    age_among,
    beyond_means,
    bound_among,
    filled,
    not_full,
    not_old,
)
from ..judge.evidence import Judgement
from ..judge.survivors import of_age
from .ledger import Ledger
from .meter import LONGEST_TIMER, Meter
from .naming import Findings
from .plan import Pacer

__all__ = ["Settling"]

#: pending timers, as a share of the survivors, that may be what holds them
HELD = 0.3
#: seconds of a wait beyond the budget: for an age that is as long as such a timer, and a tenth more
LONGEST_WAIT = 1.1 * LONGEST_TIMER
#: seconds for seeing whether something grows still
CHECK_SECONDS = 1.0
#: containers that are asked for a bound
MOST_FILLINGS = 3


class Settling:
    """Sees whether growth ends where it should, while the budget lasts."""

    def __init__(self, meter: Meter, pacer: Pacer, ledger: Callable[[], Ledger]) -> None:
        """``ledger`` gives that of the measurement, and begins one if there is none."""
        self._meter = meter
        self._pacer = pacer
        self._ledger = ledger

    def bounded(self, findings: Findings) -> Judgement | None:
        """What comes of a bound that the program declares for what grows; None: there is none."""
        store = findings.preallocated
        if store is not None and store.iterations * self._pacer.plan.pace < self._meter.budget.left:
            return self._fill(store)
        for filling in findings.fillings[:MOST_FILLINGS]:
            with self._meter.walking():
                numbers = self._meter.subject.heap.numbers_in(filling.holder_id, filling.closure_id)
            bound = bound_among(numbers, filling)
            if bound is not None:
                beyond = beyond_means(bound, self._meter.subject.heap.heap_limit())
                return Judgement("leak", (beyond,)) if beyond else self._fill(bound)
            age = age_among(numbers, filling, self._ledger().watched or self._meter.seconds)
            if age is not None:
                return self._outlive(age)
        return None

    def _fill(self, bound: DeclaredBound) -> Judgement | None:
        """Work until a container must be full, and see; None: it grows beyond."""
        meter = self._meter
        wanted = math.ceil(1.1 * bound.iterations)
        seconds = wanted * self._pacer.plan.pace + CHECK_SECONDS
        if seconds > meter.budget.left or wanted > meter.room():
            return not_full(bound, meter.unit)
        self._ledger().push(wanted, all_of_it=True)
        return filled(bound, still_grows=self._ledger().still_grows())

    def _outlive(self, age: DeclaredAge) -> Judgement | None:
        """Wait until what is there must be too old, and see; None: it stays."""
        pause = 1.1 * age.seconds
        if not self._has_time_for(pause):
            return not_old(age, self._meter.unit)
        # Those counted before the wait must be gone after it; new ones may have taken their place.
        ledger = self._ledger()
        ledger.keep_watching()
        self._meter.wait(pause, age.name)
        return filled(age, still_grows=ledger.confirm().outcome == "leak")

    def held_by_timers(self, judgement: Judgement) -> Judgement | None:
        """The judgement where growth may only be timers that have not fired yet; None: it is more.

        They are waited for: what was counted before and is held by them is gone then, and what
        heapUsed has risen by is what stays.
        """
        meter = self._meter
        if not any(g.allocations.is_in("Timeout") for g in judgement.growing):
            return None
        ledger = self._ledger()
        # A timer may hold all of an iteration's objects.
        most = max(sum(g.allocations.counts) for g in judgement.growing)
        counted = min(most, sum(ledger.evidence.windows))
        timers = meter.pending_timeouts()
        if not 0 < timers.longest <= LONGEST_TIMER or timers.count < HELD * counted:
            return None
        meter.timers_hold = self._has_time_for(timers.longest)
        if meter.timers_hold:
            ledger.watch_anew()
            meter.wait_for_timers()
            if ledger.confirm().outcome == "steady" and not ledger.judgement.growing:
                return of_age(ledger.judgement, judgement)
            if self._has_time_for(timers.longest):
                # Something has stayed: now that nothing is pending, heapUsed tells of that alone.
                ledger.watch_anew()
                meter.wait_for_timers()
                return replace(ledger.confirm_at_rest(), doubtful=False)
        reason = (
            f"{timers.count} pending timers hold what grew, the last fires in {timers.longest:.0f} "
            f"s: give a budget above that, or clear them when their work is done"
        )
        return replace(judgement, outcome="inconclusive", reasons=(reason, *judgement.reasons))

    def _has_time_for(self, wait: float) -> bool:
        """Whether ``wait`` seconds and a check fit into the budget; what is common extends it."""
        if wait <= LONGEST_WAIT:
            self._meter.budget.extend_for(wait + 2 * CHECK_SECONDS)
        return wait + CHECK_SECONDS < self._meter.budget.left
