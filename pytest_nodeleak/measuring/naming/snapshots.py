"""What is proven by survivors gets a name: constructors, sizes and paths, from snapshots."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from ...base.deadline import Deadline
from ...base.policy import Policy
from ...base.units import format_amount, format_bytes, format_rate
from ...judge.aging import all_counts, dies_with_age, fell, oldest_that_held
from ...judge.evidence import Evidence, Judgement, Suspect
from ...judge.ledger import Growing
from ...judge.suspects import (
    has_filled_up,
    judged_rows,
    over_bounds,
    replaced_within,
    some_grow,
    suspects_of,
    worst_of,
)
from ..counting import Confirming, Ledger
from ..meter import Meter
from ..windows import Windows
from .explain import Findings, find_culprits

__all__ = [
    "named_by_snapshots",
    "named_by_what_stays",
    "why_no_snapshot",
]

#: seconds of a snapshot that is taken three times, so that people can compare them
CHEAP_SNAPSHOT = 0.55
#: seconds of one that is taken once more in any case: names are of what stays
QUICK_SNAPSHOT = 0.25
#: the same where there is only one: by then a ring or an LRU has let go of what it held as well
AGAIN_SNAPSHOT = 4.0
#: seconds of work for what it must have let go of
AS_MUCH_WORK = 5.0
#: times what was counted above which a class has others that will be let go of
TOO_MANY = 1.5
#: survivors of a class for each that an allocating function has, at least
PACE = 0.4
#: classes of one size that a function allocates together, at most
MOST_OF_A_SIZE = 4


def why_no_snapshot(meter: Meter, policy: Policy, left: float) -> str:
    """What forbids a snapshot, ``left`` seconds before it should be there; "" if nothing does."""
    if policy.snapshots == "never":
        return "no snapshot was taken: snapshots='never'"
    if policy.snapshots == "always":
        return ""
    memory = format_bytes(meter.snapshot_bytes)
    if not meter.memory.fits(meter.snapshot_bytes):
        return (
            f"no snapshot was taken: one of this heap may need {memory} of memory, more than is "
            "free; snapshots='always' takes it"
        )
    seconds = meter.snapshot_estimate
    most = meter.app.most_standstill
    if most is not None and seconds > most:
        return (
            f"no snapshot was taken: the program would stand still for about {seconds:.0f} s, and "
            f"take {memory} of memory meanwhile; snapshots='always' takes it"
        )
    if seconds > left:
        return (
            f"no snapshot was taken: one of this heap may take {seconds:.0f} s and {memory} of "
            f"memory, and {left:.0f} s are left; raise `explain`"
        )
    return ""


def named_by_snapshots(
    windows: Windows,
    policy: Policy,
    judgement: Judgement,
    deadline: Deadline,
    ledger: Ledger,
) -> tuple[Judgement, Evidence]:
    """The classes behind what is growing; "steady" if the policy accepts all of them."""
    meter = windows.meter
    rate = min((g.per_iteration for g in judgement.growing), default=1.0)
    left = deadline.remaining or 0.0
    several = meter.snapshot_estimate < CHEAP_SNAPSHOT and not meter.timers_hold
    several = several or policy.snapshots == "always"
    # Without heapUsed populations are the witness, and one snapshot has none from before.
    several = several or (judgement.doubtful and 4 * meter.snapshot_estimate < left)
    # A thread that sleeps has no turn in which V8 would say where the ids of a window begin.
    several = several or meter.subject.heap.channel.is_asleep()
    evidence = windows.name(judgement.growing, deadline, several=several, period=ledger.period)
    over = over_bounds(evidence.rows, policy)
    if over:
        judgement = replace(judgement, outcome="leak", reasons=tuple(over))
    turnover = replaced_within(evidence.rows, evidence.windows, rate)
    if several and not over and turnover is not None:
        before = all_counts(ledger.evidence.growing)
        stays = Confirming(ledger).outlives(1.1 * turnover)
        judgement = replace(judgement, growing=ledger.evidence.growing)
        least = _least_pace(judgement)
        if stays is False or not (
            oldest_that_held(ledger.evidence, before)
            or some_grow(evidence.rows, evidence.windows, least)
        ):
            reason = "what survives takes the place of what was there: no population grows"
            return Judgement("steady", (reason,)), evidence
        rate = min(g.per_iteration for g in judgement.growing)
    if not several:
        return replace(judgement, suspects=_survivors(evidence, policy, judgement)), evidence
    usual = max((_usual_window(g) for g in judgement.growing), default=math.inf)
    if not over and has_filled_up(evidence.rows, evidence.windows, rate, usual):
        last = format_amount(evidence.windows[-1], evidence.unit)
        reason = f"what was growing has filled up: the last {last} added nothing that stays"
        return Judgement("steady", (reason,)), evidence
    suspects = suspects_of(evidence.rows, evidence.windows, policy)
    if not suspects:
        every = suspects_of(evidence.rows, evidence.windows, Policy())
        if every and not over:
            names = ", ".join(suspect.row.name for suspect in every[:3])
            return Judgement("steady", (f"only {names} grows, which the policy accepts",)), evidence
        suspects = _survivors(evidence, policy, judgement)
    judgement = replace(judgement, suspects=suspects)
    if judgement.outcome == "inconclusive" and judgement.doubtful and policy.jit == "off":
        judgement = _by_populations(judgement)
    return judgement, evidence


def _usual_window(growing: Growing) -> float:
    """Iterations of the windows in which it was counted: it came in each of them."""
    counts = growing.allocations.counts
    return sum(counts) / growing.per_iteration / len(counts)


def _by_populations(doubt: Judgement) -> Judgement:
    """What survives was counted, and doubted for its bytes: a class that grows with it settles."""
    steady = tuple(s for s in doubt.suspects if s.steady and not s.is_value)
    if not steady:
        return doubt
    worst = worst_of(steady)
    reason = f"{worst.row.name} grew in each window at a steady +{format_rate(worst.per_iteration)}"
    return replace(doubt, outcome="leak", reasons=(reason,), suspects=steady)


def _survivors(
    evidence: Evidence, policy: Policy, judgement: Judgement, windows: int | None = None
) -> tuple[Suspect, ...]:
    """What was allocated in the first so many ``windows``, or all, and is alive.

    At a pace that was proven before.
    """
    total = sum(evidence.windows[:windows]) or 1
    alive = [(row, row.survivors[:windows]) for row in judged_rows(evidence.rows, policy)]
    paces = [(row, counts, sum(counts) / total) for row, counts in alive if sum(counts) > 1]
    # What only the latest window has is not done with yet, where others have been.
    paces = [of for of in paces if any(of[1][:-1])] or paces
    least = _least_pace(judgement)
    if judgement.others_replaced:
        most = _most_pace(judgement.growing)
        paces = [of for of in paces if of[2] <= most] or paces
    # Objects of one size may be of several classes, and those are counted only together.
    chosen = [of for of in paces if of[2] >= least] or [
        of for of in paces if of[2] >= least / MOST_OF_A_SIZE
    ]
    return tuple(
        Suspect(row, counts, pace, steady=False, fading=1.0) for row, counts, pace in chosen
    )


def named_by_what_stays(
    windows: Windows,
    policy: Policy,
    proven: Judgement,
    ledger: Ledger,
    found: Findings,
) -> tuple[Evidence, Findings] | None:
    """Names once more, by one more snapshot, where much of what was ``proven`` is gone since.

    What is not is in the ``ledger``, and ``found`` is what was named. None where nothing is gone,
    or no snapshot can be taken, or three show none.
    """
    meter, growing = windows.meter, ledger.evidence.growing
    growing = proven.growing if proven.others_replaced else growing
    deadline = meter.budget.within(policy.explain)
    several = len(meter.snapshots) > 2
    judgement = replace(proven, growing=tuple(growing))
    most = _most_pace(growing)
    pace = max((row.per_iteration for row in found.constructors), default=most)
    # One of which most are replaced, and whose population is seen to grow by a part of the rest.
    doubtful = fell(proven.growing, growing) or not _least_pace(judgement) <= pace <= most
    most_seconds = QUICK_SNAPSHOT if several else AGAIN_SNAPSHOT
    if doubtful:
        most_seconds = AGAIN_SNAPSHOT if several else math.inf
    if not meter.snapshots or not growing or meter.snapshot_estimate > most_seconds:
        return None
    if why_no_snapshot(meter, policy, policy.explain):
        return None
    with meter.naming_for(deadline):
        if doubtful:  # what was counted has outlived more than what was made between snapshots
            ledger.work(AS_MUCH_WORK, meter.last_snapshot[1] - ledger.counted)
        meter.sample()
        if several:
            meter.snapshot()
        else:
            meter.retake_tracked()
    evidence = windows.collect()
    old = len(evidence.windows) - 1
    alive = [
        suspect
        for suspect in _survivors(evidence, policy, judgement, old)
        if not dies_with_age(suspect.growth, evidence.windows[:old])
    ]
    fitting = [s for s in alive if s.per_iteration <= most]  # others will be gone after more work
    # Of one that Node makes the engine may not see each part: only its bare values fit.
    suspects = tuple(alive if fitting and all(s.is_value for s in fitting) else fitting)
    if not suspects and (several or not doubtful):
        return None  # else the allocating functions are better names
    findings = find_culprits(
        meter.diff,
        replace(judgement, suspects=suspects),
        evidence,
        deadline,
        show_strings=policy.show_strings,
    )
    return replace(evidence, windows=evidence.windows[:old]), findings


def _least_pace(judgement: Judgement) -> float:
    """Objects per iteration of a class that may be what is growing."""
    return PACE * min((1.0, *map(_rate_of_one_size, judgement.growing)))


def _most_pace(growing: Sequence[Growing]) -> float:
    """Objects per iteration above which a class has others that will be let go of."""
    return TOO_MANY * max(map(_rate_of_one_size, growing), default=math.inf)


def _rate_of_one_size(growing: Growing) -> float:
    """Objects per iteration of the most common size: a place may allocate several classes."""
    by_size = growing.allocations.by_size
    return growing.per_iteration * by_size[0][1] / sum(count for _, count in by_size)
