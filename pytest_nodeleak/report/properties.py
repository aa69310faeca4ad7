"""Verdicts as JUnit properties. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from ..judge.verdict import Verdict
from .columns import one_line
from .text import headline

__all__ = ["properties"]

_PREFIX = "nodeleak_"
_OUTCOME = "outcome"
_VERDICT = "verdict"


def properties(verdicts: Sequence[Verdict]) -> list[tuple[str, object]]:
    """Plain Python values: they cross process borders and stand in the JUnit file.

    Names begin with ``nodeleak_``; those of a second measurement in a test end in ``_2``.
    """
    found: list[tuple[str, object]] = []
    for number, verdict in enumerate(verdicts, 1):
        suffix = "" if number == 1 else f"_{number}"
        found += [(f"{_PREFIX}{name}{suffix}", value) for name, value in _values(verdict)]
    return found


def _values(verdict: Verdict) -> list[tuple[str, object]]:
    found: list[tuple[str, object]] = [
        (_OUTCOME, str(verdict.outcome)),
        (_VERDICT, headline(verdict)),
        ("iterations", int(verdict.iterations)),
        ("seconds", round(float(verdict.seconds), 3)),
        ("heap_used", int(verdict.series.heap_used[-1])),
    ]
    if verdict.constructors:
        worst = verdict.constructors[0]
        found.append(("constructor", one_line(worst.name)))
        found.append(("per_iteration", round(float(worst.per_iteration), 6)))
    if verdict.artifacts:
        found.append(("artifacts", verdict.artifacts))
    return found
