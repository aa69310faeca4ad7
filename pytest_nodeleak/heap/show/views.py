"""What ``nodeleak diff`` shows, as tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ...base.deadline import Deadline
from ..diff.difference import SnapshotDiff
from ..explain.growth import ConstructorGrowth
from ..model.classes import devtools_name
from .tables import Cell, Column, Table, cut_rows

if TYPE_CHECKING:
    from ..diff.changes import ClassChange
    from ..diff.comparison import ComparisonDiff

__all__ = ["comparison_table", "diff_table"]

# Rows whose growth says nothing to the author of a program: not explained.
_ENGINE = ("code", "object shape", "hidden", "number")

_NAME = Column("name", "class", "text")


def diff_table(
    diff: SnapshotDiff,
    *,
    group_by: str = "shape",
    sort: str = "survivors",
    top: int = 20,
    deadline: Deadline | None = None,
) -> Table:
    """What survived, with why it is alive, by class, shape, owner or string pattern."""
    facts = {
        "schema": 1,
        "kind": "diff",
        "files": [snapshot.source for snapshot in diff.snapshots],
        "group_by": group_by,
    }
    title = "survived: " + " -> ".join(snapshot.source for snapshot in diff.snapshots)
    if group_by == "string":
        patterns = diff.string_patterns()
        return cut_rows(
            Table(
                title,
                (
                    Column("name", "string", "text"),
                    Column("survivors", "survivors", "gains"),
                    Column("shallow_size", "shallow", "bytes"),
                    Column("kind", "kind", "text"),
                ),
                tuple((p.pattern, p.survivors, p.shallow_size, p.kind) for p in patterns),
                facts=facts,
            ),
            top,
        )
    rows = [row for row in diff.rows if row.survivor_count]
    if group_by == "class":
        rows = _merged(rows)
    rows.sort(key=_sort_key(sort))
    wanted = [row for row in rows if row.kind not in _ENGINE or sort == "name"]
    if group_by != "class":
        explained = diff.explain(wanted[: max(top, 10)], deadline=deadline)
        by_key = {(row.kind, row.name): row for row in explained}
        rows = [by_key.get((row.kind, row.name), row) for row in rows]
        if sort == "retained":
            rows.sort(key=_sort_key(sort))
    if group_by == "owner":
        return cut_rows(_owner_table(title, rows, facts), top)
    # The shapes of earlier snapshots are known only if they were read with their edges.
    whole = all(snapshot.has_edges for snapshot in diff.snapshots)
    table = Table(
        title,
        (
            _NAME,
            Column("populations", "population", "counts"),
            Column("survivors", "survivors", "gains"),
            Column("shallow_size", "shallow", "bytes"),
            Column("retained_size", "retained", "bytes"),
        )[: 4 if group_by == "class" else 5],
        tuple(_growth_cells(row, whole)[: 4 if group_by == "class" else 5] for row in rows),
        tuple(_why(row) for row in rows),
        facts=facts,
    )
    return cut_rows(table, top, "(no object survived)")


def _growth_cells(row: ConstructorGrowth, whole: bool) -> tuple[Cell, ...]:
    function = row.kind == "closure" and row.name != "Function" and "(" not in row.name
    name = f"{row.name}()" if function else row.name
    part = (row.kind == "object" and name.startswith("{")) or (
        row.kind == "closure" and " (" in name
    )
    populations = row.populations if whole or not part else None
    return (name, populations, row.survivors, row.shallow_size, row.retained_size)


def _why(row: ConstructorGrowth) -> tuple[str, ...]:
    lines = []
    if row.retaining_path is not None:
        lines.append(f"kept alive by  {row.retaining_path}")
    if row.samples:
        lines.append("such as  " + ", ".join(repr(sample) for sample in row.samples[:3]))
    return tuple(lines)


def _owner_table(title: str, rows: Iterable[ConstructorGrowth], facts: dict[str, Any]) -> Table:
    groups: dict[str, list[ConstructorGrowth]] = {}
    for row in rows:
        if row.owner is not None:
            groups.setdefault(row.owner.name, []).append(row)
    lines: list[tuple[Cell, ...]] = []
    details = []
    for name, members in groups.items():
        owner = members[0].owner
        assert owner is not None
        lines.append(
            (
                name,
                owner.type,
                owner.entries,
                max(row.survivor_count for row in members),
                max(row.retained_size or 0 for row in members),
            )
        )
        details.append(("holds  " + ", ".join(f"{r.name} {r.survivor_count}" for r in members),))
    return Table(
        title,
        (
            Column("name", "owner", "text"),
            Column("type", "type", "text"),
            Column("entries", "entries"),
            Column("survivors", "survivors"),
            Column("retained_size", "retained", "bytes"),
        ),
        tuple(lines),
        tuple(details),
        facts=facts,
    )


def _merged(rows: Iterable[ConstructorGrowth]) -> list[ConstructorGrowth]:
    """Rows by DevTools' class names: shapes under Object, closures under Function."""
    result: dict[str, ConstructorGrowth] = {}
    for row in rows:
        plain = row.kind == "object" and row.name.startswith("{")
        name = "Object" if plain else devtools_name(row.kind, row.name)
        known = result.get(name)
        if known is None:
            result[name] = replace(row, name=name)
            continue
        # Shapes share the populations of Object; functions have their own.
        whole = known.populations if plain else _sum(known.populations, row.populations)
        result[name] = replace(
            known,
            populations=whole,
            sizes=known.sizes if plain else _sum(known.sizes, row.sizes),
            survivors=_sum(known.survivors, row.survivors),
            shallow_size=known.shallow_size + row.shallow_size,
        )
    return list(result.values())


def _sum(left: tuple[int, ...], right: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(a + b for a, b in zip(left, right, strict=True))


def _sort_key(sort: str) -> Callable[[ConstructorGrowth], tuple[Any, ...]]:
    if sort == "name":
        return lambda row: (row.name,)
    if sort == "size":
        return lambda row: (-row.shallow_size, row.name)
    if sort == "retained":
        return lambda row: (-(row.retained_size or 0), -row.shallow_size, row.name)
    if sort == "count":
        return lambda row: (-row.populations[-1], row.name)
    return lambda row: (row.internal, -row.survivor_count, -row.shallow_size, row.name)


def _native_turnover(change: ClassChange) -> bool:
    """Native and synthetic nodes get new ids in each snapshot: as many new as deleted ones."""
    native = change.name.startswith(("Node / ", "("))
    return native and not change.delta and not change.size_delta


def comparison_table(diff: ComparisonDiff, *, sort: str = "size", top: int = 20) -> Table:
    """New, deleted and net objects by class, as DevTools' Comparison view."""
    changes = sorted(
        (change for change in diff.changes if not _native_turnover(change)),
        key=lambda c: (
            (c.name,) if sort == "name" else (-c.delta,) if sort == "count" else (-c.size_delta,)
        ),
    )
    return cut_rows(
        Table(
            f"changed: {diff.before} -> {diff.after}",
            (
                _NAME,
                Column("new", "new", "change"),
                Column("deleted", "deleted", "change"),
                Column("delta", "delta", "change"),
                Column("allocated_size", "allocated", "bytes change"),
                Column("freed_size", "freed", "bytes change"),
                Column("size_delta", "size delta", "bytes change"),
            ),
            tuple(
                (c.name, c.new, -c.deleted, c.delta, c.allocated_size, -c.freed_size, c.size_delta)
                for c in changes
            ),
            facts={"schema": 1, "kind": "comparison", "files": [diff.before, diff.after]},
        ),
        top,
    )
