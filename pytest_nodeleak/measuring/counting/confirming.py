"""Whether what was counted is there still: of age, after more work, at the pace that it had."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ...judge.aging import (
    all_counts,
    by_the_oldest,
    came_level,
    functions_of,
    has_ended,
    held,
)
from ...judge.evidence import Judgement
from ...judge.ledger import Growing, growing_among, merge_windows
from ...judge.thresholds import THRESHOLDS
from ..windows import MUCH_MORE
from .ledger import Ledger

__all__ = ["Confirming"]

#: seconds that objects must live to be called a leak: many are kept for one or two
LEAST_AGE = 2.0
#: seconds of work that it must outlive: a share of that age, and what they may take in any case
WORK_SHARE = 0.6
LEAST_WORK = 1.0
#: seconds of work that a few must outlive, and that the others may be given
MUCH_WORK = 3.0
MOST_WORK = 10.0
#: iterations that may take longer, to see whether a pace goes on
SLOW_WORK = 600
#: seconds for what a program says it drops in turn
MOST_TURNOVER = 38.0
#: seconds of a reading that is worth a look at whether the pace has stayed
CHEAP_READING = 0.3
#: iterations that let a program tidy up after a wait
FEW = 16


class Confirming:
    """What becomes of the survivors of a ledger, whose profiler goes on meanwhile."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._meter = ledger.meter

    def confirm(self, *, at_work: bool = True) -> Judgement:
        """The judgement once more, when what was counted has come of age, ``at_work`` or idle.

        What a time to live or a timer lets go of is gone now, and so is what is dropped in turn.
        """
        ledger, meter = self._ledger, self._meter
        meter.enter("confirming")
        at_work = at_work and not ledger.pacer.timed and not ledger.lived
        if at_work:
            seconds = max(WORK_SHARE * (LEAST_AGE - ledger.age), LEAST_WORK)
            ledger.work(seconds / 2)
            cheap = ledger.reading_seconds < CHEAP_READING and ledger.sizes.is_exact
            if cheap and ledger.done_since >= sum(ledger.evidence.windows):
                ledger.close_late_window()  # what comes in bursts came in each window
            ledger.work(seconds / 2)
            ledger.outlived = math.inf
        young = LEAST_AGE - ledger.age
        if young > 0:
            meter.wait(young, "what was counted to come of age")
        meter.iterate(1 if ledger.sizes.is_slow or ledger.pacer.timed else FEW)
        ledger.lived = ledger.age
        before = all_counts(ledger.evidence.growing)
        ledger.see_again()
        return self._when_they_hold(before) if at_work else ledger.judgement

    def confirm_at_rest(self) -> Judgement:
        """The same where nothing was pending when the windows began, as nothing is now."""
        self._ledger.worst.rest()
        return self.confirm(at_work=False)

    def _when_they_hold(self, before: tuple[int, ...]) -> Judgement:
        """The judgement when no fewer stay than ``before``, in as much work again.

        What is replaced one by one, by chance or in turn, is less and less; what leaks stays.
        """
        ledger = self._ledger
        while ledger.judgement.outcome == "leak":
            now = all_counts(ledger.evidence.growing)
            if held(before, now) or came_level(before, now, ledger.evidence.windows):
                break
            done = self._meter.done - ledger.first_done
            if not self._has_time_for(done):
                return by_the_oldest(ledger.evidence, ledger.judgement, before)
            ledger.work(MOST_WORK, done)
            before = now
            ledger.see_again()
        return ledger.judgement

    def outlives(self, iterations: float, *, in_turn: bool = False) -> bool | None:
        """Whether something grows that outlives so many ``iterations`` since it was counted.

        None if there is no time to see it. ``in_turn``: by then what is dropped has been, and no
        more work need show that it holds.
        """
        ledger = self._ledger
        wanted = max(0.0, iterations - (self._meter.done - ledger.counted))
        most = MOST_TURNOVER if in_turn else MOST_WORK
        if not ledger.worst.is_watched or not self._has_time_for(wanted, most):
            return None
        before = all_counts(ledger.evidence.growing)
        ledger.work(2 * wanted * ledger.pace + LEAST_WORK, wanted)
        ledger.see_again()
        now = self._when_they_hold(before)
        if in_turn and any(before) and all_counts(ledger.evidence.growing) == before:
            return True  # nothing at all was taken out
        if now.outcome == "inconclusive" and ledger.judgement.outcome == "inconclusive":
            return self.few_stay()
        if now.outcome != "inconclusive" or ledger.judgement.outcome != "leak":
            return now.outcome == "leak"
        return True if in_turn else None  # fewer stay, and there is no time to see how many

    def few_stay(self) -> bool:
        """Whether of survivors that are too few for a pace none goes in still more work."""
        counts = all_counts(self._ledger.evidence.growing)
        if sum(counts) < THRESHOLDS.no_chance or sum(map(bool, counts)) < 2:
            return False  # the latest of a queue are of one window
        self._ledger.work(MUCH_WORK)
        self._ledger.see_again()
        return all_counts(self._ledger.evidence.growing) == counts

    def has_ended(self, proven: Sequence[Growing]) -> bool | None:
        """Whether what was growing adds less in later work, and less and less: it fills up.

        None where nothing of what was ``proven`` stays, and there is no time to see what becomes
        of the rest.
        """
        growing, late = self._ledger.evidence.growing, self._ledger.worst.late[-1:]
        rows = merge_windows([window.survivors for window in late])
        done = sum(window.iterations for window in late)
        unproven = functions_of(proven).isdisjoint(g.allocations.function for g in growing)
        if (
            not growing
            or not late
            or not (unproven or has_ended(growing, rows, done, surely=False))
        ):
            return False
        goes_on = self._goes_on()
        if goes_on is None:
            return has_ended(growing, rows, done, surely=True) or (None if unproven else False)
        return not goes_on

    def _goes_on(self) -> bool | None:
        """Whether the pace of the late window stays in more work than all up to it.

        Or, where that would take too long, than it had itself. None: there is no time for that.
        """
        ledger, meter = self._ledger, self._meter
        since = ledger.done_since
        wanted = max(0.0, MUCH_MORE * (meter.done - since) - since)
        most = min(max(MOST_WORK, SLOW_WORK * ledger.pace), MOST_TURNOVER)
        if not self._has_time_for(wanted, most):
            wanted = MUCH_MORE * ledger.worst.late[-1].iterations
            if not self._has_time_for(wanted, most):
                return None
        ledger.work(most, wanted)
        ledger.close_late_window()
        ledger.work(LEAST_WORK)
        ledger.see_again()
        first, last = ledger.worst.late[-2:]
        growing = growing_among(merge_windows([first.survivors]), [first.iterations])
        return not has_ended(
            growing, merge_windows([last.survivors]), last.iterations, surely=False
        )

    def _has_time_for(self, iterations: float, most: float = MOST_WORK) -> bool:
        """Whether so much work under the profiler, and a reading, fit in.

        The budget is extended for ``most`` so many seconds.
        """
        meter = self._meter
        seconds = iterations * self._ledger.pace + 2 * meter.gc_seconds
        if seconds <= most:
            meter.budget.extend_for(seconds + LEAST_WORK)
        return iterations < meter.room() and seconds < meter.budget.left
