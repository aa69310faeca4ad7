"""Workflow commands and the step summary of GitHub Actions. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...base.units import format_bytes
from ...judge.verdict import Verdict
from ..columns import one_line, shorten
from ..run import MeasuredTest, Run
from ..sparkline import sparkline
from ..terminal import counts_line, growth_per_iteration, word_of
from ..text import headline
from .findings import findings

__all__ = ["annotation_lines", "step_summary"]

_WORDS = {
    "leak": "**leak**",
    "inconclusive": "**undecided**",
    "accepted": "accepted",
    "steady": "steady",
}
_LONGEST = 200
#: GitHub takes 1 MiB in all
_MOST_ROWS, _MOST_DETAILS = 500, 50


def annotation_lines(run: Run, root: str) -> list[str]:
    """``::error`` lines for leaks and ``::warning`` lines for what is undecided."""
    lines = []
    for found in findings(run, root):
        command = "error" if found.outcome == "leak" else "warning"
        column = f",col={found.column}" if found.column else ""
        title = _property(shorten(f"nodeleak: {one_line(found.test)}", _LONGEST))
        place = f"file={_property(one_line(found.path))},line={found.line}{column}"
        lines.append(f"::{command} {place},title={title}::{_data(found.message)}")
    return lines


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def step_summary(run: Run) -> str:
    """Markdown: a table of all measurements, and what leaks in words. Empty without any."""
    pairs = [(test, verdict) for test in run.tests for verdict in test.verdicts]
    if not pairs:
        return ""
    pairs.sort(key=lambda pair: list(_WORDS).index(word_of(pair[1])))
    lines = [f"### {counts_line(run)}", "", "| verdict | heapUsed | per iteration | time | test |"]
    lines.append("|---|---|--:|--:|---|")
    lines += [_row(test, verdict) for test, verdict in pairs[:_MOST_ROWS]]
    if len(pairs) > _MOST_ROWS:
        lines += ["", f"and {len(pairs) - _MOST_ROWS} more"]
    told = [pair for pair in pairs if pair[1].outcome != "steady"][:_MOST_DETAILS]
    for test, verdict in told:
        lines += ["", *_details(test, verdict)]
    return "\n".join(lines) + "\n\n"


def _row(test: MeasuredTest, verdict: Verdict) -> str:
    growth = growth_per_iteration(verdict)
    amount = format_bytes(growth) if abs(growth) >= 0.05 else "0 B"
    bars = sparkline(verdict.series.heap_used, most=12, least_range=2048)
    word = _WORDS[word_of(verdict)]
    return f"| {word} | {bars} | {amount} | {verdict.seconds:.1f} s | {_code(test.nodeid)} |"


def _details(test: MeasuredTest, verdict: Verdict) -> Iterator[str]:
    yield f"<details><summary>{_code(headline(verdict))}</summary>"
    yield ""
    yield f"- in {_code(test.nodeid)}"
    for row in verdict.constructors[:5]:
        yield f"- {_code(row.name)}"
        if row.retaining_path:
            yield f"  - kept alive by {' → '.join(map(_code, row.retaining_path[:12]))}"
        if row.allocated_at:
            yield f"  - allocated at {_code(row.allocated_at)}"
    for reason in verdict.reasons[:3]:
        yield f"- {_code(reason)}"
    if verdict.accepted:
        yield f"- {_code(verdict.accepted)}"
    yield ""
    yield "</details>"


def _code(text: str) -> str:
    """Anybody's text as code: no character of it means anything to Markdown or HTML."""
    shown = shorten(one_line(text), _LONGEST)
    return f"<code>{re.sub(r'[^A-Za-z0-9 ]', lambda m: f'&#{ord(m[0])};', shown)}</code>"
