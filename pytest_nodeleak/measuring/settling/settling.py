"""What grows, and may stop by itself: bounds that the program declares, ages, pending timers."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from ...judge.aging import not_seen_to_end, of_age
from ...judge.bounds import (
    GENERATIONS,
    DeclaredAge,
    DeclaredBound,
    Filling,
    beyond_means,
    falls_out,
    filled,
    not_full,
    not_old,
)
from ...judge.evidence import Judgement
from ...judge.thresholds import THRESHOLDS
from ...judge.trend import keeps_its_pace, rises_nearly_always, robust_slope
from ..counting import Confirming, Ledger
from ..meter import LONGEST_TIMER, Meter
from ..naming import Findings
from ..plan import Pacer
from ..windows import HELD
from .declared import Declared
from .gains import Gains
from .waits import CHECK_SECONDS, OLD, Waits

__all__ = ["Settling"]

#: seconds of work that may come before a program drops what is too old: each hundredth time
TIDY_SECONDS = 1.0
#: share of its bound from which a container is full
FULL = 0.9
#: containers that are asked for a bound
MOST_FILLINGS = 3


class Settling:
    """Sees whether growth ends where it should, while the budget lasts."""

    def __init__(self, meter: Meter, pacer: Pacer, ledger: Callable[[], Ledger]) -> None:
        """``ledger`` gives that of the measurement, and begins one if there is none."""
        self._meter = meter
        self._pacer = pacer
        self._ledger = ledger
        self._waits = Waits(meter, pacer, ledger)
        #: containers that grow beside one that has a bound, and was full
        self.still_growing: tuple[str, ...] = ()
        #: seconds of the longest wait for an age
        self._waited = 0.0
        #: whether more comes than is taken out, so that heapUsed rises on and on
        self.outgrows = False

    def bounded(self, findings: Findings) -> Judgement | None:
        """What comes of a bound that the program declares for what grows; None: there is none."""
        store = findings.preallocated
        if store is not None and store.iterations * self._pacer.plan.pace < self._meter.budget.left:
            return self._fill(store, findings.fillings)
        fillings = [f for f in findings.fillings if not f.is_nodes][:MOST_FILLINGS]
        declared = Declared(self._meter, self._ledger())
        left = list(fillings)
        for tells in (declared.by_numbers, declared.by_deadline, declared.by_text):
            for filling in tuple(left):
                told = tells(filling)
                if told is None:
                    continue
                judgement = self._seen_to_its_end(told, fillings)
                if judgement is not None or isinstance(told, DeclaredBound):
                    return judgement
                left.remove(filling)  # it stays for longer, or something else grows
        if fillings and not left:
            return None
        fillings = left
        if not self._ledger().evidence.growing or self.outgrows:  # it was not counted, but seen
            return None
        if not fillings:  # it is in many, or in none that has a name
            return self._outlast("what was growing", declared.removed_within(None))
        within = {declared.removed_within(f): f.container for f in fillings}
        return self._outlast(f"what {within[max(within)]} is given", max(within))

    def _seen_to_its_end(
        self, told: DeclaredBound | DeclaredAge, fillings: Sequence[Filling]
    ) -> Judgement | None:
        """What comes of it in more work; None: what it is of stays, or something else grows."""
        if isinstance(told, DeclaredAge):
            is_worth_it = told.is_sure or self._waits.has_time_for(1.1 * told.seconds)
            return self._outlive(told) if is_worth_it else None
        beyond = beyond_means(told, self._meter.subject.heap.heap_limit())
        return Judgement("leak", (beyond,)) if beyond else self._fill(told, fillings)

    def _outlast(self, what: str, within: float) -> Judgement | None:
        """Work until a program that takes things out again should have; None: they stay."""
        wanted = min(self._until_old(), within)
        since = self._meter.done - self._ledger().counted
        if since >= wanted or self._confirming.outlives(wanted, in_turn=True) is not False:
            return None
        self.outgrows = self._rises_on(self._ledger().judgement)
        if self.outgrows:
            return None
        return Judgement("steady", (f"{what} is taken out again",))

    def _until_old(self) -> float:
        """Iterations, of all since what was counted, in which that comes of an age."""
        ledger = self._ledger()
        since = self._meter.done - ledger.counted
        return since + max(0.0, 1.1 * OLD - ledger.age) / max(ledger.pace, 1e-7)

    def _fill(self, bound: DeclaredBound, fillings: Sequence[Filling]) -> Judgement | None:
        """Work until a container must be full, and see; None: it grows beyond, or another does."""
        meter, confirming = self._meter, self._confirming
        wanted = math.ceil(1.1 * bound.iterations)
        if wanted > meter.room() or not self._waits.has_time_for(wanted * self._pacer.plan.pace):
            return not_full(bound, meter.unit)
        # What was counted is dropped in its turn, or it is kept elsewhere as well. A cache of two
        # generations holds its bound twice.
        turnover = 1.1 * bound.value / bound.filling.pace
        stays = confirming.outlives(turnover, in_turn=True)
        ids = [f.container_id for f in fillings if f.container_id is not None]
        with contextlib.closing(meter.subject.heap.count_entries(ids)) as entries:
            if stays is None:  # it is too slow under the profiler
                self._ledger().push(wanted, all_of_it=True)
            before, done = entries.read(), meter.done
            if stays or (stays is None and self._ledger().still_grows()):
                stays = confirming.outlives(GENERATIONS * turnover, in_turn=True)
            after, done = entries.read(), meter.done - done
        return self._by_entries(bound, fillings, before, after, done, stays=bool(stays))

    def _by_entries(
        self,
        bound: DeclaredBound,
        fillings: Sequence[Filling],
        before: Mapping[int, int],
        after: Mapping[int, int],
        done: int,
        *,
        stays: bool,
    ) -> Judgement | None:
        """What of containers that were counted over ``done`` iterations, when one must be full."""
        gained = {number: after[number] - before.get(number, 0) for number in after}
        number = bound.filling.container_id or 0
        self.still_growing = tuple(
            f.container
            for f in fillings
            if f.container_id is not None
            and f.container_id in after
            and f.container_id != number
            and gained[f.container_id] >= max(1, THRESHOLDS.witnessed * f.pace * done)
        )
        if after.get(number, 0) >= FULL * bound.value:
            level = gained[number] <= THRESHOLDS.replaced * bound.filling.pace * done
            if stays and level and not self.still_growing:
                return falls_out(bound)
            # Exact, whatever is replaced there, and grows beside it.
            stays = after[number] > bound.value
        return filled(bound, still_grows=stays or bool(self.still_growing))

    def _outlive(self, age: DeclaredAge) -> Judgement | None:
        """Wait until what is there must be too old, and see; None: it stays, or something else.

        What has been waited for is not waited for again.
        """
        pause = 1.1 * age.seconds
        if pause <= self._waited:
            return None
        if not self._waits.has_time_for(pause):
            return not_old(age, self._meter.unit)
        # Those counted before the wait must be gone after it; new ones may have taken their place.
        ledger = self._ledger()
        if not ledger.worst.is_watched:
            ledger.watch_anew()
        ledger.wait(pause, age.name)
        self._waited = pause
        ledger.work(TIDY_SECONDS)
        return filled(age, still_grows=self._confirming.confirm().outcome == "leak")

    def when_of_age(self, judgement: Judgement) -> Judgement:
        """The judgement on a doubt, when the program had its time to let go of what is too old."""
        if not (judgement.is_doubt and self._ledger().sizes.is_exact):
            return judgement
        if self._waits.has_time_for(2 * CHECK_SECONDS):
            judgement = self._confirming.confirm()
        if judgement.is_doubt:
            if self._waits.outlast_own_timers(self._ledger().age):
                judgement = self._confirming.confirm()
            elif self._confirming.outlives(self._until_old(), in_turn=True) is not None:
                judgement = self._ledger().judgement
        return judgement

    def let_go(self, proven: Judgement) -> Judgement | None:
        """The judgement where what was counted is gone when it is of age; None: it stays."""
        if proven.slots and (level := Gains(self._meter, self._waits).end(proven.slots)):
            return level
        if not proven.growing:
            return None
        confirming = self._confirming
        now = confirming.confirm()
        if self._stays(now, proven) and self._waits.outlast_own_timers(self._ledger().age):
            now = confirming.confirm()
        if not self._stays(now, proven) and (
            now.outcome != "inconclusive" or not confirming.few_stay()
        ):
            self.outgrows = self._rises_on(now)
            return None if self.outgrows else of_age(now, proven)
        ended = confirming.has_ended(proven.growing)
        if ended is None:
            return not_seen_to_end(self._ledger().evidence)
        if ended:
            worst = now.growing[0].allocations
            return Judgement("steady", (f"what {worst} allocates fills up: later work added less",))
        return None

    def _rises_on(self, now: Judgement) -> bool:
        """Whether heapUsed does, though what was counted is let go of: more comes than goes."""
        meter, ledger = self._meter, self._ledger()
        # Of a queue nothing old is left; where it goes in no order a part is.
        most, series = ledger.policy.max_growth.bytes, meter.series
        surely = now.outcome == "inconclusive" or (
            rises_nearly_always(series.heap_used)
            and robust_slope(series.iterations, series.heap_used) > most
        )
        if not surely or keeps_its_pace(series) is False:
            return False
        # What is kept for some seconds may have come to them just now: then the rise is at its end.
        if not ledger.pacer.timed and self._waits.has_time_for(ledger.age):
            ledger.work(ledger.age)
            meter.sample()
        return keeps_its_pace(meter.series) or False

    @property
    def _confirming(self) -> Confirming:
        return Confirming(self._ledger())

    def _stays(self, now: Judgement, proven: Judgement) -> bool:
        is_there = proven.doubtful and now.doubtful
        return is_there or now.outcome == "leak" or self._meter.heaps.pace() > 0

    def held_by_timers(self, judgement: Judgement) -> Judgement | None:
        """The judgement where growth may only be timers that have not fired yet; None: it is more.

        They are waited for: what was counted before and is held by them is gone then, and what
        heapUsed has risen by is what stays.
        """
        if not any(g.allocations.is_in("Timeout") for g in judgement.growing):
            return None
        meter, ledger = self._meter, self._ledger()
        # A timer may hold all of an iteration's objects.
        most = max(sum(g.allocations.counts) for g in judgement.growing)
        counted = min(most, sum(ledger.evidence.windows))
        timers = meter.pending_timeouts()
        if not 0 < timers.longest <= LONGEST_TIMER or timers.count < HELD * counted:
            return None
        meter.timers_hold = self._waits.has_time_for(timers.longest)
        if meter.timers_hold:
            ledger.watch_anew()
            meter.wait_for_timers()
            if self._confirming.confirm().outcome == "steady" and not ledger.judgement.growing:
                return of_age(ledger.judgement, judgement)
            if self._waits.has_time_for(timers.longest):
                # Something has stayed: now that nothing is pending, heapUsed tells of that alone.
                ledger.watch_anew()
                meter.wait_for_timers()
                return replace(self._confirming.confirm_at_rest(), doubtful=False)
        reason = (
            f"{timers.count} pending timers hold what grew, the last fires in {timers.longest:.0f} "
            f"s: give a budget above that, or clear them when their work is done"
        )
        return replace(judgement, outcome="inconclusive", reasons=(reason, *judgement.reasons))
