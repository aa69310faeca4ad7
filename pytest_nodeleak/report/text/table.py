"""The table of constructors in the report for a terminal. Pure functions of the Verdict."""

from __future__ import annotations

from collections.abc import Sequence

from ...base.units import format_bytes, format_count
from ...judge.verdict import AllocationSite, LeakingConstructor, Verdict
from ..columns import left, one_line, right, shorten, width, wrap, wrap_path

__all__ = ["constructor_table", "name_of", "span"]

_MOST_ROWS = 8
_LONGEST_NAME = 40
#: columns of a name that are shown below the table if it was cut there: `ignore` takes it whole
_WHOLE_NAME = 400
#: strings that are shown of a class
_MOST_TEXTS = 3
#: columns of a table's row but for the name
_NUMBERS = 51
_CALLERS = 3


def constructor_table(verdict: Verdict, columns: int) -> list[str]:
    """The rows that grow, worst first, with what tells of each, and V8's own in one line."""
    if not verdict.constructors and not verdict.internals:
        return []
    lines = wrap(_added(verdict), columns, "  ", "  ")
    shown = verdict.constructors[:_MOST_ROWS]
    if shown:
        lines += _rows(shown, verdict, columns)
    hidden = len(verdict.constructors) - len(shown)
    if hidden > 0:
        lines.append(f"    and {hidden} more")
    if verdict.internals:
        rates = (f"{one_line(r.name)} {r.pace}" for r in verdict.internals)
        also = "also in parentheses" if shown else "in parentheses"
        lines += wrap(f"{also}: {', '.join(rates)}", columns, "    ", "    ")
    return lines


def _added(verdict: Verdict) -> str:
    windows = verdict.windows
    by_function = any(row.kind == "function" for row in verdict.constructors)
    if by_function or not windows:
        return "what stays, by the function that allocates it:" if by_function else "grown:"
    # One snapshot after a window, or one before and after each.
    last = 1 if len(verdict.snapshots) == 1 else len(windows) + 1
    if len(windows) == 1:
        return f"added in a window of {span(windows[0], verdict.unit)}, alive in snapshot {last}:"
    counts = [_number(n) for n in windows]
    if len(counts) > 4:
        sizes = f"{counts[0]} to {span(windows[-1], verdict.unit)}"
    else:
        sizes = f"{', '.join(counts[:-1])} and {span(windows[-1], verdict.unit)}"
    return f"added in {len(windows)} windows of {sizes}, alive in snapshot {last}:"


def _rows(shown: Sequence[LeakingConstructor], verdict: Verdict, columns: int) -> list[str]:
    header = ("constructor", f"per {verdict.unit}", "count", "shallow", "retained")
    # What the numbers leave of the width, as far as a name needs it.
    longest = min(_LONGEST_NAME, max(columns - _NUMBERS, _LONGEST_NAME // 2))
    cells = [
        (
            name_of(row, longest),
            row.pace,
            format_count(row.count),
            format_bytes(row.shallow_size),
            "-" if row.retained_size is None else format_bytes(row.retained_size),
        )
        for row in shown
    ]
    widths = [max(width(line[i]) for line in (header, *cells)) for i in range(len(header))]
    lines = ["    " + _row(header, widths)]
    for row, line in zip(shown, cells, strict=True):
        lines.append("    " + _row(line, widths))
        lines += _details(row, verdict.sites, columns, cut=line[0].endswith("…"))
    return lines


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    numbers = [right(cell, most) for cell, most in zip(cells[1:], widths[1:], strict=True)]
    return "   ".join([left(cells[0], widths[0]), *numbers])


def _details(
    row: LeakingConstructor, sites: Sequence[AllocationSite], columns: int, *, cut: bool
) -> list[str]:
    label = "      kept alive by  "
    room, indent = columns - len(label), " " * len(label)
    lines = []
    if cut:
        whole = shorten(one_line(row.name), _WHOLE_NAME)
        lines += wrap(whole, columns, "      in full        ", indent)
    for number, text in enumerate(row.texts[:_MOST_TEXTS]):
        start = indent if number else "      such as        "
        lines.append(start + shorten(repr(text), room))
    if row.retaining_path:
        lines.append(label + wrap_path(row.retaining_path, room, indent))
    # Most often the path begins with the owner: then it need not be said again.
    if row.owner and not any(step.startswith(row.owner) for step in row.retaining_path):
        lines += wrap(one_line(row.owner), columns, "      piles up in    ", indent)
    if row.allocated_at:
        stack = (row.allocated_at, *_callers(row.allocated_at, sites))
        lines.append("      allocated at   " + wrap_path(stack, room, indent, " <- "))
    return lines


def _callers(place: str, sites: Sequence[AllocationSite]) -> tuple[str, ...]:
    """The frames that called ``place``, the nearest first, at most three."""
    function = place.rsplit(":", 2)[0]  # it begins on another line than it allocates
    for site in sites:
        functions = [frame.rsplit(":", 2)[0] for frame in site.stack]
        if function in functions:
            after = functions.index(function) + 1
            return site.stack[after : after + _CALLERS]
    return ()


def name_of(row: LeakingConstructor, longest: int = _LONGEST_NAME) -> str:
    # A function may bear the name of a class that leaks as well: its own constructor.
    is_function = row.kind == "closure" or (row.kind == "function" and not row.name[:1].isupper())
    suffix = "()" if is_function and not row.name.startswith("(") else ""
    return shorten(one_line(row.name), longest - len(suffix)) + suffix


def span(count: float, unit: str) -> str:
    if unit != "iteration":
        return f"{_number(count)} x {unit}"
    return f"{_number(count)} iteration{'' if count == 1 else 's'}"


def _number(count: float) -> str:
    """Iterations are whole, but for programs that are watched: there they are shares of time."""
    return format_count(count) if count == int(count) else f"{count:,.1f}"
