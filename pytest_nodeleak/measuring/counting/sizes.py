"""How much work windows, and what lies between them, are worth."""

from __future__ import annotations

from ...base.policy import Policy
from ...judge.evidence import Judgement
from ..meter import Meter
from ..plan import Pacer, iterations_counted, iterations_for

__all__ = ["Sizes"]

#: iterations of a first window, where it does not take long
FIRST = 256
#: seconds of an iteration that is slow
SLOW = 0.004
#: iterations that slow programs are given time for, and the seconds that they get at most
ENOUGH = 200
MOST_BUDGET = 60.0
#: a push is worth it, for the profiler has to be stopped, if it is so much longer than the windows
WORTHWHILE = 3


class Sizes:
    """Iterations and seconds, at the pace that was measured last."""

    def __init__(self, meter: Meter, policy: Policy, pacer: Pacer, interval: int) -> None:
        self._meter = meter
        self._policy = policy
        self._pacer = pacer
        self._interval = interval

    @property
    def is_slow(self) -> bool:
        return not self._pacer.timed and self._pacer.plan.pace >= SLOW

    @property
    def is_exact(self) -> bool:
        """Whether each object is counted, with the function that allocates it."""
        return self._interval == 1 and not self._pacer.timed and self._meter.app.jit == "off"

    @property
    def wanted(self) -> int:
        """Iterations under the profiler without a survivor that are asked for.

        Where compilers are on, no more than it takes: of optimised code nothing may be seen.
        """
        return iterations_counted(self._meter.last_pace) if self.is_exact else 0

    def first(self, judgement: Judgement, *, again: bool) -> int:
        """Iterations of a first window; ``again``: there were some before."""
        rates = [g.per_iteration for g in judgement.growing]
        n = FIRST if self.is_slow else max(FIRST, iterations_for(max(rates, default=1.0)))
        # What grew was let go of: what is rare is looked for now.
        return max(n, self.wanted // 4) if again and not rates else n

    def window_seconds(self, n: float) -> float:
        """What a window of ``n`` iterations takes under the profiler."""
        return n * self._meter.last_pace + 2 * self._meter.gc_seconds

    def session_seconds(self, last: float) -> float:
        """What two windows take, as long as the ``last`` one."""
        return 2 * self.window_seconds(last)

    def push(self, judgement: Judgement, seen: float, last: float, *, pushed_on: bool) -> int:
        """Iterations at full speed that would tell more than windows; 0: none would.

        ``seen`` are those of the windows so far, ``last`` of the latest; ``pushed_on``: a push has
        not been enough.
        """
        if self._pacer.timed or not judgement.growing:
            return 0
        meter, plan = self._meter, self._pacer.plan
        left = meter.budget.left - self.session_seconds(last)
        wanted = plan.push_window(int(seen), meter.done, left) if left > 0 else 0
        wanted = int(min(wanted, meter.room()))
        if pushed_on:
            wanted = int(min(2 * meter.done, 0.5 * left / plan.pace, meter.room()))
        return wanted if wanted >= WORTHWHILE * seen else 0

    def grant_time(self, judgement: Judgement) -> None:
        """More time for slow programs, where there is growth to decide."""
        is_ours = self._policy.budget is None
        if judgement.outcome is None and not self._pacer.timed and is_ours:
            self._meter.budget.extend(min(MOST_BUDGET, ENOUGH * self._meter.last_pace))
