"""The shape of a series of numbers: flat, line, slowing, step, sawtooth. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations, pairwise
from statistics import median

from ..base.samples import Sample, Series
from .thresholds import THRESHOLDS

__all__ = [
    "bends",
    "beside_drop",
    "deltas",
    "falls",
    "goes_on",
    "heap_rises_evenly",
    "heap_rises_in_steps",
    "is_flat",
    "keeps_its_pace",
    "last_by",
    "later_half",
    "paces",
    "rates",
    "rises_evenly",
    "rises_late",
    "rises_nearly_always",
    "rises_overall",
    "rising_share",
    "robust_slope",
    "steady_rate",
]

#: times the usual pace above which a step of heapUsed may be V8's own, and how many such there are:
#: of a queue in a worker, 7.5 B per iteration, +35 kB when it was profiled, +320 kB by a snapshot
JUMP, MOST_JUMPS = 4.0, 2


def rises_late(series: Series) -> bool:
    """Whether heapUsed still grew over the later half of the work.

    What fills up has filled by then; a store of bare slots that grows by half or double must have
    been allocated anew.
    """
    samples = series.samples
    middle = (samples[0].iterations + samples[-1].iterations) / 2
    before = (
        max((s for s in samples[:-1] if s.iterations <= middle), key=lambda s: s.iterations)
        if len(samples) > 1
        else samples[0]
    )
    grown = samples[-1].heap_used - before.heap_used
    in_all = samples[-1].heap_used - samples[0].heap_used
    spent = max(samples[-1].iterations - before.iterations, 1)
    return grown > THRESHOLDS.late_bytes * spent and grown > THRESHOLDS.late_share * in_all


def later_half(series: Series) -> Series:
    """The readings of the later half of the work."""
    samples = series.samples
    middle = (samples[0].iterations + samples[-1].iterations) / 2
    return Series(tuple(s for s in samples if s.iterations >= middle))


def paces(iterations: Sequence[float], values: Sequence[float]) -> list[float]:
    """Growth of ``values`` per iteration from reading to reading, where work was done between."""
    pairs = zip(deltas(iterations), deltas(values), strict=True)
    return [grown / done for done, grown in pairs if done]


def rises_evenly(iterations: Sequence[float], values: Sequence[float]) -> bool:
    """Whether ``values`` rose by the same amount per iteration, nearly always.

    Where they do, they are exact, and it is no chance.
    """
    pace = paces(iterations, values)
    if len(pace) < THRESHOLDS.even_readings:
        return False
    usual = median(pace)
    alike = [p for p in pace if THRESHOLDS.even * usual <= p <= usual / THRESHOLDS.even]
    in_all = usual * (iterations[-1] - iterations[0])
    return (
        usual > 0
        and len(alike) >= THRESHOLDS.evenly * len(pace)
        and values[-1] - values[0] >= THRESHOLDS.even * in_all  # no sawtooth
    )


def heap_rises_in_steps(series: Series) -> bool:
    """Whether heapUsed is flat but for steps up, each larger than the one before, after more work.

    So does a store that is made anew when it is full, by half as much again or twice the size. Such
    steps need not be the last: the profiler makes V8 take one of its own.
    """
    steps = list(zip(series.iterations[1:], deltas(series.heap_used), strict=True))
    ups = [(done, step) for done, step in steps if step > THRESHOLDS.flat_band]
    noise = sum(abs(step) for _, step in steps if step <= THRESHOLDS.flat_band)
    run = 1
    for (earlier, before), (done, after) in pairwise(ups):
        larger = after >= THRESHOLDS.store_step * before
        run = run + 1 if larger and done > THRESHOLDS.step_work * earlier else 1
        is_late = 2 * done >= series.iterations[-1]
        if run >= THRESHOLDS.least_steps and is_late and noise <= THRESHOLDS.step_noise * after:
            return True
    return False


def heap_rises_evenly(series: Series) -> bool:
    """The same of heapUsed in the later half of the work."""
    late = later_half(series)
    return rises_evenly(late.iterations, late.heap_used)


def keeps_its_pace(series: Series) -> bool | None:
    """Whether heapUsed rose by as much per iteration in each of three doublings of all work.

    So it does where more is added than is taken out, in whatever order; what fills up adds less.
    None: there are no readings of three doublings.
    """
    pace = [_paces_of_doublings(one) for one in (series, _beside_jumps(series))]
    if len(pace[0]) < 3:
        return None
    is_even = any(min(each) >= THRESHOLDS.agreement * max(each) > 0 for each in pace)
    return is_even and rising_share(series.heap_used) >= THRESHOLDS.rising_pairs


def _paces_of_doublings(series: Series) -> list[float]:
    done = series.iterations[-1]
    found = [last_by(series, done / parts) for parts in (8, 4, 2, 1)]
    read = Series(tuple(sample for sample in found if sample is not None))
    return paces(read.iterations, read.heap_used)


def last_by(series: Series, iterations: float) -> Sample | None:
    """The last reading of so many ``iterations`` or fewer; None if there is none."""
    return next((s for s in reversed(series.samples) if s.iterations <= iterations), None)


def bends(series: Series, counted: float | None = None) -> bool:
    """Whether heapUsed rises nearly always, and slower and slower: growth that comes to an end.

    A leak beside something that fills up leaves a pace that stays. ``counted`` bytes per iteration
    are what bends only if they are enough of the pace that there was: a server that warms up bends
    as well, beside a leak of one object in ten requests.
    """
    if not rises_nearly_always(series.heap_used):
        return False
    quarters = _quarters(series)
    if any(len(quarter) < 2 for quarter in quarters):
        return False
    # A store takes steps of its own: short rounds have none, and long ones all.
    _, second, third, last = (robust_slope(q.iterations, q.heap_used) for q in quarters)
    if counted is not None and counted < THRESHOLDS.counted_witnessed * second:
        return False
    return last < THRESHOLDS.bent * second and last < THRESHOLDS.bending * third


def _quarters(series: Series) -> list[Series]:
    """The readings of each quarter of the work, with the last one before it."""
    first, done = series.iterations[0], series.iterations[-1]
    ends = [first + (done - first) * part / 4 for part in range(5)]
    found = []
    for begin, end in pairwise(ends):
        before = last_by(series, begin) or series.samples[0]
        inside = (s for s in series.samples if begin < s.iterations <= end)
        found.append(Series((before, *inside)))
    return found


def falls(series: Series, counted: float) -> list[tuple[int, int]]:
    """Where heapUsed rose by ``counted`` bytes per iteration and fell: readings before and after.

    What is counted is let go of all at once, then: a table that is cleared when it is large, a text
    that is written out.
    """
    heap, at = series.heap_used, series.iterations
    found = []
    low = peak = 0
    for now in range(1, len(heap)):
        peak = now if heap[now] > heap[peak] else peak
        rise, wanted = heap[peak] - heap[low], counted * (at[peak] - at[low])
        fell = (
            rise >= THRESHOLDS.least_fall
            and peak - low >= THRESHOLDS.fall_readings
            and THRESHOLDS.even * wanted <= rise <= wanted / THRESHOLDS.even
            and heap[peak] - heap[now] >= THRESHOLDS.even * rise
        )
        if fell:
            found.append((peak, now))
        if fell or heap[now] < heap[low]:
            low = peak = now
    return found


def goes_on(later: Series, growth: float) -> bool:
    """Whether heapUsed rises by ``growth`` bytes per iteration in ``later`` readings, too.

    Snapshots let V8 drop what it needs no more: they are compared with each other alone.
    """
    slope = robust_slope(later.iterations, later.heap_used)
    few = len(later.samples) < THRESHOLDS.late_samples
    return few or slope >= THRESHOLDS.witnessed * growth


def rises_nearly_always(heap: Sequence[float]) -> bool:
    """Whether nearly all of many readings are above the one before."""
    many = len(heap) >= THRESHOLDS.least_readings
    return many and rising_share(heap) >= THRESHOLDS.nearly_all


def beside_drop(series: Series) -> Series:
    """The readings after the largest drop of heapUsed; those before it where these are few.

    V8 drops what its compilers no longer need, up to 0.8 MB at once.
    """
    samples = series.samples
    drops = [after.heap_used - before.heap_used for before, after in pairwise(samples)]
    at = drops.index(min(drops)) + 1 if drops and min(drops) < 0 else 0
    late = samples[at:]
    return Series(late if len(late) >= THRESHOLDS.late_samples else samples[:at])


def _beside_jumps(series: Series) -> Series:
    """The same without what the largest steps of heapUsed add to the usual pace.

    V8 sets up something of its own when a heap is profiled first, and when a first snapshot of it
    is taken: 0.3 MB.
    """
    samples = series.samples
    pace = paces(series.iterations, series.heap_used)
    usual = median(pace) if pace else 0.0
    jumps = {}
    for at, (before, after) in enumerate(pairwise(samples), 1):
        expected = usual * (after.iterations - before.iterations)
        rise = after.heap_used - before.heap_used
        if usual > 0 and rise > JUMP * expected:
            jumps[at] = rise - expected
    without, level = [], 0.0
    largest = sorted(jumps, key=lambda at: jumps[at])[-MOST_JUMPS:]
    for at, sample in enumerate(samples):
        level += jumps[at] if at in largest else 0.0
        without.append(replace(sample, heap_used=round(sample.heap_used - level)))
    return Series(tuple(without))


def rises_overall(series: Series, least: float) -> bool:
    """Whether heapUsed rises by ``least`` bytes, however it jumps: by the ranks of readings."""
    heap = series.heap_used
    pairs = list(combinations(heap, 2))
    rising = sum(after > before for before, after in pairs)
    span = series.iterations[-1] - series.iterations[0]
    return (
        rising >= THRESHOLDS.rising_pairs * max(len(pairs), 1)
        and robust_slope(series.iterations, heap) * span >= least
    )


def deltas(values: Sequence[float]) -> list[float]:
    return [after - before for before, after in pairwise(values)]


def robust_slope(xs: Sequence[float], ys: Sequence[float]) -> float:
    """Median of the slopes of all pairs (Theil 1950, Sen 1968); 0.0 for fewer than two points."""
    slopes = [
        (y2 - y1) / (x2 - x1)
        for (x1, y1), (x2, y2) in combinations(zip(xs, ys, strict=True), 2)
        if x2 != x1
    ]
    return float(median(slopes)) if slopes else 0.0


def rising_share(values: Sequence[float]) -> float:
    """The share of steps that go up, 0.0 to 1.0."""
    steps = deltas(values)
    return sum(step > 0 for step in steps) / len(steps) if steps else 0.0


def is_flat(values: Sequence[float], tolerance: float) -> bool:
    """Ends at its lowest, mostly level, and never leaves a band of ``tolerance``.

    A slow leak always ends higher, by however little: the band alone would hide it, and a one-off
    drop inside the band would hide it as well if the end were compared with the beginning only.
    """
    low, high = min(values), max(values)
    return values[-1] == low and high - low <= tolerance and rising_share(values) <= 1 / 3


def rates(growth: Sequence[float], iterations: Sequence[float]) -> list[float]:
    """Growth per iteration in each window."""
    return [g / n if n else 0.0 for g, n in zip(growth, iterations, strict=True)]


def steady_rate(growth: Sequence[float], iterations: Sequence[float]) -> bool:
    """Whether growth keeps its pace: the last window's rate agrees with the one before.

    It may not have been higher earlier either, and two windows alone must agree both ways: a rate
    that rises is proven by three. Counts of rare events scatter by their square root; two standard
    deviations are allowed.
    """
    pace = rates(growth, iterations)
    errors = [
        2 * math.sqrt(max(g, 0)) / n if n else 0.0 for g, n in zip(growth, iterations, strict=True)
    ]
    last = pace[-1]
    if any(
        last < THRESHOLDS.agreement * rate - error
        for rate, error in zip(pace[:-1], errors, strict=False)
    ):
        return False
    if len(pace) == 2:
        return pace[0] >= THRESHOLDS.agreement * last - errors[0] - errors[1]
    return True
