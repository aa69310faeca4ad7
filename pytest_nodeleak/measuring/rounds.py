"""Warm-up and rounds: is the heap flat, or is there growth to be counted?"""

from __future__ import annotations

import itertools
import time

from ..base.policy import Policy
from ..base.samples import Series
from ..judge.evidence import heap_is_flat, hides_nothing
from ..judge.trend import rising_share
from .meter import Meter
from .plan import Pacer, unlike

__all__ = ["Rounds"]

#: a driver that has run this often allocates no feedback of its own any more
DRIVER_WARMUP = 3
WARMUP_ITERATIONS = 1000
ROUNDS_AT_LEAST = 5
ROUNDS_AT_MOST = 12
#: readings of a worker or child before it counts as flat, and the rounds after which it is read:
#: each of the others costs as much as the main heap
OTHERS_AT_LEAST = 3
READ_OTHERS = frozenset(2 * 4**n for n in range(8))
#: their readings in a row, each above the one before, that are no chance
RISES_AT_LEAST = 4
#: seconds of an iteration that is worth more than a reading of bytes
SLOW = 0.01
#: seconds of forced GC from which rounds cost more than they tell
SLOW_GC = 0.12
#: shares of the budget that are for what comes after rounds, and where the heap is flat so far
LEFT = 0.75
FLAT_LEFT = 0.6
#: and where there were few rounds, for each takes longer than the one before
ENOUGH_LEFT = 0.5
#: growth of heapUsed in bytes that is reason enough to count: more rounds would only add to it
EARLY_GROWTH = 8_000_000


class Rounds:
    """The first phase of a measurement. ``warmup`` iterations come before the first sample."""

    def __init__(self, meter: Meter, policy: Policy, pacer: Pacer) -> None:
        self.meter = meter
        self.policy = policy
        self.pacer = pacer
        self.warmup = 0

    def warm_up(self) -> None:
        """Run until an iteration's time is known and lazy initialisation had its chance."""
        meter = self.meter
        meter.enter("warm-up")
        meter.heaps.look()  # attaching leaves traces in the main heap as well
        for _ in range(DRIVER_WARMUP):
            before = meter.warm_reading()
            if meter.gc_seconds > SLOW_GC:
                break
        if self.pacer.timed:
            meter.iterate(1)
        else:
            n = 1
            while True:
                began = time.monotonic()
                self.pacer.update()
                meter.iterate(n)
                took = time.monotonic() - began
                meter.heaps.count()  # what piles up does so from the first iteration on
                # The first iterations compile and load: their time tells nothing.
                if (took > 0.03 and meter.done > 15) or meter.done >= WARMUP_ITERATIONS:
                    break
                if meter.budget.left < 0.8 * meter.budget.seconds:
                    break
                if n >= 4 and took > 0.01 and meter.gc_seconds <= SLOW_GC:
                    now = meter.app.memory(settle=1)
                    meter.warm_readings.append(now)
                    if now.heap_used - before.heap_used > EARLY_GROWTH:
                        break
                n *= 2
            meter.heaps.look()  # what reading them takes makes rounds longer
            self.pacer.update()
        meter.iterate((self.policy.warmup or 0) - meter.done)
        # The driver's first call with this number leaves a trace: make it before the first sample.
        meter.iterate(0 if self.pacer.timed else self.pacer.plan.round_iterations)
        meter.heaps.look()
        meter.heaps.weigh_unseen()
        self.warmup = meter.done

    def are_flat(self) -> bool:
        """Rounds until the heap is flat over a long enough stretch, or clearly is not."""
        meter = self.meter
        least = self.policy.rounds or (2 if self.pacer.timed else ROUNDS_AT_LEAST)
        most = max(least, 2 if self.pacer.timed else ROUNDS_AT_MOST)
        n = self.pacer.plan.round_iterations
        repeats = 1
        meter.enter("rounds")
        meter.sample()
        if meter.gc_seconds > SLOW_GC or (not self.pacer.timed and self.pacer.plan.pace > SLOW):
            return False  # a reading costs too much for rounds: survivors are counted at once
        for number in itertools.count(1):
            missing = repeats * n
            if self.policy.iterations is None and not self.pacer.timed:
                missing = unlike(missing, number)
            while missing > 0:
                # Of a round's numbers the half has not been used before, the quarter has.
                piece = n if missing >= n else min(max(n // 4, 1), missing)
                meter.iterate(piece)
                missing -= piece
            meter.sample(others=number in READ_OTHERS)
            self.pacer.update()
            if meter.heap_growth > EARLY_GROWTH or meter.is_huge:
                return False
            is_late = meter.budget.left < ENOUGH_LEFT * meter.budget.seconds
            if number < least and not (is_late and self.policy.rounds is None):
                continue
            if self._flat_stretch():
                return True
            used = [sample.heap_used for sample in meter.samples[-ROUNDS_AT_LEAST:]]
            if number >= ROUNDS_AT_LEAST and rising_share(used) == 1.0:
                return False  # counting objects tells more than another round
            if any(self._rises(track.series) for track in meter.heaps.others):
                return False
            is_flat_so_far = heap_is_flat(meter.series, 4)
            if meter.budget.left < (FLAT_LEFT if is_flat_so_far else LEFT) * meter.budget.seconds:
                return False
            if is_flat_so_far:
                repeats *= 2  # for too few iterations to mean anything
            elif number >= most:
                return False
        raise AssertionError("unreachable")

    def _flat_stretch(self) -> bool:
        """Whether some run of the latest samples is flat and long enough to mean something."""
        meter = self.meter
        least = 3 if self.pacer.timed else 4
        if not self._is_flat(meter.series, least, self.pacer.plan.flat_iterations):
            return False
        now = meter.app.iterations
        if any(not t.samples or t.samples[-1].iterations < now for t in meter.heaps.others):
            meter.heaps.read_others(meter.seconds)
        return all(self._is_flat_since_it_came(track.series) for track in meter.heaps.others)

    def _rises(self, series: Series) -> bool:
        """Whether a worker or child surely is not flat."""
        used = series.heap_used[-RISES_AT_LEAST:]
        rises = len(used) == RISES_AT_LEAST and rising_share(used) == 1.0
        return rises or (len(used) > 1 and used[-1] - series.heap_used[0] > EARLY_GROWTH)

    def _is_flat_since_it_came(self, series: Series) -> bool:
        """The same of the heap of a worker or child, as far as it has been there."""
        if len(series.samples) < OTHERS_AT_LEAST:
            return False
        life = series.iterations[-1] - series.iterations[1]
        return self._is_flat(series, OTHERS_AT_LEAST, min(life, self.pacer.plan.flat_iterations))

    def _is_flat(self, series: Series, least: int, iterations: int) -> bool:
        """Whether ``least`` samples or more are flat to the end, over so many ``iterations``."""
        at = series.iterations
        start, last = at[0] - self.warmup, at[-1]
        for length in range(least, len(at) + 1):
            first = at[-length]
            # A store of bare slots grows in steps, by half or double: over twice the
            # work since the start it must have stepped, so flat means that there is none.
            enough = last - first >= max(iterations, first - start)
            is_exact = self.pacer.timed or hides_nothing(series, length)
            if enough and is_exact and heap_is_flat(series, length):
                return True
        return False
