"""Two snapshots side by side, class by class, as DevTools' Comparison view does it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ..model.arrays import AnyArray
from ..model.classes import devtools_name
from ..model.groups import group_nodes
from ..model.snapshot import HeapSnapshot
from .order import check_order

__all__ = ["ClassChange", "ComparisonDiff", "compare"]


@dataclass(frozen=True)
class ClassChange:
    """What happened to one class; sizes are bytes of own size."""

    name: str
    new: int
    deleted: int
    allocated_size: int
    freed_size: int

    @property
    def delta(self) -> int:
        """Objects gained, net."""
        return self.new - self.deleted

    @property
    def size_delta(self) -> int:
        """Bytes gained, net."""
        return self.allocated_size - self.freed_size

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and strings, for JSON."""
        return {**asdict(self), "delta": self.delta, "size_delta": self.size_delta}


@dataclass(frozen=True)
class ComparisonDiff:
    """All classes that changed, those that grew most first; ``+`` gained, ``-`` freed."""

    before: str
    after: str
    changes: tuple[ClassChange, ...]

    @property
    def size_delta(self) -> int:
        """Bytes gained by all classes together."""
        return sum(change.size_delta for change in self.changes)

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
    totals: dict[str, list[int]] = {}
    for snapshot, nodes, slot in ((after, come, 0), (before, gone, 1)):
        for key, members in group_nodes(snapshot, nodes):
            total = totals.setdefault(devtools_name(key.kind, key.name), [0, 0, 0, 0])
            total[slot] += int(members.size)
            total[slot + 2] += int(snapshot.node_size[members].sum(dtype=np.int64))
    changes = [ClassChange(name, *total) for name, total in totals.items()]
    changes.sort(key=lambda change: (-change.size_delta, -change.delta, change.name))
    return ComparisonDiff(before.source, after.source, tuple(changes))


def _contains(ids: AnyArray, wanted: AnyArray) -> AnyArray:
    """Which of ``wanted`` are among ``ids``."""
    ordered = np.sort(ids)
    at = np.searchsorted(ordered, wanted)
    at[at == ordered.size] = 0
    found: AnyArray = ordered[at] == wanted if ordered.size else np.zeros(wanted.size, dtype=bool)
    return found
