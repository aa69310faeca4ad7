"""Survivors counted by allocating function: windows of work under the sampling profiler."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from ..base.policy import Policy
from ..base.samples import Series
from ..base.units import power_of_two
from ..judge.evidence import Judgement, LedgerEvidence
from ..judge.ledger import Allocations, growing_among, merge_windows
from ..judge.survivors import judge_survivors
from ..node.probes.sampling import AliveSamples, Sampler, Stack
from .meter import Meter
from .plan import Pacer

__all__ = ["Ledger"]

#: iterations of a first window: at most, and at least where one takes long
FIRST = 256
FIRST_SLOW = 15
#: seconds that are enough for a first window, and what else it may take of what is left
FIRST_SECONDS = 0.15
FIRST_SHARE = 0.12
SHARE = 0.3
#: seconds of an iteration that is slow
SLOW = 0.004
#: iterations that slow programs are given time for, and the seconds that they get at most
ENOUGH = 200
MOST_BUDGET = 60.0
#: a push is worth it, for the profiler has to be stopped, if it is so much longer than the windows
WORTHWHILE = 3
#: bytes of growth that are push enough: more would make the heap dear to look at
PUSH_BYTES = 8_000_000
#: pieces of a push, between which heapUsed is read
PIECES = 4
#: how much slower a program is at an interval (bytes) of the profiler, at worst
SLOWDOWNS = ((1, 12.0), (64, 5.0), (512, 2.0))
#: seconds that one iteration may take under it, as a share of the budget
ITERATION_SHARE = 0.05
#: share of a processor that a program which is watched may need then
BUSY = 0.8


@dataclass(frozen=True)
class _Window:
    """Survivors of a window that another one followed, by stack and size."""

    iterations: float
    survivors: dict[Stack, Counter[int]]


class Ledger:
    """The second phase of a measurement; ``judgement`` says what it came to."""

    def __init__(self, meter: Meter, policy: Policy, pacer: Pacer) -> None:
        self.meter = meter
        self.policy = policy
        self.pacer = pacer
        self.windows: list[_Window] = []
        self.first_sample = len(meter.samples) - 1
        self.pushed_seconds = 0.0
        self.interval = self._interval()
        self.evidence = self._evidence(exhausted=False)
        self.judgement = Judgement(None, ())

    def __repr__(self) -> str:
        return f"<Ledger of {len(self.windows)} windows, interval {self.interval} B>"

    def run(self) -> Judgement:
        """Windows, and more work between them, until the judge has seen enough."""
        while True:
            self._session()
            self._judge(exhausted=False)
            if self.judgement.outcome is not None:
                break
            n = self._push_size()
            if n:
                self._push(n)
            elif self._left < self._session_seconds():
                self._judge(exhausted=True)
                break
        return self.judgement

    def after_waiting(self) -> Judgement:
        """Survivors after the program was left to itself for a while: two more windows."""
        self.windows.clear()
        self._session()
        return self.judgement

    @property
    def _is_slow(self) -> bool:
        return not self.pacer.timed and self.pacer.plan.pace >= SLOW

    @property
    def _left(self) -> float:
        return self.meter.left

    def _interval(self) -> int:
        """The least interval at which an iteration does not take too long."""
        fixed = self.meter.runner.fixed_seconds
        most = ITERATION_SHARE * self.meter.budget if fixed is None else BUSY * fixed
        for interval, slowdown in SLOWDOWNS:
            if slowdown * self.meter.cpu_pace <= most:
                return interval
        return SLOWDOWNS[-1][0]

    def _session(self) -> None:
        """Windows under the profiler, three at least: what outlives another window has stayed."""
        meter = self.meter
        with Sampler(meter.app, self.interval) as sampler:
            marks = [0]
            counts: list[float] = []
            before = list(self.windows)
            n = FIRST
            while True:
                counts.append(self._window(n, len(counts)))
                alive = sampler.read()
                marks.append(max(alive.newest, marks[-1]))
                self.windows = [*before, *_closed(alive, marks, counts)]
                if len(counts) < 3:
                    n = int(
                        max(1, counts[0] if self._is_slow or self.pacer.timed else 2 * counts[0])
                    )
                    if len(counts) == 2 and before:
                        break  # enough to compare with the windows before
                    continue
                self._judge(exhausted=False)
                self._grant_time()
                if self.judgement.outcome is not None or self._push_size():
                    break
                n = int(counts[-1])
                if self._left < self._window_seconds(n):
                    self._judge(exhausted=True)
                    break

    def _grant_time(self) -> None:
        """More time for slow programs, where there is growth to decide."""
        if self.judgement.outcome is None and not self.pacer.timed and self.policy.budget is None:
            self.meter.extend(min(MOST_BUDGET, ENOUGH * self.meter.last_pace))

    def _window(self, n: int, number: int) -> float:
        """Up to ``n`` iterations and a reading; how many were done."""
        meter = self.meter
        before = meter.done
        least = FIRST_SLOW if number == 0 else max(1, n // 2)
        share = FIRST_SHARE if number == 0 and not self._is_slow else SHARE
        limit = meter.within(share * self._left)
        seconds = max(FIRST_SECONDS, 2 * meter.gc_seconds)
        enough = meter.within(seconds) if number == 0 else limit
        if self.pacer.timed:
            n = max(1, n if number else 1)
        while (done := meter.done - before) < n and not limit.expired:
            if done >= least and enough.expired:
                break
            piece = min(n - done, least if done < least else power_of_two(max(1, done)))
            meter.iterate(int(piece), limit)
        meter.sample()
        return float(meter.done - before)

    def _window_seconds(self, n: float) -> float:
        """What a window of ``n`` iterations takes under the profiler."""
        return n * self.meter.last_pace + 2 * self.meter.gc_seconds

    def _session_seconds(self) -> float:
        done = sum(window.iterations for window in self.windows[-1:]) or 1.0
        return 2 * self._window_seconds(done)

    def _push_size(self) -> int:
        """Iterations at full speed that would tell more than windows; 0: none would."""
        if self.pacer.timed:
            return 0
        meter = self.meter
        seen = sum(window.iterations for window in self.windows)
        left = self._left - self._session_seconds()
        plan = self.pacer.plan
        wanted = plan.push_window(int(seen), meter.done, left) if left > 0 else 0
        wanted = int(min(wanted, meter.room()))
        if self.evidence.pushed and self.pushed_seconds:
            wanted = int(min(2 * meter.done, 0.5 * left / plan.pace, meter.room()))
        return wanted if wanted >= WORTHWHILE * seen else 0

    def _push(self, n: int) -> None:
        meter = self.meter
        began = meter.seconds
        limit = meter.within(0.6 * self._left)
        self.pacer.forget()
        piece = power_of_two(max(1, n / PIECES))
        while n > 0 and not limit.expired and not meter.is_huge:
            done = meter.iterate(min(piece, n), limit)
            n -= max(done, 1)
            meter.sample()
            if meter.heap_growth > PUSH_BYTES:
                break
        self.pacer.update()
        self.pushed_seconds += meter.seconds - began

    def _judge(self, *, exhausted: bool) -> None:
        self.evidence = self._evidence(exhausted=exhausted or self.meter.is_huge)
        self.judgement = judge_survivors(self.evidence, self.policy)

    def _evidence(self, *, exhausted: bool) -> LedgerEvidence:
        meter = self.meter
        windows = [window.iterations for window in self.windows]
        rows = self.rows()
        return LedgerEvidence(
            windows=tuple(windows),
            growing=growing_among(rows, windows, self.interval, timed=self.pacer.timed),
            series=Series(tuple(meter.samples[self.first_sample :])),
            total_iterations=meter.done,
            pushed=meter.heap_growth > PUSH_BYTES
            or self.pacer.plan.is_pushed(meter.done, self.pushed_seconds),
            exhausted=exhausted,
            timed=self.pacer.timed,
            slow=self._is_slow,
            unit=meter.unit,
        )

    def rows(self) -> tuple[Allocations, ...]:
        """All places with survivors."""
        return merge_windows([window.survivors for window in self.windows])


def _closed(alive: AliveSamples, marks: list[int], counts: list[float]) -> list[_Window]:
    """The windows of a session that another one followed, with what is alive of them."""
    return [
        _Window(counts[at], alive.survivors(marks[at], marks[at + 1]))
        for at in range(len(counts) - 1)
    ]
