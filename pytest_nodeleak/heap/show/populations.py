"""What ``nodeleak diff`` shows of snapshots whose objects cannot be told apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..diff.populations import Population
from .tables import Column, Table, cut_rows

__all__ = ["population_table"]


def population_table(
    rows: Sequence[Population],
    files: Sequence[str],
    *,
    group_by: str,
    why: str,
    sort: str = "size",
    top: int = 20,
) -> Table:
    """How many there are of what, in each file; ``why`` says why objects are not compared."""
    orders: dict[str, Callable[[Population], Any]] = {
        "name": lambda row: row.name,
        "count": lambda row: (-row.delta, -row.size_delta, row.name),
    }
    changed = [row for row in rows if row.delta or row.size_delta]
    order = orders.get(sort, lambda row: (-row.size_delta, -row.delta, row.name))
    changed.sort(key=order)
    if group_by != "string" and sort != "name":
        changed.sort(key=lambda row: row.name.startswith("("))  # the engine's own after the others
    title = "string" if group_by == "string" else "class"
    table = Table(
        "populations: " + " -> ".join(files),
        (
            Column("name", title, "text"),
            Column("populations", "population", "counts"),
            Column("delta", "delta", "change"),
            Column("size_delta", "size delta", "bytes change"),
            Column("shallow_size", "shallow", "bytes"),
        ),
        tuple((r.name, r.counts, r.delta, r.size_delta, r.sizes[-1]) for r in changed),
        facts={
            "schema": 1,
            "kind": "populations" if group_by != "string" else "string_populations",
            "files": list(files),
            "group_by": group_by,
            "why": why,
        },
    )
    table = cut_rows(table, top, "(no population changed)")
    if group_by == "string":
        return table
    note = f"Counted by {group_by}, not object by object: {why}."
    return Table(table.title, table.columns, table.rows, (), (*table.notes, note), table.facts)
