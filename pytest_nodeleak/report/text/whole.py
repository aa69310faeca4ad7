"""The report that a person reads in the terminal. A pure function of the Verdict."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from ...base.units import format_bytes, format_count
from ...judge.verdict import LeakingConstructor, Verdict
from ..columns import left, one_line, shorten, width, wrap
from ..sparkline import sparkline
from .table import constructor_table, name_of, span

__all__ = ["WIDTH", "headline", "text_report"]

#: columns of a report, where the terminal has no fewer
WIDTH = 100
_LEAST_WIDTH = 56
#: of the judge's reason for a leak that was seen by allocating function
ALLOCATES = " allocates what stays: "
_LONGEST_REASON = 1000
_LABEL = 9
_NO_REASON = "no reason given"
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
    reason = next(iter(verdict.reasons), _NO_REASON)
    if not verdict.constructors or "max_live=" in reason:
        return f"leak: {one_line(reason)}"
    worst, unit = verdict.constructors[0], verdict.unit
    # Counts by function are of the ledger's windows: the pace says how many iterations they had.
    by_function = worst.kind == "function" or not verdict.windows
    counted_in = verdict.windows[: len(worst.per_window) or None]
    total = worst.count / (worst.per_iteration or 1) if by_function else sum(counted_in)
    name = name_of(worst)
    where = "" if verdict.heap == "main" else f" in {one_line(verdict.heap)}"
    if worst.kind == "buffer":  # counted in bytes
        return f"{name} leaks{where}: {worst.pace} outside the heap per {unit}"
    if worst.kind == "text":
        return f"{name} becomes longer{where}: {worst.pace} per {unit}"
    parts = [f"{name} leaks{where}: {worst.pace} {_noun(worst)} per {unit}"]
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
    lines += constructor_table(verdict, columns)
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


def _noun(row: LeakingConstructor) -> str:
    noun = "slot" if row.kind == "container" else "object"
    return noun if row.per_iteration < 1.005 else noun + "s"


def _labelled(label: str, text: str) -> str:
    return f"  {left(label, _LABEL)}  {text}"


# -- reasons -------------------------------------------------------------------------------


def _clauses(verdict: Verdict) -> list[str]:
    """The first reason in pieces, of which the first is short enough for a headline."""
    first, *rest = one_line(next(iter(verdict.reasons), _NO_REASON)).split("; ")
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
        return f"over {rounds} x {span(counts[0], verdict.unit)}"
    return f"over {span(sum(counts), verdict.unit)} in {rounds}"


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


# -- the end -------------------------------------------------------------------------------


def _measured(verdict: Verdict) -> str:
    warm_up = f" ({format_count(verdict.warmup)} of them to warm up)" if verdict.warmup else ""
    others = len(verdict.heaps) - 1
    heaps = f", {others + 1} heaps" if others > 0 else ""
    return (
        f"{span(verdict.iterations, verdict.unit)}{warm_up} in {verdict.seconds:.1f} s, "
        f"node {verdict.node}{heaps}"
    )


def _files(verdict: Verdict) -> str:
    count = len(verdict.snapshots)
    snapshots = [f"{count} snapshot{'' if count == 1 else 's'}"] if count else []
    private = "; snapshots hold the process's memory" if count else ""
    return ", ".join([*snapshots, "verdict.json", "report.txt"]) + private
