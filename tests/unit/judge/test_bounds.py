"""Which number beside a container is the bound of it."""

import math
from dataclasses import replace

import pytest

from pytest_nodeleak.judge.bounds import (
    DeclaredAge,
    DeclaredBound,
    Filling,
    age_among,
    age_in_text,
    bound_among,
    bound_in_text,
    deadline_among,
    removed_within,
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


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("if (cache.size > 1000) cache.delete(oldest);", 1000),
        ("while (cache.size >= 1_000) drop();", 1000),
        ("if (Object.keys(cache).length > 500) reset();", 500),
        ("if (this.cache.size > 600) this.cache.clear();", 600),
        ("if (cache.size > 5) a(); if (cache.size > 300) b();", 300),  # 200 are there already
        ("if (mycache.size > 1000) drop();", None),
        ("if (cache.size > limits.most) drop();", None),
        ("if (cache.size > 0.5 * most) drop();", None),
    ],
)
def test_a_bound_without_a_name_is_read_from_the_text(text, bound):
    filling = replace(FILLING, container="cache (Map) in module app.js", entries=200)
    found = bound_in_text(text, filling)
    assert (found and found.value) == bound


def test_the_last_name_of_the_way_to_a_container_counts():
    filling = replace(FILLING, container="pages (Map) in module app.js -> .#items", entries=10)
    found = bound_in_text("if (this.#items.length > 50) this.#items.shift();", filling)
    assert found is not None
    assert found.value == 50
    unnamed = replace(FILLING, container="pages (Map) in module app.js -> [n]", entries=10)
    assert bound_in_text("if (pages.size > 50) pages.clear();", unnamed) is None


def test_what_is_taken_out_again_is_within_so_many_iterations_unless_a_clock_tells_when():
    assert removed_within("nonces.delete(k);", replaced=False) == 12_000
    assert removed_within("if (n.due > Date.now()) break;", replaced=False) == math.inf
    assert removed_within("byUser.set(id, Date.now());", replaced=True) == 12_000


def test_the_names_on_the_way_to_a_container():
    filling = replace(FILLING, container="byId in module app.js -> [key] (Tenant) -> .items (Map)")
    assert filling.name == "items"
    assert filling.holders == ("byId",)
    assert replace(FILLING, container="grants in module app.js").name == "grants"
    assert replace(FILLING, container="byUser (Map) in module app.js -> Map entry").name == ""


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("while (hits.length && now - hits[0].at > 5000) hits.shift();", 5.0),
        ("hits = hits.filter((hit) => Date.now() - hit.at >= 10 * 1000);", 10.0),
        ("if (entry.at < Date.now() - 8_000) drop(entry);", 8.0),
        ("if (n - last > 5000) flush();", None),
        ("if (now - hits[0].at > 1000) hits.shift();", None),  # they are 2 s old
    ],
)
def test_an_age_without_a_name_is_read_from_the_text(text, seconds):
    found = age_in_text(text, FILLING, 2.0)
    assert (found and found.seconds) == seconds
