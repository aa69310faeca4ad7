"""Which number beside a container is the bound of it."""

from dataclasses import replace

import pytest

from pytest_nodeleak.judge.bounds import (
    DeclaredAge,
    DeclaredBound,
    Filling,
    age_among,
    bound_among,
    deadline_among,
)

FILLING = Filling("Entry", "object", "cache (Map)", entries=1000, per_iteration=1.5, pace=0.5)


@pytest.mark.parametrize(
    "name",
    [
        "max",
        "#max",
        "maxSize",
        "_maxItems",
        "MAX",
        "MAX_ENTRIES",
        "limit",
        "capacity",
        "CACHE_SIZE",
    ],
)
def test_names_that_bound_a_count(name):
    assert bound_among({name: 5000.0}, FILLING) == DeclaredBound(name, 5000, FILLING)


OTHERS = (
    *("maxAge", "max_age", "MAX_AGE", "maxListeners", "maxDelayMs", "MAX_WAIT", "maxHeaderSize"),
    *(
        "MAX_TOKENS",
        "COOKIE_LIMIT",
        "maxPrice",
        "maxBytes",
        "size",
        "length",
        "total",
        "nextId",
        "highWaterMark",
        "maxRetries",
        "limit_ms",
    ),
)


@pytest.mark.parametrize("name", OTHERS)
def test_names_that_do_not(name):
    assert bound_among({name: 5000.0}, FILLING) is None


@pytest.mark.parametrize("value", [999.0, 5000.5, float("inf"), float("nan"), 1e12, -1.0])
def test_values_that_cannot_be_one(value):
    assert bound_among({"max": value}, FILLING) is None


def test_the_least_is_taken_and_tells_how_far_it_is():
    bound = bound_among({"max": 9000.0, "limit": 3000.0, "max2": 500.0}, FILLING)
    assert bound is not None
    assert (bound.name, bound.iterations) == ("limit", 4000.0)
    assert str(bound) == "limit = 3,000 of cache (Map)"


@pytest.mark.parametrize(
    ("name", "value", "seconds"),
    [("ttl", 5000.0, 5.0), ("maxAge", 4000.0, 4.0), ("stdTTL", 5.0, 5.0), ("windowMs", 6e3, 6.0)],
)
def test_an_age_is_read_in_seconds(name, value, seconds):
    assert age_among({name: value}, FILLING, 2.0) == DeclaredAge(name, seconds, FILLING)


def test_an_age_that_has_passed_is_none():
    assert age_among({"ttl": 1500.0, "max": 9.0, "stdTTL": 0.0}, FILLING, 2.0) is None


def test_nobody_sees_the_end_of_an_age_of_days():
    assert age_among({"COOKIE_MAX_AGE": 7 * 24 * 3600e3}, FILLING, 2.0) is None


def test_a_cache_that_sums_up_sizes_is_bounded_by_as_many_such_entries():
    numbers = {"#calculatedSize": 1000.0, "#maxSize": 9000.0, "maxEntrySize": 9000.0, "max": 0.0}
    bound = bound_among(numbers, FILLING)
    assert bound is not None
    assert (bound.name, bound.value) == ("maxSize", 9 * FILLING.entries)


def test_what_hangs_behind_the_entries_of_two_generations_refutes_no_bound():
    many = replace(FILLING, population=FILLING.entries * 26)
    assert many.objects_per_entry == 13


def test_when_an_object_expires_is_a_time_to_come():
    now = 1_790_000_000.0
    numbers = {"id": 7.0, "at": 1000 * now - 5, "expires": 1000 * now + 12_000, "days": 1e14}
    deadline = deadline_among(numbers, FILLING, now, 3.0)
    assert deadline == DeclaredAge("expires", 15.0, FILLING)
    assert (
        deadline_among({"id": 7.0, "expires": 1000 * now + 7 * 86_400_000}, FILLING, now, 3.0)
        is None
    )


def test_a_container_of_nodes_own_has_no_bound_of_the_programs():
    assert not FILLING.is_nodes
    assert replace(FILLING, container="timerListMap in module node:timers -> [n]").is_nodes
