"""The report that a person reads in the terminal. A pure function of the Verdict."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from ..base.units import format_bytes, format_count, format_rate
from ..judge.verdict import AllocationSite, LeakingConstructor, Verdict
from .columns import left, one_line, right, shorten, width, wrap, wrap_path
from .sparkline import sparkline

__all__ = ["WIDTH", "headline", "text_report"]

#: columns of a report, where the terminal has no fewer
WIDTH = 100
_LEAST_WIDTH = 56
#: of the judge's reason for a leak that was seen by allocating function
ALLOCATES = " allocates what stays: "
_MOST_ROWS = 8
_LONGEST_NAME = 40
#: columns of a name that are shown below the table if it was cut there: `ignore` takes it whole
_WHOLE_NAME = 400
_LONGEST_REASON = 1000
_LABEL = 9
#: columns of a table's row but for the name
_NUMBERS = 51
_CALLERS = 3
_BARS = 30
_FEWEST_BARS = 10
#: bytes; heapUsed that moves less than this is drawn flat, it is no picture of a leak
_FLAT = 2048
#: bytes of growth from which memory outside the heap gets a line of its own
_MUCH_EXTERNAL = 65_536
_MUCH_RSS = 4_000_000


def headline(verdict: Verdict) -> str:
    """The verdict in one line; pytest's short summary shows its beginning."""
    if verdict.outcome != "leak":
        return f"{verdict.outcome}: {_clauses(verdict)[0]}"
    # A bound of max_live that is exceeded is the finding, whatever else grows.
    if not verdict.constructors or "max_live=" in verdict.reasons[0]:
        return f"leak: {one_line(verdict.reasons[0])}"
    worst, unit = verdict.constructors[0], verdict.unit
    # Counts by function are of the ledger's windows: the pace says how many iterations they had.
    by_function = worst.kind == "function" or not verdict.windows
    total = worst.count / (worst.per_iteration or 1) if by_function else sum(verdict.windows)
    name = _name(worst)
    where = "" if verdict.heap == "main" else f" in {one_line(verdict.heap)}"
    parts = [f"{name} leaks{where}: +{format_rate(worst.per_iteration)} {_noun(worst)} per {unit}"]
    size, kept = worst.shallow_size, ""
    if worst.retained_size is not None:
        size, kept = worst.retained_size, " retained"
    parts.append(f"+{format_bytes(size / (total or 1))} per {unit}{kept}")
    if worst.per_window:
        grown = sum(rate > 0 for rate in worst.per_window)
        parts.append(f"in {grown} of {len(worst.per_window)} windows")
    return ", ".join(parts)


def text_report(verdict: Verdict, columns: int = WIDTH) -> str:
    """The whole report, several lines of at most ``columns``, without a trailing newline.

    The headline alone is not broken: pytest cuts it for its summary.
    """
    columns = max(columns, _LEAST_WIDTH)
    lines = [headline(verdict)]
    for reason in _further_reasons(verdict):
        lines += wrap(shorten(reason, _LONGEST_REASON), columns, "  ", "  ")
    lines += _series_lines(verdict, columns)
    lines += _table(verdict, columns)
    workload = shorten(one_line(verdict.workload), columns - _LABEL - 4)
    lines.append(_labelled("workload", workload))
    lines += wrap(_measured(verdict), columns, _labelled("measured", ""), " " * (_LABEL + 4))
    if verdict.artifacts:
        folder = one_line(verdict.artifacts.rstrip("/"))
        shown, files = _labelled("artifacts", f"{folder}/"), f"({_files(verdict)})"
        if width(f"{shown} {files}") <= columns:
            lines.append(f"{shown} {files}")
        else:
            indent = " " * (_LABEL + 4)
            lines += wrap(f"{folder}/", columns, _labelled("artifacts", ""), indent)
            lines += wrap(files, columns, indent, indent)
    return "\n".join(lines)


def _name(row: LeakingConstructor, longest: int = _LONGEST_NAME) -> str:
    # A function may bear the name of a class that leaks as well: its own constructor.
    is_function = row.kind == "closure" or (row.kind == "function" and not row.name[:1].isupper())
    suffix = "()" if is_function and not row.name.startswith("(") else ""
    return shorten(one_line(row.name), longest - len(suffix)) + suffix


def _noun(row: LeakingConstructor) -> str:
    noun = "slot" if row.kind == "container" else "object"
    return noun if row.per_iteration < 1.005 else noun + "s"


def _span(count: float, unit: str) -> str:
    if unit != "iteration":
        return f"{_number(count)} x {unit}"
    return f"{_number(count)} iteration{'' if count == 1 else 's'}"


def _number(count: float) -> str:
    """Iterations are whole, but for programs that are watched: there they are shares of time."""
    return format_count(count) if count == int(count) else f"{count:,.1f}"


def _labelled(label: str, text: str) -> str:
    return f"  {left(label, _LABEL)}  {text}"


# -- reasons -------------------------------------------------------------------------------


def _clauses(verdict: Verdict) -> list[str]:
    """The first reason in pieces, of which the first is short enough for a headline."""
    if not verdict.reasons:
        return ["no reason given"]
    first, *rest = one_line(verdict.reasons[0]).split("; ")
    if width(first) > WIDTH and ": " in first:
        return [*first.split(": ", 1), *rest]
    return [first, *rest]


def _further_reasons(verdict: Verdict) -> list[str]:
    """What the headline does not say yet."""
    others = [one_line(reason) for reason in verdict.reasons[1:]]
    if verdict.outcome == "leak":
        first = headline(verdict)
        told = [f"{row.name} grew in " for row in verdict.constructors]
        reasons = [one_line(verdict.reasons[0]), *others] if verdict.reasons else []
        # What the rows say better, each with its place.
        named = any(row.kind != "function" for row in verdict.constructors)
        reasons = [r for r in reasons if not (named and ALLOCATES in r)]
        return [r for r in reasons if r not in first and not r.startswith(tuple(told))]
    return [*_clauses(verdict)[1:], *others]


# -- the series ----------------------------------------------------------------------------


def _series_lines(verdict: Verdict, columns: int) -> list[str]:
    lines = _series_line("heapUsed", verdict.series.heap_used, verdict, columns)
    if verdict.heap != "main":
        lines.append(_labelled("of", one_line(verdict.heap)))
    external = [sample.external for sample in verdict.series.samples]
    if external[-1] - external[0] > _MUCH_EXTERNAL:
        lines += _series_line("external", external, verdict, columns)
    rss = [sample.rss for sample in verdict.series.samples]
    # Snapshots inflate it: then it tells nothing.
    if verdict.outcome != "steady" and not verdict.windows and rss[-1] - rss[0] > _MUCH_RSS:
        lines += _series_line("RSS", rss, verdict, columns)
    return lines


def _series_line(name: str, values: Sequence[int], verdict: Verdict, columns: int) -> list[str]:
    bars = sparkline(values, most=_BARS, least_range=_FLAT)
    if len(values) == 1:
        return [_labelled(name, f"{bars}  {format_bytes(values[0])}, a single reading")]
    change = _labelled(name, f"{bars}  {_from_to(values[0], values[-1])}")
    over = f"{_over(verdict)}, {_shape(values)}"
    excess = width(f"{change} {over}") - columns
    if excess <= 0:
        return [f"{change} {over}"]
    if len(bars) - excess >= _FEWEST_BARS:
        fewer = sparkline(values, most=len(bars) - excess, least_range=_FLAT)
        return [_labelled(name, f"{fewer}  {_from_to(values[0], values[-1])} {over}")]
    return [change, _labelled("", over)]


def _over(verdict: Verdict) -> str:
    """``over 10 rounds x 500 iterations``, or their sum where they differ."""
    counts = [b - a for a, b in pairwise(verdict.series.iterations)]
    rounds = f"{len(counts)} round{'' if len(counts) == 1 else 's'}"
    if len(set(counts)) == 1 and verdict.unit == "iteration" and len(counts) > 1:
        return f"over {rounds} x {_span(counts[0], verdict.unit)}"
    return f"over {_span(sum(counts), verdict.unit)} in {rounds}"


def _shape(values: Sequence[int]) -> str:
    steps = [after - before for before, after in pairwise(values)]
    up = sum(step > 0 for step in steps)
    if not any(steps):
        return "flat"
    if up == len(steps):
        return "every round up"
    return f"{up} of {len(steps)} rounds up"


def _from_to(first: int, last: int) -> str:
    """``4.14 -> 7.07 MB``; a change too small for three digits is given as such."""
    before, after = format_bytes(first), format_bytes(last)
    if before == after:
        change = last - first
        return after if change == 0 else f"{after} {'+' if change > 0 else '-'} {_abs(change)}"
    if before.split()[1] == after.split()[1]:
        before = before.split()[0]
    return f"{before} -> {after}"


def _abs(change: int) -> str:
    return format_bytes(abs(change))


# -- the constructors ----------------------------------------------------------------------


def _table(verdict: Verdict, columns: int) -> list[str]:
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
        rates = (f"{one_line(r.name)} +{format_rate(r.per_iteration)}" for r in verdict.internals)
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
        return f"added in a window of {_span(windows[0], verdict.unit)}, alive in snapshot {last}:"
    counts = [_number(n) for n in windows]
    if len(counts) > 4:
        sizes = f"{counts[0]} to {_span(windows[-1], verdict.unit)}"
    else:
        sizes = f"{', '.join(counts[:-1])} and {_span(windows[-1], verdict.unit)}"
    return f"added in {len(windows)} windows of {sizes}, alive in snapshot {last}:"


def _rows(shown: Sequence[LeakingConstructor], verdict: Verdict, columns: int) -> list[str]:
    header = ("constructor", f"per {verdict.unit}", "count", "shallow", "retained")
    # What the numbers leave of the width, as far as a name needs it.
    longest = min(_LONGEST_NAME, max(columns - _NUMBERS, _LONGEST_NAME // 2))
    cells = [
        (
            _name(row, longest),
            "+" + format_rate(row.per_iteration),
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


# -- the end -------------------------------------------------------------------------------


def _measured(verdict: Verdict) -> str:
    warm_up = f" ({format_count(verdict.warmup)} of them to warm up)" if verdict.warmup else ""
    others = len(verdict.heaps) - 1
    heaps = f", {others + 1} heaps" if others > 0 else ""
    return (
        f"{_span(verdict.iterations, verdict.unit)}{warm_up} in {verdict.seconds:.1f} s, "
        f"node {verdict.node}{heaps}"
    )


def _files(verdict: Verdict) -> str:
    count = len(verdict.snapshots)
    snapshots = [f"{count} snapshot{'' if count == 1 else 's'}"] if count else []
    private = "; snapshots hold the process's memory" if count else ""
    return ", ".join([*snapshots, "verdict.json", "report.txt"]) + private
