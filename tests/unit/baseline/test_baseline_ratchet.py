"""Accepted growth: names that last, tolerance, what is fixed, what a partial run leaves alone."""

import json
from dataclasses import replace
from datetime import date

import pytest

from pytest_nodeleak import LeakingConstructor, Policy, PolicyError, Sample, Series, Verdict
from pytest_nodeleak.baseline.entries import Entry, leaks_of
from pytest_nodeleak.baseline.ratchet import Accepted, merged
from pytest_nodeleak.baseline.text import accepted_text, read_accepted

TODAY = date(2026, 11, 26)
RECEIPT = LeakingConstructor("Receipt", 1.0, 40, 1600, 5760, ("receipts (Map)", "Map entry"))
ITEM = replace(RECEIPT, name="{a}", retaining_path=("receipts (Map)", "Map entry (Receipt)", ".a"))
LEAK = Verdict(
    outcome="leak",
    reasons=("Receipt grew",),
    series=Series(tuple(Sample(1000 * n, 0, 0, 4000 * n, 4, 5, n * 10) for n in range(5))),
    seconds=1.0,
    workload="f()",
    script="/p/cart.js",
    node="v20.20.2",
    policy=Policy(),
    constructors=(RECEIPT, ITEM),
)
STEADY = replace(LEAK, outcome="steady", constructors=())
UNDECIDED = replace(STEADY, outcome="inconclusive")
ENTRY = Entry("t.py::a", 1, "main", "Receipt", 1.0, 144.0, "known", date(2026, 12, 1))


def leaking(rate=1.0, name="Receipt", size=144, **changes):
    retained = round(size * 40 / rate) if rate else None
    row = replace(RECEIPT, name=name, per_iteration=rate, retained_size=retained)
    return replace(LEAK, constructors=(row,), **changes)


def accepted(*entries, today=TODAY):
    return Accepted(entries or (ENTRY,), "leaks.json", today)


@pytest.mark.parametrize(
    ("nodeid", "heap", "test", "stable_heap"),
    [
        ("t.py::a", "worker 3 (jobs.js)", "t.py::a", "worker (jobs.js)"),
        ("t.py::a[x]", "child 4711 (job.js)", "t.py::a[x]", "child (job.js)"),
        ("t.py::a[node24]", "main", "t.py::a", "main"),
        ("t.py::a[x-v24.11.0]", "main", "t.py::a[x]", "main"),
        ("t.py::a[24.11.0-x-2]", "main", "t.py::a[x-2]", "main"),
        ("t.py::a@group", "main", "t.py::a", "main"),
        ("t.py::a[v1-2]", "main", "t.py::a[v1-2]", "main"),
    ],
)
def test_names_have_no_numbers_of_a_run_and_no_version(nodeid, heap, test, stable_heap):
    (leak,) = leaks_of(nodeid, 1, replace(LEAK, heap=heap))
    assert leak.key == (test, 1, stable_heap, "Receipt")  # {a} is kept by a Receipt: a part of it


def test_what_nothing_names_is_memory():
    (leak,) = leaks_of("t.py::a", 2, replace(LEAK, constructors=()))
    assert leak == Entry("t.py::a", 2, "main", "(memory)", None, 400.0)
    assert leaks_of("t.py::a", 1, STEADY) == []


@pytest.mark.parametrize(
    ("verdict", "today", "said"),
    [
        (leaking(1.0), TODAY, None),
        (leaking(1.09), TODAY, None),
        (leaking(0.2), TODAY, None),
        (leaking(1.0, size=340), TODAY, None),
        (
            leaking(1.2),
            TODAY,
            "leaks faster than accepted: Receipt +1.20 and +144 B per iteration, "
            "in leaks.json +1.00 and +144 B per iteration",
        ),
        (leaking(1.0, size=400), TODAY, "leaks faster than accepted: Receipt +1.00 and +400 B"),
        (leaking(1.0, "Other"), TODAY, "not accepted: Other is not in leaks.json"),
        (leaking(1.0, heap="worker 1 (a.js)"), TODAY, "not accepted: Receipt is not in"),
        (leaking(1.0), date(2026, 12, 1), None),
        (leaking(1.0), date(2026, 12, 2), "no more accepted: Receipt expired on 2026-12-01"),
    ],
)
def test_only_what_is_new_or_faster_or_expired_fails(verdict, today, said):
    judged = accepted(today=today).judged("t.py::a", 1, verdict)
    if said is None:
        assert judged.accepted == "Receipt is accepted until 2026-12-01: known"
        assert judged.outcome == "leak"
    else:
        assert judged.accepted is None
        assert judged.reasons[-1].startswith(said)
    assert accepted().judged("t.py::a", 1, STEADY) is STEADY


def test_what_is_not_accepted_comes_first():
    known, other = leaking(1.0).constructors[0], leaking(1.0, "Other").constructors[0]
    both = replace(leaking(1.0), constructors=(known, other))
    judged = accepted().judged("t.py::a", 1, both)
    assert [row.name for row in judged.constructors] == ["Other", "Receipt"]
    assert judged.reasons[-1] == "not accepted: Other is not in leaks.json"


def test_what_is_fixed_or_slower_is_told():
    bare = replace(ENTRY, test="t.py::b", reason="")
    remarks = accepted(ENTRY, bare).remarks(
        [("t.py::a", 1, STEADY), ("t.py::b", 1, leaking(0.5)), ("t.py::c", 1, STEADY)]
    )
    assert remarks == [
        "fixed: Receipt in t.py::a does not leak any more, its entry can go",
        "slower: Receipt in t.py::b +0.50 and +144 B per iteration, "
        "accepted is +1.00 and +144 B per iteration",
        "1 of 2 entries have no reason",
    ]
    assert accepted().remarks([("t.py::a", 1, UNDECIDED)]) == []
    # Of several versions of Node, one that still leaks is enough.
    both = [("t.py::a[node18]", 1, STEADY), ("t.py::a[node24]", 1, leaking())]
    assert accepted().remarks(both) == []


def test_saving_keeps_reasons_dates_and_all_that_was_not_measured():
    other = replace(ENTRY, test="t.py::other")
    second = replace(ENTRY, measurement=2)
    old = [ENTRY, other, second]
    run = [("t.py::a", 1, leaking(1.05)), ("t.py::new", 1, leaking(0.123456))]
    saved = merged(old, run, TODAY)
    assert saved[:2] == [other, second]
    assert ENTRY in saved  # within the tolerance no line changes
    (new,) = [entry for entry in saved if entry.test == "t.py::new"]
    assert (new.per_iteration, new.reason, new.expires) == (0.123, "", date(2027, 2, 24))
    faster = merged(old, [("t.py::a", 1, leaking(3.0))], TODAY)
    assert replace(ENTRY, per_iteration=3.0) in faster
    assert merged(old, [("t.py::a", 1, STEADY)], TODAY) == [other, second]
    assert merged(old, [("t.py::a", 1, UNDECIDED)], TODAY) == old
    assert merged(old, [], TODAY) == old


def test_the_file_is_sorted_small_and_the_same_after_reading():
    odd = Entry("t.py::z", 2, "worker (a.js)", "Caf\u00e9\ud800 \x1b", None, 4060.0)
    text = accepted_text([odd, ENTRY])
    assert text.startswith(
        '{\n  "schema": 1,\n  "accepted": [\n    {\n      "test": "t.py::a",\n'
        '      "leaks": "Receipt",\n      "per_iteration": 1.0,\n'
    )
    assert read_accepted(text, "x") == (ENTRY, odd)
    assert accepted_text(read_accepted(text, "x")) == text


GOOD = json.loads(accepted_text([ENTRY]))["accepted"][0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{\n<<<<<<< ours\n", "'f.json' has a merge conflict in line 2: resolve it"),
        ("{", "'f.json' is no JSON: "),
        ("[]", "'f.json' is no file of accepted growth of schema 1; --nodeleak-save writes one"),
        ('{"schema": 1}', "'f.json': 'accepted' is not a list"),
        ([3], "'f.json', entry 1: 3 is not an object"),
        ([{"test": "a"}], "'f.json', entry 1: 'leaks' is missing"),
        ([{**GOOD, "why": 1}], "'f.json', entry 1: unknown 'why'; known are "),
        ([{**GOOD, "expires": "soon"}], "entry 1: Invalid isoformat string: 'soon'; rates are"),
        ([GOOD, GOOD], "'f.json', entry 2: 'Receipt' is there twice"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_its_place(text, said):
    if isinstance(text, list):
        text = json.dumps({"schema": 1, "accepted": text})
    with pytest.raises(PolicyError) as raised:
        read_accepted(text, "f.json")
    assert said in str(raised.value)
