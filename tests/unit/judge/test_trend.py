"""Shapes of series: what counts as flat, as a steady pace, as a slope."""

from __future__ import annotations

import math

import pytest

from pytest_nodeleak.base.samples import Sample, Series
from pytest_nodeleak.judge.trend import (
    bends,
    beside_drop,
    heap_rises_evenly,
    heap_rises_in_steps,
    is_flat,
    keeps_its_pace,
    paces,
    rises_overall,
    rising_share,
    robust_slope,
    steady_rate,
)


def test_flat_means_at_its_lowest_at_the_end_and_inside_the_band():
    assert is_flat([100, 100, 100], tolerance=0)
    assert is_flat([100, 140, 100, 100], tolerance=64)
    assert not is_flat([100, 400, 100, 100], tolerance=64)


def test_a_slow_leak_is_never_flat_however_wide_the_band():
    assert not is_flat([1000, 1000, 1032], tolerance=1_000_000)


def test_a_one_off_drop_hides_no_leak():
    assert not is_flat([2000, 1000, 1256, 1512, 1768], tolerance=2048)
    assert not is_flat([1000, 1256, 1512, 1768, 900], tolerance=2048)


def test_robust_slope_ignores_a_step_in_a_flat_line():
    assert robust_slope(range(9), [0, 0, 0, 0, 0, 0, 0, 0, 900]) == 0.0
    assert robust_slope([0, 10, 20], [0, 320, 640]) == 32.0
    assert robust_slope([5], [1]) == 0.0


def test_rising_share():
    assert rising_share([1, 2, 3, 3]) == pytest.approx(2 / 3)
    assert rising_share([1]) == 0.0


@pytest.mark.parametrize(
    ("growth", "windows", "steady"),
    [
        ([400, 1600], [400, 1600], True),  # one each
        ([4, 40], [400, 4000], True),  # one per hundred
        ([2, 40], [400, 4000], True),  # the same, by chance two in the short window
        ([20, 230], [400, 4000], True),  # five in a hundred at random
        ([400, 900], [400, 1600], False),  # fills up
        ([348, 2300], [400, 4000], False),  # ever fewer new keys of a finite set
        ([1, 100], [400, 1500], False),  # nothing, then something: once is no pace
        ([1, 100, 200], [400, 1500, 3000], True),  # the pace found late, and kept
        ([400, 1600, 100], [400, 1600, 3200], False),
    ],
)
def test_steady_rate(growth, windows, steady):
    assert steady_rate(growth, windows) is steady


def heap(*used, step=500):
    samples = [Sample(n, 0, 0, 0, 1, 1, iterations=i * step) for i, n in enumerate(used)]
    return Series(tuple(samples))


def test_what_rises_by_the_same_bytes_is_no_chance_whatever_one_step_is():
    line = [3_000_000 + 500 * i for i in range(16)]
    assert heap_rises_evenly(heap(*line))
    jumped = [used + 23_000 * (i > 12) for i, used in enumerate(line)]  # the profiler begins
    assert heap_rises_evenly(heap(*jumped))
    assert not heap_rises_evenly(heap(*line[:10]))  # too few readings in the later half
    assert not heap_rises_evenly(heap(*(3_000_000 + 500 * (i % 4) for i in range(16))))
    assert not heap_rises_evenly(heap(*reversed(line)))


def test_readings_without_work_between_say_nothing():
    assert paces([0, 10, 10, 20], [0, 30, 900, 1000]) == [3.0, 10.0]


def test_a_drop_hides_no_rise_beside_it():
    line = [3_000_000 + 3_000 * i for i in range(16)]
    dropped = heap(*(used - 800_000 * (i > 7) for i, used in enumerate(line)))
    assert not rises_overall(dropped, 4096)
    assert rises_overall(beside_drop(dropped), 4096)
    assert beside_drop(dropped).iterations[0] == 8 * 500
    at_the_end = heap(*line[:-1], 2_000_000)
    assert rises_overall(beside_drop(at_the_end), 4096)
    assert beside_drop(heap(*line)).iterations == heap(*line).iterations


def test_steps_that_become_larger_after_more_work_are_a_store_that_doubles():
    used, numbers = [4_740_000], 0
    for at in range(1, 20):
        numbers += 5_000
        used.append(4_740_000 + 16 * 2 ** numbers.bit_length() + 30_000 * (at > 17))
    assert heap_rises_in_steps(heap(*used))
    assert not heap_rises_in_steps(heap(*used[:5], *[used[4]] * 15))  # it is full
    assert not heap_rises_in_steps(heap(*(3_000_000 + 9_000 * i for i in range(16))))
    noisy = [size + 400_000 * (at % 2) for at, size in enumerate(used)]
    assert not heap_rises_in_steps(heap(*noisy))


def test_a_curve_that_fills_up_bends_and_a_leak_beside_it_does_not():
    fills = [int(3_000_000 + 60_000 * (1 - 0.6**i)) for i in range(16)]
    assert bends(heap(*fills))
    beside = [used + 3_000 * i for i, used in enumerate(fills)]
    assert not bends(heap(*beside))
    assert bends(heap(*fills), counted=2.0)
    assert not bends(heap(*fills), counted=0.2)  # it is something else that fills up
    assert not bends(heap(*(3_000_000 + 500 * i for i in range(16))))
    # A list takes 13 kB every 3,000 iterations beside 3.3 bytes in each: short rounds come later.
    done = [*range(2000, 28_000, 2000), *range(28_000, 36_000, 500)]
    assert not bends(grown(*((n, round(5e6 + 3.3 * n + 13_000 * (n // 3000))) for n in done)))
    assert not bends(heap(*(3_000_000 + 900 * (i % 2) for i in range(16))))  # noise bends nothing


def grown(*points):
    samples = [Sample(used, 0, 0, 0, 1, 1, iterations=done) for done, used in points]
    return Series(tuple(samples))


def test_more_that_comes_than_goes_keeps_its_pace_over_doublings_and_what_fills_up_does_not():
    # An order book: two added, one taken out at random.
    book = ((3071, 5_041_040), (15_231, 6_092_040), (20_768, 6_491_176), (37_818, 7_796_248))
    later = ((55_636, 9_282_704), (162_544, 17_744_840), (330_088, 31_525_528))
    assert keeps_its_pace(grown(*book, *later))
    assert keeps_its_pace(grown(*book)) is None  # of two doublings only
    # Keys of a bounded world, asked for at random.
    fills = [(n, round(4e6 + 8e6 * (1 - math.exp(-n / 100_000)))) for n, _ in (*book, *later)]
    assert keeps_its_pace(grown(*fills)) is False
    # What V8 sets up for a first profile and a first snapshot is no growth of the program's.
    queue = [(1000 * n, 5_000_000 + 7_500 * n) for n in range(1, 41)]
    jumps = [(n, used + 35_000 * (n > 8000) + 320_000 * (n > 14_000)) for n, used in queue]
    assert keeps_its_pace(grown(*queue))
    assert keeps_its_pace(grown(*jumps))
    assert not keeps_its_pace(grown(*((n, min(used, 5_470_000)) for n, used in jumps)))
    thrice = [(n, used + 90_000 * (n > 24_000)) for n, used in jumps]
    assert keeps_its_pace(grown(*thrice)) is False
    falls = (*book, (55_636, 9_282_704), (100_000, 5_000_000), (330_088, 31_525_528))
    assert keeps_its_pace(grown(*falls)) is False
