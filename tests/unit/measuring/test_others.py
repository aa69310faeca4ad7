"""Which heap speaks for the program, of fakes that tell what was read of them."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from pytest_nodeleak.base.policy import Policy
from pytest_nodeleak.base.samples import Sample, Series
from pytest_nodeleak.measuring.counting import leaves_a_rise

#: bytes, of leases that live for some seconds
LEVEL = (3_680_000, 3_750_000, 3_850_000, 3_930_000, *(3_935_000, 3_934_000, 3_936_000) * 4)
FULL_AGAIN = (4_197_520, 4_240_000, 4_290_000, 4_350_000, 4_400_000)


def heap(used, later=()):
    samples = tuple(Sample(n, 0, 0, 0, 1, 1, iterations=270 * i) for i, n in enumerate(used))
    looks = ([each] for each in later)
    track = SimpleNamespace(
        series=Series(samples), samples=samples, ended=False, look=lambda: next(looks)
    )
    return SimpleNamespace(track=track, judgement=SimpleNamespace(outcome="steady"))


def ledger(*parts, waited=0.0, first_waited=0, timed=False):
    runner = SimpleNamespace(fixed_seconds=1.0)
    return SimpleNamespace(
        parts=list(parts),
        alive=list(parts),
        worst=parts[0],
        judgement=parts[0].judgement,
        pacer=SimpleNamespace(timed=timed),
        meter=SimpleNamespace(runner=runner, wait=lambda seconds, what: None),
        policy=Policy(),
        first_ended=270,
        lived=0.0,
        waited=waited,
        first_waited=first_waited,
    )


@pytest.mark.parametrize("waited", [0.0, 8.0])
def test_what_a_wait_has_emptied_fills_up_again_and_is_no_rise(waited):
    main = heap(LEVEL + FULL_AGAIN)
    of = ledger(main, waited=waited, first_waited=270 * (len(LEVEL) - 1))
    assert leaves_a_rise(of) is (waited == 0)


def test_the_heap_that_rises_most_speaks():
    level, rising = heap((4_000_000,) * 14), heap(range(4_000_000, 4_140_000, 10_000))
    more = heap(range(4_000_000, 4_420_000, 30_000))
    of = ledger(level, rising, more)
    assert leaves_a_rise(of)
    assert of.worst is more


@pytest.mark.parametrize("is_swept", [True, False])
def test_what_is_swept_as_often_as_it_is_read_does_not_rise(is_swept):
    # Bytes by the share of a second since the last sweep.
    later = [4_100_000 + round(40_000 * ((0.9 + 0.618 * (n + 1)) % 1)) for n in range(6)]
    later = later if is_swept else range(4_140_000, 4_200_000, 5_000)
    of = ledger(heap(range(4_000_000, 4_140_000, 10_000), later), timed=True)
    assert leaves_a_rise(of) is not is_swept
