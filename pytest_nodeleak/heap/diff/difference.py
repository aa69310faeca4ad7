"""The difference of two or more snapshots of one process, by object id.

V8 gives each object an id when it first appears in a snapshot or is tracked, rising and
odd, and keeps it while the object lives. So an object was allocated between snapshots A
and B exactly if maxOdd(A) < id <= maxOdd(B).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ...base.deadline import Deadline
from ..explain.growth import ConstructorGrowth, StaleContainer
from ..model.arrays import AnyArray
from ..model.snapshot import HeapSnapshot
from ..names.patterns import StringPattern, patterns_of
from .order import check_order
from .rows import Group, grouped

if TYPE_CHECKING:
    from ..explain.explainer import Explainer, Origin
    from ..names.paths import RetainingPath
    from .buffers import Buffer
    from .slots import OldContainers, SlotGrowth

__all__ = ["SnapshotDiff", "growth_over", "three_snapshot_diff"]


def growth_over(snapshots: Sequence[HeapSnapshot], *, check: bool = True) -> SnapshotDiff:
    """What grew over two or more snapshots of one process, in the order they were taken.

    The last must have been read in full for :meth:`SnapshotDiff.explain`, shapes and
    places; ``detail="classes"`` suffices for the others. Raises SnapshotOrderError if
    the snapshots are not of one process in this order, ValueError if there is only one.
    Without ``check`` the caller vouches for the order: V8 gives the id of an object that died
    to a new one at its address, and where most of a heap is replaced the check sees strangers.
    """
    if len(snapshots) < 2:
        raise ValueError("a difference needs at least two snapshots")
    if check:
        check_order(snapshots)
    return SnapshotDiff(tuple(snapshots))


def three_snapshot_diff(
    first: HeapSnapshot, second: HeapSnapshot, third: HeapSnapshot
) -> SnapshotDiff:
    """Allocated between the first two, or the last two, and alive in the third."""
    return growth_over([first, second, third])


class SnapshotDiff:
    """What was allocated between snapshots and is alive in the last, by class.

    ``rows`` come with those that survived most first, and the engine's own groups after
    all others.
    """

    def __init__(self, snapshots: tuple[HeapSnapshot, ...]) -> None:
        self.snapshots = snapshots

    @property
    def last(self) -> HeapSnapshot:
        """The snapshot the survivors are in."""
        return self.snapshots[-1]

    @property
    def windows(self) -> int:
        """Number of windows."""
        return len(self.max_odd_ids) - 1

    @cached_property
    def max_odd_ids(self) -> tuple[int, ...]:
        """Per snapshot; an object of window i has an id between items i and i+1."""
        return tuple(snapshot.max_odd_id for snapshot in self.snapshots)

    @cached_property
    def survivor_nodes(self) -> AnyArray:
        """Nodes of the last snapshot that were allocated since the first."""
        ids, oldest = self.last.node_id, self.max_odd_ids[0]
        return self.last.nodes_where(lambda at: (ids[at] > oldest) & (ids[at] & 1 == 1))

    @cached_property
    def sizes_by_kind(self) -> tuple[dict[str, int], ...]:
        """Per snapshot: bytes of own size by V8 node type."""
        return tuple(
            {kind: size for kind, (_, size) in snapshot.type_totals().items()}
            for snapshot in self.snapshots
        )

    @cached_property
    def rows(self) -> tuple[ConstructorGrowth, ...]:
        """One per class, shape or function that survived or whose population changed."""
        return tuple(group.row for group in self._groups)

    def nodes_of(self, row: ConstructorGrowth) -> AnyArray:
        """Nodes of the last snapshot that are the survivors of a row."""
        group = self._by_key.get((row.kind, row.name))
        return np.empty(0, dtype=np.intp) if group is None else group.nodes

    def row(self, name: str, kind: str | None = None) -> ConstructorGrowth:
        """The first row of this name; raises KeyError."""
        for row in self.rows:
            if row.name == name and kind in (None, row.kind):
                return row
        raise KeyError(name)

    def parts_of(self, kind: str, name: str) -> tuple[ConstructorGrowth, ...]:
        """The rows that the survivors of one class are in, those with most first.

        A difference whose last snapshot was read without edges has one row for all plain
        objects (``"object"``, ``"Object"``) and one for all closures without a name
        (``"closure"``, ``"(anonymous closure)"``). Asked of a difference of the same snapshots
        with the last in full, this gives the shapes and places that such a row is made of; for
        any other row, the row of the same name. Empty if there is none.
        """
        asked = (kind, name)
        parts = [
            group.row
            for group in self._groups
            if asked == group.whole or asked == (group.row.kind, group.row.name)
        ]
        return tuple(sorted(parts, key=lambda row: (-row.survivor_count, -row.shallow_size)))

    @cached_property
    def _explainer(self) -> Explainer:
        from ..explain.explainer import Explainer

        return Explainer(self.last, self.max_odd_ids)

    def origin(self, row: ConstructorGrowth) -> Origin:
        """Who wrote a class: the program itself, a package it uses, or ("") Node, V8 or unknown."""
        return self._explainer.origin(self.nodes_of(row))

    def path_to(self, object_id: int, deadline: Deadline | None = None) -> RetainingPath | None:
        """The retaining path of one object of the last snapshot; None if nothing keeps it.

        Raises ValueError if the last snapshot was read without its edges.
        """
        return self._explainer.path_to(object_id, deadline)

    def explain(
        self,
        rows: Iterable[ConstructorGrowth | str] | None = None,
        *,
        deadline: Deadline | None = None,
        paths_per_row: int = 1,
        older: Collection[tuple[str, str]] = (),
        expected: Sequence[float] = (),
    ) -> tuple[ConstructorGrowth, ...]:
        """Copies of rows (default: the first ten) with path, retained size and owner.

        Of rows whose kind and name are among ``older``, only what is older than the last window.
        ``expected`` is how many entries a container must have that keeps all of a row: the path
        leads through none that has far fewer, or gained far fewer than survived, if there is
        another, and retained sizes are of what is new.

        Raises DeadlineExceeded, KeyError for an unknown name, and ValueError if the last
        snapshot was read without its edges.
        """
        if rows is None:
            rows = [row for row in self.rows if not row.internal and row.survivor_count][:10]
        chosen = [self.row(row) if isinstance(row, str) else row for row in rows]
        groups = [self.nodes_of(row) for row in chosen]
        until = [self.max_odd_ids[-1]] * len(chosen)
        for at, row in enumerate(chosen):
            if (row.kind, row.name) in older:
                until[at] = self.max_odd_ids[-2]
                groups[at] = groups[at][self.last.node_id[groups[at]] <= self.max_odd_ids[-2]]
                size = int(self.last.node_size[groups[at]].sum(dtype=np.int64))
                chosen[at] = replace(row, shallow_size=size)
        return self._explainer.explain(
            chosen,
            groups,
            deadline=deadline,
            paths_per_row=paths_per_row,
            expected=expected,
            until=until,
            gained=self._gained if expected else {},
        )

    @cached_property
    def _gained(self) -> Mapping[int, int]:
        from .slots import gained_entries

        return gained_entries(self._old_containers)

    @cached_property
    def _old_containers(self) -> OldContainers:
        from .slots import old_containers

        return old_containers(self.snapshots, self.max_odd_ids)

    @cached_property
    def containers(self) -> tuple[StaleContainer, ...]:
        """Old objects whose backing store is new: see :class:`StaleContainer`, largest first."""
        from .containers import stale_containers

        return stale_containers(self.last, self.max_odd_ids)

    @cached_property
    def slots(self) -> tuple[SlotGrowth, ...]:
        """Old containers that hold more now: see :class:`SlotGrowth`, most gained first.

        For maps, sets and dictionaries the earlier snapshots must have been read in full
        (and may be condensed), unless their tables are still the same; without edges only
        arrays, and objects whose properties are objects, are known. Raises ValueError if the
        last snapshot was read without its edges.
        """
        from .slots import grown_slots

        return grown_slots(self._old_containers)

    @cached_property
    def buffers(self) -> tuple[Buffer, ...]:
        """Memory outside of the heap: see :class:`Buffer`, the new ones first, then the largest."""
        from .buffers import buffers_of

        return buffers_of(self.last, self.max_odd_ids[0])

    @property
    def longest_string(self) -> Buffer | None:
        """The string that takes most memory by itself, at the end."""
        from .buffers import longest_string

        return longest_string(self.last, self.max_odd_ids[0])

    def texts_of(self, row: ConstructorGrowth) -> tuple[str, ...]:
        """The text of some of the strings that are ``row``, the most common pattern first.

        () for any other class.
        """
        if not row.kind.endswith("string"):
            return ()
        ids: list[int] = []
        for pattern in patterns_of(self.last, self.nodes_of(row), top=3):
            ids += pattern.example_ids
        nodes = np.flatnonzero(np.isin(self.last.node_id, ids))
        text = {int(self.last.node_id[node]): self.last.name_of(node) for node in nodes.tolist()}
        # V8 writes no text of a string that it has not put together yet.
        return tuple(dict.fromkeys(text[i] for i in ids if text[i] != f"({row.kind})"))

    def string_patterns(self, top: int | None = None) -> tuple[StringPattern, ...]:
        """Surviving strings by the pattern of their content, those with most first."""
        return patterns_of(self.last, self.survivor_nodes, self.max_odd_ids, top)

    def to_rows(self, rows: Iterable[ConstructorGrowth] | None = None) -> list[dict[str, Any]]:
        """Rows (default: all; or those of :meth:`explain`) as dictionaries of plain values."""
        return [row.to_dict() for row in (self.rows if rows is None else rows)]

    def to_dataframe(self, rows: Iterable[ConstructorGrowth] | None = None) -> Any:
        """The same as a pandas DataFrame; raises ImportError without pandas."""
        import pandas

        return pandas.DataFrame(self.to_rows(rows))

    def __repr__(self) -> str:
        lines = [f"<{type(self).__name__} of {self._title()}>"]
        shown = [row for row in self.rows if row.survivor_count][:15]
        width = max([len(row.name) for row in shown] + [5])
        lines.append(f"  {'class':<{width}}  {'population':>24}  {'survivors':>16}  {'bytes':>12}")
        for row in shown:
            population = " -> ".join(f"{count}" for count in row.populations)
            survivors = " + ".join(f"{count}" for count in row.survivors)
            lines.append(
                f"  {row.name:<{width}}  {population:>24}  {survivors:>16}  {row.shallow_size:>12,}"
            )
        return "\n".join(lines)

    def _title(self) -> str:
        return " -> ".join(snapshot.source for snapshot in self.snapshots)

    @cached_property
    def _by_key(self) -> dict[tuple[str, str], Group]:
        return {(group.row.kind, group.row.name): group for group in self._groups}

    @cached_property
    def _groups(self) -> tuple[Group, ...]:
        return grouped(self.snapshots[:-1], self.last, self.max_odd_ids, self.survivor_nodes)
