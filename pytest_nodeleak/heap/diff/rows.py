"""Survivors as rows: by class, plain objects by shape, anonymous closures by place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..explain.growth import ConstructorGrowth
from ..graph.graph import graph_of
from ..model.arrays import AnyArray
from ..model.classes import ANONYMOUS, ClassKey, is_internal
from ..model.groups import group_nodes
from ..model.snapshot import HeapSnapshot
from ..names.shapes import Shapes, plain_objects

__all__ = ["Group", "grouped"]

Total = tuple[int, int]

_PLAIN = ClassKey("object", "Object")
_CLOSURE = ClassKey("closure", ANONYMOUS)
# A shape or place gets a row of its own from this part of its class's survivors on.
_OWN_ROW = 0.01


@dataclass(frozen=True)
class Group:
    """A row, its survivors in the last snapshot, and the class that it is a part, or all, of."""

    row: ConstructorGrowth
    nodes: AnyArray
    whole: ClassKey


@dataclass(frozen=True)
class _Heap:
    """What the rows are made of; ``earlier`` is None where only the last snapshot is there."""

    earlier: Sequence[HeapSnapshot] | None
    last: HeapSnapshot
    max_odd_ids: tuple[int, ...]

    @property
    def windows(self) -> int:
        return len(self.max_odd_ids) - 1


def grouped(
    earlier: Sequence[HeapSnapshot] | None,
    last: HeapSnapshot,
    max_odd_ids: tuple[int, ...],
    survivors: AnyArray,
) -> tuple[Group, ...]:
    """The rows of a difference, those that survived most first, the engine's own at the end.

    Without ``earlier`` snapshots nothing is taken to have died: what a class had before are
    its objects that are no survivors.
    """
    heap = _Heap(earlier, last, max_odd_ids)
    by_key = dict(group_nodes(last, survivors))
    now = last.class_totals
    if earlier is None:
        before = [{key: _less(total, last, by_key.get(key)) for key, total in now.items()}]
    else:
        before = [snapshot.class_totals for snapshot in earlier]
    totals = [*before, now]
    groups: list[Group] = []
    for key in dict.fromkeys(key for total in reversed(totals) for key in total):
        history = tuple(total.get(key, (0, 0)) for total in totals)
        nodes = by_key.get(key, np.empty(0, dtype=np.intp))
        if last.has_edges and key in (_PLAIN, _CLOSURE) and nodes.size:
            groups += _split(heap, key, history, nodes)
        elif nodes.size or any(item != history[0] for item in history):
            groups.append(_group(heap, key, key, history, nodes))
    groups.sort(key=_order)
    return tuple(groups)


def _group(
    heap: _Heap, key: ClassKey, whole: ClassKey, history: tuple[Total, ...], nodes: AnyArray
) -> Group:
    ids = heap.last.node_id[nodes]
    window = np.searchsorted(np.array(heap.max_odd_ids[1:], dtype=np.int64), ids)
    counts = np.bincount(window, minlength=heap.windows)
    middle = ids[np.linspace(0, ids.size - 1, min(5, ids.size)).astype(int)]
    row = ConstructorGrowth(
        name=key.name,
        kind=key.kind,
        internal=is_internal(key.kind, key.name),
        populations=tuple(count for count, _ in history),
        sizes=tuple(size for _, size in history),
        survivors=tuple(int(count) for count in counts[: heap.windows]),
        shallow_size=_total(heap.last, nodes)[1],
        example_ids=tuple(int(number) for number in middle),
    )
    return Group(row, nodes, whole)


def _split(heap: _Heap, key: ClassKey, history: tuple[Total, ...], nodes: AnyArray) -> list[Group]:
    """Plain objects by shape, anonymous closures by place; the rest stays together."""
    parts = _parts(heap.last, key, nodes)
    all_parts: list[dict[str, AnyArray]] | None = None
    if heap.earlier is None:
        all_parts = [_parts(heap.last, key, None)]
    elif all(snapshot.has_edges for snapshot in heap.earlier):
        all_parts = [_parts(snapshot, key, None) for snapshot in (*heap.earlier, heap.last)]
    rest: list[AnyArray] = []
    groups: list[Group] = []
    for name, members in parts.items():
        if name == key.name or members.size < max(2, _OWN_ROW * nodes.size):
            rest.append(members)
            continue
        own = history
        if heap.earlier is None and all_parts is not None:
            now = _total(heap.last, all_parts[0].get(name))
            own = (_less(now, heap.last, members), now)
        elif heap.earlier is not None and all_parts is not None:
            own = tuple(
                _total(snapshot, part.get(name))
                for snapshot, part in zip((*heap.earlier, heap.last), all_parts, strict=True)
            )
        groups.append(_group(heap, ClassKey(key.kind, name), key, own, members))
    if rest:
        groups.append(_group(heap, key, key, history, np.sort(np.concatenate(rest))))
    return groups


def _parts(snapshot: HeapSnapshot, key: ClassKey, nodes: AnyArray | None) -> dict[str, AnyArray]:
    if key == _PLAIN:
        if nodes is None:
            nodes = np.flatnonzero(plain_objects(graph_of(snapshot)))
        return Shapes(graph_of(snapshot)).group(nodes)
    from ..names.places import closures_by_place

    return closures_by_place(graph_of(snapshot), nodes)


def _total(snapshot: HeapSnapshot, nodes: AnyArray | None) -> Total:
    if nodes is None:
        return 0, 0
    return int(nodes.size), int(snapshot.node_size[nodes].sum(dtype=np.int64))


def _less(total: Total, snapshot: HeapSnapshot, nodes: AnyArray | None) -> Total:
    count, size = _total(snapshot, nodes)
    return total[0] - count, total[1] - size


def _order(group: Group) -> tuple[bool, int, int, str]:
    row = group.row
    return row.internal, -row.survivor_count, -row.shallow_size, row.name
