"""The summary of a run for a terminal: lines of text with the meaning of their colours. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from ..base.units import format_bytes
from ..judge.verdict import Verdict
from .columns import left, one_line, right, shorten, width, wrap
from .run import MeasuredTest, Run
from .sparkline import sparkline
from .text import headline

__all__ = ["Line", "counts_line", "growth_per_iteration", "summary_lines", "word_of"]

#: pieces of a line, each with what it is: "leak", "undecided", "accepted", "steady", "dim",
#: "bold" or ""
Line = tuple[tuple[str, str], ...]

_WORDS = {
    "leak": "leaking",
    "accepted": "accepted",
    "inconclusive": "inconclusive",
    "steady": "steady",
}
_SHOWN = {"leak": "LEAK", "inconclusive": "UNDECIDED"}
_STYLES = {"inconclusive": "undecided"}
_BARS = 8
#: bytes; heapUsed that moves less than this is drawn flat
_FLAT = 2048
#: how the id of a leak file's test ends that has no name of its own
_ONLY = "::iteration"
#: columns of verdict, bars, growth and seconds, with the blanks between
_FIXED = 9 + 2 + _BARS + 2 + 9 + 2 + 7 + 2
#: columns of the name; where there is room for no test beside it, lines are as wide as they must
_LEAST_NAME, _MOST_NAME = 16, 34


def counts_line(run: Run) -> str:
    """``nodeleak: 1 leaking, 2 steady``; empty if nothing was measured."""
    counts = run.counts()
    shown = [f"{counts[outcome]} {word}" for outcome, word in _WORDS.items() if outcome in counts]
    return f"nodeleak: {', '.join(shown)}" if shown else ""


def summary_lines(run: Run, columns: int, verbosity: int = 0) -> list[Line]:
    """One line for each measurement (none if ``verbosity`` is negative), those without a verdict
    once more with what to do, and the counts. From 1 on also what was measured, and how.
    """
    lines: list[Line] = []
    pairs = [(test, verdict) for test in run.tests for verdict in test.verdicts]
    if pairs and verbosity >= 0:
        lines.append(_header(columns))
        for test, verdict in pairs:
            lines.append(_row(test, verdict, columns))
            if verbosity > 0:
                lines += _details(verdict, columns)
    lines += _undecided(pairs, columns)
    counted = counts_line(run)
    return [*lines, ((counted, "bold"),)] if counted else lines


def word_of(verdict: Verdict) -> str:
    """What the verdict is called in a summary: "leak", "accepted", "inconclusive", "steady"."""
    return "accepted" if verdict.accepted else verdict.outcome


def growth_per_iteration(verdict: Verdict) -> float:
    """Bytes of the heap per iteration over the readings; of a leak what its worst class retains."""
    worst = verdict.constructors[0] if verdict.constructors else None
    if verdict.outcome == "leak" and worst is not None:
        size = worst.retained_size or worst.shallow_size
        return size / max(worst.count, 1) * worst.per_iteration
    samples = verdict.series.samples
    done = samples[-1].iterations - samples[0].iterations
    return (samples[-1].heap_used - samples[0].heap_used) / max(done, 1)


def _name_columns(columns: int) -> int:
    return min(_MOST_NAME, max(_LEAST_NAME, (columns - _FIXED) // 3))


def _header(columns: int) -> Line:
    name = left("what grows", _name_columns(columns))
    cells = (left("verdict", 9), left("heapUsed", _BARS), right("B/iter.", 9), right("time", 7))
    return ((shorten("  ".join((*cells, name, "test")), columns), "dim"),)


def _row(test: MeasuredTest, verdict: Verdict, columns: int) -> Line:
    word = word_of(verdict)
    style = _STYLES.get(word, word)
    name = _name_columns(columns)
    growth = growth_per_iteration(verdict)
    amount = ("+" if growth > 0 else "") + format_bytes(growth) if abs(growth) >= 0.05 else "0 B"
    bars = sparkline(verdict.series.heap_used, most=_BARS, least_range=_FLAT)
    return (
        (left(_SHOWN.get(word, word), 9), style),
        ("  ", ""),
        (left(bars, _BARS), style),
        ("  " + right(amount, 9), "bold" if word == "leak" else ""),
        ("  " + right(f"{verdict.seconds:.1f} s", 7), "dim"),
        ("  " + left(_what(verdict, name), name), "bold" if word == "leak" else ""),
        ("  " + _test(one_line(test.nodeid), max(columns - _FIXED - name - 2, 10)), ""),
    )


def _test(nodeid: str, columns: int) -> str:
    """Of a leak file its name tells more than that of its only workload."""
    return _end_of(nodeid if width(nodeid) <= columns else nodeid.removesuffix(_ONLY), columns)


def _what(verdict: Verdict, columns: int) -> str:
    rows = verdict.constructors or verdict.internals
    if not rows or verdict.outcome == "steady":
        return "-"
    rate = rows[0].pace
    more = f" +{len(rows) - 1}" if len(rows) > 1 else ""
    name = shorten(one_line(rows[0].name), max(columns - width(rate + more) - 1, 6))
    return f"{rate} {name}{more}"


def _end_of(text: str, columns: int) -> str:
    """The end of a node id says which test it is."""
    if width(text) <= columns:
        return text
    return "…" + shorten(text[::-1], columns - 1).rstrip("…")[::-1]


def _details(verdict: Verdict, columns: int) -> Iterable[Line]:
    told = [f"{verdict.workload} on node {verdict.node}, {verdict.iterations:,} iterations"]
    if verdict.outcome == "leak":
        told.append(headline(verdict))
    for row in verdict.constructors[:1]:
        if row.retaining_path:
            told.append("kept alive by " + " -> ".join(row.retaining_path))
        if row.allocated_at:
            told.append(f"allocated at {row.allocated_at}")
    if verdict.accepted:
        told.append(verdict.accepted)
    if verdict.artifacts:
        told.append(f"artifacts in {verdict.artifacts}")
    for text in told:
        for line in wrap(shorten(one_line(text), 4 * columns), columns, " " * 11, " " * 13):
            yield ((line, "dim"),)


def _undecided(pairs: list[tuple[MeasuredTest, Verdict]], columns: int) -> list[Line]:
    found = [(test, verdict) for test, verdict in pairs if verdict.outcome == "inconclusive"]
    if not found:
        return []
    count = f"{len(found)} measurement{'' if len(found) == 1 else 's'}"
    lines: list[Line] = [((f"UNDECIDED: {count} without a verdict", "undecided"),)]
    for test, verdict in found:
        passed = " (it passed: give strict=True to fail it)" if not test.failed else ""
        lines.append(((shorten(f"  {one_line(test.nodeid)}{passed}", columns), "undecided"),))
        for reason in verdict.reasons[:2] or ("no reason given",):
            text = shorten(one_line(reason), 6 * columns)
            lines += [((line, ""),) for line in wrap(text, columns, "    ", "    ")]
    return lines
