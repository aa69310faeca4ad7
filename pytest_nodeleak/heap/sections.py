"""Where the numbers of one section go: rows checked and spread over columns."""

from __future__ import annotations

import numpy as np

from .arrays import AnyArray, Int64Array
from .layout import Layout

__all__ = ["EdgeRows", "LocationRows", "NodeRows", "RowError", "Rows"]

_MAX_U32 = (1 << 32) - 1
# Rows allocated before any is seen, when the size of the text is not known.
_FIRST_ROWS = 1 << 18


class RowError(ValueError):
    """A row that cannot be; ``index`` is the position of the offending number."""

    def __init__(self, message: str, index: int) -> None:
        super().__init__(message)
        self.index = index


class Rows:
    """Takes a flat run of numbers in any cut and stores whole rows.

    ``count`` is the number of rows the header announced (None: unknown). Columns are
    allocated at their final size when the text is long enough to hold that many rows,
    else they grow, so that a wrong header cannot ask for memory that the file does
    not justify.
    """

    what = "row"

    def __init__(self, width: int, count: int | None, text_bytes: int | None) -> None:
        self.width = width
        self.count = count
        self.rows = 0
        self._rest: Int64Array = np.empty(0, dtype=np.int64)
        self._columns: dict[str, AnyArray] = {}
        believable = _FIRST_ROWS if text_bytes is None else text_bytes // (2 * width) + 1
        self._capacity = believable if count is None else min(count, believable)

    def column(self, name: str, dtype: type[np.generic]) -> None:
        """Declare a column; before the first :meth:`feed`."""
        self._columns[name] = np.empty(self._capacity, dtype=dtype)

    def feed(self, numbers: Int64Array) -> None:
        """Store ``numbers``; raises RowError."""
        if self._rest.size:
            numbers = np.concatenate((self._rest, numbers))
        whole = numbers.size - numbers.size % self.width
        self._rest = numbers[whole:].copy()
        if not whole:
            return
        table = numbers[:whole].reshape(-1, self.width)
        if self.count is not None and self.rows + len(table) > self.count:
            raise RowError(
                f"more than the {self.count} {self.what}s that the header announces",
                (self.count - self.rows) * self.width,
            )
        self._reserve(self.rows + len(table))
        self.store(table, self.rows)
        self.rows += len(table)

    def finish(self) -> dict[str, AnyArray]:
        """The columns at their final length; raises RowError if rows are missing."""
        if self._rest.size:
            raise RowError(f"the last {self.what} is incomplete", 0)
        if self.count is not None and self.rows != self.count:
            raise RowError(f"{self.rows} {self.what}s where the header announces {self.count}", 0)
        return {name: values[: self.rows] for name, values in self._columns.items()}

    def store(self, table: Int64Array, at: int) -> None:
        """Check rows and copy them to the columns from row ``at`` on."""
        raise NotImplementedError

    def put(self, name: str, at: int, values: Int64Array) -> None:
        """Copy one column's values; widens it to 64 bits when a value needs that."""
        column = self._columns[name]
        if column.dtype == np.uint32 and int(values.max()) > _MAX_U32:
            column = column.astype(np.int64)
            self._columns[name] = column
        column[at : at + len(values)] = values

    def check(self, table: Int64Array, field: int, name: str, below: int) -> None:
        """Every value of a field is in 0..below-1, or RowError."""
        values = table[:, field]
        if int(values.min()) < 0 or int(values.max()) >= below:
            bad = int(np.flatnonzero((values < 0) | (values >= below))[0])
            raise RowError(
                f"{name} of a {self.what} is {int(values[bad])}, not in 0..{below - 1}",
                bad * self.width + field,
            )

    def _reserve(self, rows: int) -> None:
        if rows <= self._capacity:
            return
        self._capacity = max(rows, 2 * self._capacity)
        if self.count is not None:
            self._capacity = min(self._capacity, self.count)
        for name, old in self._columns.items():
            new = np.empty(self._capacity, dtype=old.dtype)
            new[: self.rows] = old[: self.rows]
            self._columns[name] = new


class NodeRows(Rows):
    """Columns type, name, id, self_size and, with ``edges``, edge_count."""

    what = "node"

    def __init__(self, layout: Layout, text_bytes: int | None, *, edges: bool) -> None:
        super().__init__(len(layout.node_fields), layout.node_count, text_bytes)
        self.layout = layout
        self.edges = edges
        self.edge_total = 0
        self.max_name = -1
        self._at = [layout.node_at(f) for f in ("type", "name", "id", "self_size", "edge_count")]
        self.column("type", np.uint8)
        self.column("name", np.uint32)
        self.column("id", np.uint32)
        self.column("self_size", np.uint32)
        if edges:
            self.column("edge_count", np.uint32)

    def store(self, table: Int64Array, at: int) -> None:
        kind, name, number, size, edge_count = self._at
        self.check(table, kind, "type", len(self.layout.node_types))
        self.check(table, name, "name", _MAX_U32)
        self.check(table, number, "id", _MAX_U32 + 1)
        self.check(table, size, "self_size", 1 << 50)
        self.check(table, edge_count, "edge_count", _MAX_U32)
        self.max_name = max(self.max_name, int(table[:, name].max()))
        self.edge_total += int(table[:, edge_count].sum())
        if self.edge_total > self.layout.edge_count:
            raise RowError(
                f"the nodes claim more than the {self.layout.edge_count} edges "
                "that the header announces",
                len(table) * self.width - 1,
            )
        self.put("type", at, table[:, kind])
        self.put("name", at, table[:, name])
        self.put("id", at, table[:, number])
        self.put("self_size", at, table[:, size])
        if self.edges:
            self.put("edge_count", at, table[:, edge_count])

    def finish(self) -> dict[str, AnyArray]:
        columns = super().finish()
        if self.edge_total != self.layout.edge_count:
            raise RowError(
                f"the nodes have {self.edge_total} edges where the header announces "
                f"{self.layout.edge_count}",
                0,
            )
        return columns


class EdgeRows(Rows):
    """Columns type, name (string or number, by type) and to (number of the target node)."""

    what = "edge"

    def __init__(self, layout: Layout, text_bytes: int | None) -> None:
        super().__init__(len(layout.edge_fields), layout.edge_count, text_bytes)
        self.layout = layout
        self.max_name = -1
        self._node_width = len(layout.node_fields)
        self._at = [layout.edge_at(f) for f in ("type", "name_or_index", "to_node")]
        self._named = np.array([t not in ("element", "hidden") for t in layout.edge_types])
        self.column("type", np.uint8)
        self.column("name", np.uint32)
        self.column("to", np.uint32)

    def store(self, table: Int64Array, at: int) -> None:
        kind, name, to = self._at
        width = self._node_width
        self.check(table, kind, "type", len(self.layout.edge_types))
        self.check(table, name, "name_or_index", _MAX_U32 + 1)
        self.check(table, to, "to_node", self.layout.node_count * width)
        target = table[:, to] // width
        if not np.array_equal(target * width, table[:, to]):
            bad = int(np.flatnonzero(target * width != table[:, to])[0])
            raise RowError(
                f"to_node of an edge is {int(table[bad, to])}, not the start of a node",
                bad * self.width + to,
            )
        named = self._named[table[:, kind]]
        if named.any():
            self.max_name = max(self.max_name, int(table[:, name][named].max()))
        self.put("type", at, table[:, kind])
        self.put("name", at, table[:, name])
        self.put("to", at, target)


class LocationRows(Rows):
    """Columns node, script, line, column (lines and columns from 0)."""

    what = "location"

    def __init__(self, layout: Layout, text_bytes: int | None) -> None:
        width = max(1, len(layout.location_fields))
        super().__init__(width, None, text_bytes)
        self._node_width = len(layout.node_fields)
        self._limit = layout.node_count * self._node_width
        fields = ("object_index", "script_id", "line", "column")
        self._at = [layout.location_at(field) for field in fields]
        self.usable = min(self._at) >= 0
        for name in ("node", "script", "line", "column"):
            self.column(name, np.uint32)

    def store(self, table: Int64Array, at: int) -> None:
        if not self.usable:
            return
        node, script, line, column = self._at
        self.check(table, node, "object_index", self._limit)
        for field, name in ((script, "script_id"), (line, "line"), (column, "column")):
            self.check(table, field, name, _MAX_U32 + 1)
        self.put("node", at, table[:, node] // self._node_width)
        self.put("script", at, table[:, script])
        self.put("line", at, table[:, line])
        self.put("column", at, table[:, column])
