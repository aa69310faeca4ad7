"""Tables as text and JSON-able data: pure functions of what is shown."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from ...base.units import format_bytes, format_count

__all__ = ["Cell", "Column", "Table", "cut_rows", "format_cell", "render_text", "to_data"]

Cell = str | int | float | None | Sequence[int]
Style = Literal["text", "count", "bytes", "change", "bytes change", "counts", "gains"]


@dataclass(frozen=True)
class Column:
    """One column: ``key`` names it in data, ``title`` on the screen."""

    key: str
    title: str
    style: Style = "count"


@dataclass(frozen=True)
class Table:
    """Rows of cells; ``details`` are lines to put under a row, one tuple for each."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    details: tuple[tuple[str, ...], ...] = ()
    notes: tuple[str, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.rows)


def cut_rows(table: Table, top: int, empty: str = "(nothing)") -> Table:
    """The first ``top`` rows, and a note of how many are left out, or that there are none."""
    left = len(table.rows) - top
    notes = table.notes
    if not table.rows:
        notes = (*notes, empty)
    elif left > 0:
        notes = (*notes, f"... {left:,} more (--top {len(table.rows)} shows all)")
    return replace(table, rows=table.rows[:top], details=table.details[:top], notes=notes)


def format_cell(value: Cell, style: Style) -> str:
    """A cell as people read it: numbers with units and signs, ``-`` for what is not known."""
    if value is None:
        return "-"
    if isinstance(value, str):
        return value
    if isinstance(value, (int, float)):
        if style == "bytes":
            return format_bytes(value)
        if style == "change":
            return f"{value:+,}" if value else "0"
        if style == "bytes change":
            return ("+" if value > 0 else "") + format_bytes(value)
        return format_count(value)
    between = " + " if style == "gains" else " -> "
    return between.join(format_count(item) for item in value)


def render_text(table: Table, width: int | None = None) -> str:
    """The table for a terminal: columns that line up, numbers to the right.

    Where a line would be longer than ``width``, the first column is cut if it is text, and
    details go on in another line.
    """
    texts = [
        [format_cell(cell, column.style) for cell, column in zip(row, table.columns, strict=True)]
        for row in table.rows
    ]
    titles = [column.title for column in table.columns]
    widths = [max(map(len, column)) for column in zip(titles, *texts, strict=True)]
    if width is not None and table.columns[0].style == "text":
        others = sum(widths[1:]) + 2 * (len(widths) - 1)
        widths[0] = max(12, min(widths[0], width - others))
    lines = [table.title, _line(titles, widths, table.columns)] if texts else [table.title]
    for number, row in enumerate(texts):
        lines.append(_line(row, widths, table.columns))
        if table.details:
            for detail in table.details[number]:
                lines += _wrapped(detail, width)
    lines += table.notes
    return "\n".join(lines)


def _wrapped(detail: str, width: int | None) -> list[str]:
    if width is None or len(detail) + 4 <= width:
        return [f"    {detail}"]
    # The lines that follow stand under the words after the label.
    label = detail.find("  ") + 2
    return textwrap.wrap(
        detail,
        max(width, 40),
        initial_indent="    ",
        subsequent_indent=" " * (4 + max(label, 4)),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _line(cells: Sequence[str], widths: Sequence[int], columns: Sequence[Column]) -> str:
    parts = []
    for text, width, column in zip(cells, widths, columns, strict=True):
        if column.style == "text":
            parts.append(_cut(text, width).ljust(width))
        else:
            parts.append(text.rjust(width))
    return "  ".join(parts).rstrip()


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def to_data(table: Table) -> dict[str, Any]:
    """The table as plain data: ``facts``, and ``rows`` as dictionaries by column key."""
    rows = []
    for number, row in enumerate(table.rows):
        data: dict[str, Any] = {
            column.key: list(cell) if isinstance(cell, tuple) else cell
            for column, cell in zip(table.columns, row, strict=True)
        }
        if table.details and table.details[number]:
            data["details"] = list(table.details[number])
        rows.append(data)
    return {**table.facts, "title": table.title, "rows": rows, "notes": list(table.notes)}
