"""Warm-up, rounds, windows between snapshots: an app and a workload become a Verdict."""

from __future__ import annotations

import contextlib
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..base.deadline import Deadline
from ..base.errors import NodeLeakError, PolicyError, hide_ours
from ..base.policy import Policy
from ..base.units import format_bytes, power_of_two
from ..judge.bounds import age_among, bound_among
from ..judge.evidence import Evidence, Judgement, heap_is_flat
from ..judge.judge import judge
from ..judge.suspects import LEAST_RATE
from ..judge.trend import rising_share
from ..judge.verdict import AllocationSite, Verdict
from ..node.app import NodeApp
from ..node.workload import Workload, make_runner
from .explain import Findings, find_culprits
from .meter import Meter
from .outside import Outside
from .plan import Pacer
from .rounds import Rounds
from .selfcheck import PlantingRunner, without_planted
from .sites import attribute_sites, start_sampling, stop_sampling
from .windows import Windows

__all__ = ["measure", "measure_with"]

__tracebackhide__ = hide_ours

#: for paths and sizes of what leaks, at least, however little is left of the budget
EXPLAIN_SECONDS = 2.0
#: for sampling allocation sites; the profiler makes allocation up to three times slower
SITES_SECONDS = 0.5
#: timers that fire later than this, in seconds, are as good as for ever: 30 s is a common time-out
LONGEST_TIMER = 35.0
#: containers that are asked for a bound
MOST_FILLINGS = 3


def measure(app: NodeApp, workload: Workload, **policy: Any) -> Verdict:
    """Measure ``workload`` in ``app`` and return the verdict; never raises LeakError.

    Keyword arguments are policy values, laid over those of the app (its test's marker, options,
    configuration). Raises PolicyError, WorkloadError, TargetError and its kinds, and, where the
    app's context plants a leak, SelfCheckError.
    """
    return measure_with(app, workload, app.context.policy().with_values("the call", **policy))


def measure_with(app: NodeApp, workload: Workload, policy: Policy) -> Verdict:
    """:func:`measure` with a whole policy."""
    if policy.jit != app.jit:
        raise PolicyError(
            f"jit={policy.jit!r} (from the call) cannot be changed now: the program was started "
            f"with jit={app.jit!r}; give it to the marker, the configuration or --nodeleak-jit"
        )
    runner = make_runner(app, workload)
    planting = None
    if app.context.plant:
        runner = planting = PlantingRunner(app, runner, app.context.plant)
    budget = policy.budget
    if runner.fixed_seconds is not None:
        # Watching needs its time: warm-up, two rounds, two windows.
        budget = max(budget, 9 * runner.fixed_seconds + 4)
    with tempfile.TemporaryDirectory(prefix="nodeleak-") as folder:
        meter = Meter(app, runner, budget, Path(folder))
        verdict = _Measurement(meter, policy).run()
        if planting is not None:
            verdict = without_planted(verdict, planting.rate)
        kept: Verdict = app.context.keep(verdict, meter.files)
        return kept


class _Measurement:
    """The phases of one measurement; what is read is in the meter."""

    def __init__(self, meter: Meter, policy: Policy) -> None:
        self.meter = meter
        self.policy = policy
        self.pacer = Pacer(meter, policy)
        self.warmup = 0

    def run(self) -> Verdict:
        runner = self.meter.runner
        runner.setup(self.meter.patience())
        try:
            verdict = self._verdict(self._evidence())
        except BaseException:
            # What went wrong first is the error to show, not what teardown makes of it.
            with contextlib.suppress(NodeLeakError):
                runner.teardown(Deadline(2))
            raise
        runner.teardown(self.meter.patience())
        return verdict

    def _evidence(self) -> Evidence:
        """Rounds; if the heap is not flat, windows between snapshots."""
        rounds = Rounds(self.meter, self.policy, self.pacer)
        rounds.warm_up()
        self.warmup = rounds.warmup
        flat = rounds.are_flat()
        outside = None
        # Where the heap rises, its objects tell more than RSS would.
        if self.policy.offheap == "on" and (
            flat or rising_share(self.meter.series.heap_used) < 0.7
        ):
            outside = Outside(self.meter, self.pacer).growth()
        if outside is not None:
            flat = flat and heap_is_flat(self.meter.series, 3)  # after so much more work
        self.windows = windows = Windows(self.meter, self.policy, self.pacer, outside)
        if flat and self.policy.snapshots != "always":
            return windows.collect(flat=True)
        return windows.evidence()

    def _verdict(self, evidence: Evidence) -> Verdict:
        meter = self.meter
        judgement = judge(evidence, self.policy)
        findings = Findings()
        reasons = judgement.reasons
        outcome = judgement.outcome or "inconclusive"
        if outcome != "steady":
            deadline = Deadline(max(meter.left, EXPLAIN_SECONDS))
            evidence = replace(evidence, resources=meter.resource_growth())
            findings = find_culprits(meter.detailed_diff(), judgement, evidence, deadline)
            reasons += findings.facts
        if outcome == "leak" and findings.fixed_store:
            outcome, reasons, findings = "steady", (findings.fixed_store,), Findings()
        elif outcome == "leak" and (timers := self._held_by_timers(judgement)):
            outcome, reasons = "inconclusive", (timers, *reasons)
        elif outcome == "leak":
            bounded = self._bounded(findings)
            evidence = replace(evidence, series=meter.series, total_iterations=meter.done)
            if bounded is not None:
                outcome = bounded.outcome or outcome
                reasons = (*bounded.reasons, *findings.facts)
                findings = Findings() if outcome == "steady" else findings
        if evidence.window_bytes and self.policy.snapshots == "auto":
            reasons += (
                f"no snapshots: one of this heap may take {meter.snapshot_estimate:.0f} s and "
                f"{format_bytes(meter.snapshot_bytes)} of memory; snapshots='always' takes them",
            )
        sites: tuple[AllocationSite, ...] = ()
        if outcome == "leak" or self.policy.allocation_sites == "always":
            sites = self._allocation_sites()
        return Verdict(
            outcome=outcome,
            reasons=reasons,
            series=evidence.series,
            seconds=meter.seconds,
            workload=meter.runner.description,
            script=meter.app.script,
            node=meter.app.version,
            policy=self.policy,
            constructors=attribute_sites(findings.constructors, sites),
            internals=findings.internals,
            windows=evidence.windows,
            iterations=evidence.total_iterations,
            warmup=self.warmup,
            resolution=_resolution(evidence),
            unit=evidence.unit,
            snapshots=tuple(path.name for path in meter.files),
            sites=sites,
        )

    def _allocation_sites(self) -> tuple[AllocationSite, ...]:
        """Some more work under the sampling profiler; nothing if the policy forbids it."""
        meter = self.meter
        if self.policy.allocation_sites == "never":
            return ()
        n = (
            1
            if self.pacer.timed
            else power_of_two(max(8, SITES_SECONDS / self.pacer.plan.seconds / 3))
        )
        start_sampling(meter.app)
        meter.iterate(min(n, 1024), Deadline(min(SITES_SECONDS, max(meter.left, 0.1))))
        return stop_sampling(meter.app)

    def _bounded(self, findings: Findings) -> Judgement | None:
        """What comes of a bound that the program declares for what grows; None: there is none."""
        for filling in findings.fillings[:MOST_FILLINGS]:
            numbers = self.meter.app.numbers_in(filling.holder_id, filling.closure_id)
            bound = bound_among(numbers, filling)
            if bound is not None:
                return self.windows.fill(bound)
            age = age_among(numbers, filling, self.meter.seconds)
            if age is not None:
                return self.windows.outlive(age)
        return None

    def _held_by_timers(self, judgement: Judgement) -> str:
        """Why growth may only be timers that have not fired yet; "" if it is more."""
        if "Timeout" not in {suspect.row.name for suspect in judgement.suspects}:
            return ""
        timers = self.meter.app.pending_timeouts()
        if not 0 < timers.longest <= LONGEST_TIMER:
            return ""
        return (
            f"{timers.count} pending timers hold what grew, the last fires in {timers.longest:.0f} "
            f"s: give a budget above that, or clear them when their work is done"
        )


def _resolution(evidence: Evidence) -> float:
    """Objects per iteration that would have been seen: two over what was looked at."""
    series = evidence.series.iterations
    looked_at = sum(evidence.windows) or series[-1] - series[0]
    return round(max(2 / max(looked_at, 1), LEAST_RATE if evidence.windows else 0.0), 6)
