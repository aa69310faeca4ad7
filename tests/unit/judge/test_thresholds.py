"""The thresholds explain themselves, and the page that lists them is right."""

import re
from dataclasses import fields
from pathlib import Path

from pytest_nodeleak.judge.thresholds import THRESHOLDS, Thresholds

PAGE = Path(__file__).parents[3] / "docs" / "how-it-decides.md"


def test_each_says_what_it_is_for_and_what_taught_it():
    for field in fields(Thresholds):
        assert len(field.metadata["meaning"]) > 20
        assert len(field.metadata["taught_by"]) > 10


def test_the_page_lists_exactly_these():
    row = re.compile(r"^\| `(\w+)` \| ([\d,.]+) \| (.+?) \| (.+?) \|$", re.MULTILINE)
    listed = {
        name: (float(value.replace(",", "")), meaning, case)
        for name, value, meaning, case in row.findall(PAGE.read_text(encoding="utf-8"))
    }
    assert listed == {
        field.name: (
            float(getattr(THRESHOLDS, field.name)),
            field.metadata["meaning"],
            field.metadata["taught_by"],
        )
        for field in fields(Thresholds)
    }
