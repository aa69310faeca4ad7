"""What a bisection tells at its end: a table of verdicts and a sentence. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..base.errors import NodeLeakError
from .candidates import Candidate
from .search import Found

__all__ = ["Measured", "conclusion", "table"]

_GAP = "  "


@dataclass(frozen=True)
class Measured:
    """What was found of one version: an outcome, "skipped" for none, and what it says."""

    outcome: str
    what: str
    seconds: float = 0.0


def table(noun: str, candidates: Sequence[Candidate], measured: Mapping[int, Measured]) -> str:
    """The versions that were measured, in their order."""
    rows = [(noun, "verdict", "time", "what")]
    for number in sorted(measured):
        one, candidate = measured[number], candidates[number]
        what = _GAP.join(filter(None, (one.what, candidate.about)))
        rows.append((candidate.shown, one.outcome, f"{one.seconds:.1f} s", what))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return "\n".join(
        _GAP.join(cell.ljust(width) for cell, width in zip(row, (*widths, 0), strict=True)).rstrip()
        for row in rows
    )


def conclusion(noun: str, candidates: Sequence[Candidate], found: Found, count: int) -> str:
    """The sentence below the table; ``count`` measurements were made.

    Raises NodeLeakError if what was said of an end is not so.
    """
    if found.good is None:
        raise NodeLeakError(
            f"--good {candidates[0].shown} leaks as well: the {noun} that brought the leak is "
            "older; give an earlier one as --good"
        )
    if found.bad is None:
        raise NodeLeakError(
            f"--bad {candidates[-1].shown} does not leak; give a {noun} as --bad in which "
            "`nodeleak run` finds the leak"
        )
    good, bad = candidates[found.good], candidates[found.bad]
    of = f"{count} measurement{'' if count == 1 else 's'} for {len(candidates)} {noun}s"
    if found.is_one:
        about = f" ({bad.about})" if bad.about else ""
        return f"first bad {noun}: {bad.shown}{about}; the last good one: {good.shown}; {of}"
    those = ", ".join(one.shown for one in candidates[found.good + 1 : found.bad + 1])
    return f"the first bad {noun} is one of {those}: those before {bad.shown} were skipped; {of}"
