"""Warm-up, rounds, windows between snapshots: an app and a workload become a Verdict."""

from __future__ import annotations

import contextlib
import itertools
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from .deadline import Deadline
from .errors import NodeLeakError, PolicyError, hide_ours
from .explain import Findings, find_culprits
from .judge import Evidence, Judgement, heap_is_flat, judge
from .meter import Meter
from .node.app import NodeApp
from .node.timers import pending_timeouts
from .plan import Plan, power_of_two
from .policy import Policy
from .samples import Sample, Series
from .sites import attribute_sites, start_sampling, stop_sampling
from .units import format_bytes
from .verdict import AllocationSite, Verdict
from .workload import Workload, make_runner

__all__ = ["measure", "measure_with"]

__tracebackhide__ = hide_ours

#: a driver that has run this often allocates no feedback of its own any more
DRIVER_WARMUP = 3
WARMUP_ITERATIONS = 1000
ROUNDS_AT_LEAST = 5
ROUNDS_AT_MOST = 12
#: growth of heapUsed in bytes that is reason enough to count: more rounds would only add to it
EARLY_GROWTH = 16_000_000
#: share of the remaining budget that the first snapshot may take: two more follow
SNAPSHOT_SHARE = 0.25
WINDOW_PIECES = 4
#: shares of the remaining budget that a window may take: the second must fit as well
FIRST_WINDOW_SHARE = 0.25
WINDOW_SHARE = 0.6
EXPLAIN_SECONDS = 20.0
#: for sampling allocation sites; the profiler makes allocation up to three times slower
SITES_SECONDS = 0.5
#: timers that fire later than this, in seconds, are as good as for ever: 30 s is a common time-out
LONGEST_TIMER = 35.0


def measure(app: NodeApp, workload: Workload, **policy: Any) -> Verdict:
    """Measure ``workload`` in ``app`` and return the verdict; never raises LeakError.

    Keyword arguments are policy values, laid over those of the app (its test's marker, options,
    configuration). Raises PolicyError, WorkloadError, TargetError and its kinds.
    """
    return measure_with(app, workload, app.context.policy().with_values("the call", **policy))


def measure_with(app: NodeApp, workload: Workload, policy: Policy) -> Verdict:
    """:func:`measure` with a whole policy."""
    if policy.jit != app.jit:
        raise PolicyError(
            f"jit={policy.jit!r} (from the call) cannot be changed now: the program was started "
            f"with jit={app.jit!r}; give it to the marker, the configuration or --nodeleak-jit"
        )
    runner = make_runner(app, workload)
    budget = policy.budget
    if runner.fixed_seconds is not None:
        # Watching needs its time: warm-up, two rounds, two windows.
        budget = max(budget, 9 * runner.fixed_seconds + 4)
    with tempfile.TemporaryDirectory(prefix="nodeleak-") as folder:
        meter = Meter(app, runner, budget, Path(folder))
        verdict = _Measurement(meter, policy).run()
        return app.context.keep(verdict, meter.files)


class _Measurement:
    """The phases of one measurement; what is read is in the meter."""

    def __init__(self, meter: Meter, policy: Policy) -> None:
        self.meter = meter
        self.policy = policy
        self.timed = meter.runner.fixed_seconds is not None
        self.plan = Plan(meter.runner.fixed_seconds or 0.001, meter.budget, policy, self.timed)
        self.pushed_seconds = 0.0
        self.grown_before: dict[int, int] = {}
        self.warmup = 0
        self.waited = False
        self.rounds: tuple[Sample, Sample]

    def run(self) -> Verdict:
        runner = self.meter.runner
        runner.setup(self.meter.patience())
        try:
            self._warm_up()
            evidence = self._decide()
            verdict = self._verdict(evidence)
        except BaseException:
            # What went wrong first is the error to show, not what teardown makes of it.
            with contextlib.suppress(NodeLeakError):
                runner.teardown(Deadline(2))
            raise
        runner.teardown(self.meter.patience())
        return verdict

    # -- phases ----------------------------------------------------------------------------

    def _warm_up(self) -> None:
        """Run until an iteration's time is known and lazy initialisation had its chance."""
        meter = self.meter
        for _ in range(DRIVER_WARMUP):
            before = meter.app.memory(settle=2)
        if self.timed:
            meter.iterate(1)
        else:
            n = 1
            while True:
                began = time.monotonic()
                done = meter.iterate(n)
                took = time.monotonic() - began
                # The first iterations compile and load: their time tells nothing.
                if (took > 0.03 and meter.done > 15) or meter.done >= WARMUP_ITERATIONS:
                    break
                if meter.left < 0.8 * meter.budget:
                    break
                if n >= 4 and took > 0.01:
                    now = meter.app.memory(settle=1)
                    if now.heap_used - before.heap_used > EARLY_GROWTH:
                        break
                n *= 2
            self.plan = Plan(took / max(done, 1), meter.budget, self.policy, False)
        meter.iterate((self.policy.warmup or 0) - meter.done)
        # The driver's first call with this number leaves a trace: make it before the first sample.
        meter.iterate(0 if self.timed else self.plan.round_iterations)
        self.warmup = meter.done

    def _decide(self) -> Evidence:
        """Rounds; if the heap is not flat, windows between snapshots. Ends with all evidence."""
        flat = self._rounds_are_flat()
        self.rounds = (self.meter.samples[0], self.meter.samples[-1])
        if flat and self.policy.snapshots != "always":
            return self._evidence(flat=True)
        return self._count_in_windows() if self._may_snapshot() else self._weigh_in_windows()

    def _may_snapshot(self) -> bool:
        if self.policy.snapshots != "auto":
            return self.policy.snapshots == "always"
        meter = self.meter
        return (
            meter.has_memory_for_snapshot
            and meter.snapshot_estimate < SNAPSHOT_SHARE * meter.left
        )

    def _weigh_in_windows(self) -> Evidence:
        """Without snapshots: windows that double, heapUsed after each the only witness."""
        meter = self.meter
        n = self.plan.first_window
        weights = [meter.samples[-1].heap_used]
        while True:
            before = meter.done
            self._window(n)
            meter.windows.append(meter.done - before)
            weights.append(meter.sample().heap_used)
            self._replan(meter.samples[-2])
            n = int(2 * meter.windows[-1])
            if meter.is_huge or n * self.plan.seconds > WINDOW_SHARE * meter.left:
                growth = tuple(b - a for a, b in itertools.pairwise(weights))
                return self._evidence(exhausted=True, window_bytes=growth)

    def _rounds_are_flat(self) -> bool:
        """Rounds until the heap is flat over a long enough stretch, or clearly is not."""
        meter = self.meter
        least = self.policy.rounds or (2 if self.timed else ROUNDS_AT_LEAST)
        most = max(least, 2 if self.timed else ROUNDS_AT_MOST)
        n = self.plan.round_iterations
        repeats = 1
        meter.sample()
        for number in itertools.count(1):
            for _ in range(repeats):
                meter.iterate(n)
            meter.sample()
            self._replan(meter.samples[-2])
            if meter.heap_growth > EARLY_GROWTH or meter.is_huge:
                return False
            if number < least:
                continue
            if self._flat_stretch():
                return True
            used = [sample.heap_used for sample in meter.samples[-ROUNDS_AT_LEAST:]]
            if number >= ROUNDS_AT_LEAST and all(b > a for a, b in itertools.pairwise(used)):
                return False  # counting objects tells more than another round
            if meter.left < 0.7 * meter.budget:
                return False
            if heap_is_flat(meter.series, 4):
                repeats *= 2  # flat so far, for too few iterations to mean anything
            elif number >= most:
                return False
        raise AssertionError("unreachable")

    def _flat_stretch(self) -> bool:
        """Whether some run of the latest samples is flat and long enough to mean something."""
        samples = self.meter.samples
        start = samples[0].iterations - self.warmup
        for length in range(3 if self.timed else 4, len(samples) + 1):
            if not heap_is_flat(Series(tuple(samples[-length:])), length):
                continue
            first, last = samples[-length], samples[-1]
            span = last.iterations - first.iterations
            # A store of bare slots grows in steps, by half or double: over twice the
            # work since the start it must have stepped, so flat means that there is none.
            if span >= self.plan.flat_iterations and span >= first.iterations - start:
                return True
        return False

    def _count_in_windows(self) -> Evidence:
        meter = self.meter
        meter.snapshot()
        n = int(min(self.plan.first_window, max(1.0, 0.25 * meter.room())))
        while True:
            self._window(n)
            meter.sample()
            self._replan(meter.samples[-2])
            meter.snapshot()
            evidence = self._evidence()
            judgement = judge(evidence, self.policy)
            if judgement.outcome == "leak" and self._wait_for_timers(judgement):
                evidence = self._evidence()
                judgement = judge(evidence, self.policy)
            if judgement.outcome is not None:
                return evidence
            self.grown_before = {c.owner_id: c.backing_bytes for c in judgement.containers}
            n = self._next_window(judgement)
            if n == 0:
                evidence = self._evidence(exhausted=True)
                if judge(evidence, self.policy).outcome == "leak" and self._wait_for_timers(judgement):
                    evidence = self._evidence(exhausted=True)
                return evidence

    def _window(self, n: int) -> None:
        """Up to ``n`` iterations with samples between; fewer if a leak slows the program down."""
        meter = self.meter
        began = time.monotonic()
        before = meter.done
        share = FIRST_WINDOW_SHARE if len(meter.snapshots) == 1 else WINDOW_SHARE
        limit = Deadline(share * meter.left)
        piece = n if n < WINDOW_PIECES else power_of_two(n / WINDOW_PIECES)
        while (done := meter.done - before) < n:
            meter.iterate(min(piece, n - done), limit)
            if meter.done - before >= n:
                break
            meter.sample()
            if limit.expired or meter.is_huge:
                break
        self.pushed_seconds += time.monotonic() - began

    def _next_window(self, judgement: Judgement) -> int:
        """Iterations of the next window, 0 if the budget allows none that would tell more."""
        meter = self.meter
        left = meter.left - 1.5 * meter.snapshot_seconds
        if left <= 0 or meter.is_huge:
            return 0
        last = max(1.0, round(meter.windows[-1]))
        wanted: float
        if judgement.wants_double:
            wanted = meter.done
        elif not judgement.suspects and not judgement.off_heap:
            wanted = round(last) if self.timed else 2 * last
        elif len(meter.windows) == 1:
            wanted = self.plan.push_window(int(last), meter.done, left)
        else:
            wanted = 2 * last
        affordable = min(WINDOW_SHARE * left / max(self.plan.seconds, 1e-7), meter.room())
        if affordable < last and len(meter.windows) >= 2:
            return 0
        return int(max(0, min(wanted, affordable)))

    def _wait_for_timers(self, judgement: Judgement) -> bool:
        """Wait once for one-shot timers that hold what grew; True if a new snapshot was taken."""
        grown = {suspect.row.name for suspect in judgement.suspects}
        if self.waited or "Timeout" not in grown:
            return False
        self.waited = True
        longest = pending_timeouts(self.meter.app).longest
        if not 0 < longest < self.meter.left:
            return False
        self.meter.app.context.progress(f"waiting {longest:.1f} s for pending timers")
        time.sleep(longest + 0.05)
        self.meter.sample()
        self.meter.retake_snapshot()
        return True

    def _replan(self, since: Sample) -> None:
        """Take the pace measured last: start-up makes the first iterations slow, a leak the later."""
        last = self.meter.samples[-1]
        if not self.timed and last.iterations > since.iterations:
            pace = (last.seconds - since.seconds) / (last.iterations - since.iterations)
            self.plan = replace(self.plan, seconds=pace)

    # -- the result ------------------------------------------------------------------------

    def _evidence(
        self,
        *,
        flat: bool = False,
        exhausted: bool = False,
        window_bytes: tuple[int, ...] = (),
    ) -> Evidence:
        meter = self.meter
        diff = meter.diff
        before, after = self.rounds
        return Evidence(
            series=meter.series,
            windows=tuple(meter.windows),
            rows=diff.rows if diff is not None else (),
            containers=diff.containers if diff is not None and len(meter.snapshots) > 2 else (),
            array_bytes=tuple(s.type_totals().get("array", (0, 0))[1] for s in meter.snapshots),
            timed=self.timed,
            grown_before=self.grown_before,
            rounds_growth=after.heap_used - before.heap_used,
            rounds_iterations=after.iterations - before.iterations,
            total_iterations=meter.done,
            pushed=self.plan.is_pushed(meter.done, self.pushed_seconds),
            exhausted=exhausted,
            flat=flat,
            window_bytes=window_bytes,
            unit=meter.unit,
        )

    def _verdict(self, evidence: Evidence) -> Verdict:
        meter = self.meter
        judgement = judge(evidence, self.policy)
        findings = Findings()
        reasons = judgement.reasons
        outcome = judgement.outcome or "inconclusive"
        if outcome != "steady":
            deadline = Deadline(EXPLAIN_SECONDS)
            findings = find_culprits(meter.detailed_diff(), judgement, evidence, deadline)
            reasons += findings.facts
        if outcome == "leak" and findings.fixed_store:
            outcome, reasons, findings = "steady", (findings.fixed_store,), Findings()
        elif outcome == "leak" and self._held_by_timers(judgement):
            outcome, reasons = "inconclusive", (self._held_by_timers(judgement), *reasons)
        if evidence.window_bytes and self.policy.snapshots == "auto":
            reasons += (
                f"no snapshots: one of this heap may take {meter.snapshot_estimate:.0f} s and "
                f"{format_bytes(meter.snapshot_bytes)} of memory; snapshots='always' takes them",
            )
        sites: tuple[AllocationSite, ...] = ()
        if outcome == "leak" or self.policy.allocation_sites == "always":
            sites = self._allocation_sites()
        return Verdict(
            outcome=outcome,
            reasons=reasons,
            series=evidence.series,
            seconds=meter.seconds,
            workload=meter.runner.description,
            script=meter.app.script,
            node=meter.app.version,
            policy=self.policy,
            constructors=attribute_sites(findings.constructors, sites),
            internals=findings.internals,
            windows=evidence.windows,
            iterations=evidence.total_iterations,
            warmup=self.warmup,
            unit=evidence.unit,
            snapshots=tuple(path.name for path in meter.files),
            sites=sites,
        )

    def _allocation_sites(self) -> tuple[AllocationSite, ...]:
        """Some more work under the sampling profiler; nothing if the program is too large for it."""
        meter = self.meter
        if self.policy.allocation_sites == "never":
            return ()
        n = 1 if self.timed else power_of_two(max(8, SITES_SECONDS / self.plan.seconds / 3))
        start_sampling(meter.app)
        meter.iterate(min(n, 1024), Deadline(SITES_SECONDS))
        return stop_sampling(meter.app)

    def _held_by_timers(self, judgement: Judgement) -> str:
        """Why growth may only be timers that have not fired yet; "" if it is more."""
        if "Timeout" not in {suspect.row.name for suspect in judgement.suspects}:
            return ""
        timers = pending_timeouts(self.meter.app)
        if not 0 < timers.longest <= LONGEST_TIMER:
            return ""
        return (
            f"{timers.count} pending timers hold what grew, the last fires in {timers.longest:.0f} "
            f"s: give a budget above that, or clear them when their work is done"
        )

