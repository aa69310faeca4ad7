"""The report that a person reads in the terminal. A pure function of the Verdict."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from ..units import format_bytes, format_count, format_rate
from ..verdict import LeakingConstructor, Verdict

__all__ = ["headline", "sparkline", "text_report"]

_BARS = "▁▂▃▄▅▆▇█"
_MOST_ROWS = 8
_LONGEST_NAME = 40


def sparkline(values: Sequence[float]) -> str:
    """One bar per value, the lowest empty-ish, the highest full; a flat series is all low."""
    if not values:
        return ""
    low, high = min(values), max(values)
    if high == low:
        return _BARS[0] * len(values)
    scale = (len(_BARS) - 1) / (high - low)
    return "".join(_BARS[round((value - low) * scale)] for value in values)


def headline(verdict: Verdict) -> str:
    """The verdict in one line; also what pytest shows in its short summary."""
    if verdict.outcome == "steady":
        return f"steady: {verdict.reasons[0]}"
    if verdict.outcome == "inconclusive":
        return f"inconclusive: {verdict.reasons[0]}"
    if not verdict.constructors:
        return f"leak: {verdict.reasons[0]}"
    worst = verdict.constructors[0]
    total = sum(verdict.windows) or 1
    size = worst.retained_size or worst.shallow_size
    noun = "slots" if worst.kind == "container" else "object" if worst.per_iteration <= 1 else "objects"
    windows = len(verdict.windows)
    grew = f", in {windows} of {windows} windows" if windows and worst.per_window else ""
    return (
        f"{worst.name} leaks: +{format_rate(worst.per_iteration)} {noun} per {verdict.unit}, "
        f"+{format_bytes(size / total)} per {verdict.unit} retained{grew}"
    )


def text_report(verdict: Verdict) -> str:
    """The whole report, several lines, without a trailing newline."""
    lines = [headline(verdict)]
    for reason in verdict.reasons if verdict.outcome == "leak" else verdict.reasons[1:]:
        lines.append(f"  {reason}")
    lines += _series_lines(verdict)
    if verdict.constructors:
        lines += _table(verdict)
    if verdict.internals:
        shown = ", ".join(f"{row.name} {format_rate(row.per_iteration)}" for row in verdict.internals)
        lines.append(f"    also in parentheses: {shown}")
    lines.append(f"  workload: {_one_line(verdict.workload)}")
    lines.append(
        f"  measured: {format_count(verdict.iterations)} x {verdict.unit} in "
        f"{verdict.seconds:.1f} s, node {verdict.node}"
    )
    if verdict.artifacts:
        count = len(verdict.snapshots)
        files = f"{count} snapshots, verdict.json" if count else "verdict.json"
        lines.append(f"  artifacts: {verdict.artifacts} ({files})")
    return "\n".join(lines)


def _series_lines(verdict: Verdict) -> list[str]:
    lines = [_series_line("heapUsed", verdict.series.heap_used, verdict)]
    external = [s.external for s in verdict.series.samples]
    if len(external) > 1 and external[-1] - external[0] > 65536:
        lines.append(_series_line("external", external, verdict))
    return lines


def _series_line(name: str, values: Sequence[int], verdict: Verdict) -> str:
    samples = verdict.series.samples
    rounds = len(samples) - 1
    span = samples[-1].iterations - samples[0].iterations
    steps = [after - before for before, after in pairwise(values)]
    up = sum(step > 0 for step in steps)
    shape = (
        "flat" if not any(steps)
        else "every round up" if up == rounds
        else f"{up} of {rounds} rounds up"
    )
    return (
        f"  {name:<8}  {sparkline(values)}  {_from_to(values[0], values[-1])} over "
        f"{rounds} rounds, {format_count(span)} x {verdict.unit}, {shape}"
    )


def _from_to(first: int, last: int) -> str:
    before, after = format_bytes(first), format_bytes(last)
    if before.split()[1] == after.split()[1]:
        before = before.split()[0]
    return f"{before} -> {after}"


def _table(verdict: Verdict) -> list[str]:
    unit = "iteration" if verdict.unit == "iteration" else verdict.unit
    header = ("constructor", f"per {unit}", "count", "shallow", "retained")
    shown = verdict.constructors[:_MOST_ROWS]
    cells = [
        (
            _short(row.name),
            "+" + format_rate(row.per_iteration),
            format_count(row.count),
            format_bytes(row.shallow_size),
            "-" if row.retained_size is None else format_bytes(row.retained_size),
        )
        for row in shown
    ]
    widths = [max(len(line[i]) for line in [header, *cells]) for i in range(len(header))]
    count = len(verdict.windows) + 1
    lines = [f"  added between snapshots 1 and {count}, alive in {count}:"]
    lines.append("    " + _row(header, widths))
    for row, line in zip(shown, cells, strict=True):
        lines.append("    " + _row(line, widths))
        lines += _details(row)
    hidden = len(verdict.constructors) - len(shown)
    if hidden > 0:
        lines.append(f"    and {hidden} more")
    return lines


def _details(row: LeakingConstructor) -> list[str]:
    lines = []
    if row.retaining_path:
        lines.append(f"      kept alive by  {' -> '.join(row.retaining_path)}")
    if row.owner:
        lines.append(f"      piles up in    {row.owner}")
    if row.allocated_at:
        lines.append(f"      allocated at   {row.allocated_at}")
    return lines


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    first = cells[0].ljust(widths[0])
    rest = [cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True)]
    return "   ".join([first, *rest])


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 100 else line[:99] + "…"
