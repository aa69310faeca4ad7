"""Survivors counted by allocating function: windows of work under the sampling profiler."""

from __future__ import annotations

from ..base.policy import Policy
from ..base.units import format_rate, power_of_two
from ..judge.evidence import Judgement, LedgerEvidence
from ..judge.survivors import judge_survivors, witnessed
from ..judge.thresholds import THRESHOLDS
from .heaps import HeapLedger
from .meter import Meter
from .plan import Pacer, iterations_counted, iterations_for, sampling_interval, unlike

__all__ = ["Ledger"]

#: which of several heaps speaks for the program: the one with the most to say
SEVERITY = {"leak": 3, None: 2, "inconclusive": 1, "steady": 0}
#: iterations of a first window: at most, and at least where one takes long
FIRST = 256
FIRST_SLOW = 15
#: seconds that are enough for a first window, and what else it may take of what is left
FIRST_SECONDS = 0.25
FIRST_SHARE = 0.12
SHARE = 0.3
#: seconds that objects must live to be called a leak: many are kept for one or two
LEAST_AGE = 2.0
#: iterations, or objects, after which what was counted must be there still, and in one piece
WORK = 50_000
WORK_PIECE = 512
#: seconds for them: a share of the wait for that age, and what they may take in any case
WORK_SHARE = 0.6
LEAST_WORK = 1.0
#: iterations that let a program tidy up after a wait
FEW = 16
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


class Ledger:
    """The second phase of a measurement; ``judgement`` says what it came to."""

    def __init__(self, meter: Meter, policy: Policy, pacer: Pacer, *, planted: bool) -> None:
        """``planted``: each heap has a leak, and that one speaks where it is seen least."""
        self.meter = meter
        self._sign = -1 if planted else 1
        self.policy = policy
        self.pacer = pacer
        self.parts: list[HeapLedger] = []
        self.counts: list[float] = []
        self.pushed_seconds = 0.0
        #: samples of the heap that is looked at when the first windows had ended
        self.first_ended = 0
        self.interval = sampling_interval(meter)
        self._take_in_heaps()
        self.worst = self.parts[0]
        #: when the last window ended, in seconds of the measurement
        self._closed = 0.0
        #: seconds that the youngest of what was counted were seen to live
        self.lived = 0.0
        self._has_worked_on = False

    def __repr__(self) -> str:
        return f"<Ledger of {len(self.parts)} heaps, interval {self.interval} B>"

    @property
    def evidence(self) -> LedgerEvidence:
        """Of the heap that is worst."""
        return self.worst.evidence

    @property
    def judgement(self) -> Judgement:
        """Of the heap that is worst."""
        return self.worst.judgement

    @property
    def age(self) -> float:
        """Seconds since the last window ended."""
        return self.meter.seconds - self._closed

    def _take_in_heaps(self) -> None:
        self.meter.heaps.look()
        known = {id(part.track) for part in self.parts}
        tracks = self.meter.heaps.all
        self.parts += [HeapLedger(track) for track in tracks if id(track) not in known]
        self.parts = [part for part in self.parts if not part.track.ended]

    def run(self) -> Judgement:
        """Windows, and more work between them, until the judge has seen enough."""
        while True:
            self._session()
            self._judge(exhausted=False)
            if self.judgement.outcome is not None:
                break
            n = self._push_size()
            if n:
                self.push(n)
            elif self.meter.budget.left < self._session_seconds():
                self._judge(exhausted=True)
                break
        self._freeze()
        return self.judgement

    def _freeze(self) -> None:
        for part in self.parts:
            part.freeze()

    def _forget(self) -> None:
        for part in self.parts:
            part.forget()

    def watch_anew(self) -> None:
        """Windows of as many iterations as it takes to see what is rare; none before count."""
        self._forget()
        self._session(self._wanted())
        self._freeze()

    def still_grows(self) -> bool:
        """Whether what was growing still does, seen in windows of their own, and heapUsed too."""
        growing = {g.allocations.function: g.per_iteration for g in self.evidence.growing}
        self._forget()
        self._session()
        now = self.evidence.growing
        return any(
            g.per_iteration > THRESHOLDS.faded * growing.get(g.allocations.function, 0.0)
            for g in now
        ) and witnessed(now, self.evidence)

    @property
    def _is_slow(self) -> bool:
        return not self.pacer.timed and self.pacer.plan.pace >= SLOW

    def _session(self, at_least: int = 0) -> None:
        """Windows under the profiler, three at least: what outlives another window has stayed.

        They have ``at_least`` so many iterations, if there is time for them.
        """
        self.end()
        self._take_in_heaps()
        had_windows = bool(self.parts[0].windows)
        with self.meter.budget.beside():
            for part in self.parts:
                part.begin(self.interval)
        counts: list[float] = []
        self.counts = counts
        meter = self.meter
        self._closed, self.lived, self._has_worked_on = meter.seconds, 0.0, False
        least = 2 if had_windows else 3  # two are enough to compare with the windows before
        rates = [g.per_iteration for g in self.judgement.growing]
        n = FIRST if self._is_slow else max(FIRST, iterations_for(max(rates, default=1.0)))
        while True:
            self.meter.enter(f"window {len(counts) + 1} of {max(least, len(counts) + 1)}")
            counts.append(self._window(n, len(counts)))
            self._close_window(counts[-1])
            if meter.spares_gc:
                meter.sample(collected=True)  # V8 has, to tell what is alive
            if len(counts) < least:
                n = int(counts[0] if self._is_slow or self.pacer.timed else 2 * counts[0])
                continue
            self._judge(exhausted=False)
            self._grant_time()
            missing = at_least - sum(counts)
            if missing <= 0 and (self.judgement.outcome is not None or self._push_size()):
                break
            n = max(int(counts[-1]), int(missing))
            if all(g.few for g in self.judgement.growing):
                n = max(n, unlike(self._wanted() // 4, len(counts)))
            if self.meter.budget.left < self._window_seconds(n):
                self._judge(exhausted=True)
                break
        self.first_ended = self.first_ended or len(self.meter.samples)

    def _wanted(self) -> int:
        """Iterations under the profiler without a survivor that are asked for.

        Where compilers are on, no more than it takes: of optimised code nothing may be seen.
        """
        exact = self.interval == 1 and not self.pacer.timed and self.meter.app.jit == "off"
        return iterations_counted(self.meter.last_pace) if exact else 0

    def _close_window(self, n: float) -> None:
        main, *others = self.parts
        main.close_window(n)
        with self.meter.budget.beside():
            for part in others:
                part.close_window(n)

    def confirm(self) -> Judgement:
        """The judgement once more, when what was counted has come of age.

        The profiler went on meanwhile: what a time to live or a timer lets go of is gone now.
        """
        meter = self.meter
        meter.enter("confirming")
        self._work_on(max(WORK_SHARE * (LEAST_AGE - self.age), LEAST_WORK))
        young = LEAST_AGE - self.age
        if young > 0:
            meter.wait(young, "what was counted to come of age")
        meter.iterate(1 if self._is_slow or self.pacer.timed else FEW)
        self.lived = self.age
        meter.sample()
        self.worst.read_again()
        self._judge_part(self.worst, exhausted=True)
        return self.judgement

    def _work_on(self, seconds: float) -> None:
        """More work, once, while the profiler goes on: what is dropped in turn, or all at once when
        a table is full, is gone then.

        The time would be waited for anyway.
        """
        if self.pacer.timed or self._has_worked_on:
            return
        self._has_worked_on = True
        added = sum(g.bytes_per_iteration for g in self.evidence.growing)
        objects = sum(g.per_iteration for g in self.evidence.growing)
        n = min(WORK, WORK / max(objects, 1.0), PUSH_BYTES / max(added, 1.0))
        limit = self.meter.budget.within(seconds)
        while n >= 1 and not limit.expired:
            n -= max(1, self.meter.iterate(power_of_two(min(n, WORK_PIECE)), limit))

    def confirm_at_rest(self) -> Judgement:
        """The same where nothing was pending when the windows began, as nothing is now."""
        self.worst.rest()
        return self.confirm()

    def also_leaking(self) -> tuple[str, ...]:
        """A line on the other heaps that leak, as those of a pool do."""
        others = [
            f"{part.track.name} +{format_rate(max(g.per_iteration for g in part.evidence.growing))}"
            for part in self.parts
            if part is not self.worst and part.judgement.outcome == "leak" and part.evidence.growing
        ]
        return (f"leaks as well: {', '.join(others)} per {self.meter.unit}",) if others else ()

    def others_are_steady(self) -> bool:
        """Whether all heaps but the worst are: snapshots of that one tell nothing of them."""
        return all(part is self.worst or part.judgement.outcome == "steady" for part in self.parts)

    def end(self) -> None:
        """Stop the profiler, in all heaps."""
        for part in self.parts:
            part.end()

    def _grant_time(self) -> None:
        """More time for slow programs, where there is growth to decide."""
        if self.judgement.outcome is None and not self.pacer.timed and self.policy.budget is None:
            self.meter.budget.extend(min(MOST_BUDGET, ENOUGH * self.meter.last_pace))

    def _window(self, n: int, number: int) -> float:
        """Up to ``n`` iterations and a reading; how many were done."""
        meter = self.meter
        before = meter.done
        least = FIRST_SLOW if number == 0 and n == FIRST else max(1, n // 2)
        share = FIRST_SHARE if number == 0 and not self._is_slow else SHARE
        limit = meter.budget.within(share * self.meter.budget.left)
        seconds = max(FIRST_SECONDS, 2 * meter.gc_seconds)
        enough = meter.budget.within(seconds) if number == 0 else limit
        if self.pacer.timed:
            n = max(1, n if number else 1)
        while (done := meter.done - before) < n and not limit.expired:
            if done >= least and enough.expired:
                break
            piece = min(n - done, least if done < least else power_of_two(max(1, done)))
            meter.iterate(int(piece), limit)
        began, self._closed = self._closed, meter.seconds
        if not meter.spares_gc:
            meter.sample()
        elif self.pacer.timed:
            # The program goes on while it is read.
            return (self._closed - began) / float(meter.runner.fixed_seconds or 1.0)
        return float(meter.done - before)

    def _window_seconds(self, n: float) -> float:
        """What a window of ``n`` iterations takes under the profiler."""
        return n * self.meter.last_pace + 2 * self.meter.gc_seconds

    def _session_seconds(self) -> float:
        return 2 * self._window_seconds(self.counts[-1] if self.counts else 1.0)

    def _push_size(self) -> int:
        """Iterations at full speed that would tell more than windows; 0: none would."""
        if self.pacer.timed or not self.judgement.growing:
            return 0
        meter = self.meter
        seen = sum(window.iterations for window in self.worst.windows)
        left = self.meter.budget.left - self._session_seconds()
        plan = self.pacer.plan
        wanted = plan.push_window(int(seen), meter.done, left) if left > 0 else 0
        wanted = int(min(wanted, meter.room()))
        if self.evidence.pushed and self.pushed_seconds:
            wanted = int(min(2 * meter.done, 0.5 * left / plan.pace, meter.room()))
        return wanted if wanted >= WORTHWHILE * seen else 0

    def push(self, n: int, *, all_of_it: bool = False) -> None:
        """Up to ``n`` iterations at full speed, with readings between; less is often enough."""
        self.end()
        meter = self.meter
        meter.enter("more work")
        began = meter.budget.clock()
        limit = meter.budget.within((1.0 if all_of_it else 0.6) * self.meter.budget.left)
        self.pacer.forget()
        piece = power_of_two(max(1, n / PIECES))
        while n > 0 and not limit.expired and not meter.is_huge:
            done = meter.iterate(min(unlike(piece, len(meter.samples)), n), limit)
            n -= max(done, 1)
            meter.sample()
            if meter.heap_growth > PUSH_BYTES and not all_of_it:
                break
        self.pacer.update()
        self.pushed_seconds += meter.budget.clock() - began

    def _judge(self, *, exhausted: bool) -> None:
        for part in self.parts:
            self._judge_part(part, exhausted=exhausted)
        alive = [part for part in self.parts if not part.track.ended]
        self.worst = max(alive, key=lambda part: self._sign * SEVERITY[part.judgement.outcome])

    def _judge_part(self, part: HeapLedger, *, exhausted: bool) -> None:
        meter = self.meter
        facts = LedgerEvidence(
            windows=(),
            growing=(),
            series=part.track.series,
            total_iterations=meter.done,
            wanted=self._wanted(),
            pushed=meter.heap_growth > PUSH_BYTES
            or self.pacer.plan.is_pushed(meter.done, self.pushed_seconds),
            exhausted=exhausted or meter.is_huge,
            timed=self.pacer.timed,
            slow=self._is_slow,
            compiled=meter.app.jit == "on",
            unit=meter.unit,
        )
        part.judgement = judge_survivors(part.collect(self.interval, facts), self.policy)
