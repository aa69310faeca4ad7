"""Whole reports, word for word, from verdicts made by hand."""

from dataclasses import replace

import pytest

from pytest_nodeleak import LeakingConstructor, Policy, Sample, Series, Verdict
from pytest_nodeleak.judge.verdict import AllocationSite
from pytest_nodeleak.report import headline, text_report
from pytest_nodeleak.report.columns import left, one_line, right, shorten, width, wrap_path
from pytest_nodeleak.report.sparkline import sparkline


def series(heap, iterations, external=()):
    """Samples with the given heapUsed, in bytes."""
    external = external or [2_000_000] * len(heap)
    return Series(
        tuple(
            Sample(used, ext, 0, 50_000_000, 1, 3, done, done / 1000)
            for used, done, ext in zip(heap, iterations, external, strict=True)
        )
    )


RECEIPT = LeakingConstructor(
    name="Receipt",
    per_iteration=1.0,
    count=4540,
    shallow_size=182_000,
    retained_size=654_000,
    retaining_path=("receipts (Map) in module cart.js", "Map entry"),
    allocated_at="checkout (cart.js:21:24)",
    owner="receipts (Map) in module cart.js",
    per_window=(1.0, 1.0),
)
ITEM = LeakingConstructor(
    name="{name, price, count}",
    per_iteration=0.1,
    count=454,
    shallow_size=21_800,
    retaining_path=("receipts (Map) in module cart.js", "Map entry (Receipt)", ".items (Array)"),
    owner="Cart in module cart.js",
    per_window=(0.1, 0.1),
)
LEAK = Verdict(
    outcome="leak",
    reasons=("Receipt grew in 2 of 2 windows at a steady +1.00 per iteration",),
    series=series(range(3_610_000, 4_210_001, 60_000), range(0, 5001, 500)),
    seconds=6.61,
    workload="module('./cart', 'forgetfulCheckout')",
    script="/project/server.js",
    node="v20.20.2",
    policy=Policy(),
    constructors=(RECEIPT, ITEM),
    internals=(replace(RECEIPT, name="(string)", per_iteration=2.0),),
    windows=(400, 4140),
    iterations=17_851,
    warmup=3071,
    artifacts=".nodeleak/test_cart.py--test_checkout",
    snapshots=("snapshot-1.heapsnapshot", "snapshot-2.heapsnapshot", "snapshot-3.heapsnapshot"),
)
STEADY = replace(
    LEAK,
    outcome="steady",
    reasons=("heapUsed is flat: 3.58 MB after 10,240 iterations",),
    series=series([3_580_000] * 6, range(1000, 11_241, 2048)),
    constructors=(),
    internals=(),
    windows=(),
    warmup=0,
    artifacts=None,
    snapshots=(),
)
UNDECIDED = replace(
    LEAK,
    outcome="inconclusive",
    reasons=(
        "Entry is still growing at +0.030 per iteration after 5,000 iterations, slower than before "
        "(30% of its first pace): a bounded structure that is still filling, or a slow leak; raise "
        "the budget, or name the bound: max_live={'Entry': 4000}",
        "artifacts could not be written to '/x': Read-only file system",
    ),
    series=series([3_580_000, 3_580_312, 3_580_100], [0, 700, 5000]),
    constructors=(replace(ITEM, name="Entry", count=4540, owner=None),),
    internals=(),
    artifacts=None,
    snapshots=(),
)


def test_a_leak():
    assert (
        text_report(LEAK)
        == """\
Receipt leaks: +1.00 object per iteration, +144 B per iteration retained, in 2 of 2 windows
  heapUsed   ▁▂▂▃▄▅▅▆▇▇█  3.61 -> 4.21 MB over 10 rounds x 500 iterations, every round up
  added in 2 windows of 400 and 4,140 iterations, alive in snapshot 3:
    constructor            per iteration   count   shallow   retained
    Receipt                        +1.00   4,540    182 kB     654 kB
      kept alive by  receipts (Map) in module cart.js -> Map entry
      allocated at   checkout (cart.js:21:24)
    {name, price, count}           +0.10     454   21.8 kB          -
      kept alive by  receipts (Map) in module cart.js -> Map entry (Receipt) -> .items (Array)
      piles up in    Cart in module cart.js
    also in parentheses: (string) +2.00
  workload   module('./cart', 'forgetfulCheckout')
  measured   17,851 iterations (3,071 of them to warm up) in 6.6 s, node v20.20.2
  artifacts  .nodeleak/test_cart.py--test_checkout/
             (3 snapshots, verdict.json, report.txt; snapshots hold the process's memory)"""
    )


def test_a_steady_program():
    assert (
        text_report(STEADY)
        == """\
steady: heapUsed is flat: 3.58 MB after 10,240 iterations
  heapUsed   ▁▁▁▁▁▁  3.58 MB over 5 rounds x 2,048 iterations, flat
  workload   module('./cart', 'forgetfulCheckout')
  measured   17,851 iterations in 6.6 s, node v20.20.2"""
    )


def test_an_inconclusive_one_says_what_to_do():
    assert (
        text_report(UNDECIDED)
        == """\
inconclusive: Entry is still growing at +0.030 per iteration after 5,000 iterations, slower than \
before (30% of its first pace)
  a bounded structure that is still filling, or a slow leak
  raise the budget, or name the bound: max_live={'Entry': 4000}
  artifacts could not be written to '/x': Read-only file system
  heapUsed   ▁▂▁  3.58 MB + 100 B over 5,000 iterations in 2 rounds, 1 of 2 rounds up
  added in 2 windows of 400 and 4,140 iterations, alive in snapshot 3:
    constructor   per iteration   count   shallow   retained
    Entry                 +0.10   4,540   21.8 kB          -
      kept alive by  receipts (Map) in module cart.js -> Map entry (Receipt) -> .items (Array)
  workload   module('./cart', 'forgetfulCheckout')
  measured   17,851 iterations (3,071 of them to warm up) in 6.6 s, node v20.20.2"""
    )


def test_a_program_that_was_watched_counts_in_time():
    watched = replace(
        LEAK,
        unit="0.5 s",
        reasons=("SimpleClass grew in 2 of 2 windows at a steady +101.00 per 0.5 s",),
        workload="every(0.5)",
        series=series([3_230_000, 3_260_000, 3_290_000], [1, 2, 3]),
        constructors=(
            replace(
                RECEIPT,
                name="SimpleClass",
                per_iteration=101.0,
                count=303,
                shallow_size=9700,
                retained_size=21_800,
                allocated_at=None,
            ),
        ),
        internals=(),
        windows=(1, 2),
        iterations=7,
        warmup=1,
        artifacts=None,
        snapshots=(),
    )
    assert (
        text_report(watched)
        == """\
SimpleClass leaks: +101.00 objects per 0.5 s, +7.27 kB per 0.5 s retained, in 2 of 2 windows
  heapUsed   ▁▅█  3.23 -> 3.29 MB over 2 x 0.5 s in 2 rounds, every round up
  added in 2 windows of 1 and 2 x 0.5 s, alive in snapshot 3:
    constructor   per 0.5 s   count   shallow   retained
    SimpleClass     +101.00     303   9.70 kB    21.8 kB
      kept alive by  receipts (Map) in module cart.js -> Map entry
  workload   every(0.5)
  measured   7 x 0.5 s (1 of them to warm up) in 6.6 s, node v20.20.2"""
    )


def test_a_leak_of_which_nothing_is_named():
    verdict = replace(
        STEADY,
        outcome="leak",
        reasons=("heapUsed rose in every round: +64 B per iteration; no snapshots were taken",),
        series=series([3_000_000, 3_100_000], [0, 1]),
    )
    assert (
        text_report(verdict)
        == """\
leak: heapUsed rose in every round: +64 B per iteration; no snapshots were taken
  heapUsed   ▁█  3.00 -> 3.10 MB over 1 iteration in 1 round, every round up
  workload   module('./cart', 'forgetfulCheckout')
  measured   17,851 iterations in 6.6 s, node v20.20.2"""
    )


def test_a_leak_without_a_reason_says_so():
    """As a verdict.json of somebody else's may have it."""
    assert headline(replace(LEAK, reasons=())) == headline(LEAK)
    assert headline(replace(LEAK, reasons=(), constructors=())) == "leak: no reason given"


def test_memory_outside_the_heap_has_a_line_where_it_grows():
    verdict = replace(STEADY, series=series([5, 5, 5], [0, 10, 20], [1_000, 40_000, 2_000_000]))
    assert (
        "  external   ▁▁█  1.00 kB -> 2.00 MB over 2 rounds x 10 iterations, every round up"
        in text_report(verdict)
    )
    assert "external" not in text_report(STEADY)


def test_a_bound_that_is_exceeded_is_the_finding():
    reason = "Entry: 12000 live objects, more than max_live=10000"
    verdict = replace(LEAK, reasons=(reason,))
    assert headline(verdict) == f"leak: {reason}"
    assert text_report(verdict).count(reason) == 1


def test_a_container_piles_up_slots():
    row = replace(RECEIPT, name="Array", kind="container", per_iteration=2.0, per_window=())
    verdict = replace(
        LEAK, constructors=(row,), reasons=("Array (@5) keeps growing: 4 kB of slots",)
    )
    assert headline(verdict) == (
        "Array leaks: +2.00 slots per iteration, +144 B per iteration retained"
    )
    assert "\n  Array (@5) keeps growing: 4 kB of slots\n" in text_report(verdict)


def test_a_function_without_a_name_has_its_parentheses_once():
    row = replace(RECEIPT, name="() cart.js:12", kind="closure")
    text = text_report(replace(LEAK, constructors=(row,)))
    assert text.startswith("() cart.js:12 leaks: ")
    assert ":12()" not in text


def test_a_function_is_told_from_the_class_of_its_name():
    rows = (RECEIPT, replace(RECEIPT, kind="closure"))
    text = text_report(replace(LEAK, constructors=rows))
    assert "\n    Receipt " in text
    assert "\n    Receipt()" in text
    assert headline(replace(LEAK, constructors=rows[1:])).startswith("Receipt() leaks: ")


def test_sizes_are_of_the_windows_that_were_counted():
    batches = replace(RECEIPT, per_iteration=0.5, count=20, retained_size=3200, per_window=(0.5,))
    verdict = replace(LEAK, constructors=(batches,), windows=(40.0, 60.0))
    assert "+80 B per iteration retained, in 1 of 1 windows" in headline(verdict)


def test_without_a_retained_size_the_headline_takes_the_shallow_one():
    verdict = replace(LEAK, constructors=(ITEM,))
    assert headline(verdict) == (
        "{name, price, count} leaks: +0.10 object per iteration, +4.8 B per iteration, "
        "in 2 of 2 windows"
    )


def test_a_window_without_growth_is_counted_as_such():
    verdict = replace(LEAK, constructors=(replace(RECEIPT, per_window=(0.0, 1.0, 1.0)),))
    assert headline(verdict).endswith("in 2 of 3 windows")


def test_many_windows_are_a_range():
    verdict = replace(LEAK, windows=(100, 200, 400, 800, 1600))
    assert "  added in 5 windows of 100 to 1,600 iterations, alive in snapshot 6:" in (
        text_report(verdict)
    )


def test_callers_of_the_allocation_follow_it():
    # The function begins some lines above.
    stack = ("Receipt (cart.js:3:1)", "checkout (cart.js:18:9)", "handle (a.js:1:1)", "b", "c", "d")
    text = text_report(replace(LEAK, sites=(AllocationSite(64, stack),)))
    assert "      allocated at   checkout (cart.js:21:24) <- handle (a.js:1:1) <- b <- c\n" in text


def test_windows_of_time_may_be_parts_of_iterations():
    verdict = replace(LEAK, windows=(1.04, 3.0), unit="0.5 s", iterations=7)
    assert "  added in 2 windows of 1.0 and 3 x 0.5 s, alive in snapshot 3:" in text_report(verdict)


def test_more_rows_than_a_person_reads_are_counted():
    rows = tuple(replace(RECEIPT, name=f"Class{n}") for n in range(11))
    text = text_report(replace(LEAK, constructors=rows))
    assert "Class7" in text
    assert "Class8" not in text
    assert "\n    and 3 more\n" in text


def test_columns_stay_aligned_with_wide_characters():
    rows = (replace(RECEIPT, name="カート項目"), replace(RECEIPT, name="e\u0301toile"), RECEIPT)
    lines = text_report(replace(LEAK, constructors=rows)).splitlines()
    table = [line for line in lines if "+1.00   4,540" in line or "per iteration   count" in line]
    assert len(table) == 4
    assert len({width(line) for line in table}) == 1


@pytest.mark.fault(
    "Files",
    "names with ANSI escapes, newlines and bidirectional marks",
    forced="a class of such a name",
    kept="the report",
    seen="the name, escaped",
)
def test_names_cannot_speak_to_the_terminal():
    row = replace(RECEIPT, name="\x1b[31mRed\ud800\nNext", retaining_path=("a\x07",), owner="b\rc")
    text = text_report(replace(LEAK, constructors=(row,), workload="f(\n  1,\n\t2)"))
    assert r"\x1b[31mRed\ud800 Next leaks" in text
    assert r"kept alive by  a\x07" in text
    assert "piles up in    b c" in text
    assert "workload   f( 1, 2)" in text
    text.encode("utf-8")


def test_long_texts_are_cut():
    row = replace(RECEIPT, name="N" * 90)
    reasons = (f"{row.name} grew in 2 of 2 windows",)
    text = text_report(replace(LEAK, constructors=(row,), workload="w" * 500, reasons=reasons))
    assert text.startswith("N" * 39 + "… leaks: ")
    assert all(width(line) <= 130 for line in text.splitlines())


def test_a_long_path_breaks_at_its_arrows():
    assert wrap_path(["aaaa", "bbbb", "cccc", "dd"], 13, "  ") == "aaaa -> bbbb\n  -> cccc -> dd"
    assert wrap_path(["a"], 10, "") == "a"


def test_of_a_very_long_path_both_ends_are_shown():
    path = wrap_path([f"s{n}" for n in range(30)], 500, "")
    assert path == (
        "s0 -> s1 -> s2 -> s3 -> s4 -> … 19 more … -> s24 -> s25 -> s26 -> s27 -> s28 -> s29"
    )


@pytest.mark.parametrize(
    ("text", "columns"), [("", 0), ("abc", 3), ("日本", 4), ("e\u0301", 1), ("\u200bx", 1)]
)
def test_width(text, columns):
    assert width(text) == columns


def test_padding_and_cutting_go_by_width():
    assert left("日", 4) + "|" == "日  |"
    assert right("日", 4) == "  日"
    assert shorten("日本語", 5) == "日本…"
    assert shorten("日本語", 6) == "日本語"
    assert one_line(" a \n b\t") == "a b"


@pytest.mark.parametrize(
    ("values", "bars"),
    [
        ([], ""),
        ([5], "▁"),
        ([5, 5, 5], "▁▁▁"),
        ([0, 1], "▁█"),
        ([3, 2, 1], "█▅▁"),
        (range(8), "▁▂▃▄▅▆▇█"),
    ],
)
def test_bars(values, bars):
    assert sparkline(values) == bars


def test_many_values_are_averaged_into_the_bars_there_are():
    assert sparkline([0, 0, 10, 10, 20, 20, 70, 70], most=4) == "▁▂▃█"
    assert len(sparkline(range(1001), most=40)) == 40
    assert sparkline(range(1001), most=40) == "".join(sorted(sparkline(range(1001), most=40)))
    assert sparkline([1, 2, 3], most=40) == "▁▅█"


def test_noise_is_no_mountain():
    assert sparkline([100, 130, 110], least_range=1000) == "▁▁▁"
    assert sparkline([0, 500, 1000], least_range=1000) == "▁▅█"
