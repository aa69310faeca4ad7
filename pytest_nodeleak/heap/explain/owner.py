"""The container in which survivors accumulate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..graph.graph import Graph
from ..model.arrays import AnyArray, distinct
from ..names.describe import describe_path
from ..names.places import scopes_of
from .growth import Owner

if TYPE_CHECKING:
    from .retention import Retention

__all__ = ["OwnerFinder"]

_CONTAINERS = ("Array", "Map", "Set", "Object", "WeakMap")
_POINTER = 8
_STORE_HEADER = 2 * _POINTER


class OwnerFinder:
    """Climbs from survivors to the first object that is older than they are."""

    def __init__(self, graph: Graph, retention: Retention, max_odd_ids: tuple[int, ...]) -> None:
        self.graph = graph
        self.snapshot = graph.snapshot
        self.retention = retention
        self.first_new = max_odd_ids[0]
        layout = self.snapshot.layout
        holders = [layout.node_type(kind) for kind in ("object", "closure", "native", "synthetic")]
        self._holder_types = np.zeros(256, dtype=bool)
        self._holder_types[[number for number in holders if number >= 0]] = True
        self._property = layout.edge_type("property")
        self._known: dict[int, int] = {}
        self._heads: dict[int, int] = {}
        self._entries: dict[int, int] = {}

    def sort(self, nodes: AnyArray) -> list[tuple[int, AnyArray]]:
        """Nodes by owner (-1: none found), those with most first."""
        owners = np.array([self._owner(int(node)) for node in nodes], dtype=np.int64)
        unique, counts = np.unique(owners, return_counts=True)
        order = np.argsort(-counts, kind="stable")
        return [(int(unique[i]), nodes[owners == unique[i]]) for i in order]

    def _owner(self, node: int) -> int:
        """First ancestor of a node that holds things and is no newer than the first snapshot."""
        way: list[int] = []
        at = node
        owner = -1
        while True:
            known = self._known.get(at)
            if known is not None:
                owner = known
                break
            way.append(at)
            above = self.retention.above(at)
            if above < 0:
                owner = at if at != node else -1
                break
            if self._is_old(above) and self._is_holder(above):
                owner = self._head_of_list(above, at)
                break
            at = above
        for passed in way:
            self._known[passed] = owner
        return owner

    def _head_of_list(self, holder: int, held: int) -> int:
        """What holds the list, if ``holder`` is but one link of it.

        A link is held by the same property of an object of its own class as it holds the
        next by.
        """
        heads: list[int] = []
        while True:
            known = self._heads.get(holder)
            if known is not None:
                holder = known
                break
            above = self.retention.above(holder)
            if above < 0:
                break
            if not self._same_link(above, holder, held):
                if heads and self._is_holder(above):
                    holder = above  # the object that holds the first link
                break
            heads.append(holder)
            holder, held = above, holder
        for passed in heads:
            self._heads[passed] = holder
        return holder

    def _same_link(self, above: int, holder: int, held: int) -> bool:
        graph, snapshot = self.graph, self.snapshot
        upper, lower = int(self.retention.parent[holder]), int(self.retention.parent[held])
        return bool(
            graph.edge_type[upper] == graph.edge_type[lower] == self._property
            and graph.edge_name[upper] == graph.edge_name[lower]
        ) or (
            snapshot.node_name[above] == snapshot.node_name[holder]
            and graph.edge_type[lower] == self._property
            and self._name(holder) not in _CONTAINERS
        )

    def _is_old(self, node: int) -> bool:
        number = int(self.snapshot.node_id[node])
        return number <= self.first_new or number % 2 == 0

    def _entry(self, node: int, owner: int) -> int:
        """The last new object on the way up to the owner: what was put into it."""
        way: list[int] = []
        entry = -1
        while node not in (owner, -1):
            entry = self._entries.get(node, -1)
            if entry >= 0:
                break
            way.append(node)
            node = self.retention.above(node)
        for passed in reversed(way):
            if entry < 0 and self._is_holder(passed) and not self._is_old(passed):
                entry = passed
            self._entries[passed] = entry
        return entry

    def describe(self, node: int, example: int, share: float, members: AnyArray) -> Owner:
        """An Owner record for a node that holds ``example``, as it does other ``members``."""
        chain, start = self.retention.chain(node)
        if self._name(node) == "system / Context":
            # The variable says more than the scope it is in.
            whole = self.retention.chain(example)[0]
            chain = whole[: len(chain) + 1]
        self.snapshot.release()
        path = describe_path(self.graph, chain, start) if chain else None
        self.snapshot.release()
        entries, capacity, fixed = self._content(node)
        holder, closure = self._holder_of(node)
        return Owner(
            name=self._name(node) if path is None else str(path),
            type=self._name(node),
            id=int(self.snapshot.node_id[node]),
            entries=entries,
            capacity=capacity,
            capacity_fixed=fixed,
            share=share,
            per_survivor=len({self._entry(at, node) for at in members.tolist()}) / members.size,
            holder_id=holder,
            closure_id=closure,
            beside_id=self._beside(node),
            path=path,
        )

    def _holder_of(self, node: int) -> tuple[int | None, int | None]:
        """Id of what may say how much a container holds: an object, or a closure in its scope.

        A plain container says nothing itself; what holds it may.
        """
        at = node
        while at >= 0 and (self._name(at) in _CONTAINERS or not self._is_holder(at)):
            at = self.retention.above(at)
        if at < 0:
            return None, None
        if self._name(at) != "system / Context":
            return int(self.snapshot.node_id[at]), None
        closure = scopes_of(self.graph).closure_of_context(at)
        return None, None if closure is None else int(self.snapshot.node_id[closure])

    def _beside(self, node: int) -> int | None:
        """Id of the plain object that a container is a property of: its bound may be another."""
        at = self.retention.above(node)
        while at >= 0 and not self._is_holder(at):
            at = self.retention.above(at)
        is_plain = at >= 0 and self._name(at) == "Object"
        return int(self.snapshot.node_id[at]) if is_plain else None

    def _is_holder(self, node: int) -> bool:
        return bool(self._holder_types[self.snapshot.node_type[node]])

    def _name(self, node: int) -> str:
        name = self.snapshot.name_of(node)
        return f"{name}()" if self.snapshot.kind_of(node) == "closure" else name

    def _content(self, node: int) -> tuple[int | None, int | None, bool | None]:
        """Entries, slots, and for Arrays whether the store is as old as the first snapshot."""
        graph, snapshot = self.graph, self.snapshot
        elements = snapshot.layout.edge_type("element")
        edges = np.array(snapshot.edges_of(node), dtype=np.int64)
        kind = snapshot.name_of(node)
        store = self._store(edges, "table" if kind in ("Map", "Set") else "elements")
        if kind in ("Map", "Set") and store is not None:
            slots = self._slots(store)
            numbers = self._numbers(store)
            per_entry = 3 if kind == "Map" else 2
            # [entries, deleted, buckets], the buckets, then two entries to a bucket.
            buckets = max(0, (slots - 3) // (1 + 2 * per_entry))
            entries = distinct((numbers[numbers >= 3 + buckets] - 3 - buckets) // per_entry)
            return int(entries.size), 2 * buckets, None
        count = int(np.count_nonzero(graph.edge_type[edges] == elements)) if edges.size else 0
        if store is None or kind != "Array":
            if not count and edges.size:
                properties = snapshot.layout.edge_type("property")
                count = int(np.count_nonzero(graph.edge_type[edges] == properties)) - 1
            return (count if count > 0 else None), None, None
        return count, self._slots(store), self._is_old(store)

    def _store(self, edges: AnyArray, name: str) -> int | None:
        graph, snapshot = self.graph, self.snapshot
        for edge in edges.tolist():
            if snapshot.layout.edge_types[int(graph.edge_type[edge])] == "internal" and (
                snapshot.strings[int(graph.edge_name[edge])] == name
            ):
                return int(graph.to[edge])
        return None

    def _slots(self, store: int) -> int:
        return max(0, (int(self.snapshot.node_size[store]) - _STORE_HEADER) // _POINTER)

    def _numbers(self, store: int) -> AnyArray:
        """Slots of a store that hold an object; those of deleted entries may hold V8's hole."""
        graph, snapshot = self.graph, self.snapshot
        hole = set(snapshot.strings.find("system / Hole"))
        internal = snapshot.layout.edge_type("internal")
        names = {
            int(graph.edge_name[edge])
            for edge in snapshot.edges_of(store)
            if graph.edge_type[edge] == internal  # others may be numbered, without a text
            and int(snapshot.node_name[int(graph.to[edge])]) not in hole
        }
        numbers = snapshot.strings.numbers(np.array(sorted(names), dtype=np.int64))
        return numbers[numbers >= 0]
