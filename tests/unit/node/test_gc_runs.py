"""GC runs as the driver tells them, counted; and what counts as a heap that grows."""

import pytest

from pytest_nodeleak.base.errors import PolicyError
from pytest_nodeleak.node.probes.gc_runs import (
    GcRun,
    GcStats,
    Growing,
    growth_listener,
    parse_runs,
)


def major(heap, at=0.0):
    return GcRun("major", at, 1.0, heap)


def grown(heaps, runs=5, at_least=0):
    growing = Growing(runs, at_least)
    told = [growing.seen(major(heap, float(at))) for at, heap in enumerate(heaps)]
    return [growth for growth in told if growth is not None]


def test_five_rises_in_a_row_are_growth_and_the_next_rise_begins_there():
    (growth,) = grown([10, 11, 12, 13, 14, 15, 16])
    assert (growth.runs, growth.before, growth.after) == (5, 10, 15)
    assert (growth.start, growth.end, growth.growth) == (0.0, 5.0, 5)
    assert growth.bytes_per_hour == 3600
    assert str(growth) == (
        "heap growth over 5 consecutive GCs (5.0 s): 10 B -> 15 B, 3.60 kB per hour"
    )
    assert len(grown(range(11))) == 2


@pytest.mark.parametrize("heaps", [[10, 11, 12, 13, 14, 14, 15], [5, 6, 7, 3, 4, 5, 6], [9] * 9])
def test_a_run_that_frees_as_much_breaks_it(heaps):
    assert grown(heaps) == []


def test_minor_runs_neither_count_nor_break_it():
    growing = Growing(2, 0)
    assert growing.seen(major(1)) is None
    assert growing.seen(GcRun("minor", 0.0, 0.1, 900)) is None
    assert growing.seen(major(2)) is None
    assert growing.seen(GcRun("incremental", 0.0, 0.1, 0)) is None
    assert growing.seen(major(3)) is not None


def test_less_than_wanted_is_no_growth_until_it_has_come_together():
    (growth,) = grown([0, 10, 20, 30, 40, 50, 60, 70], at_least=65)
    assert (growth.runs, growth.growth) == (7, 70)


def test_no_time_is_no_rate():
    growing = Growing(1, 0)
    growing.seen(major(1))
    assert growing.seen(major(2)).bytes_per_hour == 0


def test_what_the_driver_tells():
    dropped, runs = parse_runs("3\n1 0 250.5 1.25 4096\n4 4 300 20 2048\n16 0 301 0.5 2048")
    assert dropped == 3
    assert runs[0] == GcRun("minor", 0.2505, 1.25, 4096)
    assert runs[1] == GcRun("major", 0.3, 20.0, 2048, forced=True)
    assert runs[2].kind == "weak callbacks"
    assert parse_runs("0\n") == (0, [])


def test_totals_are_of_all_runs_by_kind():
    stats = GcStats()
    for pause in (1.0, 3.0):
        stats.add(GcRun("minor", 0.0, pause, 10))
    stats.add(major(2_000_000))
    stats.add(major(3_000_000))
    stats.missed = 7
    assert (stats.kinds["minor"].runs, stats.kinds["minor"].longest_ms) == (2, 3.0)
    assert stats.pause_ms == 6.0
    assert stats.heap_used == (2_000_000, 3_000_000)
    assert str(stats).splitlines() == [
        "GC                 runs        pause      longest",
        "minor                 2       4.0 ms       3.0 ms",
        "major                 2       2.0 ms       1.0 ms",
        "heap after major runs: 2.00 MB -> 3.00 MB",
        "7 runs were missed",
    ]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((0, 0), "on_growth(runs=0): it is a number of GC runs from 1, such as 5"),
        ((True, 0), "on_growth(runs=True): it is a number of GC runs from 1, such as 5"),
        ((5, "much"), "on_growth(at_least='much'): 'much' is not a size such as '64 B' or '1 KB'"),
    ],
)
def test_what_is_no_number_is_said(given, said):
    with pytest.raises(PolicyError) as error:
        growth_listener(print, *given)
    assert str(error.value) == said
