"""How much containers hold: arrays, maps, sets, and objects used as dictionaries.

V8 shows an entry by its edges: an array has one per element (none for a small integer or a
double), the table of a map or a dictionary has one per key and value that is an object, named by
its slot. Only containers with many edges are counted; their numbers are kept when the nodes of a
snapshot are forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from .arrays import AnyArray, BoolArray, Int64Array, IntpArray
from .columns import ColumnStore
from .layout import Layout
from .strings import StringTable

__all__ = ["KINDS", "LEAST_EDGES", "Contents", "EdgeCounts", "edge_counts_of"]

#: nodes with fewer edges are not looked at
LEAST_EDGES = 16
#: kinds of containers, by their number in :attr:`Contents.kind`
KINDS = ("array", "object", "map", "set")
_ARRAY, _OBJECT, _MAP, _SET = range(4)
_TYPES = ("object", "array")

_POINTER = 8
_STORE_HEADER = 2 * _POINTER
_BLOCK = 1 << 17
# Slots of a dictionary before its entries, by version: counts, capacity, flags.
_DICTIONARY_PREFIX = range(3, 9)


class Heap(Protocol):
    """What is needed of a :class:`HeapSnapshot`, which itself has :class:`Contents`."""

    layout: Layout
    strings: StringTable
    kept: ColumnStore
    node_type: AnyArray
    node_name: AnyArray
    node_id: AnyArray
    node_size: AnyArray
    first_edge: AnyArray | None
    edge_type: AnyArray | None
    edge_name: AnyArray | None
    edge_to: AnyArray | None

    def nodes_where(self, test: Callable[[slice], BoolArray]) -> IntpArray:
        """Nodes for which a test is true."""
        ...


class _Numbers:
    """Numbers by object id."""

    def __init__(self, ids: AnyArray, values: AnyArray) -> None:
        order = np.argsort(ids, kind="stable")
        self._ids, self._values = ids[order], values[order]

    def of(self, ids: AnyArray) -> Int64Array:
        """One for each id; -1 where there is none."""
        result = np.full(ids.size, -1, dtype=np.int64)
        if self._ids.size:
            at = np.minimum(np.searchsorted(self._ids, ids), self._ids.size - 1)
            known = self._ids[at] == ids
            result[known] = self._values[at[known]]
        return result


class EdgeCounts(_Numbers):
    """Edges of the objects and V8 arrays that have many: all that is known without edges."""


class EntryCounts(_Numbers):
    """Entries of the containers that hold many."""


def edge_counts_of(types: tuple[str, ...], kind: AnyArray, counts: AnyArray) -> BoolArray:
    """Which of some nodes belong into :class:`EdgeCounts`."""
    many: BoolArray = counts >= LEAST_EDGES
    if many.any():
        many &= np.isin(kind, [at for at, name in enumerate(types) if name in _TYPES])
    return many


@dataclass(frozen=True)
class _Store:
    """How a table's slots make entries: ``per_entry`` of them each, from ``prefix`` on."""

    kind: int
    prefix: int
    per_entry: int


class Contents:
    """The containers of a snapshot with edges that hold many entries.

    One item per container: its ``node``, the number of its ``kind``, its ``entries``; ``own``
    counts its own edges that are entries, ``store`` is the node of the table that the others
    are in (-1: none), and ``store_edges`` are those of the table that make entries.
    """

    def __init__(self, snapshot: Heap) -> None:
        assert snapshot.first_edge is not None
        assert snapshot.edge_type is not None
        assert snapshot.edge_name is not None
        assert snapshot.edge_to is not None
        self._snapshot = snapshot
        self._first, self._to = snapshot.first_edge, snapshot.edge_to
        self._edge_type, self._edge_name = snapshot.edge_type, snapshot.edge_name
        many = self._many()
        is_object = snapshot.node_type[many] == snapshot.layout.node_type("object")
        owners, tables, shapes = self._stores(many[~is_object])
        nodes = np.union1d(many[is_object], owners).astype(np.intp)
        kind = np.full(nodes.size, _OBJECT, dtype=np.uint8)
        for index in snapshot.strings.find("Array"):
            kind[snapshot.node_name[nodes] == index] = _ARRAY
        elements, properties = self._own(nodes)
        # Named properties of an array are none of its entries, nor is __proto__ of an object.
        named = np.where(kind == _ARRAY, 0, np.maximum(properties - 1, 0))
        at = np.searchsorted(nodes, owners)
        kind[at] = [shape.kind for shape in shapes]
        inside = np.isin(kind, (_MAP, _SET))
        own = np.where(inside, 0, elements + named)
        stored, edges = self._entries(tables, shapes)
        # Numbers in a dictionary make no property edges; without them it tells no more.
        more = inside[at] | (stored != named[at])
        at, stored, tables = at[more], stored[more], tables[more]
        store, store_edges = np.full((2, nodes.size), -1, dtype=np.int64)
        store[at], store_edges[at] = tables, edges[more]
        own[at] = np.where(inside[at], 0, elements[at])
        entries = own.copy()
        entries[at] += stored
        used = np.flatnonzero(entries > 0)
        self.node: IntpArray = nodes[used]
        self.kind, self.entries = kind[used], entries[used]
        self.own, self.store, self.store_edges = own[used], store[used], store_edges[used]

    def __repr__(self) -> str:
        return f"<Contents of {self.node.size:,} containers>"

    def counts(self) -> EntryCounts:
        """The entries by object id."""
        return EntryCounts(self._snapshot.node_id[self.node], self.entries.astype(np.uint32))

    def edges_of(self, nodes: AnyArray) -> Int64Array:
        """How many edges leave each of these nodes."""
        ends = self._first[nodes + 1].astype(np.int64)
        result: Int64Array = ends - self._first[nodes]
        return result

    def _many(self) -> IntpArray:
        snapshot, first = self._snapshot, self._first

        def test(part: slice) -> BoolArray:
            counts = first[part.start + 1 : part.stop + 1] - first[part]
            return edge_counts_of(snapshot.layout.node_types, snapshot.node_type[part], counts)

        return snapshot.nodes_where(test)

    def _stores(self, tables: IntpArray) -> tuple[IntpArray, IntpArray, list[_Store]]:
        """Objects with one of these tables, the table of each, and how it is laid out."""
        snapshot = self._snapshot
        is_table = np.zeros(snapshot.layout.node_count, dtype=bool)
        is_table[tables] = True
        codes = np.zeros(len(snapshot.strings), dtype=np.uint8)
        for code, name in enumerate(("table", "properties"), 1):
            codes[snapshot.strings.find(name)] = code
        internal = snapshot.layout.edge_type("internal")
        found = [np.empty(0, dtype=np.intp)]
        for part in snapshot.kept.blocks(self._to.size):
            edges = np.flatnonzero(is_table[self._to[part]])
            edges = edges[self._edge_type[part][edges] == internal]
            found.append(edges[codes[self._edge_name[part][edges]] > 0] + part.start)
        edges = np.concatenate(found)
        wanted = edges.astype(self._first.dtype)
        owners = self._first.searchsorted(wanted, side="right") - 1
        mine = snapshot.node_type[owners] == snapshot.layout.node_type("object")
        owners, edges = owners[mine], edges[mine]
        owners, one = np.unique(owners, return_index=True)
        edges = edges[one]
        targets = self._to[edges].astype(np.intp)
        sizes = snapshot.node_size[targets].tolist()
        names = codes[self._edge_name[edges]].tolist()
        shapes = [_shape(name, size) for name, size in zip(names, sizes, strict=True)]
        known = [at for at, shape in enumerate(shapes) if shape is not None]
        return owners[known], targets[known], [shape for shape in shapes if shape is not None]

    def _own(self, nodes: IntpArray) -> tuple[Int64Array, Int64Array]:
        """How many elements and properties each of these nodes has."""
        layout = self._snapshot.layout
        totals = []
        kinds = (layout.edge_type("element"), layout.edge_type("property"))
        totals = [np.zeros(nodes.size, dtype=np.int64) for _ in kinds]
        for rows, edges in self._edges(nodes):
            types = self._edge_type[edges]
            for total, kind in zip(totals, kinds, strict=True):
                total += np.bincount(rows[types == kind], minlength=nodes.size)
        return totals[0], totals[1]

    def _entries(self, tables: IntpArray, shapes: list[_Store]) -> tuple[Int64Array, Int64Array]:
        """How many entries of each of these tables hold an object, and the edges to those."""
        total, used = np.zeros((2, tables.size), dtype=np.int64)
        holes = self._holes()
        prefix = np.array([shape.prefix for shape in shapes], dtype=np.int64)
        per_entry = np.array([shape.per_entry for shape in shapes], dtype=np.int64)
        internal = self._snapshot.layout.edge_type("internal")
        before = (-1, -1)
        for rows, edges in self._edges(tables):
            named = self._edge_type[edges] == internal  # others may have a number for a name
            rows, edges = rows[named], edges[named]
            slots = self._snapshot.strings.numbers(self._edge_name[edges]) - prefix[rows]
            inside = slots >= 0
            for hole in holes:
                inside &= self._to[edges] != hole
            rows, slots = rows[inside], slots[inside]
            if not rows.size:
                continue
            entry = slots // per_entry[rows]
            # Edges are in the order of the slots: those of one entry follow each other.
            new = np.empty(rows.size, dtype=bool)
            new[0] = (int(rows[0]), int(entry[0])) != before
            new[1:] = (rows[1:] != rows[:-1]) | (entry[1:] != entry[:-1])
            total += np.bincount(rows[new], minlength=tables.size)
            used += np.bincount(rows, minlength=tables.size)
            before = int(rows[-1]), int(entry[-1])
        return total, used

    def _holes(self) -> list[int]:
        """What V8 puts into a slot when its entry is deleted; 22 and 24 show edges to it."""
        snapshot = self._snapshot
        found: list[int] = []
        for index in snapshot.strings.find("system / Hole"):

            def test(part: slice, name: int = index) -> BoolArray:
                same: BoolArray = snapshot.node_name[part] == name
                return same

            found += snapshot.nodes_where(test).tolist()
        return found

    def _edges(self, nodes: IntpArray) -> Iterator[tuple[IntpArray, IntpArray]]:
        """All edges of these nodes with the position of each one's node, some at a time."""
        low = self._first[nodes].astype(np.int64)
        ends = np.cumsum(self.edges_of(nodes))
        shift = low - np.r_[0, ends[:-1]] if nodes.size else low
        for start in range(0, int(ends[-1]) if nodes.size else 0, _BLOCK):
            at = np.arange(start, min(start + _BLOCK, int(ends[-1])))
            rows = np.searchsorted(ends, at, side="right")
            yield rows, at + shift[rows]
            self._snapshot.kept.release()


def _shape(name: int, size: int) -> _Store | None:
    """The layout of a table of so many bytes, which V8 gives a power of two of places."""
    slots = (size - _STORE_HEADER) // _POINTER
    if name == 1:
        # [entries, deleted, buckets], the buckets, then two entries to a bucket.
        for kind, per_entry in ((_MAP, 3), (_SET, 2)):
            buckets, rest = divmod(slots - 3, 1 + 2 * per_entry)
            if not rest and buckets > 0 and not buckets & (buckets - 1):
                return _Store(kind, 3 + buckets, per_entry)
        return None
    capacity = 1 << max(0, (slots // 3).bit_length() - 1)
    prefix = slots - 3 * capacity
    return _Store(_OBJECT, prefix, 3) if prefix in _DICTIONARY_PREFIX else None
