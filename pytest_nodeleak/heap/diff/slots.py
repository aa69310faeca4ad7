"""Old containers that hold more in each snapshot: how a leak shows that adds no object."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..graph.graph import graph_of
from ..model.arrays import AnyArray, Int64Array
from ..model.contents import KINDS, LEAST_EDGES, Contents
from ..model.snapshot import HeapSnapshot

__all__ = ["OldContainers", "SlotGrowth", "gained_entries", "grown_slots", "old_containers"]

# Counts that are not known at all, and those known to be less than LEAST_EDGES.
_UNKNOWN, _SMALL = -1, -2


@dataclass(frozen=True)
class SlotGrowth:
    """A container that is in all snapshots and holds more in the last than in the first.

    ``kind`` is ``"array"``, ``"map"``, ``"set"`` or ``"object"``, ``counts`` are its entries in
    each snapshot: those that are, or refer to, an object. ``exact`` is False where an early
    count was too small to be kept: it is given as 0, and was less than 16. Of kind
    ``"all"`` they are of all containers of a kind together, of which so many ``containers`` gain;
    the owner is one of these.
    """

    owner_id: int
    owner_name: str
    kind: str
    counts: tuple[int, ...]
    exact: bool = True
    containers: int = 1

    @property
    def of_all(self) -> bool:
        """Whether it is of all containers of a kind."""
        return self.kind == "all"

    @property
    def key(self) -> int | str:
        """By what its entries are counted later: id of the owner, or the kind."""
        return self.owner_name if self.of_all else self.owner_id

    @property
    def gained(self) -> tuple[int, ...]:
        """Entries more, net, in each window."""
        return tuple(b - a for a, b in zip(self.counts, self.counts[1:], strict=False))

    @property
    def growth(self) -> int:
        """Entries more in the last snapshot than in the first."""
        return self.counts[-1] - self.counts[0]

    @property
    def every_window(self) -> bool:
        """Whether it gained in every window."""
        return all(gain > 0 for gain in self.gained)


@dataclass(frozen=True)
class OldContainers:
    """The containers of the last snapshot that are in all.

    ``rows`` are their numbers in ``contents``, ``counts`` their entries, a column a snapshot.
    """

    last: HeapSnapshot
    contents: Contents
    rows: AnyArray
    counts: Int64Array


def old_containers(
    snapshots: tuple[HeapSnapshot, ...], max_odd_ids: tuple[int, ...]
) -> OldContainers:
    """Raises ValueError if the last snapshot was read without edges."""
    last = snapshots[-1]
    graph_of(last)
    contents = last.contents
    assert contents is not None
    ids = last.node_id[contents.node].astype(np.int64)
    old = np.flatnonzero((ids <= max_odd_ids[0]) & (ids & 1 == 1))
    earlier = [_counts(snapshot, last, contents, old) for snapshot in snapshots[:-1]]
    return OldContainers(last, contents, old, np.stack([*earlier, contents.entries[old]], axis=1))


def grown_slots(old: OldContainers) -> tuple[SlotGrowth, ...]:
    """What grew of the containers that are alive in all snapshots; most gained first."""
    last, contents, counts = old.last, old.contents, old.counts
    small = (counts == _SMALL).any(axis=1)
    grown = (counts != _UNKNOWN).all(axis=1) & (~small | (counts[:, -1] >= 2 * LEAST_EDGES))
    counts = np.maximum(counts, 0)
    grown &= counts[:, -1] > counts[:, 0]
    found = [
        SlotGrowth(
            owner_id=int(last.node_id[contents.node[old.rows[row]]]),
            owner_name=last.name_of(int(contents.node[old.rows[row]])),
            kind=KINDS[int(contents.kind[old.rows[row]])],
            counts=tuple(counts[row].tolist()),
            exact=not small[row],
        )
        for row in np.flatnonzero(grown).tolist()
    ]
    return tuple(sorted(found, key=lambda item: (-item.growth, item.owner_id)))


def gained_entries(old: OldContainers) -> dict[int, int]:
    """By id: entries more, or less, of each old container of which that is known exactly."""
    counts = old.counts
    known = np.flatnonzero((counts[:, [0, -1]] >= 0).all(axis=1))
    ids = old.last.node_id[old.contents.node[old.rows[known]]]
    return dict(zip(ids.tolist(), (counts[known, -1] - counts[known, 0]).tolist(), strict=True))


def _counts(
    snapshot: HeapSnapshot, last: HeapSnapshot, contents: Contents, rows: AnyArray
) -> Int64Array:
    """The entries that containers of the last snapshot had in an earlier one."""
    ids = last.node_id[contents.node[rows]]
    if snapshot.entry_counts is not None:
        found = snapshot.entry_counts.of(ids)
        return np.where(found < 0, _SMALL, found)
    assert snapshot.edge_counts is not None
    # Without edges: what was no entry in the last snapshot was none before.
    own, entries = contents.own[rows], contents.entries[rows]
    edges = snapshot.edge_counts.of(ids)
    other = contents.edges_of(contents.node[rows]) - own
    result = np.where(edges < 0, _SMALL, np.maximum(edges - other, 0))
    tables = np.flatnonzero(contents.store[rows] >= 0)
    if tables.size:
        result[tables] = _UNKNOWN
        nodes = contents.store[rows[tables]]
        store_ids = last.node_id[nodes].astype(np.int64)
        # One edge to the table's map; then one or two, the same for all entries.
        now = contents.store_edges[rows[tables]]
        per_entry = now // entries[tables]
        before = snapshot.edge_counts.of(store_ids)
        same = (store_ids <= snapshot.max_odd_id) & (own[tables] == 0)
        same &= (per_entry * entries[tables] == now) & (contents.edges_of(nodes) == now + 1)
        value = np.where(before < 0, _SMALL, (before - 1) // per_entry)
        result[tables[same]] = value[same]
    return result
