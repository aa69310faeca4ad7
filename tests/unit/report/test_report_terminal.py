"""The summary of a run: what it shows at which width, and that nothing in it is obeyed."""

import json
import unicodedata
from dataclasses import replace

import pytest

from pytest_nodeleak import LeakingConstructor, Policy, PolicyError, Sample, Series, Verdict
from pytest_nodeleak.base.phases import Phase
from pytest_nodeleak.report import text_report
from pytest_nodeleak.report.calm import calm_lines
from pytest_nodeleak.report.columns import one_line, width, wrap
from pytest_nodeleak.report.run import MeasuredTest, Run, run_from_json, run_json
from pytest_nodeleak.report.terminal import summary_lines

EVIL = "<script>alert(1)</script>\x1b[31m\n\u202ered\u2066`|*[a](b)" + "x" * 10_000
RECEIPT = LeakingConstructor(
    "Receipt", 1.0, 40, 1600, 5760, ("receipts (Map)", "Map entry"), "checkout (cart.js:2:3)"
)
LEAK = Verdict(
    outcome="leak",
    reasons=("Receipt grew",),
    series=Series(tuple(Sample(4_000_000 + 1000 * n, 1, 2, 3, 4, 5, n * 10) for n in range(5))),
    seconds=6.61,
    workload="f()",
    script="/p/cart.js",
    node="v20.20.2",
    policy=Policy(max_live={"A": 3}),
    constructors=(RECEIPT,),
    windows=(40.0,),
    artifacts=".nodeleak/x",
    heaps=(("main", Series((Sample(1, 0, 0, 0, 0, 0),))),),
    phases=(Phase("warm-up", 0, 10),),
    warm_readings=(Sample(3_900_000, 0, 0, 0, 0, 0, 4),),
)
STEADY = replace(
    LEAK,
    outcome="steady",
    constructors=(),
    artifacts=None,
    series=Series(tuple(Sample(4_000_000, 1, 2, 3, 4, 5, n * 10) for n in range(5))),
)
UNDECIDED = replace(STEADY, outcome="inconclusive", reasons=("cannot tell; raise the budget",))
ODD = replace(
    LEAK,
    reasons=(EVIL,),
    workload=EVIL,
    artifacts=EVIL,
    constructors=(replace(RECEIPT, name=EVIL, retaining_path=(EVIL, EVIL), allocated_at=EVIL),),
    accepted=EVIL,
)
RUN = Run(
    (
        MeasuredTest("t/test_cart.py::test_checkout", "failed", (LEAK,)),
        MeasuredTest("t.py::test_b", "passed", (STEADY, UNDECIDED)),
        MeasuredTest("t.py::test_c", "passed", (replace(LEAK, accepted="accepted until then"),)),
    )
)


def plain(lines):
    return ["".join(text for text, _ in line).rstrip() for line in lines]


def test_one_line_for_each_measurement_and_the_undecided_once_more():
    assert plain(summary_lines(RUN, 93)) == [
        "verdict    heapUsed    B/iter.     time  what grows         test",
        "LEAK       ▁▃▅▆█        +144 B    6.6 s  +1.00 Receipt      t/test_cart.py::test_checkout",
        "steady     ▁▁▁▁▁           0 B    6.6 s  -                  t.py::test_b",
        "UNDECIDED  ▁▁▁▁▁           0 B    6.6 s  -                  t.py::test_b",
        "accepted   ▁▃▅▆█        +144 B    6.6 s  +1.00 Receipt      t.py::test_c",
        "UNDECIDED: 1 measurement without a verdict",
        "  t.py::test_b (it passed: give strict=True to fail it)",
        "    cannot tell; raise the budget",
        "nodeleak: 1 leaking, 1 accepted, 1 inconclusive, 1 steady",
    ]
    quiet = plain(summary_lines(RUN, 90, -1))
    assert quiet[0].startswith("UNDECIDED")
    assert len(quiet) == 4
    told = plain(summary_lines(RUN, 90, 1))
    assert "           kept alive by receipts (Map) -> Map entry" in told
    assert "           artifacts in .nodeleak/x" in told
    assert summary_lines(Run(), 80) == []


def test_a_leak_file_is_told_by_its_name_where_there_is_no_room_for_both():
    run = Run((MeasuredTest("service/carts/checkout.leak.mjs::iteration", "failed", (LEAK,)),))
    assert plain(summary_lines(run, 120))[1].endswith("/checkout.leak.mjs::iteration")
    assert plain(summary_lines(run, 80))[1].endswith("heckout.leak.mjs")


@pytest.mark.parametrize("columns", [72, 80, 120, 200])
def test_nothing_is_wider_than_the_terminal_or_obeyed_by_it(columns):
    run = Run((MeasuredTest("t.py::" + EVIL, "failed", (ODD, UNDECIDED, LEAK)),))
    texts = plain(summary_lines(run, columns, 1))
    texts += text_report(ODD, columns).splitlines()[1:]
    assert max(map(width, texts)) <= columns
    for char in "".join(texts):
        assert unicodedata.category(char) not in ("Cc", "Cf", "Cs")


def test_the_whole_name_of_a_shape_is_shown_for_ignore_where_the_table_cuts_it():
    shape = "{" + ", ".join(f"field{n}" for n in range(20)) + "}"
    report = text_report(replace(LEAK, constructors=(replace(RECEIPT, name=shape),)), 72)
    assert shape in " ".join(report.split()).replace("in full ", "")
    assert "in full" not in text_report(LEAK, 72)


def test_words_that_are_too_long_are_cut_into_pieces():
    assert wrap("a bb " + "c" * 20, 10, "1 ", "  ") == [
        "1 a bb",
        "  cccccccc",
        "  cccccccc",
        "  cccc",
    ]
    assert one_line("a\u202eb\u200dc") == "a\\u202eb\u200dc"


def test_only_the_headline_of_a_failure_is_red():
    lines = ["    code", "E   LeakError: A leaks", "E     heapUsed   1", "E       A    +1.00   2"]
    calm = calm_lines(lines)
    assert calm[:2] == lines[:2]
    assert calm[2] == "\x1b[0mE     \x1b[36mheapUsed\x1b[0m   1"
    assert calm[3] == "\x1b[0m\x1b[1mE       A    +1.00   2\x1b[0m"


def test_a_run_is_the_same_after_json():
    text = run_json(Run((RUN.tests[0],)))
    text.encode("ascii")
    assert run_json(run_from_json(text, "x.json")) == text
    assert json.loads(text)["counts"] == {"leak": 1}
    again = run_from_json(json.dumps(ODD.to_json()), "v.json")
    assert [v.to_json() for v in again.verdicts()] == [ODD.to_json()]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "'x.json' is no JSON"),
        ("[]", "'x.json' is no verdict.json: it has no 'outcome'"),
        ('{"outcome": "leak", "schema": 9}', "it has schema 9, outcome 'leak'; this version reads"),
        ('{"outcome": "leak", "schema": 1}', "is no whole verdict.json: 'reasons' is missing"),
        ('{"tests": [3]}', "a test in it has no 'verdicts'"),
    ],
)
def test_what_is_no_verdict_is_refused_in_a_sentence(text, said):
    with pytest.raises(PolicyError, match=said):
        run_from_json(text, "x.json")
