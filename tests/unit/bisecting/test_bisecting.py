"""The search by halves, the order of versions, the table."""

import math

import pytest

from pytest_nodeleak import NodeLeakError, PolicyError
from pytest_nodeleak.bisecting.candidates import Candidate
from pytest_nodeleak.bisecting.search import Found, first_bad
from pytest_nodeleak.bisecting.semver import between, key
from pytest_nodeleak.bisecting.table import Measured, conclusion, table


class Row:
    """Versions that turn bad at ``bad``; those of ``mute`` cannot be measured."""

    def __init__(self, bad, mute=()):
        self.bad, self.mute, self.asked = bad, mute, []

    def ask(self, number):
        assert number not in self.asked
        self.asked.append(number)
        if number in self.mute:
            return None
        return "bad" if number >= self.bad else "good"


def test_the_first_bad_one_is_found_in_few_questions_and_was_asked():
    for n in range(2, 40):
        for bad in range(1, n):
            row = Row(bad)
            assert first_bad(n, row.ask) == Found(bad - 1, bad)
            assert {bad - 1, bad} <= set(row.asked)
            assert len(row.asked) <= math.ceil(math.log2(n)) + 1


def test_an_end_that_is_not_what_was_said_is_noticed():
    for n in range(2, 20):
        assert first_bad(n, Row(0).ask) == Found(None, 0)
        assert first_bad(n, Row(n).ask) == Found(n - 1, None)


def test_what_cannot_be_measured_is_gone_around():
    n = 12
    for bad in range(1, n):
        for mute in range(1, n - 1):
            found = first_bad(n, Row(bad, {mute}).ask)
            near = mute in (bad - 1, bad)
            expected = (
                (bad - 1 - (mute == bad - 1), bad + (mute == bad)) if near else (bad - 1, bad)
            )
            assert (found.good, found.bad) == expected
            assert found.is_one is not near
    row = Row(5, set(range(1, 11)))
    assert first_bad(n, row.ask) == Found(0, 11)
    assert row.asked[:5] == [5, 4, 6, 3, 7]


def test_versions_are_in_the_order_of_semver():
    wanted = (
        "1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 1.0.0"
    )
    wanted = [*wanted.split(), "1.2.0", "1.10.0", "2.0.0"]
    assert sorted(set(wanted), key=key) == wanted
    assert key("latest") is None


def test_prereleases_are_left_out_unless_asked_for_or_an_end():
    known = ["2.0.0", "1.0.0", "1.10.0", "1.9.0", "2.0.0-rc.1", "1.5.0-beta.1", "0.1.0"]
    assert between("p", known, "1.0.0", "2.0.0", prereleases=False) == [
        "1.0.0",
        "1.9.0",
        "1.10.0",
        "2.0.0",
    ]
    assert "2.0.0-rc.1" in between("p", known, "1.0.0", "2.0.0", prereleases=True)
    assert between("p", known, "1.10.0", "2.0.0-rc.1", prereleases=False)[-1] == "2.0.0-rc.1"


@pytest.mark.parametrize(
    ("good", "bad", "said"),
    [
        ("1.0.0", "1.7.0", r"p has no version '1\.7\.0' \(--bad\); there are 1\.0\.0, 1\.9\.0"),
        ("3.0.0", "1.0.0", r"p has no version '3\.0\.0' \(--good\); there are 1\.0\.0, 1\.9\.0, 2"),
        ("2.0.0", "1.0.0", r"--good 2\.0\.0 does not come before --bad 1\.0\.0"),
        ("1.0.0", "1.0.0", "does not come before"),
    ],
)
def test_ends_that_cannot_be_are_named(good, bad, said):
    with pytest.raises(PolicyError, match=said):
        between("p", ["1.0.0", "1.9.0", "2.0.0"], good, bad, prereleases=False)


CANDIDATES = [
    Candidate(v, v[:3], about) for v, about in (("1.0.0", ""), ("1.1.0", ""), ("2.0.0", "x"))
]


def test_the_table_and_its_conclusion():
    measured = {2: Measured("leak", "A +1.00", 2.0), 0: Measured("steady", "", 1.0)}
    assert table("version", CANDIDATES, measured).splitlines() == [
        "version  verdict  time   what",
        "1.0      steady   1.0 s",
        "2.0      leak     2.0 s  A +1.00  x",
    ]
    assert conclusion("version", CANDIDATES, Found(1, 2), 3) == (
        "first bad version: 2.0 (x); the last good one: 1.1; 3 measurements for 3 versions"
    )
    assert conclusion("version", CANDIDATES, Found(0, 2), 1).startswith(
        "the first bad version is one of 1.1, 2.0: those before 2.0 were skipped; 1 measurement for"
    )
    with pytest.raises(NodeLeakError, match=r"--good 1\.0 leaks as well: the version"):
        conclusion("version", CANDIDATES, Found(None, 0), 2)
    with pytest.raises(NodeLeakError, match=r"--bad 2\.0 does not leak; give a version"):
        conclusion("version", CANDIDATES, Found(2, None), 2)
