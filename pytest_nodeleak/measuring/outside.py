"""Memory of the process outside V8's heap that only RSS shows: native addons, threads.

RSS moves in pages and arenas, so it is looked at only if it rose during the rounds by more than the
pages of V8's heap and external memory did, and believed only if it keeps its pace over windows that
double: what an allocator keeps in reserve is soon enough.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePath

import psutil

from ..base.deadline import Deadline
from ..base.samples import Sample, Series
from ..judge.evidence import OutsideGrowth
from ..judge.trend import last_by, rising_share
from .meter import Meter
from .plan import Pacer

__all__ = ["Outside", "loaded_addons", "outside_growth"]

#: bytes over the rounds that are worth a look, over a window that are worth another
SUSPICIOUS = 256_000
STILL_GROWING = 512_000
#: bytes over all windows below which it is what allocators and the collector keep
PROOF = 4_000_000
#: bytes in one window that tell its pace: more would endanger the machine
ENOUGH = 64_000_000
#: a window whose pace is below this part of the one before has calmed down
CALM = 0.35
#: paces that are the same, for memory that comes in pages
SAME_PACE = 0.6
#: readings in a window, at least
PIECES = 4
#: share of the remaining budget for all windows
SHARE = 0.4


class Outside:
    """The phase between rounds and snapshots; a snapshot inflates RSS for good."""

    def __init__(self, meter: Meter, pacer: Pacer) -> None:
        self.meter = meter
        self.pacer = pacer

    def growth(self) -> OutsideGrowth | None:
        """Push while RSS grows; None if it does not, or does no more."""
        meter = self.meter
        samples = self._samples()
        samples = samples[1:] if len(samples) > 3 else samples
        if _rising_share(samples) < 0.5 or outside_growth(samples) < SUSPICIOUS:
            return None
        meter.enter("memory outside the heap")
        paces = [_pace(samples)]
        end = Deadline(SHARE * meter.budget.left)
        pushed = 0.0
        first = len(meter.samples) - 1
        while True:
            start = len(meter.samples) - 1
            before = meter.seconds
            self._window(meter.samples[-1].iterations - meter.samples[0].iterations, paces[-1], end)
            pushed += meter.seconds - before
            window = self._samples(start)
            grown = outside_growth(window)
            paces.append(_pace(window))
            # An allocator takes what it keeps at a time, and no more after it.
            late = _pace(window[len(window) // 2 :]) if len(window) > PIECES else paces[-1]
            kept = grown > PROOF and late < CALM * paces[-1]
            if grown < STILL_GROWING or paces[-1] < CALM * max(paces[:-1]) or kept:
                return None
            worked = self.pacer.plan.is_pushed(meter.done, pushed) or grown > ENOUGH
            same_pace = len(paces) > 2 and paces[-1] >= SAME_PACE * max(paces[1:])
            steady = same_pace and late >= SAME_PACE * paces[-1] and _rising_share(window) >= 0.75
            if (worked and steady) or end.expired or meter.is_huge:
                break
        if outside_growth(self._samples(first)) < PROOF:
            return None
        return OutsideGrowth(paces[-1], grown, steady, loaded_addons(meter.app.pid))

    def _samples(self, start: int = 0) -> list[Sample]:
        """Those of the process, from number ``start`` on: its threads have heaps as well."""
        main, pid = self.meter.heaps.main, self.meter.app.pid
        samples = main.samples[start:]
        for track in self.meter.heaps.others:
            if track.heap.pid == pid and track.samples:
                samples = [_with_heap(sample, track.series) for sample in samples]
        return samples

    def _window(self, n: int, pace: float, end: Deadline) -> None:
        """``n`` iterations, fewer if growth at ``pace`` (bytes per iteration) shows, or would have.

        GC comes as often as in the first round: RSS keeps the most garbage there ever was at once.
        """
        meter = self.meter
        start = len(meter.samples) - 1
        piece = max(1, meter.samples[1].iterations - meter.samples[0].iterations)
        for number in range(1, max(PIECES, math.ceil(n / piece)) + 1):
            meter.iterate(piece, end)
            meter.sample()
            self.pacer.update()
            if end.expired or meter.is_huge:
                break
            expected = number * piece * pace
            grown = outside_growth(self._samples(start))
            calm = expected > STILL_GROWING and grown < CALM * expected
            if number >= PIECES and (calm or grown > ENOUGH):
                break


def _with_heap(sample: Sample, thread: Series) -> Sample:
    """``sample`` with what a thread had then; where it was not read, as it was read before."""
    known = last_by(thread, sample.iterations) or thread.samples[0]
    return replace(
        sample,
        heap_physical=sample.heap_physical + known.heap_physical,
        external=sample.external + known.external,
    )


def outside_growth(samples: Sequence[Sample]) -> int:
    """Bytes by which RSS grew without V8's heap and external memory.

    Of what these gave up nothing is added: V8 counts pages out before the system has them back.
    """
    first, last = samples[0], samples[-1]
    external = max(0, last.external - first.external)
    heap = max(0, last.heap_physical - first.heap_physical)
    return last.rss - first.rss - heap - external


def _rising_share(samples: Sequence[Sample]) -> float:
    return rising_share([s.rss - s.heap_physical for s in samples])


def _pace(samples: Sequence[Sample]) -> float:
    """Bytes per iteration."""
    iterations = samples[-1].iterations - samples[0].iterations
    return outside_growth(samples) / max(iterations, 1)


def loaded_addons(pid: int) -> tuple[str, ...]:
    """File names of the native addons that a process has loaded, as far as it can be told."""
    try:
        maps = psutil.Process(pid).memory_maps()
    except (psutil.Error, AttributeError, OSError):  # macOS has none
        return ()
    names = {PurePath(entry.path).name for entry in maps if re.search(r"\.node$", entry.path)}
    return tuple(sorted(names))
