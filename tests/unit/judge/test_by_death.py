"""A program that ran out of memory: of a leak, or of something else?"""

import pytest

from pytest_nodeleak import Policy, Sample, Series, TargetOutOfMemoryError
from pytest_nodeleak.judge.by_bytes import by_death

LINE = "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory"
MB = 1_000_000


def death(heap_used=100 * MB):
    return TargetOutOfMemoryError("it died", line=LINE, heap_used=heap_used)


def readings(*pairs):
    """(iterations, bytes of heapUsed)"""
    return Series(tuple(Sample(used, 0, 0, 0, 1, 0, iterations=n) for n, used in pairs))


def test_a_heap_that_rose_until_the_end_leaks():
    series = readings((0, 4 * MB), (0, 5 * MB), (8, 15 * MB), (16, 25 * MB))
    judgement = by_death(series, death(), 70, Policy())
    assert judgement.outcome == "leak"
    assert judgement.reasons == (
        f"the program ran out of memory after 70 iterations: {LINE}; heapUsed rose by 1.25 MB per "
        "iteration until then",
    )


@pytest.mark.parametrize(
    ("series", "end", "policy"),
    [
        ((), 100, {}),
        (((0, 4), (0, 5)), 100, {}),  # warm readings only: the first iteration was too much
        (((0, 5), (8, 5), (16, 5)), 100, {}),
        (((0, 5), (8, 7), (16, 4)), 100, {}),
        (((0, 5), (8, 6), (16, 7)), 100, {}),  # 2 of 95 MB: something else came
        (((0, 5), (8, 45), (16, 44), (24, 43), (32, 42)), 100, {}),  # a cache that filled
        (((0, 5), (8, 15), (16, 25)), 100, {"max_growth": "2 MB"}),
    ],
)
def test_what_died_of_something_else_stays_an_error(series, end, policy):
    series = readings(*((n, used * MB) for n, used in series))
    assert by_death(series, death(end * MB), 70, Policy().with_values("here", **policy)) is None


def test_without_a_word_of_v8_the_readings_decide():
    assert by_death(readings((0, 5 * MB), (9, 9 * MB)), death(0), 9, Policy()) is not None
