"""The difference that one snapshot makes, where V8 said which id was the last before it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from ..model.snapshot import HeapSnapshot
from .difference import SnapshotDiff
from .rows import Group, grouped

if TYPE_CHECKING:
    from .slots import SlotGrowth

__all__ = ["GrowthSince", "growth_since"]


def growth_since(snapshot: HeapSnapshot, last_seen_id: int, *ends: int) -> GrowthSince:
    """What was allocated after an id was given out, and is alive in one later snapshot.

    ``last_seen_id`` is ``lastSeenObjectId`` of the protocol, which ``HeapProfiler`` sends
    after ``startTrackingHeapObjects``; ``ends`` are ids with which windows end, ascending, of
    snapshots that are kept no more. Raises ValueError if the first is no id of an object.
    """
    if last_seen_id < 0:
        raise ValueError(f"{last_seen_id} is no object's id")
    return GrowthSince(snapshot, last_seen_id, ends)


class GrowthSince(SnapshotDiff):
    """A difference with one snapshot, and one window or several.

    As any other, but what died in the window is not known: ``populations`` and ``sizes`` are
    (before, now) with before = now - survivors, so that a class which is replaced all the
    time seems to grow. There are no ``slots``.
    """

    def __init__(self, snapshot: HeapSnapshot, last_seen_id: int, ends: Sequence[int] = ()) -> None:
        super().__init__((snapshot,))
        self.last_seen_id = last_seen_id
        self._ends = tuple(ends)

    @cached_property
    def max_odd_ids(self) -> tuple[int, ...]:
        """The ids given, and the largest of the snapshot."""
        before = (self.last_seen_id, *self._ends)
        return *before, max(before[-1], self.last.max_odd_id)

    @cached_property
    def sizes_by_kind(self) -> tuple[dict[str, int], ...]:
        """Bytes of own size by V8 node type, less those of survivors; and all."""
        last, survivors = self.last, self.survivor_nodes
        now = {kind: size for kind, (_, size) in last.type_totals().items()}
        types, sizes = last.node_type[survivors], last.node_size[survivors]
        gained = {
            kind: int(sizes[types == number].sum(dtype=int))
            for number, kind in enumerate(last.types)
        }
        return {kind: size - gained[kind] for kind, size in now.items()}, now

    @cached_property
    def slots(self) -> tuple[SlotGrowth, ...]:
        """None: what containers held before is not known."""
        return ()

    @cached_property
    def _groups(self) -> tuple[Group, ...]:
        return grouped(None, self.last, self.max_odd_ids, self.survivor_nodes)

    def _title(self) -> str:
        return f"objects after @{self.last_seen_id} in {self.last.source}"
