"""What becomes of survivors that were counted, in more work and more time. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from ..base.frames import CallFrame
from ..base.units import format_rate
from .evidence import Judgement, LedgerEvidence
from .ledger import SURELY, Allocations, Growing, growing_among
from .thresholds import THRESHOLDS
from .trend import rates

__all__ = [
    "all_counts",
    "by_the_oldest",
    "came_level",
    "dies_with_age",
    "fell",
    "functions_of",
    "has_ended",
    "held",
    "not_seen_to_end",
    "of_age",
    "oldest_that_held",
    "seen_last",
    "slow_down",
]

#: share of what survived that is there after as much work again, where it stays for good
HELD = 0.85


def held(before: Sequence[int], now: Sequence[int]) -> bool:
    """Whether of what survived in each window ``before`` as much is there ``now``."""
    had, has = sum(before), sum(now)
    return has >= HELD * had - 2 * math.sqrt(had)


def came_level(before: Sequence[int], now: Sequence[int], windows: Sequence[float]) -> bool:
    """Whether the older windows have held, and of the younger as few are there by now as of them.

    What goes in turn has gone then. What goes by chance goes from old windows as well.
    """
    half = (len(now) + 1) // 2
    old, young = sum(now[:half]), sum(now[half:])
    if not sum(windows[half:]) or old < THRESHOLDS.few_own or not held(before[:half], now[:half]):
        return False
    expected = old / sum(windows[:half]) * sum(windows[half:])
    return young <= expected / HELD + 2 * math.sqrt(expected)


def fell(proven: Sequence[Growing], now: Sequence[Growing]) -> bool:
    """Whether of what one of the functions left behind much is gone ``now``."""
    return any(
        not held(_counts_of(function, proven), _counts_of(function, now))
        for function in functions_of(proven)
    )


def functions_of(proven: Sequence[Growing]) -> frozenset[CallFrame]:
    """Those of what has a pace of its own, and is more than a few."""
    return frozenset(g.allocations.function for g in proven if g.steady and not g.few)


def _counts_of(function: CallFrame, growing: Sequence[Growing]) -> tuple[int, ...]:
    return all_counts([g for g in growing if g.allocations.function == function])


def dies_with_age(counts: Sequence[int], windows: Sequence[float]) -> bool:
    """Whether of the youngest window far more is alive than of those before it, beyond chance."""
    *old, young = counts
    *before, span = windows
    least = young / span * sum(before)
    return sum(old) + SURELY * math.sqrt(sum(old)) < THRESHOLDS.fading * least


def by_the_oldest(evidence: LedgerEvidence, leak: Judgement, before: tuple[int, ...]) -> Judgement:
    """The judgement where there is no time to see how many of the survivors stay in the end.

    ``before`` as much work, so many of each window were alive. Of the oldest windows nothing at all
    is gone since, or nothing is left: what is younger is not asked.
    """
    stay = oldest_that_held(evidence, before)
    if stay:
        return replace(leak, growing=stay)
    windows, worst = evidence.windows, evidence.growing[0]
    gone = next((at for at, has in enumerate(all_counts(evidence.growing)) if has), None)
    if sum(windows[:gone]) >= max(sum(windows) / 2, THRESHOLDS.least_counted):
        return _in_time(worst)
    reason = (
        f"of what {worst.allocations} allocates fewer and fewer stay, so far "
        f"+{format_rate(worst.per_iteration)} per {evidence.unit}: a bounded structure, or a slow "
        "leak beside one; raise the budget"
    )
    return replace(leak, outcome="inconclusive", reasons=(reason,), doubtful=True)


def oldest_that_held(evidence: LedgerEvidence, before: tuple[int, ...]) -> tuple[Growing, ...]:
    """What has a pace of its own in the oldest windows, of which nothing is gone since ``before``.

    What is replaced is gone by then, in turn or by chance.
    """
    growing, windows = evidence.growing, evidence.windows
    now = all_counts(growing)
    # The last window may not have been counted before.
    held = next((at for at, has in enumerate(now) if before[at : at + 1] != (has,)), None)
    if sum(now[:held]) < THRESHOLDS.few_of_node:
        return ()
    rows = [replace(g.allocations, windows=g.allocations.windows[:held]) for g in growing]
    return tuple(
        _among_all(g, len(windows))
        for g in growing_among(rows, windows[:held])
        if g.steady and not g.few
    )


def _among_all(growing: Growing, windows: int) -> Growing:
    """The same where there are more ``windows`` after those that it was judged by."""
    own = growing.allocations
    rest = tuple(Counter[int]() for _ in range(windows - len(own.windows)))
    return replace(growing, allocations=replace(own, windows=(*own.windows, *rest)))


def _in_time(worst: Growing) -> Judgement:
    reason = f"what {worst.allocations} allocates is let go of within some seconds"
    return Judgement("steady", (reason,))


def of_age(now: Judgement, before: Judgement) -> Judgement:
    """The judgement ``now``, seconds after that of a leak ``before``, which it does not confirm."""
    if now.outcome == "steady" or now.doubtful:
        return now
    return _in_time(before.growing[0])


def not_seen_to_end(evidence: LedgerEvidence) -> Judgement:
    """The judgement where what was proven is gone, and no time is left for what else grows."""
    worst = evidence.growing[0]
    reason = (
        f"what {worst.allocations} allocates stays so far, +{format_rate(worst.per_iteration)} per "
        f"{evidence.unit}, and there was no time to see whether that goes on: raise the budget"
    )
    return Judgement("inconclusive", (reason,), growing=evidence.growing, doubtful=True)


def seen_last(proven: Judgement, now: Sequence[Growing]) -> tuple[Growing, ...]:
    """What is ``proven``, as it was counted last, and what else grows ``now``.

    What is too rare to prove anything by itself may allocate what is proven elsewhere.
    """
    if proven.others_replaced:
        return proven.growing
    places = {g.allocations.place: g for g in now}
    known = [places.get(g.allocations.place, g) for g in proven.growing]
    also = (g for g in now if g.steady or not known)
    return (*known, *(g for g in also if g not in known))


def all_counts(growing: Sequence[Growing]) -> tuple[int, ...]:
    """Survivors of each window, of all that is growing."""
    return tuple(map(sum, zip(*(g.allocations.counts for g in growing), strict=True)))


def has_ended(
    growing: Sequence[Growing], late: Sequence[Allocations], iterations: float, *, surely: bool
) -> bool:
    """Whether every function that was growing leaves less of ``iterations`` of later work behind.

    ``late`` is what is alive of these. ``surely``: far less than the pace before, beyond chance;
    else so much less that more work should tell.
    """
    share = THRESHOLDS.fading if surely else THRESHOLDS.agreement
    functions = {g.allocations.function for g in growing}
    return bool(functions) and all(
        _has_ended(
            [g for g in growing if g.allocations.function == function],
            [row for row in late if row.function == function],
            share * iterations,
            SURELY if surely else 1.0,
        )
        for function in functions
    )


def _has_ended(
    growing: Sequence[Growing], rows: Sequence[Allocations], iterations: float, deviations: float
) -> bool:
    sizes = {g.allocations.of_size for g in growing}
    parts = rows if None in sizes else [row.only(size) for row in rows for size in sizes if size]
    late = sum(sum(part.counts) for part in parts)
    counted = sum(sum(g.allocations.counts) for g in growing)
    pace = sum(g.per_iteration for g in growing)
    # Counts of rare things scatter.
    least = pace * max(0.0, 1 - deviations / math.sqrt(max(counted, 1)))
    return late + deviations * math.sqrt(late) < least * iterations


def slow_down(growing: Sequence[Growing], windows: Sequence[float]) -> bool:
    """Whether all that grows comes at a slower pace in each third of the windows, beyond chance.

    So do the keys of a bounded world, asked for at random. What leaks keeps its pace.
    """
    thirds = _thirds(windows)
    return bool(growing) and bool(thirds) and all(_slows_down(g, windows, thirds) for g in growing)


def _thirds(windows: Sequence[float]) -> list[slice]:
    """The windows in three parts of about as much work each; none if there are too few."""
    ends, done, total = [0], 0.0, sum(windows)
    for at, n in enumerate(windows, 1):
        done += n
        if done >= total * len(ends) / 3:
            ends.append(at)
    parts = [slice(*pair) for pair in pairwise(ends)]
    return parts if len(parts) == 3 else []


def _slows_down(growing: Growing, windows: Sequence[float], thirds: Sequence[slice]) -> bool:
    counts = [sum(growing.allocations.counts[part]) for part in thirds]
    spans = [sum(windows[part]) for part in thirds]
    first, middle, last = rates(counts, spans)
    error = math.hypot(
        *(math.sqrt(count) / span for count, span in zip(counts, spans, strict=True))
    )
    surely = first - last > SURELY * error and last < THRESHOLDS.agreement * middle
    return not growing.steady and first > middle and surely
