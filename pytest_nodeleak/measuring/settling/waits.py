"""Time that a program is given: where it fits in, and until timers of its own have fired."""

from __future__ import annotations

import math
from collections.abc import Callable

from ...node.probes.timers import OwnTimer
from ..counting import Ledger
from ..meter import LONGEST_TIMER, TICK, Meter
from ..plan import Pacer
from .declared import LONGEST_WAIT

__all__ = ["CHECK_SECONDS", "OLD", "Waits"]

#: seconds for seeing whether something grows still
CHECK_SECONDS = 1.0
#: seconds that most of what is taken out again, or swept by a timer, is kept at most
OLD = 10.0


class Waits:
    """What may be waited for, while the budget lasts."""

    def __init__(self, meter: Meter, pacer: Pacer, ledger: Callable[[], Ledger]) -> None:
        """``ledger`` gives that of the measurement, and begins one if there is none."""
        self.pacer = pacer
        self.ledger = ledger
        self._meter = meter

    def has_time_for(self, wait: float) -> bool:
        """Whether ``wait`` seconds and a check fit in; for common ones the budget is extended."""
        if wait <= LONGEST_WAIT:
            self._meter.budget.extend_for(wait + 2 * CHECK_SECONDS)
        return wait + CHECK_SECONDS < self._meter.budget.left

    def outlast_own_timers(self, age: float) -> bool:
        """Wait until the program's own timers have fired: one may drop what is too old.

        What was counted has an ``age`` in seconds. False: there are none, or no time for them.
        """
        meter = self._meter
        with meter.walking():
            timers = meter.subject.heap.own_timers(LONGEST_TIMER)
        old = 0.0 if self.pacer.timed else OLD
        wait = max((_until_old(timer, old - age) for timer in timers), default=0.0)
        if wait <= 0 or not self.has_time_for(wait):
            return False
        self.ledger().wait(wait + TICK, "the program's own timers")
        return True


def _until_old(timer: OwnTimer, seconds: float) -> float:
    """Seconds until a timer fires that are no less than ``seconds``."""
    missing = max(0.0, seconds - timer.due)
    return timer.due + math.ceil(missing / timer.period) * timer.period
