"""The judgement on survivors by allocating function. Pure.

What leaks leaves as many survivors of early windows behind as of late ones, before and after much
more work, and heapUsed rises by their bytes: what is allocated in one place and freed in another
need not be seen, for bytes are conserved.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from ..base.policy import Policy
from ..base.units import format_amount, format_bytes, format_rate
from .aging import dies_with_age
from .by_bytes import (
    always_falls,
    bytes_added,
    bytes_per_iteration,
    fits,
    is_level,
    is_noise,
    late_share,
    slope_of,
    that_fit,
    witnessed,
)
from .evidence import Judgement, LedgerEvidence
from .ledger import Growing
from .thresholds import THRESHOLDS
from .trend import bends, deltas, falls, rises_late, rises_overall

__all__ = ["by_rising_bytes", "judge_survivors", "unless_it_rises"]


#: times the work between two falls of heapUsed that what was counted must outlive
PERIOD = 1.2
#: what settles a doubt
ONLY_COUNTED = (
    "heapUsed moves by more, or less, than that: only objects that are counted can tell what of it "
    "is replaced; let a snapshot be taken (snapshots='always')"
)


def judge_survivors(evidence: LedgerEvidence, policy: Policy) -> Judgement:
    """The judgement so far; ``outcome`` None asks for more work, "steady" says nothing of bytes."""
    growing = evidence.growing
    if len(evidence.windows) < 2:
        return Judgement(None, ("too few windows",), growing=growing)
    if not growing:
        return _nothing_grows(evidence)
    leaking = tuple(g for g in growing if g.steady and not g.few)
    if not leaking:
        return _rare_or_slowing(evidence, growing)
    if not _worked_enough(evidence):
        return Judgement(None, ("growth without an end so far",), growing=growing)
    young = None if evidence.exhausted else _must_outlive(evidence, growing)
    young = young or _was_let_go(evidence, leaking)
    if young is not None:
        return young
    counted = sum(sum(g.allocations.counts) for g in leaking)
    few = counted < THRESHOLDS.counted_well
    if few and bends(evidence.series, bytes_per_iteration(leaking)):
        return _slower_and_slower(evidence, leaking)
    doubtful = is_noise(leaking, evidence) or always_falls(evidence)
    others_replaced = not doubtful and not witnessed(leaking, evidence)
    if others_replaced:
        decided = evidence.pushed or evidence.exhausted
        fitting = that_fit(leaking, evidence) if decided else ()
        if not fitting:
            return _replaced(evidence, leaking)
        leaking = fitting
    if doubtful and evidence.may_warm_up:
        # What compilers leave behind, a little in each of many functions, survives as well.
        return Judgement(
            "inconclusive", (_unwitnessed(evidence, leaking[0]),), growing=leaking, doubtful=True
        )
    per_iteration = bytes_per_iteration(leaking)
    if per_iteration <= policy.max_growth.bytes:
        reason = (
            f"grows by {format_bytes(per_iteration)} per {evidence.unit}, within "
            f"max_growth={policy.max_growth}"
        )
        return Judgement("steady", (reason,))
    return Judgement(
        "leak",
        (_stays(evidence, leaking[0]),),
        growing=leaking,
        doubtful=doubtful,
        others_replaced=others_replaced,
    )


def _must_outlive(
    evidence: LedgerEvidence, growing: tuple[Growing, ...], iterations: float = 1
) -> Judgement | None:
    """Asks for more work, of so many ``iterations``, that survivors must outlive; None: they have.

    What is in a batch, in a queue, in a table that is cleared does not, whatever heapUsed does
    meanwhile. What is counted then is exact.
    """
    if evidence.outlived >= iterations:
        return None
    reason = "growth that has not outlived enough work"
    return Judgement(None, (reason,), growing=growing, wants_age=iterations)


def unless_it_rises(evidence: LedgerEvidence, leak: Judgement) -> Judgement:
    """A ``leak`` that is doubtful, where no snapshot can settle it: only if heapUsed rises by it.

    Objects of a program that is watched may be replaced after more time than it is looked at.
    """
    if not leak.doubtful or leak.outcome != "leak":
        return leak
    reason = f"{_for_a_while(evidence, leak.growing[0])}, but {ONLY_COUNTED}"
    return by_rising_bytes(evidence, replace(leak, outcome="inconclusive", reasons=(reason,)))


def by_rising_bytes(evidence: LedgerEvidence, doubt: Judgement) -> Judgement:
    """The judgement where no snapshot can settle the ``doubt``.

    heapUsed may jump by more than survivors add, but what leaks makes it rise all along; and what
    would make it rise by more than it does is replaced.
    """
    slope = slope_of(evidence.series.samples)
    leaking = tuple(g for g in doubt.growing if fits(g, slope))
    added = THRESHOLDS.witnessed * bytes_added(leaking, evidence)
    if not doubt.doubtful or not leaking or not rises_overall(evidence.series, added):
        return doubt
    reasons = (_stays(evidence, leaking[0]),)
    return replace(doubt, outcome="leak", reasons=reasons, growing=leaking, others_replaced=True)


def _nothing_grows(evidence: LedgerEvidence) -> Judgement:
    seen = sum(evidence.windows)
    means_something = seen >= THRESHOLDS.least_counted or evidence.timed
    if not evidence.exhausted and not (means_something and seen >= evidence.wanted):
        return Judgement(None, ("too few iterations",))
    if means_something:
        return Judgement("steady", (_nothing_lasts(evidence),))
    reason = (
        f"only {format_amount(seen, evidence.unit)} fitted into the budget while allocations were "
        "counted, too few to see a slow leak: raise the budget"
    )
    return Judgement("inconclusive", (reason,))


def _worked_enough(evidence: LedgerEvidence) -> bool:
    if evidence.pushed or (evidence.timed and len(evidence.windows) >= THRESHOLDS.enough_timed):
        return True
    if evidence.total_iterations >= THRESHOLDS.enough_slow and evidence.slow:
        return True
    heap = evidence.series.heap_used
    grown = heap[-1] - heap[0] >= THRESHOLDS.plenty
    return evidence.exhausted and (
        evidence.timed or grown or evidence.total_iterations >= THRESHOLDS.least_work
    )


def _rare_or_slowing(evidence: LedgerEvidence, growing: tuple[Growing, ...]) -> Judgement:
    unclear = Judgement(None, ("growth that is rare, or slows down",), growing=growing)
    if not evidence.exhausted and not evidence.pushed:
        return unclear
    young = _must_outlive(evidence, growing)
    if young is not None and not evidence.exhausted:
        return young
    rare = tuple(g for g in growing if g.few and g.steady)
    patience = THRESHOLDS.rare_worth if any(g.allocations.is_own for g in rare) else 1
    wanted = rare and sum(evidence.windows) < patience * evidence.wanted
    # A step of V8's at the beginning may be larger than all that leaks later.
    late = rises_late(evidence.series) or late_share(evidence, growing) >= THRESHOLDS.witnessed
    if (wanted or late) and not evidence.exhausted:
        return unclear
    if rare:
        # Under the profiler there was no time for more; counting at full speed may tell.
        return Judgement("inconclusive", (_still_growing(evidence, rare[0]),), growing=rare)
    if late:
        return Judgement("inconclusive", (_still_growing(evidence, growing[0]),), growing=growing)
    reason = (
        f"{growing[0].allocations} fills up: the later half of "
        f"{format_amount(evidence.total_iterations, evidence.unit)} added little"
    )
    return Judgement("steady", (reason,))


def _slower_and_slower(evidence: LedgerEvidence, growing: tuple[Growing, ...]) -> Judgement:
    if not evidence.exhausted:
        return Judgement(None, ("growth that slows down",), growing=growing)
    reason = _still_growing(evidence, growing[0], "but slower and slower")
    return Judgement("inconclusive", (reason,), growing=growing)


def _was_let_go(evidence: LedgerEvidence, growing: tuple[Growing, ...]) -> Judgement | None:
    """Asks for as much work as lies between two falls of heapUsed by what was counted.

    None: it never fell, has passed its peak since, or what was counted has outlived that.
    """
    series = evidence.all_readings
    fallen = [] if evidence.compiled else falls(series, bytes_per_iteration(growing))
    heap, at = series.heap_used, series.iterations
    if not fallen or heap[-1] >= max(heap[peak] for peak, _ in fallen):
        return None
    ends = [at[0], *(at[low] for _, low in fallen)]
    young = _must_outlive(evidence, growing, PERIOD * max(deltas(ends)))
    if young is None or not evidence.exhausted:
        return young
    but = "but heapUsed has fallen by as much before, and has not passed that peak since"
    return Judgement("inconclusive", (_still_growing(evidence, growing[0], but),), growing=growing)


def _replaced(evidence: LedgerEvidence, leaking: Sequence[Growing]) -> Judgement:
    if not evidence.exhausted and not evidence.pushed:
        return Judgement(None, ("survivors without growth of the heap",), growing=tuple(leaking))
    is_young = any(dies_with_age(g.allocations.counts, evidence.windows) for g in leaking)
    if is_young and not evidence.exhausted and evidence.outlived < math.inf:
        # Of the latest as well no more may stay than of what is old: then bytes tell.
        again = max(2 * evidence.outlived, 1.0)
        reason = "survivors that are fewer the older they are"
        return Judgement(None, (reason,), growing=tuple(leaking), wants_age=again)
    what = _for_a_while(evidence, leaking[0])
    if not is_level(evidence, leaking):
        reason = f"{what}, but {ONLY_COUNTED}"
        return Judgement("inconclusive", (reason,), growing=tuple(leaking), doubtful=True)
    reason = f"{what} and is replaced: heapUsed does not rise with it"
    return Judgement("steady", (reason,), growing=tuple(leaking))


def _for_a_while(evidence: LedgerEvidence, worst: Growing) -> str:
    return (
        f"what {worst.allocations} allocates, +{format_rate(worst.per_iteration)} per "
        f"{evidence.unit}, stays for a while"
    )


def _stays(evidence: LedgerEvidence, worst: Growing) -> str:
    return (
        f"{worst.allocations} allocates what stays: +{format_rate(worst.per_iteration)} per "
        f"{evidence.unit} in {len(evidence.windows)} of {len(evidence.windows)} windows"
    )


def _unwitnessed(evidence: LedgerEvidence, worst: Growing) -> str:
    return (
        f"{worst.allocations} allocates what stays, +{format_rate(worst.per_iteration)} per "
        f"{evidence.unit} over {format_amount(evidence.total_iterations, evidence.unit)}, but "
        "with V8's compilers on heapUsed jumps by more than that: a leak, or what they keep "
        "themselves; raise the budget, or let a snapshot be taken (snapshots='always')"
    )


def _still_growing(evidence: LedgerEvidence, worst: Growing, but: str = "") -> str:
    but = but or ("but too little was seen of it" if worst.steady else "but slower and slower")
    return (
        f"{worst.allocations} allocates what stays, +{format_rate(worst.per_iteration)} per "
        f"{evidence.unit} over {format_amount(evidence.total_iterations, evidence.unit)}, {but}: a "
        "bounded structure that is still filling, or a slow leak; raise the budget, or name the "
        "bound with max_live={'Class': bound}"
    )


def _nothing_lasts(evidence: LedgerEvidence) -> str:
    seen = sum(evidence.windows)
    return (
        f"nothing that was allocated in {format_amount(seen, evidence.unit)} outlived the next "
        "ones at a steady pace"
    )
