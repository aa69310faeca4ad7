"""Windows between snapshots, longer and longer, until the judge has seen enough."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ..base.deadline import Deadline
from ..base.policy import Policy
from ..base.samples import Sample
from ..base.units import power_of_two
from ..judge.evidence import Evidence, Judgement, OutsideGrowth
from ..judge.judge import judge
from ..judge.ledger import Growing
from .heaps import Entries, Stores
from .meter import TICK, Meter
from .plan import Pacer, unlike

if TYPE_CHECKING:
    from ..heap import SlotGrowth, SnapshotDiff

__all__ = ["HELD", "MUCH_MORE", "Windows"]

WINDOW_PIECES = 4
#: survivors that naming wants in a window, iterations for them, and seconds
NAMED = 40
LEAST_NAMED, MOST_NAMED = 16, 4_000
NAMING_SECONDS = 2.0
#: seconds that are worth more of them in any case, as long as these bytes are not added: beside
#: what stays a short window has what is in a batch or a queue
CHEAP_SECONDS = 0.4
CHEAP_BYTES = 1_000_000
#: iterations for a name, however long they take: in fewer, what is in flight seems to stay
FEWEST_NAMED = 8
#: nodes of a heap whose containers are all asked what they hold
MOST_NODES = 1_000_000
#: pending timers, as a share of what grew, that may be what holds it
HELD = 0.3
#: times all windows before, of work in which a leak that was counted must go on
MUCH_MORE = 2.2
#: shares of the remaining budget that a window may take: the second must fit as well
FIRST_WINDOW_SHARE = 0.25
WINDOW_SHARE = 0.6


class Windows:
    """The second phase: counting objects, or weighing the heap where snapshots cost too much."""

    def __init__(
        self, meter: Meter, policy: Policy, pacer: Pacer, outside: OutsideGrowth | None
    ) -> None:
        self.meter = meter
        self.policy = policy
        self.pacer = pacer
        self.outside = outside
        self.rounds: tuple[Sample, Sample] = (meter.samples[0], meter.samples[-1])
        self.pushed_seconds = 0.0
        self._stores: Stores | None = None
        self._entries: Entries | None = None
        self.waited = False
        self._has_gone_on = False

    def name(
        self, growing: Sequence[Growing], deadline: Deadline, *, several: bool, period: float = 0
    ) -> Evidence:
        """Names of what is ``growing``, from ``several`` snapshots or one.

        The second window has ``period`` iterations at least, if there is time for them.

        Two windows between three snapshots tell what a class had before; one snapshot after a
        window does not, but costs a third.
        """
        meter = self.meter
        rate = min((g.per_iteration for g in growing), default=1.0)
        n = int(min(max(NAMED / max(rate, 1e-3), LEAST_NAMED), MOST_NAMED))
        if self.pacer.timed:
            n = 1
        least = 1 if self.pacer.timed else FEWEST_NAMED
        if not several:
            meter.tracked_snapshot(n, least, NAMING_SECONDS)
            return self.collect()
        meter.snapshot()
        added = sum(g.bytes_per_iteration for g in growing)
        # The clock may have stood still meanwhile.
        affordable = CHEAP_SECONDS / max(meter.last_pace, 1e-7)
        cheap = 0 if self.pacer.timed else int(min(affordable, CHEAP_BYTES / max(added, 1.0)))
        # What is of the first, and in a batch, the second sees the end of.
        for size in (max(n, cheap // 3), max(n, cheap, math.ceil(period))):
            left = (deadline.remaining or 0.0) - 2 * meter.snapshot_seconds
            limit = meter.budget.within(min(NAMING_SECONDS, max(left, 0.1)))
            meter.enter(f"window {len(meter.windows) + 1}")
            meter.iterate_at_least(least, size, limit)
            meter.sample()
            meter.snapshot()
        return self.collect()

    def evidence(self) -> Evidence:
        """Run the windows; all that they showed. What snapshots there were is forgotten."""
        meter = self.meter
        for taken in (meter.snapshots, meter.windows, meter.files):
            taken.clear()
        self.close()
        meter.snapshot()
        self._stores = Stores(meter.subject.heap, meter.snapshots[0])
        few = meter.snapshots[0].node_count < MOST_NODES
        self._entries = Entries(meter.subject.heap) if few else None
        n = int(min(self.pacer.plan.first_window, max(1.0, 0.25 * meter.room())))
        while True:
            self._window(n)
            evidence = self._read()
            judgement = judge(evidence, self.policy)
            if judgement.outcome == "leak" and self._wait_for_timers(judgement):
                evidence = self.collect()
                judgement = judge(evidence, self.policy)
            if judgement.outcome == "leak" and judgement.suspects and not self._has_gone_on:
                # What fills up ever slower keeps its pace over a few windows.
                self._has_gone_on = True
                n = self._much_more()
                if n:
                    continue
            if judgement.outcome is not None:
                return self._with_owners(evidence, judgement)
            n = self._next_window(judgement)
            if n == 0:
                evidence = self.collect(exhausted=True)
                judgement = judge(evidence, self.policy)
                if judgement.outcome == "leak" and self._wait_for_timers(judgement):
                    evidence = self.collect(exhausted=True)
                return self._with_owners(evidence, judgement)

    def _read(self) -> Evidence:
        """After a window."""
        self.meter.sample()
        self.pacer.update()
        self.meter.snapshot()
        for counts in (self._stores, self._entries):
            if counts is not None:
                counts.read()
        return self.collect()

    def _with_owners(self, evidence: Evidence, judgement: Judgement) -> Evidence:
        """With the containers that gain, where no snapshot tells which they are."""
        if self._entries is None or not any(slot.of_all for slot in judgement.slots):
            return evidence
        n = int(self.meter.windows[-1])
        limit = self.meter.budget.within(NAMING_SECONDS)
        stores = self._entries.owned(
            judgement.slots, lambda: self.meter.iterate(n, limit), self.meter.retake_snapshot
        )
        return replace(evidence, stores=stores)

    def _window(self, n: int, share: float | None = None) -> None:
        """Up to ``n`` iterations with samples between; fewer if a leak slows the program down."""
        meter = self.meter
        meter.enter(f"window {len(meter.windows) + 1}")
        began = meter.budget.clock()
        before = meter.done
        if share is None:
            share = FIRST_WINDOW_SHARE if len(meter.snapshots) == 1 else WINDOW_SHARE
        limit = meter.budget.within(share * meter.budget.left)
        piece = n if n < WINDOW_PIECES else power_of_two(n / WINDOW_PIECES)
        while (done := meter.done - before) < n:
            meter.iterate(min(unlike(piece, len(meter.samples)), n - done), limit)
            if meter.done - before >= n:
                break
            meter.sample()
            if limit.expired or meter.is_huge:
                break
        if meter.done == before:  # no time was left: a pace needs one
            meter.iterate(1)
        self.pushed_seconds += meter.budget.clock() - began

    def _next_window(self, judgement: Judgement) -> int:
        """Iterations of the next window, 0 if the budget allows none that would tell more."""
        meter = self.meter
        left = self._left_for_work()
        if left <= 0 or meter.is_huge:
            return 0
        last = max(1.0, round(meter.windows[-1]))
        wanted: float
        if judgement.wants_double:
            wanted = meter.done
        elif not judgement.suspects and not judgement.off_heap:
            wanted = round(last) if self.pacer.timed else 2 * last
        elif len(meter.windows) == 1:
            wanted = self.pacer.plan.push_window(int(last), meter.done, left)
        else:
            wanted = 2 * last
        affordable = self._affordable(left)
        if affordable < last and len(meter.windows) >= 2:
            return 0
        return int(max(0, min(wanted, affordable)))

    def _much_more(self) -> int:
        """Iterations of a window that is longer than all before; 0 if there is no time for it."""
        wanted = MUCH_MORE * sum(self.meter.windows)
        enough = self._affordable(self._left_for_work()) >= wanted
        return int(wanted) if enough and not self.pacer.timed else 0

    def _left_for_work(self) -> float:
        """Seconds of the budget beside the snapshot that comes after a window."""
        return self.meter.budget.left - 1.5 * self.meter.snapshot_seconds

    def _affordable(self, left: float) -> float:
        """Iterations of a window, of those that ``left`` seconds allow."""
        return min(WINDOW_SHARE * left / self.pacer.plan.pace, self.meter.room())

    def _wait_for_timers(self, judgement: Judgement) -> bool:
        """Wait once for one-shot timers that may hold what grew; True: a new snapshot was taken."""
        if self.waited:
            return False
        grown = [sum(suspect.growth) for suspect in judgement.suspects]
        grown += [slot.growth for slot in judgement.slots]
        timers = self.meter.pending_timeouts()
        is_held = timers.count >= HELD * max(grown, default=math.inf)
        if not is_held or not 0 < timers.longest < self.meter.budget.left:
            return False
        self.waited = True
        self.meter.wait(timers.longest + TICK, "pending timers")
        self.meter.sample()
        self.meter.retake_snapshot()
        return True

    def close(self) -> None:
        """Let go of what was held for counting."""
        if self._stores is not None:
            self._stores.close()

    def _slots(self, diff: SnapshotDiff) -> tuple[SlotGrowth, ...]:
        """Containers that hold more, by their edges or by count."""
        counted = self._stores.grown(diff.last) if self._stores is not None else ()
        known = {slot.owner_id for slot in counted}
        return (*counted, *(slot for slot in diff.slots if slot.owner_id not in known))

    def collect(
        self,
        *,
        flat: bool = False,
        exhausted: bool = False,
    ) -> Evidence:
        meter = self.meter
        diff = meter.diff
        before, after = self.rounds
        is_main = meter.subject is meter.heaps.main  # RSS is of all of them
        return Evidence(
            series=meter.series,
            windows=tuple(meter.windows),
            rows=diff.rows if diff is not None else (),
            slots=self._slots(diff) if diff is not None and len(meter.snapshots) > 2 else (),
            stores=self._entries.grown() if self._entries is not None else None,
            timed=self.pacer.timed,
            rounds_growth=after.heap_used - before.heap_used,
            rounds_iterations=after.iterations - before.iterations,
            rounds_total_growth=_total(after) - _total(before) if is_main else 0,
            outside=self.outside,
            total_iterations=meter.done,
            pushed=self.pacer.plan.is_pushed(meter.done, self.pushed_seconds),
            exhausted=exhausted,
            flat=flat,
            unit=meter.unit,
        )


def _total(sample: Sample) -> int:
    """All memory of the program, as far as snapshots have not inflated it."""
    return max(sample.heap_used + sample.external, sample.rss)
