"""The tutorial is followed, step by step: its files leak, and are mended, as it says."""

from __future__ import annotations

import re

import pytest
from doc_pages import ROOT, blocks

PAGE = ROOT / "docs" / "tutorial.md"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not PAGE.exists(), reason="an installed package has no docs"),
]


def test_red_then_green(pytester):
    versions: dict[str, list[str]] = {}
    for block in blocks("js", "python", page=PAGE):
        assert block.file_name
        versions.setdefault(block.file_name, []).append(block.text)
    assert [name for name, texts in versions.items() if len(texts) > 1] == ["views.js"]
    for name, texts in versions.items():
        path = pytester.path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(texts[0], encoding="utf-8")

    red = pytester.runpytest_subprocess("-p", "no:asyncio")
    red.assert_outcomes(failed=2)
    printed = red.stdout.str()
    for line in lines_of_the_report():
        assert line in re.sub(r" +", " ", printed)

    (pytester.path / "views.js").write_text(versions["views.js"][1], encoding="utf-8")
    pytester.runpytest_subprocess("-p", "no:asyncio").assert_outcomes(passed=2)


def lines_of_the_report() -> list[str]:
    """Those that are the same on each machine: the verdict, who keeps it, who makes it."""
    shown = "\n".join(block.text for block in blocks("", page=PAGE))
    found = re.findall(
        r"^E +(\S*LeakError: .*|kept alive by .*|allocated at .*|<- .*)$", shown, re.MULTILINE
    )
    assert len(found) > 5
    return [re.sub(r" +", " ", line) for line in found]
