"""How much work each phase does, from the time one iteration takes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..base.policy import Policy
from ..base.units import power_of_two
from ..node.probes.sampling import SamplingSession

if TYPE_CHECKING:
    from .meter import Meter

__all__ = ["Pacer", "Plan", "iterations_counted", "iterations_for", "sampling_interval", "unlike"]

ROUND_SECONDS = 0.03
PUSH_SECONDS = 1.0
#: iterations after which a flat heap, or no growth, means something: 4 objects at 1 per 100
LEAST_ITERATIONS = 400
#: where they take this many seconds at most: 5 objects at 1 per 1,000
RARE_ITERATIONS = 5_000
RARE_SECONDS = 0.5
#: the same under the profiler
COUNTED_ITERATIONS = 6_400
COUNTED_SECONDS = 0.6
#: objects to be expected in a first window of what is known to be rare
RARE_OBJECTS = 4
#: iterations of a round at most, where GC is cheap
MOST_IN_ROUND = 2_048
#: structures of this many entries are common; a slow program gets that far if the budget allows
PUSH_ITERATIONS = 2_000
#: no need to go further for a fast one
PUSH_ENOUGH = 20_000
#: share of the budget that is work enough, however little came of it
PUSH_SHARE = 0.3

#: how much slower a program is at an interval (bytes) of the profiler, at worst
SLOWDOWNS = ((1, 12.0), (64, 5.0), (512, 2.0))
#: seconds that one iteration may take under it, as a share of the budget
ITERATION_SHARE = 0.05
#: seconds that a trial under it may take, at worst; iterations of it
MOST_TRIAL = 3.0
TRIALS = 2
#: share of a processor that a program which is watched may need then
BUSY = 0.8
#: share of a processor at which nobody waits for the program
IDLE = 0.05
#: bytes of a heap that is somebody's service
BIG_HEAP = 64_000_000


@dataclass(frozen=True)
class Plan:
    """Iteration counts of the phases for iterations of ``seconds`` each."""

    seconds: float
    budget: float
    policy: Policy
    timed: bool
    reading_seconds: float = 0.0

    @property
    def pace(self) -> float:
        """Seconds per iteration, to divide by: never 0."""
        return max(self.seconds, 1e-7)

    @property
    def round_iterations(self) -> int:
        if self.policy.iterations is not None:
            return self.policy.iterations
        if self.timed:
            return 1
        # A round is worth its readings with as much work in it.
        wanted = max(ROUND_SECONDS, self.reading_seconds) / self.pace
        most = max(1.0, 0.04 * self.budget / self.pace)
        cap = MOST_IN_ROUND * max(1.0, self.reading_seconds / ROUND_SECONDS)
        # A power of two: each other number is made of several, and costs a call for each.
        return power_of_two(min(max(wanted, 8), cap, most))

    @property
    def flat_iterations(self) -> int:
        """Iterations that a flat stretch must span: as many as a quarter of the budget allows."""
        if self.timed:
            return 3
        affordable = int(0.25 * self.budget / self.pace)
        rare = min(RARE_ITERATIONS, int(RARE_SECONDS / self.pace))
        return max(3, min(max(LEAST_ITERATIONS, rare), affordable))

    @property
    def first_window(self) -> int:
        if self.timed:
            return 1
        wanted = max(LEAST_ITERATIONS, int(0.1 / self.pace), self.round_iterations)
        affordable = int(0.12 * self.budget / self.pace)
        return max(1, min(wanted, affordable, 2000))

    def push_window(self, first: int, done: int, left: float) -> int:
        """The long window: ``done`` iterations are behind us, ``left`` seconds are to spend."""
        if self.timed:
            return max(1, min(2 * first, int(left / self.seconds)))
        wanted = max(int(PUSH_SECONDS / self.pace), PUSH_ITERATIONS - done, 4 * first)
        wanted = min(wanted, max(PUSH_ENOUGH - done, 4 * first))
        return max(1, min(wanted, int(0.5 * left / self.pace)))

    def is_pushed(self, done: int, pushed_seconds: float) -> bool:
        """Whether enough work has been done that a growth without slowing is a leak."""
        if pushed_seconds >= PUSH_SHARE * self.budget:
            return True
        if self.timed or done < PUSH_ITERATIONS:
            return False
        return pushed_seconds >= 0.8 * PUSH_SECONDS or done >= 0.8 * PUSH_ENOUGH


class Pacer:
    """The plan at the pace measured last: start-up makes iterations slow, a leak later ones."""

    def __init__(self, meter: Meter, policy: Policy) -> None:
        self._meter = meter
        self._seen = (0.0, 0)
        self.timed = meter.runner.fixed_seconds is not None
        self.plan = Plan(
            meter.runner.fixed_seconds or 0.001, meter.budget.seconds, policy, self.timed
        )

    def forget(self) -> None:
        """Leave what was done since the last update out: it tells no pace."""
        self._seen = (self._meter.busy, self._meter.done)

    def update(self) -> None:
        """Take the pace of the iterations since the last update."""
        busy, done = self._seen
        self._seen = (self._meter.busy, self._meter.done)
        if not self.timed and self._meter.done > done:
            pace = (self._meter.busy - busy) / (self._meter.done - done)
            reading = self._meter.gc_seconds + self._meter.heaps.seconds
            self.plan = replace(self.plan, seconds=pace, reading_seconds=reading)


def unlike(n: int, number: int) -> int:
    """About ``n`` iterations: five sixteenths more for an odd ``number``, and less for an even one.

    Readings always as far apart would meet what is done in batches a little later in each of them:
    a stroboscope that shows a sawtooth as a steady rise.
    """
    part = n // 4 + n // 16
    return n + part if number % 2 else n - part


def iterations_counted(pace: float) -> int:
    """Iterations under the profiler, of ``pace`` seconds, in which nothing means something."""
    return int(min(COUNTED_ITERATIONS, COUNTED_SECONDS / max(pace, 1e-7)))


def iterations_for(rate: float) -> int:
    """Iterations in which something is to be seen of what grows by ``rate`` objects in each."""
    return int(min(COUNTED_ITERATIONS, RARE_OBJECTS / rate))


def sampling_interval(meter: Meter) -> int:
    """The least interval, in bytes, at which an iteration does not take too long."""
    fixed = meter.runner.fixed_seconds
    most = ITERATION_SHARE * meter.budget.seconds if fixed is None else BUSY * fixed
    found = _bearable(meter, most)
    is_ours = fixed is None and not meter.app.in_use
    if found > 1 and is_ours and SLOWDOWNS[0][1] * meter.cpu_pace <= MOST_TRIAL:
        found = found if _takes_longer(meter, most) else 1
    in_use = fixed is not None and meter.cpu_pace > IDLE * fixed
    if in_use or meter.samples[-1].heap_used > BIG_HEAP:
        return max(found, meter.app.least_interval)
    return found


def _bearable(meter: Meter, most: float) -> int:
    for interval, slowdown in SLOWDOWNS:
        if slowdown * meter.cpu_pace <= most:
            return interval
    return SLOWDOWNS[-1][0]


def _takes_longer(meter: Meter, most: float) -> bool:
    """Whether one at interval 1 takes longer than ``most`` seconds: where much is allocated."""
    usual = meter.cpu_pace
    session = SamplingSession(meter.subject.heap, 1)
    for _ in range(TRIALS):
        meter.iterate(1)
        if meter.cpu_pace > most:
            break
    took, meter.cpu_pace = meter.cpu_pace, usual
    session.end()
    return took > most
