"""The difference of two or more snapshots of one process, by object id.

V8 gives each object an id when it first appears in a snapshot or is tracked, rising and
odd, and keeps it while the object lives. So an object was allocated between snapshots A
and B exactly if maxOdd(A) < id <= maxOdd(B).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ...base.deadline import Deadline
from ..explain.growth import ConstructorGrowth, StaleContainer
from ..graph.graph import graph_of
from ..model.arrays import AnyArray
from ..model.classes import ANONYMOUS, ClassKey, is_internal
from ..model.groups import group_nodes
from ..model.snapshot import HeapSnapshot
from ..names.patterns import StringPattern, patterns_of
from ..names.shapes import Shapes, plain_objects
from .order import check_order

if TYPE_CHECKING:
    from ..explain.explainer import Explainer, Origin
    from ..names.paths import RetainingPath

__all__ = ["SnapshotDiff", "growth_over", "three_snapshot_diff"]

_PLAIN = ClassKey("object", "Object")
_CLOSURE = ClassKey("closure", ANONYMOUS)
# A shape or place gets a row of its own from this part of its class's survivors on.
_OWN_ROW = 0.01


@dataclass(frozen=True)
class _Group:
    row: ConstructorGrowth
    nodes: AnyArray


def growth_over(snapshots: Sequence[HeapSnapshot]) -> SnapshotDiff:
    """What grew over two or more snapshots of one process, in the order they were taken.

    The last must have been read in full for :meth:`SnapshotDiff.explain`, shapes and
    places; ``detail="classes"`` suffices for the others. Raises SnapshotOrderError if
    the snapshots are not of one process in this order, ValueError if there is only one.
    """
    if len(snapshots) < 2:
        raise ValueError("a difference needs at least two snapshots")
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
        """Number of windows: one less than snapshots."""
        return len(self.snapshots) - 1

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
    ) -> tuple[ConstructorGrowth, ...]:
        """Copies of rows (default: the first ten) with path, retained size and owner.

        Raises DeadlineExceeded, KeyError for an unknown name, and ValueError if the last
        snapshot was read without its edges.
        """
        if rows is None:
            rows = [row for row in self.rows if not row.internal and row.survivor_count][:10]
        chosen = [self.row(row) if isinstance(row, str) else row for row in rows]
        groups = [self.nodes_of(row) for row in chosen]
        return self._explainer.explain(
            chosen, groups, deadline=deadline, paths_per_row=paths_per_row
        )

    @cached_property
    def containers(self) -> tuple[StaleContainer, ...]:
        """Old objects whose backing store is new: see :class:`StaleContainer`, largest first."""
        from .containers import stale_containers

        return stale_containers(self.last, self.max_odd_ids)

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
        lines = [f"<SnapshotDiff of {' -> '.join(s.source for s in self.snapshots)}>"]
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

    @cached_property
    def _by_key(self) -> dict[tuple[str, str], _Group]:
        return {(group.row.kind, group.row.name): group for group in self._groups}

    @cached_property
    def _groups(self) -> tuple[_Group, ...]:
        totals = [snapshot.class_totals for snapshot in self.snapshots]
        survivors = dict(group_nodes(self.last, self.survivor_nodes))
        groups: list[_Group] = []
        for key in dict.fromkeys(key for total in reversed(totals) for key in total):
            history = tuple(total.get(key, (0, 0)) for total in totals)
            nodes = survivors.get(key, np.empty(0, dtype=np.intp))
            if self.last.has_edges and key in (_PLAIN, _CLOSURE) and nodes.size:
                groups += self._split(key, history, nodes)
            elif nodes.size or any(item != history[0] for item in history):
                groups.append(self._group(key, history, nodes))
        groups.sort(key=_order)
        return tuple(groups)

    def _group(
        self, key: ClassKey, history: tuple[tuple[int, int], ...], nodes: AnyArray
    ) -> _Group:
        ids = self.last.node_id[nodes]
        window = np.searchsorted(np.array(self.max_odd_ids[1:], dtype=np.int64), ids)
        counts = np.bincount(window, minlength=self.windows)
        middle = ids[np.linspace(0, ids.size - 1, min(5, ids.size)).astype(int)]
        row = ConstructorGrowth(
            name=key.name,
            kind=key.kind,
            internal=is_internal(key.kind, key.name),
            populations=tuple(count for count, _ in history),
            sizes=tuple(size for _, size in history),
            survivors=tuple(int(count) for count in counts[: self.windows]),
            shallow_size=int(self.last.node_size[nodes].sum(dtype=np.int64)),
            example_ids=tuple(int(number) for number in middle),
        )
        return _Group(row, nodes)

    def _split(
        self, key: ClassKey, history: tuple[tuple[int, int], ...], nodes: AnyArray
    ) -> list[_Group]:
        """Plain objects by shape, anonymous closures by place; the rest stays together."""
        parts = self._parts(self.last, key, nodes)
        all_parts: list[dict[str, AnyArray]] | None = None
        if all(snapshot.has_edges for snapshot in self.snapshots):
            all_parts = [self._parts(snapshot, key, None) for snapshot in self.snapshots]
        rest: list[AnyArray] = []
        groups: list[_Group] = []
        for name, members in parts.items():
            if name == key.name or members.size < max(2, _OWN_ROW * nodes.size):
                rest.append(members)
                continue
            own = history
            if all_parts is not None:
                own = tuple(
                    _total(snapshot, part.get(name))
                    for snapshot, part in zip(self.snapshots, all_parts, strict=True)
                )
            groups.append(self._group(ClassKey(key.kind, name), own, members))
        if rest:
            groups.append(self._group(key, history, np.sort(np.concatenate(rest))))
        return groups

    def _parts(
        self, snapshot: HeapSnapshot, key: ClassKey, nodes: AnyArray | None
    ) -> dict[str, AnyArray]:
        if key == _PLAIN:
            if nodes is None:
                nodes = np.flatnonzero(plain_objects(graph_of(snapshot)))
            return Shapes(graph_of(snapshot)).group(nodes)
        from ..names.places import closures_by_place

        return closures_by_place(graph_of(snapshot), nodes)


def _total(snapshot: HeapSnapshot, nodes: AnyArray | None) -> tuple[int, int]:
    if nodes is None:
        return 0, 0
    return int(nodes.size), int(snapshot.node_size[nodes].sum(dtype=np.int64))


def _order(group: _Group) -> tuple[bool, int, int, str]:
    row = group.row
    return row.internal, -row.survivor_count, -row.shallow_size, row.name
