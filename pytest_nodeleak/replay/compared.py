"""What became of a recorded verdict: still there, gone, another one. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..base.json_text import finite
from ..base.units import format_rate
from ..judge.verdict import Verdict

__all__ = ["Outcome", "compared"]

#: leaking constructors that a line names
_SHOWN = 3


@dataclass(frozen=True)
class Outcome:
    """A verdict in short: ``leaks`` has the objects per iteration of each constructor that leaks.

    They are the worst first; ``reason`` is the deciding sentence.
    """

    outcome: str
    reason: str
    leaks: Mapping[str, float]

    @classmethod
    def of(cls, verdict: Verdict) -> Outcome:
        rows = reversed(verdict.constructors)  # of two rows of a name the worse one stays
        rates = {row.name: row.per_iteration for row in rows}
        reason = verdict.reasons[0] if verdict.reasons else ""
        return cls(verdict.outcome, reason, dict(reversed(rates.items())))

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Outcome:
        """Raises KeyError, TypeError, ValueError."""
        leaks = {str(row["name"]): finite(row["per_iteration"]) for row in found["constructors"]}
        return cls(str(found["outcome"]), str(found["reason"]), leaks)

    def to_json(self) -> dict[str, Any]:
        rows = [
            {"name": name, "per_iteration": round(rate, 6)} for name, rate in self.leaks.items()
        ]
        return {"outcome": self.outcome, "reason": self.reason, "constructors": rows}

    def __str__(self) -> str:
        """``Receipt +1.00, Line +2.00``, of a leak without a name its reason."""
        if self.outcome != "leak":
            return self.outcome
        return _rates(self.leaks) or self.reason


def _rates(leaks: Mapping[str, float]) -> str:
    return ", ".join(f"{name} +{format_rate(rate)}" for name, rate in list(leaks.items())[:_SHOWN])


def compared(recorded: Outcome, now: Outcome) -> str:
    """One line: what the verdict of now says of the recorded one."""
    if now.outcome != "leak":
        word = {"steady": "gone", "inconclusive": "not decided"}[now.outcome]
        if recorded.outcome == now.outcome:
            return f"the same: {now} (recorded {recorded})"
        if recorded.outcome != "leak" and now.outcome == "steady":
            word = "no leak"
        return f"{word}: {now} (recorded {recorded})"
    if recorded.outcome != "leak":
        return f"a leak now: {now} (recorded {recorded})"
    common = [name for name in now.leaks if name in recorded.leaks]
    if common:
        here = _rates({name: now.leaks[name] for name in common})
        then = ", ".join(f"+{format_rate(recorded.leaks[name])}" for name in common[:_SHOWN])
        return f"still there: {here} (recorded {then})"
    if not now.leaks or not recorded.leaks:
        return f"still there: {now} (recorded {recorded})"
    return f"another one: {now} (recorded {recorded})"
