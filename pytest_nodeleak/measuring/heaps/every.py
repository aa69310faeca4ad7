"""The heaps of one program while it is measured: the main one, its workers', its children's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from ...base.deadline import Deadline
from ...base.units import format_bytes, format_rate
from ...judge.evidence import Judgement
from ...judge.thresholds import THRESHOLDS
from ...judge.trend import rising_share
from ...node import NodeApp
from ...node.heaps.heap import NodeHeap
from ...node.heaps.others import OtherChild
from ..budget import Budget
from .tracks import Track

__all__ = ["Heaps"]

#: heaps besides the main one that are looked at: each costs a GC at every reading
MOST_HEAPS = 32
#: workers and children that have become more where they pile up
PILE = 6
#: bytes of RSS of other processes that are no chance
UNSEEN_GROWTH = 16_000_000
#: seconds for an answer of a worker or child, as a share of those that are left, and at least
PATIENCE_SHARE = 0.2
LEAST_PATIENCE = 1.5


class Heaps:
    """Finds and reads them. ``counts``: iterations done, and others alive then."""

    def __init__(
        self,
        app: NodeApp,
        budget: Budget,
        *,
        every_heap: bool = True,
    ) -> None:
        self._app = app
        self._budget = budget
        self.silent: list[Track] = []
        self._every_heap = every_heap
        self.main = Track(app.main_heap)
        self.others: list[Track] = []
        self.counts: list[tuple[int, int]] = []
        self._alive: list[NodeHeap] = []
        self._met: list[NodeHeap] = []
        self._ended: list[Track] = []
        self._beyond: list[NodeHeap] = []
        self._weight = 0

    def __repr__(self) -> str:
        return f"<Heaps main and {len(self.others)} others>"

    @property
    def all(self) -> list[Track]:
        return [self.main, *self.others]

    @property
    def seconds(self) -> float:
        """Those that a reading of all but the main one took last."""
        return sum(track.seconds for track in self.others)

    @property
    def measured(self) -> list[Track]:
        """Those with samples, at most as many as a reader can look through."""
        return [track for track in (*self.all, *self._ended) if len(track.samples) > 1][:MOST_HEAPS]

    def pace(self) -> float:
        """Others more per iteration, if they pile up to the end; 0.0 if not.

        A pool that grows to its size has grown early; what comes and goes does not rise.
        """
        done, alive = zip(*dict(self.counts).items(), strict=True) if self.counts else ((), ())
        if len(alive) < 4 or alive[-1] - alive[0] < PILE or rising_share(alive) < 0.75:
            return 0.0
        middle = alive[len(alive) // 2]
        late = (alive[-1] - middle) / max(done[-1] - done[len(alive) // 2], 1)
        pace = (alive[-1] - alive[0]) / max(done[-1] - done[0], 1)
        return pace if late >= THRESHOLDS.faded * pace else 0.0

    def judged(self, judgement: Judgement, unit: str) -> Judgement:
        """The judgement with what is to be said of workers and children that pile up."""
        pace = self.pace()
        if not pace:
            return judgement
        fact = f"live worker threads and child processes: +{format_rate(pace)} per {unit}"
        if judgement.outcome == "leak":
            return replace(judgement, reasons=(*judgement.reasons, fact))
        return replace(judgement, outcome="leak", reasons=(fact,))

    def weigh_unseen(self) -> None:
        """Note what the processes take that cannot be looked into."""
        self._weight = sum(child.rss for child in self._unseen_children())

    def growth_unseen(self) -> str:
        """What of the program was not looked into and grew; "" if nothing did."""
        children = self._unseen_children()
        grown = sum(child.rss for child in children) - self._weight
        if not children or grown < UNSEEN_GROWTH:
            return ""
        names = ", ".join(sorted({f"{child.name} ({child.pid})" for child in children})[:4])
        return (
            f"RSS of processes that could not be looked into rose by {format_bytes(grown)}: {names}"
        )

    def _unseen_children(self) -> list[OtherChild]:
        if not self._every_heap:
            return self._app.other_children(even_seen=True)
        found = self._app.other_children()
        unread = [*(track.heap for track in self.silent), *self._beyond]
        silent = {heap.pid for heap in unread if heap.kind == "child"}
        if silent:
            every = self._app.other_children(even_seen=True)
            found += [child for child in every if child.pid in silent and child not in found]
        return found

    def _patience(self) -> Deadline:
        """What one call to a worker or child may take before it counts as busy."""
        return Deadline(max(LEAST_PATIENCE, PATIENCE_SHARE * self._budget.left))

    def unmeasured(self) -> tuple[str, ...]:
        """What is to be said of those that nothing is known of."""
        facts = []
        if self.silent:
            names = ", ".join(dict.fromkeys(track.name for track in self.silent[:4]))
            facts.append(f"too busy to answer, so not measured: {names}")
        if self._beyond:
            facts.append(
                f"not measured: {len(self._beyond)} of the workers and children; {MOST_HEAPS} are"
            )
        return tuple(facts)

    @contextmanager
    def patient(self, patience: Callable[[], Deadline]) -> Iterator[None]:
        """A block in which calls to the main heap take no longer than ``patience`` allows."""
        try:
            with self.main.heap.channel.patient(patience):
                yield
        finally:
            for track in (*self.others, *self._ended, *self.silent):
                track.heap.channel.be_as_patient_as_usual()

    def count(self) -> list[NodeHeap]:
        """The others that are alive, which are counted but asked nothing."""
        alive = self._app.heaps()[1:] if self._every_heap else []
        self._met, self._alive = self._alive, alive
        self.counts.append((self._app.iterations, len(alive)))
        return alive

    def look(self) -> None:
        """Take in those that have come, let go of those that have ended."""
        if not self._every_heap:
            return
        known = [track.heap for track in (*self.others, *self.silent)]
        alive = self.count()
        if self.pace():
            self.others.clear()  # they pile up: that is the finding, and each would cost a GC
            return
        # Of one that comes and goes within an iteration there is nothing to measure.
        come = [heap for heap in alive if heap not in known and heap in self._met]
        with self._budget.beside():
            self._take_in(come)
        gone = [track for track in self.others if track.ended or not track.heap.alive]
        self.silent += [track for track in gone if track.silent]
        self._ended += [track for track in gone if len(track.samples) > 1][:MOST_HEAPS]
        self.others = [track for track in self.others if track not in gone]

    def _take_in(self, heaps: list[NodeHeap]) -> None:
        self._beyond = []
        for heap in heaps:
            if len(self.others) >= MOST_HEAPS:
                self._beyond.append(heap)
                continue
            track = Track(heap)
            heap.channel.patience = self._patience
            track.warm_up()
            self.others.append(track)

    def read_others(self, seconds: float) -> None:
        """A sample of each but the main one."""
        with self._budget.beside():
            for track in self.others:
                track.read(seconds)
