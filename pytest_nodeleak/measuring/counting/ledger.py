"""Survivors counted by allocating function: windows of work under the sampling profiler."""

from __future__ import annotations

import math

from ...base.policy import Policy
from ...base.units import power_of_two
from ...judge.by_bytes import witnessed
from ...judge.evidence import Judgement, LedgerEvidence
from ...judge.survivors import judge_survivors
from ...judge.thresholds import THRESHOLDS
from ..heaps import HeapLedger
from ..meter import Meter
from ..plan import Pacer, sampling_interval, unlike
from .more_work import PUSH_BYTES, push, work_on
from .sizes import FIRST, Sizes

__all__ = ["Ledger"]

#: which of several heaps speaks for the program: the one with the most to say
SEVERITY = {"leak": 3, None: 2, "inconclusive": 1, "steady": 0}
#: iterations of a first window at least, where one takes long
FIRST_SLOW = 15
#: seconds that there are for windows in any case
LEAST_SECONDS = 2.0
#: seconds that are enough for a first window, and what else it may take of what is left
FIRST_SECONDS = 0.25
FIRST_SHARE = 0.12
SHARE = 0.3
#: seconds of work that is outlived before anything is called growth
OUTLIVED_SECONDS = 0.3
#: share of the time that is left, for a push
PUSH_SHARE = 0.6


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
        #: iterations of the program when the first windows had ended
        self.first_ended = 0
        self.interval = sampling_interval(meter)
        self.sizes = Sizes(meter, policy, pacer, self.interval)
        self._take_in_heaps()
        self.worst = self.parts[0]
        #: when the last window ended, in seconds of the measurement, and in iterations; and when
        #: the last did that is no late one
        self._closed = 0.0
        self._done = self.counted = 0
        #: seconds that it took to read what is alive
        self.reading_seconds = 0.0
        #: seconds of an iteration under the profiler
        self.pace = meter.last_pace
        #: iterations before its first window
        self.first_done = 0
        #: seconds that the youngest of what was counted were seen to live
        self.lived = 0.0
        #: iterations beyond them that the windows of this session were seen to outlive
        self.outlived = 0.0
        #: seconds that it was idle for what it lets go of in time, and its iterations before that
        self.waited = 0.0
        self.first_waited = 0
        #: the most that was asked for of these: as long is what lies between two batches
        self.period = 0.0

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

    @property
    def done_since(self) -> int:
        """Iterations since the last window ended."""
        return self.meter.done - self._done

    def _take_in_heaps(self) -> None:
        self.meter.heaps.look()
        known = {id(part.track) for part in self.parts}
        tracks = self.meter.heaps.all
        self.parts += [HeapLedger(track) for track in tracks if id(track) not in known]
        self.parts = self.alive

    def run(self) -> Judgement:
        """Windows, and more work between them, until the judge has seen enough."""
        if not self.pacer.timed:  # on a busy machine rounds may have taken all of it
            self.meter.budget.extend_for(max(LEAST_SECONDS, 3 * FIRST_SLOW * self.meter.last_pace))
        while True:
            self._session()
            self._judge(exhausted=False)
            while self.judgement.wants_age > self.outlived:
                self.outlive(self.judgement.wants_age)
            if self.judgement.outcome is not None:
                break
            n = self._push_size()
            if n:
                self.push(n)
            elif self.meter.budget.left < self.sizes.session_seconds(max(self.counts)):
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
        self._session(self.sizes.wanted)
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
        counts = self.counts = []
        self.first_done = self.meter.done
        self._closed, self.lived = self.meter.seconds, 0.0
        self.outlived = math.inf if self.sizes.is_slow or self.pacer.timed else 0.0
        least = 2 if had_windows else 3  # two are enough to compare with the windows before
        n = self.sizes.first(self.judgement, again=had_windows)
        while True:
            self.meter.enter(f"window {len(counts) + 1} of {max(least, len(counts) + 1)}")
            counts.append(self._window(n, len(counts)))
            self._close_window(counts[-1])
            if self.meter.spares_gc:
                self.meter.sample(collected=True)  # V8 has, to tell what is alive
            if len(counts) < least:
                n = int(counts[0] if self.sizes.is_slow or self.pacer.timed else 2 * counts[0])
                continue
            self._judge(exhausted=False)
            self.sizes.grant_time(self.judgement)
            missing = at_least - sum(counts)
            decided = self.judgement.outcome is not None or self.judgement.wants_age > 0
            if missing <= 0 and (decided or self._push_size()):
                break
            n = max(int(max(counts)), int(missing))  # of shorter ones little follows
            if all(g.few for g in self.judgement.growing):
                n = max(n, unlike(self.sizes.wanted // 4, len(counts)))
            if self.meter.budget.left < self.sizes.window_seconds(n):
                self._judge(exhausted=True)
                break
        self.first_ended = self.first_ended or self.meter.app.iterations

    def _close_window(self, n: float) -> None:
        main, *others = self.parts
        began = self.meter.budget.clock()
        main.close_window(n)
        self.reading_seconds = self.meter.budget.clock() - began
        with self.meter.budget.beside():
            for part in others:
                part.close_window(n)

    def outlive(self, iterations: float, seconds: float | None = None) -> None:
        """Judge what outlives so many ``iterations`` more; as if that were all, if time ends."""
        self.period = max(self.period, iterations)
        if seconds is None:
            seconds = OUTLIVED_SECONDS if iterations == 1 else SHARE * self.meter.budget.left
        before, wanted = self.meter.done, None if iterations == 1 else iterations - self.outlived
        self.work(seconds, wanted)
        self.outlived += max(1, self.meter.done - before)
        self._freeze()
        self.meter.sample()
        for part in self.parts:
            part.read_again(last=True)
        self._judge(exhausted=self.outlived < iterations)

    def work(self, seconds: float, iterations: float | None = None) -> None:
        """Work under the profiler, for so long or so much, that what was counted must outlive."""
        self.pace = work_on(self.meter, self.evidence.growing, seconds, iterations)

    def wait(self, seconds: float, what: str) -> None:
        """Leave the program idle, so that it lets go of what is too old."""
        self.first_waited = self.first_waited or self.meter.app.iterations
        self.meter.wait(seconds, what)
        self.waited = max(self.waited, seconds)

    def see_again(self) -> Judgement:
        """The judgement once more, of what is still alive of the heap that is worst."""
        with self.meter.walking():
            self.meter.sample()
            if not self.meter.snapshots:
                self.worst.thaw()
            self.worst.read_again(last=self.outlived > 0)
        self._judge_part(self.worst, exhausted=True)
        self.worst.freeze()  # there may be a snapshot before it is seen once more
        return self.judgement

    def close_late_window(self) -> None:
        """What was worked since the last window: whether the pace has stayed."""
        with self.meter.walking():
            self.meter.sample()
            self.worst.close_late_window(self.done_since)
        self._done = self.meter.done

    def end(self, *, fill_again: bool = False) -> None:
        """Stop the profiler, in all heaps.

        ``fill_again``: work for as long as was waited; in snapshots it would look like growth.
        """
        for part in self.parts:
            part.end()
        if fill_again and self.waited and not self.pacer.timed:
            self.work(self.waited)

    def _window(self, n: int, number: int) -> float:
        """Up to ``n`` iterations and a reading; how many were done."""
        meter, before = self.meter, self.meter.done
        least = FIRST_SLOW if number == 0 and n == FIRST else max(1, n // 2)
        share = FIRST_SHARE if number == 0 and not self.sizes.is_slow else SHARE
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
        self._done = self.counted = meter.done
        if not meter.spares_gc:
            meter.sample()
        elif self.pacer.timed:
            # The program goes on while it is read.
            return (self._closed - began) / float(meter.runner.fixed_seconds or 1.0)
        return float(meter.done - before)

    def _push_size(self) -> int:
        """Iterations at full speed that would tell more than windows; 0: none would."""
        seen = sum(window.iterations for window in self.worst.windows)
        pushed_on = self.evidence.pushed and self.pushed_seconds > 0
        last = self.counts[-1] if self.counts else 1.0
        return self.sizes.push(self.judgement, seen, last, pushed_on=pushed_on)

    def push(self, n: int, *, all_of_it: bool = False) -> None:
        """Up to ``n`` iterations at full speed, with readings between; less is often enough."""
        self.end()
        self.pacer.forget()
        share = 1.0 if all_of_it else PUSH_SHARE
        self.pushed_seconds += push(self.meter, n, share, all_of_it=all_of_it)
        self.pacer.update()

    def _judge(self, *, exhausted: bool) -> None:
        for part in self.parts:
            self._judge_part(part, exhausted=exhausted)
        self.worst = max(self.alive, key=self._severity)

    def _severity(self, part: HeapLedger) -> int:
        return self._sign * SEVERITY[part.judgement.outcome]

    @property
    def alive(self) -> list[HeapLedger]:
        """Those of the heaps that have not ended."""
        return [part for part in self.parts if not part.track.ended]

    def _judge_part(self, part: HeapLedger, *, exhausted: bool) -> None:
        meter = self.meter
        facts = LedgerEvidence(
            windows=(),
            growing=(),
            series=part.track.series,
            total_iterations=meter.done,
            wanted=self.sizes.wanted,
            pushed=meter.heap_growth > PUSH_BYTES
            or self.pacer.plan.is_pushed(meter.done, self.pushed_seconds),
            exhausted=exhausted or meter.is_huge,
            timed=self.pacer.timed,
            slow=self.sizes.is_slow,
            compiled=meter.app.jit == "on",
            outlived=self.outlived,
            unit=meter.unit,
        )
        part.judgement = judge_survivors(part.collect(self.interval, facts), self.policy)
