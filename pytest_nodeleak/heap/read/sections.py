"""Where the numbers of one section go: rows checked and spread over columns."""

from __future__ import annotations

import numpy as np

from ..model.arrays import AnyArray
from ..model.columns import Column, ColumnStore
from ..model.contents import EdgeCounts, edge_counts_of
from ..model.layout import SAMPLE_FIELDS, Layout
from .numbers import parse_rows

__all__ = [
    "LOCATION_FIELDS",
    "EdgeRows",
    "LocationRows",
    "NodeRows",
    "RowError",
    "Rows",
    "SampleRows",
    "has_locations",
    "offset_of_item",
]

LOCATION_FIELDS = ("object_index", "script_id", "line", "column")
_MAX_U32 = (1 << 32) - 1
# Old files have types that their list lacks. More of them than this are damage.
_MOST_TYPES = 32
# Rows allocated before any is seen, when the size of the text is not known.
_FIRST_ROWS = 1 << 18


class RowError(ValueError):
    """A row that cannot be; ``index`` is the position of the offending number."""

    def __init__(self, message: str, index: int) -> None:
        super().__init__(message)
        self.index = index


class Rows:
    """Takes the text of a section in any cut and stores its rows in columns.

    ``count`` is the number of rows the header announced (None: unknown). Columns are
    allocated at their final size when the text is long enough to hold that many rows,
    else they grow, so that a wrong header cannot ask for memory that the file does
    not justify.
    """

    what = "row"

    def __init__(
        self, kept: ColumnStore, width: int, count: int | None, text_bytes: int | None
    ) -> None:
        self.kept = kept
        self.width = width
        self.count = count
        self.rows = 0
        self.wanted: list[int] = []
        self._columns: dict[str, Column] = {}
        believable = _FIRST_ROWS if text_bytes is None else text_bytes // (2 * width) + 1
        self._expected = believable if count is None else min(count, believable)

    def column(self, name: str, dtype: type[np.generic]) -> None:
        """Declare a column; before the first :meth:`feed`."""
        self._columns[name] = self.kept.column(dtype, self._expected)

    def feed(self, block: bytes | bytearray | memoryview, *, last: bool) -> int:
        """Store the whole rows that ``block`` begins with; gives the bytes used.

        ``last`` says that the section ends with the block. Raises NumberError, RowError.
        """
        used, columns = parse_rows(block, self.width, self.wanted, last=last)
        if not columns:
            return used
        rows = columns[0].size
        if self.count is not None and self.rows + rows > self.count:
            raise RowError(
                f"more than the {self.count} {self.what}s that the header announces",
                (self.count - self.rows) * self.width,
            )
        self.store(columns)
        self.rows += rows
        return used

    def finish(self) -> dict[str, AnyArray]:
        """The columns at their final length; raises RowError if rows are missing."""
        if self.count is not None and self.rows != self.count:
            raise RowError(f"{self.rows} {self.what}s where the header announces {self.count}", 0)
        return {name: column.finish() for name, column in self._columns.items()}

    def store(self, columns: list[AnyArray]) -> None:
        """Check the ``wanted`` columns of some rows and add them."""
        raise NotImplementedError

    def put(self, name: str, values: AnyArray) -> None:
        """Add one column's values."""
        self._columns[name].append(values)

    def widen(self, name: str) -> None:
        """Make a column 64 bits wide."""
        self._columns[name].widen(np.int64)

    def check(self, values: AnyArray, field: int, name: str, below: int) -> int:
        """The largest of a field's values; RowError unless all are in 0..below-1."""
        largest = int(values.max())
        if largest >= below or (values.dtype.kind == "i" and int(values.min()) < 0):
            bad = int(np.flatnonzero((values >= below) | (values < 0))[0])
            raise RowError(
                f"{name} of a {self.what} is {int(values[bad])}, not in 0..{below - 1}",
                bad * self.width + field,
            )
        return largest


class NodeRows(Rows):
    """Columns type, name, id, self_size and, with ``edges``, edge_count.

    Without, the counts of those nodes only that have many edges.
    """

    what = "node"

    def __init__(
        self, kept: ColumnStore, layout: Layout, text_bytes: int | None, *, edges: bool
    ) -> None:
        super().__init__(kept, len(layout.node_fields), layout.node_count, text_bytes)
        self.layout = layout
        self.max_type = -1
        self.edge_total = 0
        self.max_name = -1
        self._edges = edges
        self._many: tuple[list[AnyArray], list[AnyArray]] = ([], [])
        names = ("type", "name", "id", "self_size", "edge_count")
        self.wanted = [layout.node_at(name) for name in names]
        self.column("type", np.uint8)
        for name in names[1 : 4 + edges]:
            self.column(name, np.uint32)

    def store(self, columns: list[AnyArray]) -> None:
        kind, name, number, size, counts = columns
        most = max(len(self.layout.node_types), _MOST_TYPES)
        self.max_type = max(self.max_type, self.check(kind, self.wanted[0], "type", most))
        self.max_name = max(self.max_name, self.check(name, self.wanted[1], "name", _MAX_U32))
        # Other programs than V8 write addresses.
        if self.check(number, self.wanted[2], "id", 1 << 62) > _MAX_U32:
            self.widen("id")
        if self.check(size, self.wanted[3], "self_size", 1 << 50) > _MAX_U32:
            self.widen("self_size")
        self.put("type", kind)
        self.put("name", name)
        self.put("id", number)
        self.put("self_size", size)
        if self._edges:
            self._store_counts(counts)
        else:
            many = edge_counts_of(self.layout.node_types, kind, counts)
            if many.any():
                # Signed: unsigned ids of 64 bits would become fractions among others.
                self._many[0].append(number[many].astype(np.int64))
                self._many[1].append(counts[many].astype(np.uint32))

    def _store_counts(self, counts: AnyArray) -> None:
        self.check(counts, self.wanted[4], "edge_count", _MAX_U32)
        self.edge_total += int(counts.sum(dtype=np.int64))
        if self.edge_total > self.layout.edge_count:
            raise RowError(
                f"the nodes claim more than the {self.layout.edge_count} edges "
                "that the header announces",
                counts.size * self.width - 1,
            )
        self.put("edge_count", counts)

    def edge_counts(self) -> EdgeCounts | None:
        """Edges of the nodes that have many; None with ``edges``."""
        if self._edges:
            return None
        none = np.empty(0, dtype=np.uint32)
        ids, counts = (np.concatenate([none, *parts]) for parts in self._many)
        fits = not ids.size or int(ids.max()) <= _MAX_U32
        return EdgeCounts(ids.astype(np.uint32) if fits else ids, counts)

    def finish(self) -> dict[str, AnyArray]:
        columns = super().finish()
        if self._edges and self.edge_total != self.layout.edge_count:
            raise RowError(
                f"the nodes have {self.edge_total} edges where the header announces "
                f"{self.layout.edge_count}",
                0,
            )
        return columns


class EdgeRows(Rows):
    """Columns type, name (string or number, by type) and to (number of the target node)."""

    what = "edge"

    def __init__(self, kept: ColumnStore, layout: Layout, text_bytes: int | None) -> None:
        super().__init__(kept, len(layout.edge_fields), layout.edge_count, text_bytes)
        self.layout = layout
        self.max_name = -1
        self._node_width = len(layout.node_fields)
        self.wanted = [layout.edge_at(f) for f in ("type", "name_or_index", "to_node")]
        self._numbered = np.array([t in ("element", "hidden") for t in layout.edge_types])
        self.column("type", np.uint8)
        self.column("name", np.uint32)
        self.column("to", np.uint32)

    def store(self, columns: list[AnyArray]) -> None:
        kind, name, to = columns
        width = self._node_width
        self.check(kind, self.wanted[0], "type", len(self.layout.edge_types))
        largest = self.check(name, self.wanted[1], "name_or_index", _MAX_U32 + 1)
        end = self.layout.node_count * width
        if self.check(to, self.wanted[2], "to_node", end) <= _MAX_U32:
            to = to.astype(np.uint32)
        target = to // width
        if not np.array_equal(target * width, to):
            bad = int(np.flatnonzero(target * width != to)[0])
            raise RowError(
                f"to_node of an edge is {int(to[bad])}, not the start of a node",
                bad * self.width + self.wanted[2],
            )
        if largest > self.max_name:
            named = name[~self._numbered[kind]]
            self.max_name = max(self.max_name, int(named.max()) if named.size else -1)
        self.put("type", kind)
        self.put("name", name)
        self.put("to", target)


class LocationRows(Rows):
    """Columns node, script, line, column (lines and columns from 0)."""

    what = "location"

    def __init__(self, kept: ColumnStore, layout: Layout, text_bytes: int | None) -> None:
        super().__init__(kept, len(layout.location_fields), None, text_bytes)
        self._node_width = len(layout.node_fields)
        self._limit = layout.node_count * self._node_width
        self.wanted = [layout.location_at(field) for field in LOCATION_FIELDS]
        for name in ("node", "script", "line", "column"):
            self.column(name, np.uint32)

    def store(self, columns: list[AnyArray]) -> None:
        for values, field, name in zip(columns, self.wanted, LOCATION_FIELDS, strict=True):
            limit = self._limit if name == "object_index" else _MAX_U32 + 1
            self.check(values, field, name, limit)
        self.put("node", columns[0] // self._node_width)
        self.put("script", columns[1])
        self.put("line", columns[2])
        self.put("column", columns[3])


class SampleRows(Rows):
    """Columns time (microseconds) and last_id: a timeline of ids given out."""

    what = "sample"

    def __init__(self, kept: ColumnStore, layout: Layout) -> None:
        super().__init__(kept, len(layout.sample_fields), None, 0)
        self.wanted = [layout.sample_fields.index(field) for field in SAMPLE_FIELDS]
        for name in ("time", "last_id"):
            self.column(name, np.int64)

    def store(self, columns: list[AnyArray]) -> None:
        for values, field, name in zip(columns, self.wanted, SAMPLE_FIELDS, strict=True):
            self.check(values, field, name, 1 << 62)
        self.put("time", columns[0])
        self.put("last_id", columns[1])


def has_locations(layout: Layout) -> bool:
    """Whether the layout has all fields of a location."""
    return all(layout.location_at(field) >= 0 for field in LOCATION_FIELDS)


def offset_of_item(block: bytes | bytearray, index: int) -> int:
    """Byte offset of the comma-separated item ``index``; for messages only."""
    at = 0
    for _ in range(min(index, 2_000_000)):
        comma = block.find(b",", at)
        if comma < 0:
            break
        at = comma + 1
    return at
