"""What is to be said of the heaps beside the one that speaks for the program."""

from __future__ import annotations

from ...base.units import format_rate
from .ledger import Ledger

__all__ = ["also_leaking", "others_are_steady"]


def also_leaking(ledger: Ledger) -> tuple[str, ...]:
    """A line on the other heaps that leak, as those of a pool do."""
    others = [
        f"{part.track.name} +{format_rate(max(g.per_iteration for g in part.evidence.growing))}"
        for part in ledger.parts
        if part is not ledger.worst and part.judgement.outcome == "leak" and part.evidence.growing
    ]
    return (f"leaks as well: {', '.join(others)} per {ledger.meter.unit}",) if others else ()


def others_are_steady(ledger: Ledger) -> bool:
    """Whether all heaps but the worst are: snapshots of that one tell nothing of them."""
    return all(part is ledger.worst or part.judgement.outcome == "steady" for part in ledger.parts)
