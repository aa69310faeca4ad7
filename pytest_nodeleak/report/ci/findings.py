"""What a run has to tell a reviewer, each with a place in a file of the repository. Pure."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass

from ...judge.verdict import Verdict
from ..columns import one_line, shorten
from ..run import MeasuredTest, Run
from ..text import headline

__all__ = ["Finding", "findings"]

_PLACE = re.compile(r"\((?P<path>[^()\[\]]+):(?P<line>\d+):(?P<column>\d+)\)$")
_LONGEST = 500


@dataclass(frozen=True)
class Finding:
    """``key`` names it in every run; ``path`` is relative to the root, ``line`` counts from 1."""

    outcome: str
    test: str
    message: str
    path: str
    line: int
    column: int
    key: tuple[str, ...]


def findings(run: Run, root: str) -> Iterator[Finding]:
    """Leaks that made a test fail, at the line that allocates (else at the test), and what is
    undecided. ``root`` is the repository's folder, absolute.
    """
    for test in run.tests:
        for number, verdict in enumerate(test.verdicts):
            leak = verdict.outcome == "leak" and not verdict.accepted and test.failed
            if leak or (verdict.outcome == "inconclusive" and test.result != "xfailed"):
                path, line, column = _place(test, verdict, root)
                name = verdict.constructors[0].name if verdict.constructors else ""
                yield Finding(
                    verdict.outcome,
                    test.nodeid,
                    _message(verdict),
                    path,
                    line,
                    column,
                    (test.nodeid, str(number), verdict.outcome, name),
                )


def _message(verdict: Verdict) -> str:
    lines = [headline(verdict)]
    if verdict.constructors and verdict.constructors[0].retaining_path:
        path = verdict.constructors[0].retaining_path
        lines.append("kept alive by " + " -> ".join(map(one_line, path)))
    if verdict.outcome == "inconclusive":
        lines += map(one_line, verdict.reasons[:1])
    return "\n".join(shorten(line, _LONGEST) for line in lines)


def _place(test: MeasuredTest, verdict: Verdict, root: str) -> tuple[str, int, int]:
    for row in verdict.constructors if verdict.outcome == "leak" else ():
        match = _PLACE.search(row.allocated_at or "")
        if match is None:
            continue
        folder = os.path.dirname(verdict.script)
        path = os.path.relpath(os.path.join(folder, match["path"]), root)
        if not path.startswith(os.pardir):
            return path.replace(os.sep, "/"), int(match["line"]), int(match["column"])
    return test.file, max(test.line, 1), 0
