"""The edges of a snapshot as a graph."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cached_property

import numpy as np

from ..model.arrays import AnyArray, BoolArray, IntpArray, UInt32Array, distinct, ranges
from ..model.snapshot import HeapSnapshot
from .walk import Walk

__all__ = ["Graph", "graph_of"]

_SYSTEM_DISTANCE = 100_000_000

# Of one part without bounds: two would take a time that grows with the square of a long name.
_WEAK_MAP = re.compile(
    r"(?:\d+ / )?part of key \(.*\) pair in WeakMap \(table @(\d{1,18})\)", re.DOTALL
)


def graph_of(snapshot: HeapSnapshot) -> Graph:
    """The edges of a snapshot as a graph, made once; raises ValueError if they were not kept."""
    graph = snapshot.derived.get("graph")
    if not isinstance(graph, Graph):
        graph = snapshot.derived["graph"] = Graph(snapshot)
    return graph


class Graph:
    """Edges in node order: those of node i are ``first[i]`` to ``first[i + 1] - 1``."""

    def __init__(self, snapshot: HeapSnapshot) -> None:
        if snapshot.first_edge is None or snapshot.edge_to is None:
            raise ValueError(f"{snapshot.source} was read without its edges (detail='classes')")
        assert snapshot.edge_type is not None
        assert snapshot.edge_name is not None
        self.snapshot = snapshot
        self.node_count = snapshot.node_count
        self.first: UInt32Array = snapshot.first_edge
        self.to: UInt32Array = snapshot.edge_to
        self.edge_type = snapshot.edge_type
        self.edge_name = snapshot.edge_name

    def release(self) -> None:
        """Let the snapshot's columns leave the resident set."""
        self.snapshot.release()

    def __repr__(self) -> str:
        return f"<Graph {self.node_count:,} nodes, {self.to.size:,} edges>"

    @cached_property
    def strong(self) -> BoolArray:
        """Which edges keep their target alive, by DevTools' rule for essential edges.

        Left out: weak edges, edges from a node to itself, shortcuts (except the root's),
        and of the two edges of a WeakMap's entry the one that starts at the table.
        """
        layout = self.snapshot.layout
        weak, shortcut = layout.edge_type("weak"), layout.edge_type("shortcut")
        root = self.snapshot.edges_of(self.snapshot.root)
        tables = self._weak_map_table_edges()

        def is_strong(part: slice) -> BoolArray:
            kinds = self.edge_type[part]
            strong: BoolArray = kinds != shortcut
            strong[max(0, root.start - part.start) : max(0, root.stop - part.start)] = True
            strong &= kinds != weak
            low, high = tables.searchsorted((part.start, part.stop))
            strong[tables[low:high] - part.start] = False
            return strong

        return self.marked(is_strong)

    def marked(self, test: Callable[[slice], BoolArray]) -> BoolArray:
        """A mark on each edge; ``test`` gives them for a part at a time."""
        marks = self.snapshot.kept.column(np.bool_, self.to.size)
        for part in self.edge_blocks():
            marks.append(test(part))
        return marks.finish()

    def edge_blocks(self) -> Iterator[slice]:
        """Slices that cover the edges: see :meth:`ColumnStore.blocks`."""
        return self.snapshot.kept.blocks(self.to.size)

    def edges_where(self, test: Callable[[slice], BoolArray]) -> IntpArray:
        """Edges for which ``test``, which is asked for a part of them at a time, is true."""
        found = [np.flatnonzero(test(part)) + part.start for part in self.edge_blocks()]
        return np.concatenate(found) if found else np.empty(0, dtype=np.intp)

    def _weak_map_table_edges(self) -> IntpArray:
        tables: dict[int, int] = {}
        for index in self.snapshot.strings.containing(b" pair in WeakMap (table @"):
            match = _WEAK_MAP.fullmatch(self.snapshot.strings[index])
            if match:
                tables[index] = int(match.group(1))
        if not tables:
            return np.empty(0, dtype=np.intp)
        wanted = np.zeros(len(self.snapshot.strings), dtype=bool)
        wanted[list(tables)] = True
        table_of = np.zeros(len(self.snapshot.strings), dtype=np.int64)
        table_of[list(tables)] = list(tables.values())
        internal = self.snapshot.layout.edge_type("internal")

        def of_table(part: slice) -> BoolArray:
            mine: BoolArray = self.edge_type[part] == internal
            mine[mine] = wanted[self.edge_name[part][mine]]
            return mine

        edges = self.edges_where(of_table)
        owners = self.snapshot.node_id[self.sources(edges)]
        mine: IntpArray = edges[owners == table_of[self.edge_name[edges]]]
        return mine

    def sources(self, edges: AnyArray) -> IntpArray:
        """The node each of these edges leaves."""
        # Of the same width as the column, which would else be converted as a whole.
        wanted = np.asarray(edges, dtype=self.first.dtype)
        return np.searchsorted(self.first, wanted, side="right") - 1

    def ends(self, edges: AnyArray) -> tuple[IntpArray, UInt32Array]:
        """The node each of these edges leaves, and the one it leads to."""
        ends = self.sources(edges), self.to[edges]
        self.snapshot.release()
        return ends

    def source(self, edge: int) -> int:
        """The node one edge leaves."""
        return int(self.first.searchsorted(self.first.dtype.type(edge), side="right")) - 1

    def edges_named(self, kind: str, *names: str) -> dict[str, IntpArray]:
        """Edges of a type by their names, which are strings; all are found in one pass."""
        number = self.snapshot.layout.edge_type(kind)
        wanted = np.zeros(len(self.snapshot.strings), dtype=np.uint8)
        for code, name in enumerate(names, 1):
            wanted[self.snapshot.strings.find(name)] = code
        edges = [np.empty(0, dtype=np.intp)]
        codes = [np.empty(0, dtype=np.uint8)]
        for part in self.edge_blocks():
            of_kind = np.flatnonzero(self.edge_type[part] == number)
            code_of = wanted.take(self.edge_name[part].take(of_kind))
            hit = np.flatnonzero(code_of)
            edges.append(of_kind.take(hit) + part.start)
            codes.append(code_of.take(hit))
        found, code_of = np.concatenate(edges), np.concatenate(codes)
        return {name: found[code_of == code] for code, name in enumerate(names, 1)}

    def edges_into(self, nodes: AnyArray) -> IntpArray:
        """All edges whose target is one of ``nodes``."""
        wanted = np.zeros(self.node_count, dtype=bool)
        wanted[nodes] = True
        return self.edges_where(lambda part: wanted[self.to[part]])

    def edges_from(self, nodes: AnyArray) -> IntpArray:
        """All edges that leave ``nodes``, in the order of the nodes."""
        low = self.first[nodes].astype(np.int64)
        counts = self.first[np.asarray(nodes) + 1].astype(np.int64) - low
        return ranges(low, counts)

    @cached_property
    def distances(self) -> AnyArray:
        """Steps from the root's objects, as DevTools counts them; -1: not reached.

        Breadth first over all edges except weak ones (and ``sloppy_function_map``), from
        the non-synthetic children of the root, which have distance 1; what only the
        system's roots lead to has its distance from the root plus 100,000,000.
        """
        weak = self.snapshot.layout.edge_type("weak")
        allowed = self.edge_type != np.uint8(weak) if weak >= 0 else self.edge_type >= 0
        for edges in self.edges_named("internal", "sloppy_function_map").values():
            allowed[edges] = False
        walk = Walk(self, allowed)
        root = np.array([self.snapshot.root])
        children = self.to[self.edges_from(root)]
        synthetic = self.snapshot.layout.node_type("synthetic")
        users = distinct(children[self.snapshot.node_type[children] != synthetic])
        distance = np.full(self.node_count, -1, dtype=np.int32)
        walk.run({1: users.astype(np.intp)}, distance=distance)
        walk.visited[root] = False
        walk.run({_SYSTEM_DISTANCE if users.size else 0: root}, distance=distance)
        return distance
