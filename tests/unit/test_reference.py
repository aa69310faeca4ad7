"""docs/reference.md names all that there is, and no option that there is not."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

import pytest_nodeleak
from pytest_nodeleak import LeakingConstructor, NodeApp, Policy, Sample, Series, Verdict
from pytest_nodeleak.base.options import PLUGIN_OPTIONS, POLICY_OPTIONS

PATH = Path(__file__).parents[2] / "docs" / "reference.md"
pytestmark = pytest.mark.skipif(not PATH.exists(), reason="an installed package has no docs")
#: types that are told where they are returned
TOLD_ELSEWHERE = {"ConstructorGrowth", "RetainingPath", "LeakingConstructor", "Policy"}


@pytest.fixture(scope="module")
def text():
    return PATH.read_text(encoding="utf-8")


def test_every_public_name(text):
    missing = {n for n in pytest_nodeleak.__all__ if not re.search(rf"`[^`\n]*\b{n}\b", text)}
    assert missing == TOLD_ELSEWHERE


def test_every_option_in_every_spelling(text):
    for option in POLICY_OPTIONS:
        assert f"\n| `{option.name}` | " in text
        assert f"`--{option.dashed}`" in text
    for option in PLUGIN_OPTIONS:
        upper = option.name.upper()
        row = (
            f"| `--nodeleak-{option.dashed}` | `PYTEST_NODELEAK_{upper}` | `nodeleak_{option.name}`"
        )
        assert row in text


def test_no_option_that_there_is_not(text):
    known = {option.name for option in POLICY_OPTIONS + PLUGIN_OPTIONS}
    known |= {"show_settings", "plant"}  # the latter hidden in the help: for those who doubt
    for name in re.findall(r"--nodeleak-([a-z-]+)|PYTEST_NODELEAK_([A-Z_]+)", text):
        assert "".join(name).lower().replace("-", "_") in known


def test_every_key_of_the_json(text):
    sample = Sample(1, 2, 3, 4, 5, 6)
    row = LeakingConstructor("A", 1.0, 1, 1)
    verdict = Verdict(
        "leak", ("r",), Series((sample,)), 1.0, "w", "s", "n", Policy(), constructors=(row,)
    ).to_json()
    keys = {*verdict, *verdict["constructors"][0], *verdict["series"][0]}
    assert {key for key in keys if f"`{key}`" not in text} == set()


def test_every_member_of_verdict_and_the_documented_ones_of_the_app(text):
    assert {field.name for field in fields(Verdict) if f"`{field.name}`" not in text} == set()
    section = text.split("### NodeApp")[1].split("### Verdict")[0]
    for cell in re.findall(r"^\| (`.*?) \|", section, re.MULTILINE):
        for name in re.findall(r"`(\w+)", cell):
            assert name in ("script",) or hasattr(NodeApp, name)
