"""Survivors by allocating function: what is counted, and what is concluded from the counts."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace

import pytest

from pytest_nodeleak.base.frames import INLINED, CallFrame, place_of
from pytest_nodeleak.base.policy import Policy
from pytest_nodeleak.base.samples import Sample, Series
from pytest_nodeleak.heap import ConstructorGrowth
from pytest_nodeleak.judge.aging import (
    by_the_oldest,
    came_level,
    dies_with_age,
    fell,
    has_ended,
    held,
    of_age,
    seen_last,
    slow_down,
)
from pytest_nodeleak.judge.evidence import Judgement, LedgerEvidence
from pytest_nodeleak.judge.ledger import growing_among, merge_windows
from pytest_nodeleak.judge.survivors import by_rising_bytes, judge_survivors
from pytest_nodeleak.judge.suspects import has_filled_up, replaced_within, some_grow
from pytest_nodeleak.node.probes.sampling import true_size

POLICY = Policy()
DRIVER = CallFrame("run", "/x/pytest_nodeleak/node/driver/driver.cjs", 1, 1)
ADD = CallFrame("add", "file:///app/cart.js", 12, 3)
OTHER = CallFrame("render", "file:///app/page.js", 4, 3)
PUSH = CallFrame("push", "", 0, 0)
EMIT = CallFrame("emit", "node:events", 5, 1)
EXTERNAL = CallFrame("(EXTERNAL)", "", 0, 0)


def growing(counts, windows=(256, 512), *, frame=ADD, size=40, interval=1, **facts):
    survivors = [{(frame, DRIVER): Counter({size: n})} if n else {} for n in counts]
    return growing_among(merge_windows(survivors), windows, interval, **facts)


def heap(*used, step=500):
    samples = [Sample(n, 0, 0, 0, 1, 1, iterations=i * step) for i, n in enumerate(used)]
    return Series(tuple(samples))


def evidence(counts, windows=(256, 512), *, slope=40, **fields):
    base = LedgerEvidence(
        windows=tuple(windows),
        growing=growing(counts, windows),
        series=heap(*(3_000_000 + 500 * slope * i for i in range(9))),
        total_iterations=4000,
        pushed=True,
    )
    return replace(base, **fields)


def test_a_place_ends_at_the_programs_own_innermost_function():
    assert place_of((PUSH, ADD, OTHER, DRIVER)) == ((PUSH, ADD), (OTHER,))
    assert place_of((EMIT, DRIVER)) == ((EMIT,), ())


def test_what_a_compiler_put_into_the_drivers_call_is_the_workloads():
    call = CallFrame("work", DRIVER.url, 9, 1)
    assert place_of((call, DRIVER)) == ((INLINED,), ())
    assert place_of((PUSH, call, DRIVER)) == ((PUSH, INLINED), ())


def test_what_the_driver_plants_for_a_self_check_is_the_workloads_too():
    plant = CallFrame("plant", DRIVER.url, 9, 1)
    assert place_of((plant, EXTERNAL)) == ((INLINED,), ())


def test_where_compilers_move_allocations_into_the_caller_their_sum_is_judged():
    windows = [
        {(ADD, OTHER, DRIVER): Counter({40: ours}), (OTHER, DRIVER): Counter({40: callers})}
        for ours, callers in ((400, 100), (100, 400), (220, 220))
    ]
    rows = merge_windows(windows)
    assert not any(g.steady for g in growing_among(rows, (500, 500, 500)))
    (both,) = [g for g in growing_among(rows, (500, 500, 500), compiled=True) if g.steady]
    assert both.allocations.function == OTHER
    assert both.allocations.counts == (500, 500, 440)


def test_with_compilers_on_what_is_rare_is_no_evidence():
    rows = merge_windows([{(ADD, DRIVER): Counter({40: n})} for n in (10, 11, 10)])
    assert growing_among(rows, (500, 500, 500))
    assert not growing_among(rows, (500, 500, 500), compiled=True)
    assert growing_among(rows, (100, 100, 100), compiled=True)


@pytest.mark.parametrize("stack", [(EXTERNAL,), (DRIVER,), (PUSH, DRIVER), ()])
def test_the_driver_its_builtins_and_roots_are_no_places(stack):
    assert place_of(stack) is None


def test_a_package_is_the_programs_and_node_is_not():
    package = CallFrame("parse", "file:///app/node_modules/x/i.js", 1, 1)
    assert (package.origin, package.is_own) == ("package", True)
    assert (EMIT.origin, EMIT.is_own) == ("node", False)


def test_the_same_pace_in_every_window_grows():
    (found,) = growing((256, 512))
    assert found.per_iteration == 1.0
    assert found.bytes_per_iteration == 40.0
    assert found.steady
    assert not found.few


def test_what_is_gone_of_the_last_window_does_not_grow():
    assert growing((256, 0)) == ()
    (found,) = growing((400, 20))  # levelled off, so far
    assert found.few


def test_what_replaces_its_content_keeps_little_of_early_windows():
    (found,) = growing((10, 512))
    assert not found.steady


def test_rare_survivors_ask_for_more_before_they_say_anything():
    (found,) = growing((2, 3))
    assert found.few
    assert judge_survivors(evidence((2, 3), pushed=False), POLICY).outcome is None
    assert judge_survivors(evidence((2, 3)), POLICY).outcome is None  # the heap still rises


def test_what_comes_rarely_and_many_at_once_is_counted_in_lumps():
    windows = (200, 200, 200, 200, 200, 200)
    (found,) = growing((0, 20, 20, 0, 20, 0), windows)
    assert (found.steady, found.few) == (True, True)
    assert found.per_iteration == pytest.approx(60 / 1200)
    (found,) = growing((20, 40, 0, 20, 41, 19), windows)
    assert (found.steady, found.few) == (True, False)
    assert not growing((20, 20, 0, 0, 0, 0), windows)  # it is full
    assert not growing((0, 20, 0, 0, 0, 0), windows)  # one lump has no pace
    assert not growing((3, 3, 0, 3, 3, 0), windows)  # a few are no lump


def test_several_ways_to_one_function_are_looked_at_together():
    odd = {(PUSH, ADD, DRIVER): Counter({40: 10})}
    even = {(EMIT, ADD, DRIVER): Counter({40: 20})}
    (found,) = growing_among(merge_windows([odd, even]), (10, 20))
    assert found.allocations.function == ADD
    assert found.allocations.counts == (10, 20)


def of_two_sizes(large, small):
    windows = [Counter({64: n, 32: m}) for n, m in zip(large, small, strict=True)]
    return merge_windows([{(ADD, DRIVER): window} for window in windows])


def test_a_size_that_comes_in_another_way_is_looked_at_for_itself():
    spans = (256, 512, 256, 512)
    # The function refills what is swept, and keeps something of another size.
    (found,) = growing_among(of_two_sizes((213, 324, 31, 87), (14, 21, 11, 20)), spans)
    assert found.steady
    assert found.allocations.of_size == 32
    assert found.allocations.counts == (14, 21, 11, 20)
    assert found.per_iteration == pytest.approx(66 / sum(spans))
    # Parts of the same are too few each to show that all of it slows down.
    (whole,) = growing_among(of_two_sizes((213, 324, 31, 87), (17, 27, 3, 8)), spans)
    assert not whole.steady
    assert whole.allocations.of_size is None


def test_a_size_that_was_told_apart_stays_so_when_little_is_left_of_the_others():
    spans = (256, 512, 256, 512)
    before = growing_among(of_two_sizes((213, 324, 31, 87), (14, 21, 10, 21)), spans)
    rows = of_two_sizes((18, 24, 2, 8), (14, 21, 10, 21))
    (whole,) = growing_among(rows, spans)
    assert not whole.steady
    (found,) = growing_among(rows, spans, before=before)
    assert (found.steady, found.allocations.of_size) == (True, 32)


def test_of_one_size_only_that_tells_whether_growth_has_ended():
    spans = (256, 512, 256, 512)
    grew = growing_among(of_two_sizes((213, 324, 31, 87), (14, 21, 11, 20)), spans)
    assert has_ended(grew, of_two_sizes((2000,), (8,)), 12_000, surely=True)
    assert not has_ended(grew, of_two_sizes((0,), (500,)), 12_000, surely=True)


def test_a_coarse_interval_is_made_up_for():
    (found,) = growing((63, 126), (1000, 2000), size=32, interval=512)
    assert found.per_iteration == pytest.approx(1.04, abs=0.02)


def test_windows_of_time_may_scatter():
    counts, windows = (130, 80, 130, 90), (1, 1, 1, 1)
    assert not growing(counts, windows)[0].steady
    assert growing(counts, windows, timed=True)[0].steady
    assert not growing((20, 20, 4, 5), windows, timed=True)[0].steady


def test_of_time_what_is_old_enough_is_level_and_the_younger_will_be_let_go_of():
    times = (1.0,) * 8
    (found,) = growing((5, 5, 5, 5, 5, 5, 5, 50), times, timed=True)  # a ring of 100, 50 a second
    assert (found.steady, found.per_iteration) == (True, 5)
    assert found.allocations.counts == (5, 5, 5, 5, 5, 5, 5, 0)
    (found,) = growing((5, 6, 4, 5, 6, 50, 49, 50), times, timed=True)
    assert (found.steady, found.per_iteration) == (True, pytest.approx(5.2))
    by_chance, few = (3, 4, 6, 9, 13, 18, 25, 35), (1, 2, 1, 2, 1, 1, 2, 50)
    for dying in (by_chance, few, (0, 0, 0, 0, 0, 0, 0, 50)):
        assert not any(g.steady for g in growing(dying, times, timed=True))


def test_of_time_the_latest_say_nothing_where_all_before_are_gone():
    times = (1,) * 8
    assert not growing((0, 0, 0, 0, 0, 0, 0, 270), times, timed=True)
    assert not growing((0, 0, 0, 0, 0, 0, 20, 270), times, timed=True)
    assert growing((0, 0, 0, 0, 0, 20, 20, 270), times, timed=True)
    assert growing((0, 0, 0, 0, 270), times[:5], timed=True)  # too few to tell


def test_where_no_more_windows_come_what_is_old_enough_is_judged_of_iterations_too():
    windows = (256, 512, 512, 512, 512, 392, 230)
    counts = (13, 26, 25, 26, 512, 392, 230)  # a time to live: one in 20 stays
    (found,) = growing(counts, windows, ended=True)
    assert found.per_iteration == pytest.approx(0.05, rel=0.1)
    (found,) = growing(counts, windows)
    assert found.per_iteration > 0.4
    dropped = growing((0, 0, 0, 0, 512, 392, 230), windows, ended=True)
    assert not any(g.steady and g.per_iteration < 0.2 for g in dropped)


def test_a_leak_is_steady_and_heap_used_rises_with_it():
    judgement = judge_survivors(evidence((256, 512, 256), (256, 512, 256)), POLICY)
    assert judgement.outcome == "leak"
    assert judgement.reasons[0].startswith("add allocates what stays: +1.00 per iteration")


def test_survivors_without_bytes_are_content_that_is_replaced():
    judgement = judge_survivors(evidence((256, 512), slope=0), POLICY)
    assert judgement.outcome == "steady"
    assert "heapUsed does not rise with it" in judgement.reasons[0]


def test_a_heap_that_falls_by_half_of_what_survives_says_nothing_of_it():
    # Astro, one visit in ten kept: 9.34 MB, 48 B each, and V8 gave up 7 kB of its own meanwhile.
    used = (9_335_880, 9_343_160, 9_344_952, 9_346_648, 9_349_696, 9_352_192, 9_348_624, 9_345_064)
    spans = (23, 46, 23, 46)
    seen = replace(
        evidence((3, 4, 2, 4), spans, pushed=True, outlived=21.0),
        growing=growing((3, 4, 2, 4), spans, size=48),
        series=heap(*used, step=260),
    )
    judgement = judge_survivors(seen, POLICY)
    assert (judgement.outcome, judgement.doubtful) == ("inconclusive", True)
    # A full cache beside which the same is replaced, and nothing else moves.
    level = replace(seen, series=heap(*(9_345_064 + n % 2 * 500 for n in range(8)), step=260))
    assert judge_survivors(level, POLICY).outcome == "steady"


def test_bytes_must_rise_to_the_end():
    early = heap(*(3_000_000 + 20_000 * min(i, 5) for i in range(12)))
    judgement = judge_survivors(evidence((256, 512), series=early), POLICY)
    assert judgement.outcome == "steady"  # tokens that are swept after a while


def test_growth_asks_for_much_more_work_before_it_is_a_leak():
    few = evidence((15, 15), (15, 15), pushed=False, total_iterations=60)
    assert judge_survivors(few, POLICY).outcome is None
    assert judge_survivors(replace(few, slow=True), POLICY).outcome is None
    slow = replace(few, slow=True, total_iterations=200)
    assert judge_survivors(slow, POLICY).outcome == "leak"
    exhausted = replace(few, exhausted=True, total_iterations=120)
    assert judge_survivors(exhausted, POLICY).outcome == "leak"


def test_nothing_that_lasts_is_steady():
    judgement = judge_survivors(evidence((0, 0)), POLICY)
    assert judgement.outcome == "steady"
    assert "768 iterations" in judgement.reasons[0]


def test_windows_of_hardly_any_iterations_say_nothing():
    none = evidence((0, 0), windows=(0.0, 0.0))
    assert judge_survivors(none, POLICY).outcome is None
    ended = judge_survivors(replace(none, exhausted=True), POLICY)
    assert (ended.outcome, "only 0 iterations" in ended.reasons[0]) == ("inconclusive", True)
    assert judge_survivors(replace(none, timed=True), POLICY).outcome == "steady"


def test_growth_that_slows_down_to_the_end_is_not_decided():
    slowing = evidence((256, 300), exhausted=True)
    assert judge_survivors(slowing, POLICY).outcome == "inconclusive"
    filled = replace(slowing, series=heap(*([3_000_000] + [3_100_000] * 8)))
    assert judge_survivors(filled, POLICY).outcome == "steady"


def test_growth_that_the_policy_accepts_is_steady():
    accepting = POLICY.with_values("t", max_growth="1 KB")
    assert judge_survivors(evidence((256, 512)), accepting).outcome == "steady"


def test_a_noisy_heap_is_no_witness_against_exact_counts():
    noisy = heap(*(3_000_000 + (30_000 if i % 2 else 0) + 100 * i for i in range(9)))
    judgement = judge_survivors(evidence((15, 15), (15, 15), series=noisy), POLICY)
    assert (judgement.outcome, judgement.doubtful) == ("leak", True)


def test_compilers_make_a_heap_jump_which_says_nothing_of_what_survives():
    jumps = heap(*(3_000_000 + 100 * i - (800_000 if i > 5 else 0) for i in range(9)))
    few = evidence((15, 15), (15, 15), series=jumps)
    judgement = judge_survivors(replace(few, compiled=True), POLICY)
    assert (judgement.outcome, judgement.doubtful) == ("inconclusive", True)
    assert "V8's compilers" in judgement.reasons[0]
    assert by_rising_bytes(few, judgement) is judgement
    watched = judge_survivors(replace(few, compiled=True, timed=True), POLICY)
    assert watched.outcome == "steady"
    # A leak beside 450,000 products that are replaced: 96.0 -> 97.3 MB, 7 of 8 readings up.
    used = (96.0, 96.2, 96.4, 96.6, 96.8, 97.0, 97.3, 97.5, 97.3)
    rising = heap(*(round(1e6 * mb) for mb in used), step=1)
    products = evidence((40_000, 40_000), (1, 1), series=rising, compiled=True, timed=True)
    judgement = judge_survivors(products, POLICY)
    assert (judgement.outcome, judgement.doubtful) == ("inconclusive", True)


def test_where_compilers_are_on_and_bytes_rise_with_survivors_no_snapshot_is_needed():
    rising = heap(*(3_000_000 + 60_000 * (i + i % 3) for i in range(9)))
    service = evidence((15, 15), (15, 15), series=rising, compiled=True)
    doubt = judge_survivors(service, POLICY)
    assert (doubt.outcome, doubt.doubtful) == ("inconclusive", True)
    assert by_rising_bytes(service, doubt).outcome == "leak"


def test_a_heap_that_rises_beside_what_is_replaced_leaves_it_to_populations():
    rising = heap(*(3_000_000 + 200 * i for i in range(12)))  # a small leak beside a full cache
    hidden = judge_survivors(evidence((256, 512), series=rising), POLICY)
    assert (hidden.outcome, hidden.doubtful) == ("inconclusive", True)
    falling = heap(*(3_000_000 - 90_000 * i for i in range(12)))  # beside a backlog worked off
    hidden = judge_survivors(evidence((256, 512), series=falling), POLICY)
    assert (hidden.outcome, hidden.doubtful) == ("leak", True)
    level = heap(*(3_000_000 + 200 * (i % 3) for i in range(12)))
    assert judge_survivors(evidence((256, 512), series=level), POLICY).outcome == "steady"


def test_of_what_a_heap_rises_less_than_only_that_leaks_which_it_can_be():
    rising = heap(*(3_000_000 + 40 * 256 * i for i in range(12)))  # 40 B per iteration
    shown = evidence((2560, 5120), series=rising)
    cache = shown.growing
    small = evidence((256, 512)).growing
    both = replace(shown, growing=(*cache, *small))
    found = judge_survivors(both, POLICY)
    assert (found.outcome, found.growing, found.others_replaced) == ("leak", small, True)
    # One function may replace and keep: then those of a size are left.
    one = of_two_sizes((2560, 5120), (256, 512))
    whole = replace(both, growing=growing_among(one, (256, 512)))
    assert judge_survivors(whole, POLICY).growing[0].allocations.of_size == 32
    # Where a heap jumps nothing is told by its steps, but what it may be is.
    jumps = [40 * 256 * i + (15_000 if i % 3 == 1 else 0) for i in range(12)]
    doubt = judge_survivors(
        replace(both, series=heap(*(3_000_000 + n for n in jumps), step=256)), POLICY
    )
    assert doubt.doubtful
    found = by_rising_bytes(both, doubt)
    assert (found.outcome, found.growing, found.others_replaced) == ("leak", small, True)


def test_what_was_let_go_of_at_once_before_must_outlive_as_much_work_or_pass_its_peak():
    saw = [3_000_000 + 20_000 * (i % 6) for i in range(11)]  # cleared at each 3,000th
    facts = {"earlier": heap(*saw).samples[:5], "series": _after(5, saw[5:]), "outlived": 100}
    once = evidence((256, 512), **facts)
    judgement = judge_survivors(once, POLICY)
    assert (judgement.outcome, judgement.wants_age) == (None, 3600)
    ended = judge_survivors(replace(once, exhausted=True), POLICY)
    assert ended.outcome == "inconclusive"
    assert "heapUsed has fallen by as much before" in ended.reasons[0]
    assert judge_survivors(replace(once, outlived=3600), POLICY).outcome == "leak"
    leak = [*saw, *(saw[-1] + 20_000 * i for i in range(1, 8))]
    passed = replace(once, earlier=(), series=heap(*leak))
    assert judge_survivors(passed, POLICY).outcome == "leak"


def test_what_grows_must_outlive_more_work_before_it_is_anything():
    for counts in ((256, 512), (256, 200), (2, 2)):
        young = evidence(counts, outlived=0)
        assert judge_survivors(young, POLICY).wants_age == 1
        assert judge_survivors(replace(young, outlived=1), POLICY).wants_age == 0


def _after(first, used):
    samples = heap(*used).samples
    return Series(tuple(replace(s, iterations=s.iterations + first * 500) for s in samples))


def test_what_is_rare_needs_more_than_one_or_two():
    rare = {"windows": (1600.0, 1600.0, 1600.0)}
    assert not evidence((0, 1, 1), **rare).growing
    growing = evidence((1, 1, 1), **rare).growing
    assert [g.few for g in growing] == [True]
    assert not evidence((3, 3, 3), windows=(16_000.0, 16_000.0, 16_000.0)).growing


@pytest.mark.parametrize(
    ("counts", "share"), [((2, 9, 6), 0.3), ((2, 11, 2), 0.5)], ids=["replaced", "fills up"]
)
def test_a_step_of_v8_is_no_reason_to_overlook_a_slower_rise(counts, share):
    # The latest 20 are kept for a while, and one in ten for good.
    def after_a_step(slope):
        return heap(3_000_000, *(4_600_000 + slope * 500 * at for at in range(9)))

    few = {"windows": (15.0, 15.0, 15.0), "exhausted": True}
    pace = sum(g.bytes_per_iteration for g in evidence(counts, **few).growing)
    rises = evidence(counts, **few, series=after_a_step(round(share * pace)))
    assert judge_survivors(rises, POLICY).outcome == "inconclusive"
    level = evidence(counts, **few, series=after_a_step(0))
    assert judge_survivors(level, POLICY).outcome == "steady"


def test_what_is_rare_and_stays_is_worth_more_work():
    flat = heap(*[3_000_000] * 9)
    rare = evidence((1, 1, 1), windows=(512.0, 512.0, 512.0), series=flat, wanted=1_000)
    assert judge_survivors(rare, POLICY).outcome is None
    assert judge_survivors(replace(rare, wanted=500), POLICY).outcome == "inconclusive"
    assert judge_survivors(replace(rare, exhausted=True), POLICY).outcome == "inconclusive"


def test_where_nothing_lasts_as_many_iterations_are_seen_as_are_wanted():
    nothing = evidence((0, 0), wanted=5_000)
    assert judge_survivors(nothing, POLICY).outcome is None
    assert judge_survivors(replace(nothing, exhausted=True), POLICY).outcome == "steady"
    assert judge_survivors(replace(nothing, wanted=700), POLICY).outcome == "steady"


def test_what_has_filled_up_leaves_nothing_of_a_last_window():
    def row(*survivors):
        return grown((9, 9 + survivors[0], 9 + sum(survivors)), survivors)

    def grown(populations, survivors):
        return ConstructorGrowth("Labels", "object", False, populations, populations, survivors, 0)

    labels = [row(32, 0), grown((7005, 7005, 7005), (0, 23))]
    assert has_filled_up(labels, (1325, 1334), 0.017, 340)
    assert has_filled_up([row(32, 0), row(3, 2)], (1325, 1334), 0.017, 340)
    assert not has_filled_up([row(32, 0), row(3, 9)], (1325, 1334), 0.017, 340)
    assert not has_filled_up([row(4, 0)], (200, 200), 0.017, 100)  # as good as none was expected
    assert not has_filled_up([row(0)], (1334,), 0.017, 340)
    # An iteration makes several things; one in a hundred makes a hundred.
    assert not has_filled_up([row(16, 16)] * 5, (16, 16), 5.0, 8)
    assert not has_filled_up([row(100, 0)], (40, 40), 1.0, 340)


def test_populations_that_stay_level_are_replaced_one_by_one():
    def row(populations, survivors):
        return ConstructorGrowth("Comment", "object", False, populations, populations, survivors, 0)

    assert replaced_within([row((250, 250, 251), (40, 40))], (40, 40), 1.0) == 251
    assert replaced_within([row((250, 290, 330), (40, 40))], (40, 40), 1.0) is None
    not_of_these = row((250, 250, 250), (2, 3))
    assert replaced_within([not_of_these], (40, 40), 1.0) is None
    assert some_grow([row((250, 250, 251), (40, 40)), row((9, 13, 17), (4, 4))], (40, 40), 0.1)
    assert not some_grow([row((8001, 8001, 8001), (754, 3200))], (1355, 4067), 0.017)
    batch = row((520, 400, 411), (60, 13))  # 1 in 500 stays of batches of 500
    assert some_grow([batch], (8000, 8000), 0.0008)
    assert not some_grow([row((520, 512, 516), (60, 13))], (8000, 8000), 0.0008)
    hides = row((400, 439, 478), (975, 975))  # a full ring, and a list that forgets 1 in 25
    assert replaced_within([hides], (975, 975), 1.0) is None


@pytest.mark.parametrize(("size", "interval"), [(40, 1), (40, 64), (40, 512), (4000, 64)])
def test_a_sampled_object_is_told_by_its_own_size(size, interval):
    # V8 multiplies it by the number of those that it stands for.
    told = size * int(1 / (1 - math.exp(-size / interval)) + 0.5)
    assert true_size(told, interval) == size


def test_what_does_not_come_of_age_was_no_leak():
    leak = judge_survivors(evidence((256, 512)), POLICY)
    slowing = judge_survivors(evidence((256, 300), exhausted=True), POLICY)
    assert (leak.outcome, slowing.outcome) == ("leak", "inconclusive")
    gone = of_age(slowing, leak)
    assert (gone.outcome, "within some seconds" in gone.reasons[0]) == ("steady", True)
    assert of_age(gone, leak) is gone


def test_a_pace_that_falls_from_third_to_third_beyond_chance_slows_down():
    keys = [468, 764, 696, 636, 612, 576, 464, 416, 424, 284]  # 3,000 keys, asked for at random
    windows = [135.0, *[270.0] * 8, 196.0]
    assert slow_down(growing(keys, windows), windows)
    assert not slow_down(growing([270] * 10, windows), windows)
    few = [n // 50 for n in keys]  # as much by chance
    assert not slow_down(growing(few, windows), windows)
    assert not slow_down((), windows)
    assert not slow_down(growing(keys[:2], windows[:2]), windows[:2])


def late(**alive):
    frames = {"add": ADD, "render": OTHER}
    return merge_windows(
        [{(frames[name], DRIVER): Counter({40: n}) for name, n in alive.items()}],
    )


def test_what_adds_next_to_nothing_any_more_has_filled_up():
    grew = growing((256, 512))
    for alive, ended in ((0, True), (5000, True), (7000, False), (12_000, False)):
        assert has_ended(grew, late(add=alive), 12_000, surely=True) is ended
    assert has_ended(grew, late(add=9000), 12_000, surely=False)  # more work should tell
    assert not has_ended(grew, late(add=11_500), 12_000, surely=False)
    rare = growing((3, 4), (1600.0, 1600.0))
    assert not has_ended(rare, (), 12_000, surely=True)
    assert not has_ended((), (), 12_000, surely=True)


def test_where_one_function_goes_on_growth_has_not_ended():
    both = (*growing((256, 512)), *growing((256, 512), frame=OTHER))
    assert not has_ended(both, late(add=0, render=12_000), 12_000, surely=True)
    assert has_ended(both, late(add=0, render=300), 12_000, surely=True)


def test_what_stays_holds_and_what_is_replaced_is_less_and_less():
    assert held((256, 512), (256, 512))
    assert held((3, 2), (2, 2))  # few: that is chance
    assert not held((263, 669, 348, 643), (58, 146, 76, 170))


def test_where_old_windows_have_held_and_the_young_came_down_to_them_it_is_enough():
    windows = (15.0,) * 6
    assert came_level((10, 3, 6, 23, 60, 60), (10, 3, 6, 3, 6, 5), windows)
    assert not came_level((10, 3, 6, 23, 60, 60), (10, 3, 6, 3, 20, 60), windows)  # not yet
    by_chance = (58, 61, 59, 60, 62, 58)
    assert not came_level((100,) * 6, by_chance, windows)
    assert not came_level((0, 1, 0, 60, 60, 60), (0, 1, 0, 0, 0, 60), windows)  # too few


def test_where_no_time_is_left_the_oldest_windows_decide_of_which_all_stays_or_nothing():
    windows = (135, *(270,) * 7, 121, 96, 61)
    before = (13, 27, 27, 27, 111, 270, 270, 270, 121, 96, 61)

    def judged(*now):
        of = evidence(now, windows)
        return by_the_oldest(of, judge_survivors(of, POLICY), before)

    stays = judged(13, 27, 27, 27, 27, 27, 27, 60, 100, 96, 61)
    assert stays.outcome == "leak"
    assert stays.growing[0].per_iteration == pytest.approx(0.1, rel=0.02)  # of all: 0.25
    assert len(stays.growing[0].allocations.counts) == len(windows)
    gone = judged(0, 0, 0, 0, 0, 0, 0, 0, 0, 96, 61)
    assert gone.outcome == "steady"
    assert gone.reasons == ("what add allocates is let go of within some seconds",)
    # One is gone of the oldest: by chance all of them may go.
    assert judged(12, 27, 27, 27, 27, 27, 27, 60, 100, 96, 61).outcome == "inconclusive"
    assert judged(0, 0, 0, 0, 27, 27, 27, 60, 100, 96, 61).outcome == "inconclusive"


def test_names_are_asked_for_again_where_what_one_function_left_behind_is_gone():
    both = (*growing((256, 512)), *growing((256, 512), frame=OTHER))
    assert not fell(both, both)
    assert fell(both, growing((256, 512)))
    assert fell(both, (*growing((25, 51)), *growing((256, 512), frame=OTHER)))


def test_where_the_latest_are_far_more_they_are_too_young_to_tell():
    windows = (512, 256, 512)
    assert dies_with_age((52, 26, 495), windows)
    assert not dies_with_age((52, 26, 51), windows)
    waits = judge_survivors(
        evidence((52, 26, 495), windows, series=heap(*([3_000_000] * 9)), outlived=245.0), POLICY
    )
    assert (waits.outcome, waits.wants_age) == (None, 490.0)


def test_what_goes_on_beside_a_table_that_has_filled_up_is_counted_from_then_on():
    windows = (256, 512, 256, 512)
    (found,) = growing((256, 500, 26, 51), windows)
    assert found.steady
    assert found.per_iteration == pytest.approx(77 / 768)
    assert found.allocations.counts == (0, 0, 26, 51)
    (one,) = growing((256, 500, 26), windows[:3])
    assert one.few  # a window by itself has no pace
    assert growing((256, 500, 26, 0), windows) == ()


def leak(*growing, **fields):
    return Judgement("leak", (), growing=growing, **fields)


def test_what_was_proven_is_told_as_it_was_counted_last():
    (before,), (after,) = growing((256, 512)), growing((20, 40, 80), (256, 512, 1024))
    (other,) = growing((256, 512, 1024), (256, 512, 1024), frame=OTHER)
    rare = replace(other, steady=False)
    assert seen_last(leak(before), (after, other)) == (after, other)
    assert seen_last(leak(before), (other,)) == (before, other)
    assert seen_last(leak(before), (rare,)) == (before,)
    assert seen_last(leak(), (rare,)) == (rare,)
