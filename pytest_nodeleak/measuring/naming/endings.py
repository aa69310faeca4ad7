"""The verdict on a program that can be asked nothing more: it died of its leak, or is stuck."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Sequence

from ...base.errors import TargetOutOfMemoryError
from ...base.policy import Policy
from ...base.samples import Series
from ...judge.by_bytes import by_death
from ...judge.evidence import Judgement
from ...judge.ledger import Growing, growing_among, merge_windows
from ...judge.verdict import Verdict
from ..counting import Ledger
from ..meter import Meter
from .places import Places

__all__ = ["verdict_of_death", "verdict_without_names"]

#: files of a dead program that are kept with the verdict
MOST_ADOPTED = 3


def verdict_of_death(
    error: TargetOutOfMemoryError,
    meter: Meter,
    policy: Policy,
    warmup: int,
    ledger: Ledger | None,
) -> Verdict:
    """That of a program that died of its leak. Raises ``error`` if it died of something else."""
    meter.subject = meter.heaps.main
    readings = Series((*meter.warm_readings, *meter.samples))
    judgement = (
        None if meter.runner.fixed_seconds else by_death(readings, error, meter.done, policy)
    )
    if judgement is None:
        raise error
    # One window that another one followed tells who allocates what stays.
    windows = ledger.parts[0].windows if ledger is not None else []
    counts = [window.iterations for window in windows]
    rows = merge_windows([window.survivors for window in windows])
    growing = growing_among(rows, counts, ledger.interval if ledger is not None else 1)
    _adopt(error.snapshots, meter)
    return _verdict_by_places(judgement.reasons, readings, growing, counts, meter, policy, warmup)


def verdict_without_names(
    proven: Judgement, meter: Meter, policy: Policy, warmup: int, ledger: Ledger
) -> Verdict:
    """That of a leak whose snapshot would not end: V8 may take for ever over one."""
    reason = "no snapshot: one was begun and did not end in the time for it; the program is stuck"
    return _verdict_by_places(
        (*proven.reasons, reason),
        meter.series,
        proven.growing,
        ledger.evidence.windows,
        meter,
        policy,
        warmup,
    )


def _verdict_by_places(
    reasons: tuple[str, ...],
    readings: Series,
    growing: Sequence[Growing],
    counts: Sequence[float],
    meter: Meter,
    policy: Policy,
    warmup: int,
) -> Verdict:
    """A leak with the functions that allocate it, of a program that can be asked nothing more."""
    places = Places(meter.subject.heap, meter.app.script, growing)
    sites = () if policy.allocation_sites == "never" else places.sites()
    return Verdict(
        outcome="leak",
        reasons=reasons,
        series=readings,
        seconds=meter.seconds,
        workload=meter.runner.description,
        script=meter.app.script,
        node=meter.app.version,
        policy=policy,
        constructors=places.attributed(places.rows(counts), sites),
        iterations=meter.done,
        warmup=warmup,
        unit=meter.unit,
        heaps=tuple((track.name, track.series) for track in meter.heaps.measured),
        snapshots=tuple(path.name for path in meter.files),
        sites=sites,
        phases=meter.phases.until(meter.app.iterations),
    )


def _adopt(files: Sequence[str], meter: Meter) -> None:
    """Take what --heapsnapshot-near-heap-limit has left as snapshots; the files stay as well."""
    for file in files[-MOST_ADOPTED:]:
        path = meter.folder / f"snapshot-{len(meter.files) + 1}.heapsnapshot"
        with contextlib.suppress(OSError):
            try:
                os.link(file, path)
            except OSError:  # another disk
                shutil.copyfile(file, path)
            meter.files.append(path)
