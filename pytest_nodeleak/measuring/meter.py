"""One measurement's hands and clock: iterations, samples and snapshots of one program."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ..base.deadline import Deadline
from ..base.errors import hide_ours
from ..base.phases import Phases
from ..base.samples import Sample, Series
from ..node.app import NodeApp
from ..node.probes.timers import PendingTimeouts
from ..node.workload import Runner
from .budget import Budget
from .heaps import Heaps
from .heaps.files import SnapshotFiles
from .limits import Limits
from .memory import SnapshotMemory

if TYPE_CHECKING:
    from ..heap import HeapSnapshot, SnapshotDiff

__all__ = ["LONGEST_TIMER", "TICK", "Meter"]

__tracebackhide__ = hide_ours

#: seconds of a forced GC that users of a service notice
GC_NOTICED = 0.12
#: nodes of an earlier snapshot that are kept whole
MOST_NODES_KEPT = 400_000
#: seconds beyond the budget, or as many of the longest call so far, for a call to come back
GRACE = 1.0
LONGEST = 3.0
#: seconds that a call may take while objects get names: an iteration took 18 s at 200 MB (Node 20)
LEAST_NAMING = 60.0
MOST_BUSY = 4.0
#: timers that fire later than this, in seconds, are as good as for ever: 30 s is a common time-out
LONGEST_TIMER = 35.0
#: seconds by which a timer may be late
TICK = 0.05
#: bytes of a snapshot's text, as a multiple of the heap; for progress only
SNAPSHOT_TEXT = 1.4


class Meter(Limits):
    """Runs a workload in a program within a budget and keeps what it reads.

    ``samples``, ``snapshots`` and ``windows`` (iterations between snapshots; of the true time where
    the program works by itself, for it goes on meanwhile) grow as it goes.
    """

    def __init__(
        self,
        app: NodeApp,
        runner: Runner,
        budget: Budget,
        folder: Path,
        *,
        every_heap: bool = True,
    ) -> None:
        self.app = app
        self.runner = runner
        self.budget = budget
        self.folder = folder
        self.started = time.monotonic()
        self._naming: Deadline | None = None
        #: seconds of the longest iteration or forced GC
        self.longest = 0.0
        self.heaps = Heaps(app, budget, every_heap=every_heap)
        #: whose samples and snapshots are meant
        self.subject = self.heaps.main
        self.warm_readings: list[Sample] = []
        self.snapshots: list[HeapSnapshot] = []
        self.files = SnapshotFiles()
        self.windows: list[float] = []
        self.phases = Phases(app.context.progress)
        self.memory = SnapshotMemory(app)
        self.snapshot_seconds = 0.2
        #: whether timers let go in time of what an iteration allocates
        self.timers_hold = False
        #: seconds spent in iterations, GC and readings left out
        self.busy = 0.0
        #: seconds that an iteration took last: of all time, and of the program's on a processor
        self.last_pace = self.cpu_pace = 0.0
        #: seconds that forced GC and a reading took last
        self.gc_seconds = 0.02
        self._first = app.iterations
        #: when the last snapshot was taken, in seconds, and after how many iterations
        self.last_snapshot = (0.0, 0)
        self._diff: SnapshotDiff | None = None
        self._resources: dict[str, int] = {}

    def __repr__(self) -> str:
        return (
            f"<Meter {self.done} iterations, {len(self.samples)} samples, "
            f"{len(self.snapshots)} snapshots, {self.seconds:.1f} of {self.budget.seconds:g} s>"
        )

    @property
    def samples(self) -> list[Sample]:
        """Those of the heap that is looked at."""
        return self.subject.samples

    @property
    def done(self) -> int:
        """Iterations of this measurement so far."""
        return self.app.iterations - self._first

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.started

    @property
    def series(self) -> Series:
        return Series(tuple(self.samples))

    @property
    def unit(self) -> str:
        """What one iteration is called in reports."""
        seconds = self.runner.fixed_seconds
        return "iteration" if seconds is None else f"{seconds:g} s"

    def patience(self) -> Deadline:
        """What one call may take: the rest of the time and a little, then the program is stuck."""
        # On a busy machine the grace is longer, by as much as the program had to wait so far.
        busy = min(MOST_BUSY, max(1.0, self.seconds / max(self.budget.used, 0.01)))
        left = self.budget.left
        if self._naming is not None:
            left = max(left, self._naming.remaining or 0.0, LEAST_NAMING)
        return Deadline(left + busy * max(GRACE, LONGEST * self.longest))

    @contextlib.contextmanager
    def naming_for(self, deadline: Deadline) -> Iterator[None]:
        """A block that has time of its own, in which the program may be very slow."""
        self._naming, around = deadline, self._naming
        try:
            yield
        finally:
            self._naming = around

    def walking(self) -> contextlib.AbstractContextManager[None]:
        """A block in which V8 walks the heap for an answer, however little time is left."""
        return self.naming_for(Deadline(0))

    def iterate(self, n: int, limit: Deadline | None = None) -> int:
        """Run ``n`` iterations, fewer when the budget or ``limit`` ends; how many were done."""
        if n <= 0:
            return 0
        # Naming, and what waits for an age, have time beside the budget.
        of = "" if self.seconds > self.budget.seconds else f" of {round(self.budget.seconds, 1):g}"
        self.phases.tell(f"{self.done:,} iterations, {self.seconds:.0f}{of} s")
        seconds = self.budget.left if limit is None else limit.remaining or 0.0
        began, ran = self.budget.clock(), self.app.schedule.read()[0]
        done = self.runner.run(n, max(seconds, 0.05), self.patience())
        took = self.budget.clock() - began
        self.busy += took
        self.last_pace = took / max(done, 1)
        self.longest = max(self.longest, self.last_pace)
        on_processor = (self.app.schedule.read()[0] - ran) / max(done, 1)
        self.cpu_pace = on_processor if ran else self.last_pace
        return done

    def iterate_at_least(self, least: int, n: int, limit: Deadline) -> int:
        """Run ``n`` iterations, fewer when ``limit`` ends but ``least``; how many were done."""
        before = self.done
        while (done := self.done - before) < n and (not limit.expired or done < least):
            self.iterate(*((1, None) if limit.expired else (n - done, limit)))
        return done

    def enter(self, phase: str) -> None:
        """Note, and tell who watches, what is being done from now on."""
        self.phases.enter(phase, self.app.iterations)

    def wait(self, seconds: float, what: str) -> None:
        """Leave the program to itself. Raises TargetExitedError if it has ended."""
        self.enter(f"waiting for {what}")
        self.phases.tell(f"{seconds:.1f} s")
        time.sleep(seconds)
        self.app.check_alive(f"{what} was waited for")

    def wait_for_timers(self) -> None:
        """Until those have fired that hold what is counted, if it was found that they do."""
        if self.timers_hold and (timers := self.pending_timeouts()).longest <= LONGEST_TIMER:
            self.wait(timers.longest + TICK, "pending timers")

    def pending_timeouts(self) -> PendingTimeouts:
        """Those of the heap that is looked at."""
        with self.walking():
            return self.subject.heap.pending_timeouts()

    def sample(self, *, collected: bool = False, others: bool = True) -> Sample:
        """Force GC, if it was not just ``collected``, and read the memory.

        ``others`` False: workers and children are looked for, and not read.
        """
        if not self.samples:
            self._resources = self.subject.heap.active_resources()
        began = self.budget.clock()
        settle = 1 if self.spares_gc else 2
        self.heaps.main.read(self.seconds, settle=0 if collected else settle)
        if not collected:
            self._collected_in(self.budget.clock() - began)
        self.heaps.look()
        if others:
            self.heaps.read_others(self.seconds)
        return self.samples[-1]

    @property
    def spares_gc(self) -> bool:
        return self.app.in_use and self.gc_seconds > GC_NOTICED  # each one makes people wait

    def warm_reading(self) -> Sample:
        """A reading that is no sample: the first ones leave traces of their own."""
        began = self.budget.clock()
        sample = self.app.memory(settle=1 if self.app.in_use else 2)
        self.warm_readings.append(sample)
        self._collected_in(self.budget.clock() - began)
        return sample

    def _collected_in(self, seconds: float) -> None:
        self.gc_seconds = seconds
        self.longest = max(self.longest, seconds)

    def snapshot(self) -> None:
        """Take the next snapshot. All are read in full: what containers held tells of slots."""
        number = len(self.snapshots) + 1
        path = self.folder / f"snapshot-{number}.heapsnapshot"
        began = self.budget.clock()
        if self.snapshots and len(self.windows) < len(self.snapshots):
            self.windows.append(self._window_since(time.monotonic()))
        for before in self.snapshots[-1:]:
            if before.node_count > MOST_NODES_KEPT:
                before.condense()  # of a small one the shapes of its objects are counted as well
        self.enter(f"snapshot {number}")
        self.phases.tell("")
        self._keep(path, self._take_snapshot)
        self.snapshot_seconds = self.budget.clock() - began
        self.last_snapshot = (time.monotonic(), self.done)
        self._diff = None

    def _keep(self, path: Path, take: Callable[[Path], HeapSnapshot]) -> None:
        heap = self.subject.heap
        self.snapshots.append(self.files.taken(path, take, heap.take_snapshot))

    def tracked_snapshot(self, n: int, least: int, seconds: float) -> None:
        """One snapshot after ``n`` iterations; the difference is what they allocated and kept.

        Fewer are done where they take more than ``seconds``, but ``least`` are.
        """
        from ..heap import growth_since

        path = self.folder / "snapshot-1.heapsnapshot"
        for taken in (self.snapshots, self.windows, self.files):
            taken.clear()
        with self.subject.heap.tracked_objects() as tracking:
            done = self.iterate_at_least(least, n, self.budget.within(seconds))
            self.windows.append(float(done))
            self.wait_for_timers()
            self.sample()
            self.enter("snapshot 1")
            self.phases.tell("")
            self._keep(path, lambda to: tracking.snapshot(to, self._snapshot_deadline()))
        self.last_snapshot = (time.monotonic(), self.done)
        self._diff = growth_since(self.snapshots[-1], tracking.last_seen_id)

    def retake_tracked(self) -> None:
        """The one snapshot again; the work since it was taken is a second window."""
        from ..heap import growth_since

        ids = self.diff.max_odd_ids if self.diff is not None else (0,)
        self.windows.append(self._window_since(time.monotonic()))
        self.snapshots.clear()
        self.files.clear()
        self.snapshot()
        self._diff = growth_since(self.snapshots[-1], *ids)

    def _take_snapshot(self, path: Path) -> HeapSnapshot:
        told = partial(self.phases.tell_share, int(SNAPSHOT_TEXT * self.samples[-1].heap_used))
        return self.subject.heap.take_snapshot(path, told=told, deadline=self._snapshot_deadline())

    def _snapshot_deadline(self) -> Deadline | None:
        """For one that gives names; V8 takes for ever over a chain of 20,000 prototypes."""
        if self._naming is None:
            return None
        return Deadline(max(LEAST_NAMING, self._naming.remaining or 0.0))

    def _window_since(self, now: float) -> float:
        seconds, done = self.last_snapshot
        if self.runner.fixed_seconds is None:
            return self.done - done
        return round((now - seconds) / self.runner.fixed_seconds, 2)

    def retake_snapshot(self) -> None:
        """Take the last snapshot again: what was only pending is gone by now."""
        if len(self.files) == len(self.snapshots):
            self.files.pop()
        self.snapshots.pop()
        self.snapshot()

    @property
    def diff(self) -> SnapshotDiff | None:
        """The difference of all snapshots so far; None for fewer than two."""
        if self._diff is None and len(self.snapshots) > 1:
            from ..heap import growth_over

            self._diff = growth_over(self.snapshots, check=False)
        return self._diff

    def resource_growth(self) -> dict[str, int]:
        """Active resources by kind that have become more since the first sample."""
        if self.samples[-1].resources <= self.samples[0].resources:
            return {}
        kinds = self.subject.heap.active_resources().items()
        grown = {kind: count - self._resources.get(kind, 0) for kind, count in kinds}
        return {kind: count for kind, count in grown.items() if count > 0}
