"""Warm-up, rounds, windows between snapshots: an app and a workload become a Verdict."""

from __future__ import annotations

import contextlib
import tempfile
from dataclasses import replace
from pathlib import Path

from ..base.deadline import Deadline
from ..base.errors import (
    NodeLeakError,
    PolicyError,
    TargetOutOfMemoryError,
    TargetStuckError,
    hide_ours,
)
from ..base.policy import Policy
from ..base.samples import Series
from ..judge.aging import seen_last, slow_down
from ..judge.by_bytes import by_rss
from ..judge.evidence import Evidence, Judgement, heap_is_flat, resolution
from ..judge.judge import judge
from ..judge.nothing_grows import doubts, not_proven, unexplained, unexplained_rise
from ..judge.survivors import by_rising_bytes, unless_it_rises
from ..judge.trend import bends, goes_on, rising_share
from ..judge.verdict import AllocationSite, Verdict
from ..node import NodeApp
from ..node.recipe import recipe_of
from ..node.workload import Workload, make_runner
from .budget import Budget
from .counting import Ledger, also_leaking, leaves_a_rise, others_are_steady, spread_leak
from .meter import Meter
from .naming import (
    Findings,
    Places,
    find_culprits,
    named_by_snapshots,
    named_by_what_stays,
    verdict_of_death,
    verdict_without_names,
    why_no_snapshot,
)
from .outside import Outside
from .plan import Pacer
from .rounds import Rounds
from .said import Said
from .selfcheck import PlantingRunner, without_planted
from .settling import Settling
from .windows import Windows

__all__ = ["measure_with"]

__tracebackhide__ = hide_ours

#: seconds for one measurement, where iterations are not slow
DEFAULT_BUDGET = 10.0
#: share of the remaining budget that the first of three snapshots may take
SNAPSHOT_SHARE = 0.25


def measure_with(app: NodeApp, workload: Workload, policy: Policy) -> Verdict:
    """Measure ``workload`` in ``app`` and return the verdict; never raises LeakError.

    Raises PolicyError, WorkloadError, TargetError and its kinds, SelfCheckError, a callable's own.
    """
    if policy.jit != app.jit:
        raise PolicyError(
            f"jit={policy.jit!r} (from the call) cannot be changed now: the program was started "
            f"with jit={app.jit!r}; give it to the marker, the configuration or --nodeleak-jit"
        )
    if policy.heaps == "all" and not app.sees_all_heaps:
        raise PolicyError(
            "heaps='all' (from the call) cannot be had now: the program was started with "
            "heaps='main'; give it to the marker, the configuration or --nodeleak-heaps"
        )
    runner = make_runner(app, workload)
    planting = None
    if app.context.plant:
        runner = planting = PlantingRunner(app, runner, app.context.plant)
    budget = DEFAULT_BUDGET if policy.budget is None else policy.budget
    if runner.fixed_seconds is not None:
        # Watching needs its time: warm-up, two rounds, two windows.
        budget = max(budget, 9 * runner.fixed_seconds + 4)
    with tempfile.TemporaryDirectory(prefix="nodeleak-") as folder:
        meter = Meter(
            app,
            runner,
            Budget(budget, app.schedule, strict=policy.budget is not None),
            Path(folder),
            every_heap=policy.heaps == "all",
        )
        if planting is not None:
            planting.heaps = lambda: [track.heap for track in meter.heaps.all]
        with meter.heaps.patient(meter.patience), contextlib.closing(meter.memory):
            verdict = _Measurement(meter, policy, planted=planting is not None).run()
        if planting is not None:
            verdict = without_planted(verdict, planting.rate)
        verdict = replace(verdict, recipe=recipe_of(app, workload))
        kept: Verdict = app.context.keep(verdict, meter.files)
        return kept


class _Measurement:
    """The phases of one measurement; what is read is in the meter."""

    def __init__(self, meter: Meter, policy: Policy, *, planted: bool) -> None:
        self.meter = meter
        self.planted = planted
        self.policy = policy
        self.pacer = Pacer(meter, policy)
        self.warmup = 0
        self.ledger: Ledger | None = None
        #: the leak that snapshots are taken of now
        self._naming: Judgement | None = None
        self._settling = Settling(meter, self.pacer, self._ledger)

    def run(self) -> Verdict:
        runner = self.meter.runner
        runner.setup(self.meter.patience())
        try:
            verdict = self._verdict(*self._evidence())
        except BaseException as error:
            # What went wrong first is the error to show, not what teardown makes of it.
            with contextlib.suppress(NodeLeakError):
                runner.teardown(Deadline(2))
            if isinstance(error, TargetOutOfMemoryError):
                return verdict_of_death(error, self.meter, self.policy, self.warmup, self.ledger)
            if isinstance(error, TargetStuckError) and self._naming is not None:
                return verdict_without_names(
                    self._naming, self.meter, self.policy, self.warmup, self._ledger()
                )
            raise
        runner.teardown(self.meter.patience())
        return verdict

    def _evidence(self) -> tuple[Judgement, Evidence]:
        """Rounds; if the heap is not flat, survivors; if bytes grow without them, snapshots."""
        meter, policy = self.meter, self.policy
        rounds = Rounds(meter, policy, self.pacer)
        rounds.warm_up()
        self.warmup = rounds.warmup
        flat = rounds.are_flat()
        outside = None
        # Where the heap rises, its objects tell more than RSS would.
        if policy.offheap == "on" and (flat or rising_share(meter.series.heap_used) < 0.7):
            outside = Outside(meter, self.pacer).growth()
        if outside is not None:
            flat = flat and heap_is_flat(meter.series, 3)  # after so much more work
        self.windows = windows = Windows(meter, policy, self.pacer, outside)
        if flat and policy.snapshots != "always":
            evidence = windows.collect(flat=True)
            return judge(evidence, policy), evidence
        began = meter.budget.clock()
        judgement = self._ledger().run()
        meter.subject = self._ledger().worst.track
        judgement = self._settling.when_of_age(judgement)  # bytes tell more of what stays
        held = self._settling.held_by_timers(judgement)
        if held is not None or judgement.outcome == "leak":
            return held or judgement, windows.collect()
        if judgement.outcome == "inconclusive" or leaves_a_rise(self._ledger()):
            meter.subject = self._ledger().worst.track
            self._ledger().end(fill_again=True)
            meter.budget.give_back(meter.budget.clock() - began)
            windows.pushed_seconds = self._ledger().pushed_seconds
            self._wait_for_memory()
            why_not = why_no_snapshot(meter, policy, SNAPSHOT_SHARE * meter.budget.left)
            growth = unexplained_rise(meter.series)
            rises = growth > policy.max_growth.bytes
            slows = meter.app.jit == "off" and bends(meter.series)
            fills_up = judgement.outcome == "steady" and slows
            if not why_not:
                before = len(meter.samples)
                evidence = windows.evidence()
                counted = judge(evidence, policy)
                rises = rises and goes_on(Series(meter.series.samples[before:]), growth)
                if counted.outcome == "steady" and rises and not counted.suspects:
                    return unexplained(evidence, growth), evidence
                seen = self._ledger().evidence
                if judgement.outcome == "inconclusive" and slow_down(seen.growing, seen.windows):
                    return judgement, evidence  # over more work than lies between snapshots
                exact = self._ledger().sizes.is_exact and not seen.growing
                doubted = doubts(counted, exact=exact, fills_up=fills_up)
                if (counted.outcome == "leak" and not doubted) or (
                    (counted.outcome == "steady" or counted.doubts_things)
                    and others_are_steady(self._ledger())
                ):
                    return counted, evidence
            if rises:
                evidence = windows.collect()
                return unexplained(evidence, growth), evidence
            if why_not and judgement.outcome == "steady" and meter.app.jit == "on":
                evidence = windows.collect()
                return not_proven(evidence), evidence
            if why_not:
                judgement = by_rising_bytes(self._ledger().evidence, judgement)
        evidence = windows.collect()
        if judgement.outcome == "steady" and outside is not None:
            judgement = by_rss(evidence, outside, policy, judgement)
        return judgement, evidence

    def _verdict(self, judgement: Judgement, evidence: Evidence) -> Verdict:
        meter = self.meter
        proven = meter.heaps.judged(judgement, meter.unit)
        began = meter.budget.clock()
        said = self._named(proven, evidence)
        meter.budget.give_back(meter.budget.clock() - began)
        said = self._settled(said, proven)
        if said.leaves_entries and (of := spread_leak(self.windows, self.policy, self.ledger)):
            proven, evidence = of
            said = self._settled(self._named(proven, evidence), proven)
        rows = said.findings.constructors
        sites: tuple[AllocationSite, ...] = ()
        if said.outcome != "steady":
            seen = self.ledger.evidence if self.ledger and not proven.slots else None
            growing = seen_last(proven, seen.growing) if seen else ()
            places = Places(meter.subject.heap, meter.app.script, growing)
            sites = () if self.policy.allocation_sites == "never" else places.sites()
            rows = places.named(said.findings) or places.rows(seen.windows if seen else ())
            rows = places.attributed(rows, sites)
        if self.ledger is not None:
            self.ledger.end()
        self.windows.close()
        return Verdict(
            outcome=said.outcome,
            reasons=said.reasons,
            series=meter.series,
            seconds=meter.seconds,
            workload=meter.runner.description,
            script=meter.app.script,
            node=meter.app.version,
            policy=self.policy,
            constructors=rows,
            internals=said.findings.internals,
            windows=said.evidence.windows,
            iterations=meter.done,
            warmup=self.warmup,
            resolution=resolution(said.evidence, self.ledger.evidence if self.ledger else None),
            unit=said.evidence.unit,
            heap=meter.subject.name,
            heaps=tuple((track.name, track.series) for track in meter.heaps.measured),
            snapshots=tuple(path.name for path in meter.files),
            sites=sites,
            phases=meter.phases.until(meter.app.iterations),
            warm_readings=tuple(meter.warm_readings),
        )

    def _named(self, judgement: Judgement, evidence: Evidence) -> Said:
        """The judgement with the names of what grows, in the time that ``explain`` gives."""
        meter = self.meter
        if is_named := judgement.outcome != "steady" and bool(judgement.growing):
            self._wait_for_memory()
        deadline = meter.budget.within(self.policy.explain)
        if is_named:
            why_not = why_no_snapshot(meter, self.policy, deadline.remaining or 0.0)
            if why_not:
                judgement = unless_it_rises(self._ledger().evidence, judgement)
                judgement = replace(judgement, reasons=(*judgement.reasons, why_not))
            else:
                self._naming = judgement if judgement.outcome == "leak" else None
                with meter.naming_for(deadline):
                    judgement, evidence = named_by_snapshots(
                        self.windows, self.policy, judgement, deadline, self._ledger()
                    )
                self._naming = None
        reasons = (*judgement.reasons, *meter.heaps.unmeasured())
        reasons += (meter.files.why_not,) if meter.files.why_not else ()
        outcome = judgement.outcome or "inconclusive"
        if outcome == "leak" and self.ledger is not None and judgement.growing:
            reasons += also_leaking(self.ledger)
        if outcome == "steady" and (blind := meter.heaps.growth_unseen()):
            outcome, reasons = "inconclusive", (blind, *reasons)
        if outcome == "steady":
            return Said(outcome, reasons, evidence)
        evidence = replace(evidence, resources=meter.resource_growth())
        findings = find_culprits(
            meter.diff,
            judgement,
            evidence,
            deadline,
            show_strings=self.policy.show_strings,
        )
        return Said(outcome, (*reasons, *findings.facts), evidence, findings)

    def _settled(self, said: Said, proven: Judgement) -> Said:
        """The same when what was counted has come of age, and bounded containers are full."""
        if said.findings.engines_own:
            return Said("steady", (said.findings.engines_own,), said.evidence)
        if said.outcome != "leak":
            return said
        now = self._settling.let_go(proven)
        if now is not None:
            findings = said.findings if now.doubtful else Findings()
            return Said(now.outcome or "inconclusive", now.reasons, said.evidence, findings)
        bounded = self._settling.bounded(said.findings)
        if bounded is not None:
            reasons = (*bounded.reasons, *said.findings.facts)
            said = replace(said, outcome=bounded.outcome or said.outcome, reasons=reasons)
        meter = self.meter
        seen = replace(said.evidence, series=meter.series, total_iterations=meter.done)
        if said.outcome == "steady":
            return replace(said, evidence=seen, findings=Findings())
        findings = said.findings.only_in(self._settling.still_growing)
        by_survivors = proven.growing and not self._settling.outgrows
        if self.ledger and said.outcome == "leak" and by_survivors:
            self._naming = proven
            again = named_by_what_stays(self.windows, self.policy, proven, self.ledger, findings)
            self._naming = None
            seen, findings = again or (seen, findings)
        return replace(said, evidence=seen, findings=findings)

    def _wait_for_memory(self) -> None:
        if self.policy.snapshots != "never":
            with self.meter.budget.standing():
                self.meter.memory.wait(self.meter.snapshot_bytes)

    def _ledger(self) -> Ledger:
        if self.ledger is None:
            self.ledger = Ledger(self.meter, self.policy, self.pacer, planted=self.planted)
        return self.ledger
