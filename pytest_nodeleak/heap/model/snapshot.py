"""A snapshot as columns."""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any

import numpy as np

from .arrays import AnyArray, BoolArray, IntpArray, UInt32Array
from .classes import ClassKey, Sums, class_totals, devtools_name
from .columns import ColumnStore
from .contents import Contents, EdgeCounts, EntryCounts
from .layout import Layout
from .strings import StringTable

__all__ = ["HeapSnapshot"]


class HeapSnapshot:
    """One V8 heap snapshot; nodes are numbered from 0 in the order of the file.

    Made by :func:`load_snapshot` or :class:`SnapshotReader`. The columns ``node_type``,
    ``node_name``, ``node_id``, ``node_size`` (bytes) have one item per node;
    ``first_edge`` (one more), ``edge_type``, ``edge_name``, ``edge_to`` are the edges in
    node order, or None if the snapshot was read with ``detail="classes"``.
    """

    def __init__(
        self,
        layout: Layout,
        strings: StringTable,
        nodes: Mapping[str, AnyArray],
        edges: Mapping[str, AnyArray] | None,
        locations: Mapping[str, AnyArray],
        *,
        source: str = "snapshot",
        path: str | os.PathLike[str] | None = None,
        kept: ColumnStore | None = None,
        sums: Sums | None = None,
        edge_counts: EdgeCounts | None = None,
        samples: Mapping[str, AnyArray] | None = None,
    ) -> None:
        self.kept = kept or ColumnStore()
        self.sums = sums or Sums(nodes, layout.node_types, self.kept)
        self.layout = layout
        self.strings = strings
        self.source = source
        self.path = path
        self.condensed = False
        #: what others have made of the edges, by their names for it; goes with the edges
        self.derived: dict[str, Any] = {}
        self.node_type: AnyArray = nodes["type"]
        self.node_name: AnyArray = nodes["name"]
        self.node_id: AnyArray = nodes["id"]
        self.node_size: AnyArray = nodes["self_size"]
        self.first_edge: AnyArray | None = None
        self.edge_type: AnyArray | None = None
        self.edge_name: AnyArray | None = None
        self.edge_to: AnyArray | None = None
        if edges is not None:
            self.first_edge = self._offsets(nodes["edge_count"])
            self.edge_type = edges["type"]
            self.edge_name = edges["name"]
            self.edge_to = edges["to"]
        self.locations = dict(locations)
        #: edges of nodes that have many, by id; None if all edges were kept
        self.edge_counts = edge_counts
        #: of a recorded timeline: ``time`` (microseconds) and ``last_id`` given out by then
        self.samples = dict(samples or {})

    def __repr__(self) -> str:
        edges = f"{self.edge_count:,} edges" if self.has_edges else "classes only"
        return (
            f"<HeapSnapshot {self.source}: {self.node_count:,} nodes, {edges}, "
            f"{self.total_size / 1e6:.2f} MB>"
        )

    @property
    def node_count(self) -> int:
        return self.layout.node_count

    @property
    def edge_count(self) -> int:
        """Edges in the file, also when they were not kept."""
        return self.layout.edge_count

    @property
    def has_edges(self) -> bool:
        return self.edge_to is not None

    @property
    def root(self) -> int:
        """Number of the root node."""
        return self.layout.root_index // len(self.layout.node_fields)

    @property
    def types(self) -> tuple[str, ...]:
        """Names of the node types, by number."""
        return self.layout.node_types

    @cached_property
    def total_size(self) -> int:
        """Sum of all nodes' own sizes in bytes."""
        return sum(size for _, size in self.sums.by_type.values())

    @cached_property
    def max_odd_id(self) -> int:
        """The largest id of an object on V8's heap; native and synthetic nodes have even ids."""
        ids = (self.node_id[part] for part in self.node_blocks())
        return max((int((some * (some & 1)).max()) for some in ids), default=0)

    @cached_property
    def id_sample(self) -> tuple[AnyArray, AnyArray, AnyArray]:
        """Of one heap object in 32, by ascending id: ids, numbers of the types, and names.

        Enough to tell whether two snapshots are of the same process. Names are checksums, of
        classes and functions; 0 where a name is not for life.
        """
        chosen = self.nodes_where(lambda part: (self.node_id[part] & 63) == 1)
        chosen = chosen[np.argsort(self.node_id[chosen], kind="stable")]
        kinds = self.node_type[chosen]
        named = np.isin(kinds, [self.layout.node_type(kind) for kind in ("object", "closure")])
        names = np.zeros(chosen.size, dtype=np.int64)
        numbers, at = np.unique(self.node_name[chosen[named]], return_inverse=True)
        sums = [zlib.crc32(text.encode(errors="replace")) for text in self.strings.many(numbers)]
        names[named] = np.array(sums, dtype=np.int64)[at]
        return self.node_id[chosen].astype(np.int64), kinds, names

    @cached_property
    def contents(self) -> Contents | None:
        """What its containers hold; None if it was read without edges."""
        return Contents(self) if self.has_edges else None

    @cached_property
    def entry_counts(self) -> EntryCounts | None:
        """Entries of its large containers by id; None if it was read without edges."""
        return None if self.contents is None else self.contents.counts()

    def condense(self) -> None:
        """Forget the nodes; keep what a difference needs of all but its last snapshot.

        That is counts and sizes by class and type, the largest id, a sample of ids and the
        entries of large containers (without edges: the number of their edges): a few kB per
        MB of the file. ``compare`` and :meth:`node_at` do not work any more.
        """
        _ = (self.total_size, self.max_odd_id, self.id_sample, self.class_totals)
        _ = self.entry_counts
        self.contents = None
        self.node_type = self.node_name = self.node_id = self.node_size = np.empty(0, np.uint8)
        self.first_edge = self.edge_type = self.edge_name = self.edge_to = None
        self.derived.clear()
        self.locations = {}
        self.strings = StringTable(b"", np.empty(0, np.uint32), self.kept)
        self.condensed = True

    def release(self) -> None:
        """Let the columns leave the resident set; they come back as they are used."""
        self.kept.release()

    def node_blocks(self) -> Iterator[slice]:
        """Slices that cover the nodes: see :meth:`ColumnStore.blocks`."""
        return self.kept.blocks(self.node_count)

    def nodes_where(self, test: Callable[[slice], BoolArray]) -> IntpArray:
        """Nodes for which ``test``, which is asked for a part of them at a time, is true."""
        found = [np.flatnonzero(test(part)) + part.start for part in self.node_blocks()]
        return np.concatenate(found) if found else np.empty(0, dtype=np.intp)

    def _offsets(self, counts: AnyArray) -> UInt32Array:
        """Start of each node's edges, and the end of the last one's."""
        first = self.kept.column(np.uint32, counts.size + 1)
        first.append(np.zeros(1, dtype=np.uint32))
        total = 0
        for part in self.node_blocks():
            ends = np.cumsum(counts[part], dtype=np.int64) + total
            first.append(ends)
            total = int(ends[-1])
        return first.finish()

    def type_totals(self) -> dict[str, tuple[int, int]]:
        """Count and bytes of the nodes of each V8 node type that occurs."""
        return {kind: self.sums.by_type[kind] for kind in self.types if kind in self.sums.by_type}

    @cached_property
    def class_totals(self) -> dict[ClassKey, tuple[int, int]]:
        """Count and bytes by (kind, name): closures by function name, others as rows are named."""
        return class_totals(self.sums, self.strings)

    def classes(self) -> dict[str, tuple[int, int]]:
        """Count and bytes by class name as DevTools shows it, largest first.

        All closures are ``Function``, code is ``(compiled code)``, strings ``(string)``.
        """
        merged: dict[str, tuple[int, int]] = {}
        for key, (count, size) in self.class_totals.items():
            name = devtools_name(key.kind, key.name)
            before = merged.get(name, (0, 0))
            merged[name] = (before[0] + count, before[1] + size)
        return dict(sorted(merged.items(), key=lambda item: (-item[1][1], item[0])))

    def node_at(self, object_id: int) -> int | None:
        """Number of the node with this heap object id, or None."""
        found = np.flatnonzero(self.node_id == object_id)
        return int(found[0]) if found.size else None

    def kind_of(self, node: int) -> str:
        """V8 type of a node: ``"object"``, ``"closure"``, ``"string"``..."""
        return self.types[int(self.node_type[node])]

    def name_of(self, node: int) -> str:
        """Name of a node as the file has it: class, function, or a string's text."""
        return self.strings[int(self.node_name[node])]

    def edges_of(self, node: int) -> range:
        """Numbers of the edges that leave a node; empty if edges were not kept."""
        if self.first_edge is None:
            return range(0)
        return range(int(self.first_edge[node]), int(self.first_edge[node + 1]))
