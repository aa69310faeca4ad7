"""The judge on recorded and made-up evidence: no clock, no process."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_nodeleak.base.policy import Policy
from pytest_nodeleak.base.samples import Sample, Series
from pytest_nodeleak.heap import ConstructorGrowth, SlotGrowth
from pytest_nodeleak.judge.by_bytes import external_rises_in_jumps
from pytest_nodeleak.judge.evidence import Evidence, OutsideGrowth, heap_is_flat, hides_nothing
from pytest_nodeleak.judge.judge import judge
from pytest_nodeleak.judge.nothing_grows import unexplained
from pytest_nodeleak.judge.trend import goes_on
from pytest_nodeleak.measuring.outside import outside_growth

POLICY = Policy()


def series(*heap: int, external: int = 0, step: int = 100) -> Series:
    return Series(
        tuple(
            Sample(used, 1000 + external * i, 0, 50_000_000, 1, 1, iterations=i * step)
            for i, used in enumerate(heap)
        )
    )


def row(
    name: str = "Entry",
    populations: tuple[int, ...] = (0, 400, 2000),
    survivors: tuple[int, ...] = (400, 1600),
    kind: str = "object",
) -> ConstructorGrowth:
    return ConstructorGrowth(
        name=name,
        kind=kind,
        internal=kind != "object",
        populations=populations,
        sizes=tuple(32 * n for n in populations),
        survivors=survivors,
        shallow_size=32 * sum(survivors),
    )


def evidence(*rows: ConstructorGrowth, **fields: object) -> Evidence:
    base = Evidence(
        series=series(*range(3_000_000, 3_060_000, 10_000)),
        windows=(400, 1600),
        rows=rows,
        total_iterations=20_000,
        pushed=True,
    )
    return replace(base, **fields)  # type: ignore[arg-type]


def test_a_flat_heap_is_steady_without_counting():
    judgement = judge(evidence(flat=True, windows=(), rows=()), POLICY)
    assert judgement.outcome == "steady"


def test_one_object_per_iteration_in_every_window_leaks():
    judgement = judge(evidence(row()), POLICY)
    assert judgement.outcome == "leak"
    assert judgement.suspects[0].per_iteration == 1.0


def test_one_per_hundred_leaks():
    judgement = judge(evidence(row(populations=(9, 13, 29), survivors=(4, 16))), POLICY)
    assert judgement.outcome == "leak"


def test_growth_asks_for_more_work_before_it_is_called_a_leak():
    assert judge(evidence(row(), pushed=False), POLICY).outcome is None
    assert judge(evidence(row(), pushed=False, exhausted=True), POLICY).outcome == "leak"


def test_replaced_content_is_no_growth():
    ring = row(populations=(2000, 2000, 2000), survivors=(400, 1600))
    assert judge(evidence(ring), POLICY).outcome == "steady"


def test_survivors_without_net_growth_and_net_growth_without_survivors():
    churn = row(populations=(100, 500, 2100), survivors=(0, 0))
    assert judge(evidence(churn), POLICY).outcome == "steady"
    copied = row(populations=(100, 500, 2100, 5300), survivors=(0, 0, 3200))
    assert judge(evidence(copied, windows=(400, 1600, 3200)), POLICY).outcome == "leak"


def test_a_structure_that_fills_up_is_followed_and_then_steady():
    filling = row(populations=(0, 400, 1000), survivors=(400, 600))
    assert judge(evidence(filling), POLICY).outcome is None
    full = row(populations=(0, 400, 1000, 1080), survivors=(400, 600, 80))
    assert judge(evidence(full, windows=(400, 1600, 3200)), POLICY).outcome == "steady"


def test_a_logarithm_is_inconclusive_and_says_what_to_do():
    slow = row(populations=(0, 400, 800, 1210), survivors=(400, 400, 410))
    judgement = judge(
        evidence(slow, windows=(400, 1600, 3200), exhausted=True, total_iterations=5200), POLICY
    )
    assert judgement.outcome == "inconclusive"
    assert (
        "Entry is still growing at +0.13 per iteration after 5,200 iterations"
        in judgement.reasons[0]
    )
    assert "max_live={'Entry': 3000}" in judgement.reasons[0]


@pytest.mark.parametrize("kind", ["code", "hidden", "object shape", "array", "native"])
def test_what_only_the_engine_makes_is_no_evidence(kind):
    assert judge(evidence(row(kind=kind)), POLICY).outcome == "steady"


def test_internal_names_are_no_evidence():
    assert judge(evidence(row(name="system / FeedbackVector")), POLICY).outcome == "steady"


def test_strings_alone_are_a_leak_too():
    assert judge(evidence(row(name="(string)", kind="string")), POLICY).outcome == "leak"


def test_two_noise_objects_are_nothing():
    noise = row(populations=(5, 6, 8), survivors=(1, 2))
    assert judge(evidence(noise), POLICY).outcome == "steady"


def test_ignore_max_live_and_max_growth():
    assert judge(evidence(row()), POLICY.with_values("t", ignore=["Ent*"])).outcome == "steady"
    bound = POLICY.with_values("t", max_live={"Entry": 5000})
    assert judge(evidence(row()), bound).outcome == "steady"
    low = POLICY.with_values("t", max_live={"Entry": 1999})
    judgement = judge(evidence(row()), low)
    assert judgement.outcome == "leak"
    assert judgement.reasons == ("Entry: 2000 live objects, more than max_live=1999",)
    wide = POLICY.with_values("t", max_growth="1 KB")
    assert judge(evidence(row()), wide).outcome == "steady"
    narrow = POLICY.with_values("t", max_growth="10 B")
    assert judge(evidence(row()), narrow).outcome == "leak"
    objects = POLICY.with_values("t", max_growth="1 object")
    assert judge(evidence(row()), objects).outcome == "steady"


def test_slots_that_a_container_gains_in_every_window_leak():
    grown = evidence(slots=(SlotGrowth(71, "Set", "", (3000, 3400, 5000)),))
    judgement = judge(grown, POLICY)
    assert judgement.outcome == "leak"
    assert judgement.reasons[0].startswith("Set (@71) gained 2,000 slots")
    assert judge(replace(grown, pushed=False), POLICY).wants_double
    filled = evidence(slots=(SlotGrowth(71, "Set", "", (3000, 3400, 3500)),))
    assert judge(filled, POLICY).outcome == "steady"
    ignored = POLICY.with_values("t", ignore="Set")
    assert judge(grown, ignored).outcome == "steady"


def test_entries_of_all_containers_of_a_kind_leak():
    of_all = SlotGrowth(0, "Set", "all", (30_000, 30_400, 32_000), containers=200)
    grown = evidence(stores=(of_all,))
    judgement = judge(grown, POLICY)
    assert (judgement.outcome, judgement.slots) == ("leak", (of_all,))
    assert judgement.reasons[0].startswith("Set (200 of them) gained 2,000 slots")
    filled = replace(of_all, counts=(30_000, 30_400, 30_500))
    assert judge(evidence(stores=(filled,)), POLICY).outcome == "steady"
    assert judge(grown, POLICY.with_values("t", ignore="Set")).outcome == "steady"
    assert judge(grown, POLICY.with_values("t", max_growth="16 B")).outcome == "steady"


def test_few_containers_are_told_of_one_by_one_and_many_together():
    of_all = SlotGrowth(0, "Set", "all", (30_000, 30_400, 32_000), containers=50)
    for each in (3, 50):
        growth = 2000 // each
        counts = (300, 300 + growth // 5, 300 + growth)
        slots = tuple(SlotGrowth(number, "Set", "", counts) for number in range(each))
        judgement = judge(evidence(slots=slots, stores=(of_all,)), POLICY)
        assert judgement.slots == ((of_all,) if each > 3 else slots)


def test_where_all_entries_were_counted_nothing_is_doubled_to_see_a_store():
    rising = series(3_000_000, 3_100_000, 3_200_000, 3_200_000, 3_200_000)
    seen = evidence(series=rising, rounds_growth=200_000, rounds_iterations=200, windows=(20, 40))
    seen = replace(seen, total_iterations=400, pushed=False)
    assert judge(seen, POLICY).wants_double
    assert not judge(replace(seen, stores=()), POLICY).wants_double


def test_a_window_that_was_cut_short_is_joined_to_the_one_before_in_slots_as_well():
    counts = (3000, 3400, 5000, 5010)
    cut = evidence(slots=(SlotGrowth(71, "Set", "", counts),), windows=(400, 1600, 10))
    assert judge(cut, POLICY).outcome == "leak"


def test_memory_outside_the_heap_that_rises_in_every_round_leaks():
    outside = evidence(series=series(*[3_000_000] * 6, external=100_000))
    assert judge(outside, POLICY).outcome == "leak"
    assert judge(outside, POLICY.with_values("t", offheap="off")).outcome == "steady"
    assert judge(outside, POLICY.with_values("t", max_growth="2 KB")).outcome == "steady"


def test_memory_outside_the_heap_that_doubles_is_a_store_of_numbers():
    def stepping(*external: int) -> Series:
        samples = series(*[3_000_000] * len(external)).samples
        pairs = zip(samples, external, strict=True)
        return Series(tuple(replace(sample, external=size) for sample, size in pairs))

    sizes = [16_000 * 2 ** (at - 1).bit_length() for at in range(1, 34)]
    doubles = evidence(series=stepping(*sizes))
    judgement = judge(doubles, POLICY)
    assert judgement.outcome == "leak"
    assert judgement.reasons[0].startswith("external memory grew over each doubling of the work: +")
    early = judge(replace(doubles, pushed=False), POLICY)
    assert (early.outcome, early.wants_double) == (None, True)
    filled = replace(doubles, series=stepping(*sizes[:17], *[sizes[17]] * 16))
    assert judge(filled, POLICY).outcome == "steady"
    once = replace(doubles, series=stepping(*[16_000] * 30, *[64_000] * 3))
    assert judge(once, POLICY).outcome == "steady"
    # Most readings after the last of its doublings: the median of the slopes is zero.
    often = stepping(*sizes, *[sizes[32]] * 120)
    at = [*range(100, 3_400, 100), *range(3_400, 4_000, 5)]
    samples = tuple(replace(s, iterations=i) for s, i in zip(often.samples, at, strict=True))
    rested = judge(replace(doubles, series=Series(samples)), POLICY)
    assert (rested.outcome, rested.off_heap > 64) == ("leak", True)


def test_a_reading_between_two_doublings_hides_none_of_them():
    at = (3071, 5759, 7167, 9855, 11263, 13951, 15359, 20735, 23551, 28927, 31743, 42495, 64255)
    used = (2099, 2132, 2132, 2198, 2198, 2198, 2198, 2329, 2329, 2329, 2329, 2591, 2591)  # kB
    pairs = [*zip(at, used, strict=True), (66_943, 3115), (80_383, 3115)]
    samples = [Sample(4_000_000, 1000 * kb, 0, 0, 1, 1, iterations=n) for n, kb in pairs]
    assert external_rises_in_jumps(Series(tuple(samples)))
    level = [replace(s, external=min(s.external, 2_329_000)) for s in samples]
    assert not external_rises_in_jumps(Series(tuple(level)))


def test_few_iterations_are_a_leak_only_if_they_are_of_megabytes():
    few = evidence(
        row(populations=(0, 20, 100), survivors=(20, 80)),
        windows=(20, 80),
        total_iterations=150,
        exhausted=True,
    )
    assert judge(few, POLICY).outcome == "inconclusive"
    large = replace(few, series=series(*range(3_000_000, 13_000_000, 2_000_000)))
    assert judge(large, POLICY).outcome == "leak"
    assert judge(replace(few, timed=True), POLICY).outcome == "leak"


def test_what_node_keeps_a_bounded_number_of_is_no_leak():
    entries = row("PerformanceResourceTiming", populations=(0, 40, 200), survivors=(40, 160))
    assert judge(evidence(entries, windows=(40, 160)), POLICY).outcome == "steady"
    more = row("PerformanceResourceTiming", populations=(0, 400, 2000))
    assert judge(evidence(more), POLICY).outcome == "leak"


def test_growth_before_the_snapshots_that_has_ended_since_does_not_go_on():
    # Forty undo stacks of a hundred, filled at random while they were counted.
    full = series(*[4_930_000, 4_930_200, 4_930_100, 4_930_200, 4_930_200])
    assert not goes_on(full, 73.0)
    assert goes_on(series(*range(4_930_000, 4_960_000, 5_000)), 73.0)
    assert goes_on(series(4_930_000, 4_930_000), 73.0)  # too few to tell


def test_a_string_that_becomes_longer_explains_bytes_that_no_object_does():
    text = replace(
        row("(string)", populations=(9, 9, 9), survivors=(1, 1)),
        kind="string",
        sizes=(10_000, 12_000, 20_000),
    )
    found = unexplained(evidence(text, windows=(100, 400)), 20.0)
    assert (found.outcome, found.text) == ("leak", 20.0)
    assert found.reasons == ("(string) becomes longer: +20 B per iteration",)
    for sizes in ((10_000, 12_000, 12_100), (10_000, 9_000, 20_000), (10_000, 10_300, 11_500)):
        other = evidence(replace(text, sizes=sizes), windows=(100, 400))
        assert unexplained(other, 20.0).outcome == "inconclusive"


def test_flat_needs_every_kind_of_memory_to_be_flat():
    level = series(*[3_000_000] * 6)
    assert heap_is_flat(level, 4)
    assert not heap_is_flat(level, 7)
    assert not heap_is_flat(series(*[3_000_000] * 6, external=100), 4)
    slow = series(3_000_000, 3_000_000, 3_000_000, 3_000_032)
    assert not heap_is_flat(slow, 4)
    more = [replace(s, contexts=i) for i, s in enumerate(level.samples)]
    assert not heap_is_flat(Series(tuple(more)), 4)


def test_a_flat_heap_that_fell_may_hide_what_rose_as_much():
    assert hides_nothing(series(3_000_024, 3_000_024, 3_000_000, 3_000_000), 4)
    fell = series(3_001_400, 3_001_400, 3_000_100, 3_000_100, 3_000_000)
    assert heap_is_flat(fell, 5)
    assert not hides_nothing(fell, 5)


def flat_with_outside(outside: OutsideGrowth, policy: Policy = POLICY):
    return judge(evidence(flat=True, windows=(), rows=(), outside=outside), policy)


def test_rss_that_keeps_growing_beside_a_flat_heap_leaks():
    judgement = flat_with_outside(OutsideGrowth(2048.0, 8_000_000, True, ("addon.node",)))
    assert judgement.outcome == "leak"
    assert judgement.reasons[0].endswith("native addons loaded: addon.node")


def test_rss_that_grows_unevenly_is_inconclusive():
    judgement = flat_with_outside(OutsideGrowth(2048.0, 8_000_000, False))
    assert judgement.outcome == "inconclusive"
    assert "raise the budget, or set offheap='off'" in judgement.reasons[0]


def test_rss_within_max_growth_is_steady():
    policy = POLICY.with_values("the test", max_growth="4 KB")
    outside = OutsideGrowth(2048.0, 8_000_000, True)
    assert flat_with_outside(outside, policy).outcome == "steady"


def test_a_class_that_leaks_is_the_finding_whatever_rss_does():
    outside = OutsideGrowth(2048.0, 8_000_000, True)
    judgement = judge(evidence(row(), outside=outside), POLICY)
    assert judgement.outcome == "leak"
    assert judgement.suspects[0].row.name == "Entry"


def test_outside_growth_is_what_the_pages_of_the_heap_and_external_memory_leave():
    before = Sample(100, 10, 0, 1000, 1, 1, heap_physical=300)
    after = Sample(150, 40, 0, 1200, 1, 1, heap_physical=350)
    assert outside_growth([before, after]) == 120


def test_pages_that_v8_counts_no_more_and_the_system_has_not_back_are_not_outside_the_heap():
    """The TypeScript compiler: RSS 144.8 MB all the time, V8's pages 71.6 -> 66.4 MB."""
    before = Sample(500, 10, 0, 1000, 1, 1, heap_physical=600)
    after = Sample(500, 10, 0, 1000, 1, 1, heap_physical=500)
    assert outside_growth([before, after]) == 0
    assert outside_growth([before, replace(after, rss=1020)]) == 20


BATCH = {"populations": (20, 24, 17), "survivors": (4, 12)}


def test_a_leak_behind_a_swinging_batch_asks_for_more():
    found = judge(evidence(row(**BATCH), windows=(400, 1122), total_iterations=1600), POLICY)
    assert (found.outcome, found.wants_double) == (None, True)


def test_and_is_inconclusive_where_the_budget_ends():
    given = evidence(
        row(**BATCH), windows=(400, 1122), total_iterations=1600, pushed=False, exhausted=True
    )
    found = judge(given, POLICY)
    assert found.outcome == "inconclusive"
    assert (
        "4 Entry of the first 400 iterations are still alive, but their number swings by 19"
        in (found.reasons[0])
    )


def test_and_is_a_leak_when_more_stay_than_swing():
    grown = row(populations=(20, 24, 23, 95), survivors=(4, 22, 74))
    given = evidence(grown, windows=(400, 2200, 5400), total_iterations=8100)
    found = judge(replace(given, series=taking(2.0)), POLICY)
    assert found.outcome == "leak"
    assert found.suspects[0].per_iteration == pytest.approx(0.01)
    # What is as old as timers get may still go.
    assert judge(replace(given, series=taking(1.0)), POLICY).outcome is None


def taking(seconds: float) -> Series:
    """A rising series over 8,000 iterations, each 5,400 of which take that long."""
    samples = series(*range(3_000_000, 3_090_000, 10_000), step=1000).samples
    return Series(tuple(replace(s, seconds=s.iterations / 5400 * seconds) for s in samples))


def test_what_has_filled_up_does_not_swing():
    full = row(populations=(79, 250, 250), survivors=(171, 0))
    given = evidence(full, windows=(400, 1600), exhausted=True, total_iterations=2100)
    assert judge(given, POLICY).outcome == "steady"


def test_a_batch_alone_is_steady():
    batch = row(populations=(20, 24, 17, 9), survivors=(0, 0, 9))
    found = judge(evidence(batch, windows=(400, 2200, 5400), total_iterations=8100), POLICY)
    assert found.outcome == "steady"


def test_a_full_cache_that_forgets_at_random_is_steady():
    # What is older has fewer left: the rates of the windows fall with their age.
    cache = row(populations=(500, 500, 500, 500), survivors=(20, 180, 300))
    found = judge(evidence(cache, windows=(400, 1600, 4000), total_iterations=9000), POLICY)
    assert found.outcome == "steady"


def test_a_last_window_cut_short_is_joined_to_the_one_before():
    cut = row(populations=(0, 4, 4), survivors=(4, 0))
    given = evidence(cut, windows=(400, 25), pushed=False, exhausted=True, total_iterations=465)
    given = replace(given, series=series(*range(3_000_000, 3_000_600, 100)))
    assert "after one window" in judge(given, POLICY).reasons[0]


def test_one_window_is_no_proof_where_heap_used_fell():
    fell = series(10_400_000, 9_690_000, *range(9_695_000, 9_704_000, 1_000))
    one = row("FastTimer", populations=(5, 74), survivors=(69,))
    given = evidence(one, windows=(256,), exhausted=True, pushed=False, total_iterations=475)
    given = replace(given, series=fell)
    assert judge(given, POLICY).outcome == "inconclusive"


def test_strings_alone_need_heap_used_as_a_witness():
    strings = row("(string)", kind="string")
    assert judge(evidence(strings), POLICY).outcome == "leak"
    level = series(*[3_000_000] * 6)
    assert judge(replace(evidence(strings), series=level), POLICY).outcome == "steady"
