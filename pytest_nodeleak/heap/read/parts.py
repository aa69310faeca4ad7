"""What has been read of a snapshot so far, and the snapshot that it makes."""

from __future__ import annotations

import os

from ..model.arrays import AnyArray
from ..model.classes import Sums
from ..model.columns import ColumnStore
from ..model.contents import EdgeCounts
from ..model.layout import Layout
from ..model.snapshot import HeapSnapshot
from ..model.strings import StringTable
from .sections import EdgeRows, NodeRows, Rows, SampleRows

__all__ = ["Parts"]


class Parts:
    """The columns of each section as it ends; they may come in any order."""

    def __init__(self) -> None:
        self.layout: Layout | None = None
        self.kept = ColumnStore()
        self.strings: StringTable | None = None
        self._nodes: dict[str, AnyArray] = {}
        self._sums: Sums | None = None
        self._edge_counts: EdgeCounts | None = None
        self._edges: dict[str, AnyArray] | None = None
        self._locations: dict[str, AnyArray] = {}
        self._samples: dict[str, AnyArray] = {}
        self._largest_name = -1

    def start(self, layout: Layout, *, edges: bool) -> None:
        """Make room for what the header announces."""
        per_node, per_edge = (21, 9) if edges else (13, 0)
        self.kept = ColumnStore(layout.node_count * per_node + layout.edge_count * per_edge)
        self.layout = layout

    def take(self, rows: Rows) -> None:
        """The columns of a section that has ended; raises RowError if they are incomplete."""
        columns = rows.finish()
        if isinstance(rows, NodeRows):
            assert self.layout is not None
            self.layout = self.layout.with_types(rows.max_type + 1)
            self._nodes = columns
            # Here, where the edges of a snapshot that is being taken are still to come.
            self._sums = Sums(columns, self.layout.node_types, self.kept)
            self._edge_counts = rows.edge_counts()
            self._largest_name = max(self._largest_name, rows.max_name)
        elif isinstance(rows, EdgeRows):
            self._edges = columns
            self._largest_name = max(self._largest_name, rows.max_name)
        elif isinstance(rows, SampleRows):
            self._samples = columns
        else:
            self._locations = columns

    def dangling_name(self) -> str:
        """What is wrong if a name is the number of no string; "" if none is."""
        assert self.strings is not None
        if self._largest_name < len(self.strings):
            return ""
        return (
            f"there are {len(self.strings)} strings, but number {self._largest_name} is referred to"
        )

    def build(self, source: str, path: str | os.PathLike[str] | None) -> HeapSnapshot:
        """The snapshot, once every section that it needs is there."""
        assert self.layout is not None
        assert self.strings is not None
        return HeapSnapshot(
            self.layout,
            self.strings,
            self._nodes,
            self._edges,
            self._locations,
            source=source,
            path=path,
            kept=self.kept,
            sums=self._sums,
            edge_counts=self._edge_counts,
            samples=self._samples,
        )
