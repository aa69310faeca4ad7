"""What CI systems are given: places in the repository, and no name that they would obey."""

import html
import json
import re
from dataclasses import replace

from pytest_nodeleak import LeakingConstructor, Policy, Sample, Series, Verdict
from pytest_nodeleak.report.ci.github import annotation_lines, step_summary
from pytest_nodeleak.report.ci.gitlab import code_quality_json
from pytest_nodeleak.report.run import MeasuredTest, Run

EVIL = "</code><script>|\n::error::x`*_[a](b)@x\x1b[31m\u202e" + "x" * 10_000
RECEIPT = LeakingConstructor(
    "Receipt", 1.0, 40, 1600, 5760, ("receipts", "Map entry"), "checkout (lib/cart.js:26:27)"
)
LEAK = Verdict(
    outcome="leak",
    reasons=("Receipt grew",),
    series=Series(tuple(Sample(4_000_000 + 1000 * n, 1, 2, 3, 4, 5, n * 10) for n in range(5))),
    seconds=6.61,
    workload="f()",
    script="/repo/app/server.js",
    node="v20.20.2",
    policy=Policy(),
    constructors=(RECEIPT,),
    windows=(40.0,),
)
STEADY = replace(LEAK, outcome="steady", constructors=())
UNDECIDED = replace(STEADY, outcome="inconclusive", reasons=("cannot tell",))
RUN = Run(
    (
        MeasuredTest("t.py::a", "failed", (LEAK,), "t.py", 7),
        MeasuredTest("t.py::b", "passed", (STEADY, UNDECIDED), "t.py", 9),
        MeasuredTest("t.py::c", "xfailed", (LEAK,), "t.py", 11),
        MeasuredTest("t.py::d", "passed", (replace(LEAK, accepted="ok"),), "t.py", 13),
    )
)
WORDS = "Receipt leaks: +1.00 object per iteration, +144 B per iteration retained"


def test_annotations_stand_at_the_line_that_allocates_else_at_the_test():
    assert annotation_lines(RUN, "/repo") == [
        "::error file=app/lib/cart.js,line=26,col=27,title=nodeleak%3A t.py%3A%3Aa::"
        f"{WORDS}%0Akept alive by receipts -> Map entry",
        "::warning file=t.py,line=9,title=nodeleak%3A t.py%3A%3Ab::"
        "inconclusive: cannot tell%0Acannot tell",
    ]
    (first, _) = annotation_lines(RUN, "/elsewhere")
    assert first.startswith("::error file=t.py,line=7,title=")


def test_gitlab_gets_the_same_with_a_fingerprint_that_lasts():
    first, second = json.loads(code_quality_json(RUN, "/repo"))
    assert first["location"] == {"path": "app/lib/cart.js", "lines": {"begin": 26}}
    assert (first["severity"], second["severity"]) == ("major", "minor")
    assert first["description"] == f"{WORDS}; kept alive by receipts -> Map entry"
    slower = replace(LEAK, constructors=(replace(RECEIPT, per_iteration=0.5),), node="v26")
    (again,) = json.loads(code_quality_json(Run((replace(RUN.tests[0], verdicts=(slower,)),)), "/"))
    assert again["fingerprint"] == first["fingerprint"] != second["fingerprint"]
    assert json.loads(code_quality_json(Run(), "/")) == []


def test_the_step_summary_is_a_table_worst_first():
    text = step_summary(RUN)
    rows = [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("| ")]
    assert rows == [
        "verdict", "**leak**", "**leak**", "**undecided**", "accepted", "steady"
    ]  # fmt: skip
    shown = html.unescape(text)
    assert "### nodeleak: 2 leaking, 1 accepted, 1 inconclusive, 1 steady" in shown
    assert "  - allocated at <code>checkout (lib/cart.js:26:27)</code>" in shown
    assert step_summary(Run()) == ""


def test_no_name_is_obeyed():
    row = replace(RECEIPT, name=EVIL, retaining_path=(EVIL, EVIL), allocated_at=EVIL)
    odd = replace(LEAK, constructors=(row,), reasons=(EVIL,), script=EVIL, accepted=None)
    run = Run((MeasuredTest(EVIL, "failed", (odd, replace(odd, outcome="inconclusive")), EVIL, 1),))
    lines = annotation_lines(run, "/repo")
    assert len(lines) == 2
    assert all("\n" not in line and "\x1b" not in line and "\u202e" not in line for line in lines)
    assert all(re.match(r"::(error|warning) file=", line) for line in lines)
    text = step_summary(run)
    assert len(text) < 60_000
    assert not re.search(r"<(?!/?(details|summary|code)>)|\x1b|\u202e|`|@", text)
    inner = re.findall(r"<code>(.*?)</code>", text)
    assert all(re.fullmatch(r"([A-Za-z0-9 ]|&#\d+;)*", code) for code in inner)
