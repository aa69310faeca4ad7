"""Two snapshots side by side, class by class, as DevTools' Comparison view does it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..model.arrays import AnyArray
from ..model.classes import devtools_name
from ..model.groups import group_nodes
from ..model.snapshot import HeapSnapshot
from .changes import ClassChange, added_up
from .order import check_order

__all__ = ["ComparisonDiff", "compare"]


@dataclass(frozen=True)
class ComparisonDiff:
    """All classes that changed, those that grew most first; ``+`` gained, ``-`` freed."""

    before: str
    after: str
    changes: tuple[ClassChange, ...]
    #: nodes of the whole heap, and bytes of their own size: before, after
    nodes: tuple[int, int] = (0, 0)
    sizes: tuple[int, int] = (0, 0)
    #: the changes by V8's node type, and by name within it
    by_type: tuple[tuple[str, ClassChange], ...] = field(default=(), repr=False)

    @property
    def size_delta(self) -> int:
        """Bytes gained by all classes together."""
        return sum(change.size_delta for change in self.changes)

    def heap_diff(self) -> dict[str, Any]:
        """The same with the names and figures of memwatch's HeapDiff, ready for JSON."""
        from .memwatch import heap_diff

        return heap_diff(self.nodes, self.sizes, self.by_type)

    def to_rows(self) -> list[dict[str, Any]]:
        """The changes as dictionaries of plain numbers and strings."""
        return [change.to_dict() for change in self.changes]

    def to_dataframe(self) -> Any:
        """The changes as a pandas DataFrame; raises ImportError without pandas."""
        import pandas

        return pandas.DataFrame(self.to_rows())

    def __repr__(self) -> str:
        shown = self.changes[:15]
        width = max([len(change.name) for change in shown] + [5])
        lines = [
            f"<ComparisonDiff {self.before} -> {self.after}: {self.size_delta:+,} B>",
            f"  {'class':<{width}}  {'new':>9}  {'deleted':>9}  {'delta':>9}  {'size delta':>13}",
        ]
        lines += [
            f"  {change.name:<{width}}  {change.new:>+9,}  {-change.deleted:>9,}  "
            f"{change.delta:>+9,}  {change.size_delta:>+13,}"
            for change in shown
        ]
        return "\n".join(lines)


def compare(before: HeapSnapshot, after: HeapSnapshot) -> ComparisonDiff:
    """New, deleted and net objects of each class, matched by object id.

    ``detail="classes"`` suffices for both. Raises SnapshotOrderError if the two are the
    same, in the wrong order or not of one process.
    """
    for snapshot in (before, after):
        if snapshot.condensed:
            raise ValueError(f"{snapshot.source} was condensed: its objects are not known any more")
    check_order((before, after))
    gone = np.flatnonzero(~_contains(after.node_id, before.node_id))
    come = np.flatnonzero(~_contains(before.node_id, after.node_id))
    totals: dict[tuple[str, str], list[int]] = {}
    for snapshot, nodes, slot in ((after, come, 0), (before, gone, 1)):
        for key, members in group_nodes(snapshot, nodes):
            name = key.kind, devtools_name(key.kind, key.name)
            total = totals.setdefault(name, [0, 0, 0, 0])
            total[slot] += int(members.size)
            total[slot + 2] += int(snapshot.node_size[members].sum(dtype=np.int64))
    by_type = [(kind, ClassChange(name, *total)) for (kind, name), total in totals.items()]
    return ComparisonDiff(
        before.source,
        after.source,
        _by_name(change for _, change in by_type),
        nodes=(before.node_count, after.node_count),
        sizes=(before.total_size, after.total_size),
        by_type=tuple(by_type),
    )


def _by_name(parts: Iterable[ClassChange]) -> tuple[ClassChange, ...]:
    """Those of one name as one, the largest gain first."""
    found = added_up((part.name, part) for part in parts).values()
    return tuple(sorted(found, key=lambda one: (-one.size_delta, -one.delta, one.name)))


def _contains(ids: AnyArray, wanted: AnyArray) -> AnyArray:
    """Which of ``wanted`` are among ``ids``."""
    ordered = np.sort(ids)
    at = np.searchsorted(ordered, wanted)
    at[at == ordered.size] = 0
    found: AnyArray = ordered[at] == wanted if ordered.size else np.zeros(wanted.size, dtype=bool)
    return found
