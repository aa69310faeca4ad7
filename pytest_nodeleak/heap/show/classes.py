"""What ``nodeleak show`` shows of one snapshot, as a table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from ..explain.retention import Retention
from ..graph.graph import graph_of
from ..model.arrays import distinct
from ..model.classes import devtools_name
from ..model.groups import group_nodes
from ..model.snapshot import HeapSnapshot
from ..names.patterns import patterns_of
from ..names.shapes import Shapes, plain_objects
from .tables import Cell, Column, Table, cut_rows

__all__ = ["class_nodes", "show_table"]


def show_table(
    snapshot: HeapSnapshot,
    *,
    group_by: str = "class",
    sort: str = "size",
    top: int = 20,
    retained: bool = False,
) -> Table:
    """What one snapshot holds, by class, shape, owner (large containers) or string pattern.

    ``retained`` adds the size that each class shown keeps alive as a whole.
    """
    title = f"{snapshot.source}: {snapshot.node_count:,} nodes, {snapshot.total_size / 1e6:.2f} MB"
    facts = {"schema": 1, "kind": "show", "files": [snapshot.source], "group_by": group_by}
    if group_by == "owner":
        return cut_rows(_container_table(snapshot, title, facts, top), top)
    if group_by == "string":
        groups = [(p.pattern, p.count, p.shallow_size) for p in patterns_of(snapshot)]
    elif group_by == "shape":
        shapes = Shapes(graph_of(snapshot)).group(np.flatnonzero(plain_objects(graph_of(snapshot))))
        groups = [
            (name, int(nodes.size), int(snapshot.node_size[nodes].sum(dtype=np.int64)))
            for name, nodes in shapes.items()
        ]
    else:
        groups = [(name, count, size) for name, (count, size) in snapshot.classes().items()]
    orders: dict[str, Callable[[tuple[str, int, int]], Any]] = {
        "name": lambda group: group[0],
        "count": lambda group: (-group[1], group[0]),
    }
    groups.sort(key=orders.get(sort, lambda group: (-group[2], group[0])))
    columns = (
        Column("name", group_by, "text"),
        Column("count", "count"),
        Column("shallow_size", "shallow", "bytes"),
    )
    table = cut_rows(Table(title, columns, tuple(groups), facts=facts), top)
    if (retained or sort == "retained") and group_by == "class":
        table = _with_retained(snapshot, table, sort)
    return table


def _with_retained(snapshot: HeapSnapshot, table: Table, sort: str) -> Table:
    groups = class_nodes(snapshot, {str(row[0]) for row in table.rows})
    retention = Retention(graph_of(snapshot), list(groups.values()), None)
    sizes = [retention.retained_size(groups[str(row[0])]) for row in table.rows]
    order = sorted(range(len(sizes)), key=lambda at: -sizes[at] if sort == "retained" else at)
    return replace(
        table,
        columns=(*table.columns, Column("retained_size", "retained", "bytes")),
        rows=tuple((*table.rows[at], sizes[at]) for at in order),
    )


def class_nodes(snapshot: HeapSnapshot, names: set[str]) -> dict[str, Any]:
    """Nodes of the classes of these names, as DevTools names them."""
    found: dict[str, list[Any]] = {}
    for key, nodes in group_nodes(snapshot):
        name = devtools_name(key.kind, key.name)
        if name in names:
            found.setdefault(name, []).append(nodes)
    return {name: np.concatenate(parts) for name, parts in found.items()}


def _container_table(snapshot: HeapSnapshot, title: str, facts: dict[str, Any], top: int) -> Table:
    """The objects with the largest stores of their own, and the way to each."""
    from ..names.describe import describe_path

    graph = graph_of(snapshot)
    edges = np.concatenate(
        list(graph.edges_named("internal", "elements", "table", "properties").values())
    )
    sizes = snapshot.node_size[graph.to[edges]]
    order = np.argsort(-sizes.astype(np.int64), kind="stable")[:top]
    owners = graph.sources(edges[order])
    retention = Retention(graph, [distinct(owners)], None)
    rows: list[tuple[Cell, ...]] = []
    for owner, size in zip(owners.tolist(), sizes[order].tolist(), strict=True):
        chain, start = retention.chain(owner)
        rows.append(
            (
                str(describe_path(graph, chain, start)),
                snapshot.name_of(owner),
                size,
                retention.retained_size(np.array([owner])),
            )
        )
    return Table(
        title,
        (
            Column("name", "owner", "text"),
            Column("type", "type", "text"),
            Column("store_size", "store", "bytes"),
            Column("retained_size", "retained", "bytes"),
        ),
        tuple(rows),
        facts=facts,
    )
