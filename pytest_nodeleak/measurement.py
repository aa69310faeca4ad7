"""Warm-up, rounds, windows between snapshots: an app and a workload become a Verdict."""

from __future__ import annotations

import contextlib
import itertools
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from .deadline import Deadline
from .errors import NodeLeakError, PolicyError, hide_ours
from .explain import leaking_constructors
from .judge import Evidence, Judgement, heap_is_flat, judge
from .node.app import NodeApp
from .plan import Plan, power_of_two
from .policy import Policy
from .samples import Sample, Series
from .units import format_bytes
from .verdict import Verdict
from .workload import Runner, Workload, make_runner

if TYPE_CHECKING:
    from .heap import HeapSnapshot, SnapshotDiff

__all__ = ["measure", "measure_with"]

__tracebackhide__ = hide_ours

#: a driver that has run this often allocates no feedback of its own any more
DRIVER_WARMUP = 3
ROUNDS_AT_LEAST = 5
ROUNDS_AT_MOST = 12
WINDOW_PIECES = 4
#: shares of the remaining budget that a window may take: the second must fit as well
FIRST_WINDOW_SHARE = 0.25
WINDOW_SHARE = 0.6
#: what is kept back for a snapshot and its analysis
SNAPSHOT_SECONDS = 0.4
EXPLAIN_SECONDS = 20.0
#: what must not be exceeded by growth while pushing
MOST_GROWTH = 256_000_000
MOST_RSS_GROWTH = 1_000_000_000
#: peak memory of taking a snapshot, as a multiple of the heap
SNAPSHOT_MEMORY = 16


def measure(app: NodeApp, workload: Workload, **policy: Any) -> Verdict:
    """Measure ``workload`` in ``app`` and return the verdict; never raises LeakError.

    Keyword arguments are policy values, laid over those of the app (its test's marker, options,
    configuration). Raises PolicyError, WorkloadError, TargetError and its kinds.
    """
    return measure_with(app, workload, app.context.policy().with_values("the call", **policy))


def measure_with(app: NodeApp, workload: Workload, policy: Policy) -> Verdict:
    if policy.jit != app.jit:
        raise PolicyError(
            f"jit={policy.jit!r} (from the call) cannot be changed now: the program was started "
            f"with jit={app.jit!r}; give it to launch_node, the marker or --nodeleak-jit"
        )
    runner = make_runner(app, workload)
    with tempfile.TemporaryDirectory(prefix="nodeleak-") as folder:
        measurement = _Measurement(app, runner, policy, Path(folder))
        verdict = measurement.run()
        return app.context.keep(verdict, measurement.files)


class _Measurement:
    """One measurement in progress: a clock, the samples and snapshots so far."""

    def __init__(self, app: NodeApp, runner: Runner, policy: Policy, folder: Path) -> None:
        self.app = app
        self.runner = runner
        self.policy = policy
        self.folder = folder
        self.started = time.monotonic()
        self.budget = policy.budget
        if runner.fixed_seconds is not None:
            # Watching needs its time: warm-up, two rounds, two windows.
            self.budget = max(self.budget, 9 * runner.fixed_seconds + 4)
        self.deadline = Deadline(self.budget)
        self.samples: list[Sample] = []
        self.snapshots: list[HeapSnapshot] = []
        self.files: list[Path] = []
        self.windows: list[int] = []
        self.pushed_seconds = 0.0
        self.grown_before: dict[int, int] = {}
        self.first = app.iterations
        self.warmup = 0
        self.plan = Plan(0.001, self.budget, policy, runner.fixed_seconds is not None)
        self.diff: SnapshotDiff | None = None
        self.rounds: tuple[Sample, Sample]

    def run(self) -> Verdict:
        self.runner.setup(self._patience())
        try:
            self._warm_up()
            judgement, evidence = self._decide()
            verdict = self._verdict(judgement, evidence)
        except BaseException:
            # What went wrong first is the error to show, not what teardown makes of it.
            with contextlib.suppress(NodeLeakError):
                self.runner.teardown(Deadline(2))
            raise
        self.runner.teardown(self._patience())
        return verdict

    # -- phases ----------------------------------------------------------------------------

    def _warm_up(self) -> None:
        """Run until an iteration's time is known and lazy initialisation had its chance."""
        for _ in range(DRIVER_WARMUP):
            self.app.memory(settle=2)
        timed = self.runner.fixed_seconds
        if timed is not None:
            self._iterate(1)
            self.plan = Plan(timed, self.budget, self.policy, True)
        else:
            n = 1
            while True:
                began = time.monotonic()
                done = self._iterate(n)
                took = time.monotonic() - began
                total = self.app.iterations - self.first
                # The first iterations compile and load: their time tells nothing.
                if (took > 0.03 and total > 15) or total >= 1000 or self._left() < 0.8 * self.budget:
                    break
                n *= 2
            self.plan = Plan(took / max(done, 1), self.budget, self.policy, False)
        missing = (self.policy.warmup or 0) - (self.app.iterations - self.first)
        if missing > 0:
            self._iterate(missing)
        self.warmup = self.app.iterations - self.first

    def _decide(self) -> tuple[Judgement, Evidence]:
        flat = self._rounds_are_flat()
        self.rounds = (self.samples[0], self.samples[-1])
        if flat and self.policy.snapshots != "always":
            evidence = self._evidence(flat=True)
            return judge(evidence, self.policy), evidence
        if not self._snapshots_allowed():
            evidence = self._evidence(exhausted=True, snapshots_allowed=False)
            return judge(evidence, self.policy), evidence
        return self._count_in_windows()

    def _rounds_are_flat(self) -> bool:
        """Rounds until the heap is flat over a long enough stretch, or clearly is not."""
        timed = self.plan.timed
        least = self.policy.rounds or (2 if timed else ROUNDS_AT_LEAST)
        most = max(least, 2 if timed else ROUNDS_AT_MOST)
        n = self.plan.round_iterations
        repeats = 1
        self._iterate(n)  # the driver's first call with this number leaves a trace
        self._sample()
        for number in itertools.count(1):
            for _ in range(repeats):
                self._iterate(n)
            self._sample()
            self.plan = self._replanned(self.samples[-2])
            if number < least:
                continue
            if self._flat_stretch():
                return True
            used = [sample.heap_used for sample in self.samples[-ROUNDS_AT_LEAST:]]
            if number >= ROUNDS_AT_LEAST and all(b > a for a, b in itertools.pairwise(used)):
                return False  # counting objects tells more than another round
            if self._left() < 0.7 * self.budget:
                return False
            if heap_is_flat(Series(tuple(self.samples)), 4):
                repeats *= 2  # flat so far, for too few iterations to mean anything
            elif number >= most:
                return False
        raise AssertionError("unreachable")

    def _flat_stretch(self) -> bool:
        """Whether some run of the latest samples is flat and long enough to mean something."""
        series = Series(tuple(self.samples))
        for length in range(4 if not self.plan.timed else 3, len(series) + 1):
            if not heap_is_flat(series, length):
                continue
            first, last = series.samples[-length], series.samples[-1]
            span = last.iterations - first.iterations
            # A store of bare slots grows in steps, by half or double: over twice the
            # work since the start it must have stepped, so flat means that there is none.
            if span >= self.plan.flat_iterations and span >= first.iterations - self.first:
                return True
        return False

    def _count_in_windows(self) -> tuple[Judgement, Evidence]:
        self._snapshot()
        n = self.plan.first_window
        while True:
            before = self.samples[-1]
            self._window(n)
            self._sample()
            self.plan = self._replanned(before)
            self._snapshot()
            evidence = self._evidence()
            judgement = judge(evidence, self.policy)
            if judgement.outcome is not None:
                return judgement, evidence
            self.grown_before = {c.owner_id: c.backing_bytes for c in judgement.containers}
            n = self._next_window(judgement)
            if n == 0:
                evidence = self._evidence(exhausted=True)
                return judge(evidence, self.policy), evidence

    def _window(self, n: int) -> None:
        """Up to ``n`` iterations with samples between; fewer if a leak slows the program down."""
        began = time.monotonic()
        before = self.app.iterations
        limit = Deadline(self._left() * (FIRST_WINDOW_SHARE if not self.windows else WINDOW_SHARE))
        piece = n if n < WINDOW_PIECES else power_of_two(n / WINDOW_PIECES)
        while (done := self.app.iterations - before) < n:
            self._iterate(min(piece, n - done), limit)
            if self.app.iterations - before >= n:
                break
            self._sample()
            if limit.expired or self._is_huge():
                break
        self.windows.append(self.app.iterations - before)
        self.pushed_seconds += time.monotonic() - began

    def _next_window(self, judgement: Judgement) -> int:
        """Iterations of the next window, 0 if the budget allows none that would tell more."""
        done = self.app.iterations - self.first
        left = self._left() - SNAPSHOT_SECONDS
        if left <= 0 or self._is_huge():
            return 0
        last = self.windows[-1]
        if judgement.wants_double:
            wanted = done
        elif not judgement.suspects and not judgement.off_heap:
            wanted = last if self.plan.timed else 2 * last
        elif len(self.windows) == 1:
            wanted = self.plan.push_window(last, done, left)
        else:
            wanted = 2 * last
        affordable = int(WINDOW_SHARE * left / max(self.plan.seconds, 1e-7))
        if affordable < last and len(self.windows) >= 2:
            return 0
        return max(0, min(wanted, affordable))

    def _is_huge(self) -> bool:
        """Whether the program has grown so much that more would endanger it, or the machine."""
        first, last = self.samples[0], self.samples[-1]
        heap = last.heap_used + last.external - first.heap_used - first.external
        return heap > MOST_GROWTH or last.rss - first.rss > MOST_RSS_GROWTH

    def _replanned(self, since: Sample) -> Plan:
        """The pace measured last: start-up makes the first iterations slow, a leak the later."""
        last = self.samples[-1]
        if self.plan.timed or last.iterations == since.iterations:
            return self.plan
        pace = (last.seconds - since.seconds) / (last.iterations - since.iterations)
        return Plan(pace, self.budget, self.policy, False)

    # -- steps -----------------------------------------------------------------------------

    def _left(self) -> float:
        return self.deadline.remaining or 0.0

    def _patience(self) -> Deadline:
        """What one call may take: the budget's rest and a little, then the program is stuck."""
        return Deadline(max(self._left(), 1.0) + 4.0)

    def _iterate(self, n: int, limit: Deadline | None = None) -> int:
        if n <= 0:
            return 0
        seconds = self._left() if limit is None else limit.remaining or 0.0
        self.app.context.progress(
            f"{self.runner.description[:40]}: {self.app.iterations - self.first} done, "
            f"{len(self.samples)} samples, {len(self.snapshots)} snapshots, "
            f"{time.monotonic() - self.started:.0f} of {self.budget:g} s"
        )
        return self.runner.run(n, max(seconds, 0.05), self._patience())

    def _sample(self) -> Sample:
        sample = self.app.memory(settle=2)
        sample = Sample(
            **{**vars(sample), "seconds": time.monotonic() - self.started}
        )
        self.samples.append(sample)
        return sample

    def _snapshot(self) -> None:
        number = len(self.snapshots) + 1
        path = self.folder / f"snapshot-{number}.heapsnapshot"
        detail = "classes" if number < 3 else "full"
        self.snapshots.append(self.app.take_snapshot(path, detail=detail))  # type: ignore[arg-type]
        self.files.append(path)
        if number >= 2:
            from .heap import growth_over

            self.diff = growth_over(self.snapshots)

    def _explained_diff(self, judgement: Judgement) -> SnapshotDiff | None:
        """The difference with edges in its last snapshot: the first two were read without."""
        if judgement.outcome == "steady" or len(self.snapshots) in (0, 1):
            return None
        if len(self.snapshots) == 2:
            from .heap import growth_over, load_snapshot

            self.snapshots[-1] = load_snapshot(self.files[-1])
            self.diff = growth_over(self.snapshots)
        return self.diff

    def _snapshots_allowed(self) -> bool:
        if self.policy.snapshots == "never":
            return False
        needed = SNAPSHOT_MEMORY * self.samples[-1].heap_used
        return needed < psutil.virtual_memory().available or self.policy.snapshots == "always"

    def _evidence(
        self, *, flat: bool = False, exhausted: bool = False, snapshots_allowed: bool = True
    ) -> Evidence:
        done = self.app.iterations - self.first
        series = Series(tuple(self.samples))
        diff = self.diff
        before, after = self.rounds
        return Evidence(
            series=series,
            windows=tuple(self.windows),
            rows=diff.rows if diff is not None else (),
            containers=diff.containers if diff is not None and len(self.snapshots) > 2 else (),
            array_bytes=tuple(
                snapshot.type_totals().get("array", (0, 0))[1] for snapshot in self.snapshots
            ),
            grown_before=self.grown_before,
            rounds_growth=after.heap_used - before.heap_used,
            rounds_iterations=after.iterations - before.iterations,
            total_iterations=done,
            pushed=self.plan.is_pushed(done, self.pushed_seconds),
            exhausted=exhausted,
            flat=flat,
            snapshots_allowed=snapshots_allowed,
            unit=_unit(self.runner),
        )

    def _verdict(self, judgement: Judgement, evidence: Evidence) -> Verdict:
        outcome = judgement.outcome or "inconclusive"
        reasons = judgement.reasons
        if not evidence.snapshots_allowed and self.policy.snapshots == "auto":
            needed = SNAPSHOT_MEMORY * self.samples[-1].heap_used
            reasons = (*reasons, f"a snapshot of this heap may need {format_bytes(needed)} of memory")
        constructors, internals = leaking_constructors(
            self._explained_diff(judgement), judgement, evidence, Deadline(EXPLAIN_SECONDS), limit=12
        )
        return Verdict(
            outcome=outcome,
            reasons=reasons,
            series=evidence.series,
            seconds=time.monotonic() - self.started,
            workload=self.runner.description,
            script=self.app.script,
            node=self.app.version,
            policy=self.policy,
            constructors=constructors,
            internals=internals,
            windows=evidence.windows,
            iterations=evidence.total_iterations,
            warmup=self.warmup,
            unit=evidence.unit,
            snapshots=tuple(path.name for path in self.files),
        )


def _unit(runner: Runner) -> str:
    if runner.fixed_seconds is None:
        return "iteration"
    return f"{runner.fixed_seconds:g} s"
