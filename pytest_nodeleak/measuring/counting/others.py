"""The heaps beside the one that speaks for the program, and which of them that is."""

from __future__ import annotations

from ...base.units import format_rate
from ...judge.nothing_grows import is_unexplained, unexplained_rise
from ...judge.trend import rising_share
from ..heaps import HeapLedger
from .ledger import Ledger

__all__ = ["also_leaking", "leaves_a_rise", "others_are_steady"]

#: readings in a row that rise where a heap may, and after the windows to see whether it is evenly
FEW = 4
ENOUGH = 13
#: times that more are taken, and as many windows of work for these
LOOKS = 3
PIECES = 4
#: readings at other phases of what a watched program does again and again, and the share of its
#: time between them with which no two are at the same; what swings with it rises in 2 to 4 of them
PHASES = 6
GOLDEN = 0.618
MOST_SWINGING = 0.7


def leaves_a_rise(ledger: Ledger) -> bool:
    """Whether a heap rises that no survivor explains; it speaks for the program from now on.

    Workers and children were read in few of the rounds: where one may rise, there are more.
    """
    if ledger.pacer.timed and ledger.lived:
        return False  # of age, what is pending looks like a rise in a few readings
    as_bad = [p for p in ledger.alive if p.judgement.outcome == ledger.judgement.outcome]
    others = ledger.parts[1:]
    for _ in range(0 if ledger.pacer.timed or ledger.waited else LOOKS):
        if not any(_may_rise(part, ledger) for part in as_bad if part in others):
            break
        ledger.push(PIECES * int(ledger.counts[-1]))
    rising = [part for part in as_bad if _rises(part, ledger)]
    if ledger.pacer.timed:
        rising = [part for part in rising if _rises_at_all_phases(part, ledger)]
    ledger.worst = max(
        rising, key=lambda part: unexplained_rise(part.track.series), default=ledger.worst
    )
    return bool(rising)


def _may_rise(part: HeapLedger, ledger: Ledger) -> bool:
    series = part.track.series
    last = series.heap_used[-FEW:]
    too_few = len(series.since(ledger.first_ended)) < ENOUGH
    return too_few and len(last) == FEW and rising_share(last) == 1.0


def _rises(part: HeapLedger, ledger: Ledger) -> bool:
    series = part.track.series
    if ledger.waited:
        series = series.until(ledger.first_waited)  # then it fills up again
    later = series.since(ledger.first_ended)
    is_there = not part.track.ended and len(later) > 0
    return is_there and is_unexplained(series, later, ledger.policy)


def _rises_at_all_phases(part: HeapLedger, ledger: Ledger) -> bool:
    """Whether readings rise that are not as far apart as those before.

    What is swept each second, and is read each second, rises while the one drifts by the other.
    """
    used = [part.track.samples[-1].heap_used]
    for _ in range(PHASES):
        ledger.meter.wait(GOLDEN * (ledger.meter.runner.fixed_seconds or 1.0), "other readings")
        used += part.track.look()
    return rising_share(used) > MOST_SWINGING


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
