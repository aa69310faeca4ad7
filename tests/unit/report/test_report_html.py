"""The page as text: whole, harmless, small."""

import html.parser
import re
import sys
from dataclasses import replace

import pytest

from pytest_nodeleak import (
    LeakingConstructor,
    Policy,
    PolicyError,
    Sample,
    Series,
    Verdict,
)
from pytest_nodeleak.base.phases import Phase
from pytest_nodeleak.judge.verdict import AllocationSite
from pytest_nodeleak.report.html import render_page
from pytest_nodeleak.report.html.tree import retaining_tree
from pytest_nodeleak.report.run import MeasuredTest, Run

EVIL = "</title><script>alert(1)</script>\x1b[31m\n\u202e\"'>" + "x" * 10_000
PATH = ("receipts (Map) in module cart.js", "Map entry")
RECEIPT = LeakingConstructor("Receipt", 1.0, 40, 1600, 5760, PATH, "checkout (cart.js:2:3)")
ITEM = replace(RECEIPT, name="Item", per_iteration=0.5, retaining_path=(*PATH, ".items"))
SERIES = Series(tuple(Sample(4_000_000 + 100_000 * n, 1, 2, 3, 4, 5, 100 * n) for n in range(9)))
WORKER = Series(tuple(Sample(2_000_000, 0, 0, 0, 0, 0, 100 * n) for n in range(9)))
LEAK = Verdict(
    outcome="leak",
    reasons=("Receipt grew",),
    series=SERIES,
    seconds=6.61,
    workload="f()",
    script="/p/cart.js",
    node="v20.20.2",
    policy=Policy(),
    constructors=(RECEIPT, ITEM),
    windows=(40.0,),
    iterations=800,
    heaps=(("main", SERIES), ("worker 1 (jobs.js)", WORKER)),
    phases=(Phase("warm-up", 0, 100), Phase("window 1", 300, 400), Phase("snapshot 1", 400, 400)),
)
STEADY = replace(LEAK, outcome="steady", constructors=(), series=WORKER, heaps=())


class Page(html.parser.HTMLParser):
    """What a browser would make of it: tags and attributes in their order, text, balance."""

    VOID = ("meta", "br", "wbr")

    def __init__(self, text):
        super().__init__()
        self.tags, self.stack, self.texts = [], [], []
        self.feed(text)
        self.close()
        assert self.stack == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.stack.pop() == tag

    def handle_data(self, data):
        if self.stack and self.stack[-1] not in ("style", "script"):
            self.texts.append(data)

    def count(self, tag, css=None):
        return sum(t == tag and css in (None, a.get("class")) for t, a in self.tags)


def run_of(*verdicts):
    return Run(tuple(MeasuredTest(f"t.py::test_{n}", "", (v,)) for n, v in enumerate(verdicts)))


def test_a_page_has_charts_tables_and_trees():
    page = Page(render_page(run_of(LEAK, STEADY)))
    assert page.count("svg", "chart") == 2
    # Each heap a line; warm-up, windows and snapshots are marked in both.
    assert [page.count("polyline", css) for css in ("h0", "h1")] == [2, 1]
    assert [page.count("rect", css) for css in ("warm", "win")] == [2, 2]
    assert page.count("line", "shot") == 2
    assert page.count("table", "sortable") == 1
    assert [a.get("data-v") for t, a in page.tags if t == "td"][:4] == ["1.0", "40", "1600", "5760"]
    text = " ".join(" ".join(page.texts).split())
    assert "kept alive by receipts (Map) in module cart.js → Map entry Receipt .items Item" in text
    cards = [a for t, a in page.tags if t == "details" and "card" in a.get("class", "")]
    assert [card["data-word"] for card in cards] == ["leak", "steady"]
    assert ["open" in card for card in cards] == [True, False]


def test_nothing_is_said_twice():
    site = AllocationSite(32, ("checkout (cart.js:2:3)",))
    text = render_page(run_of(replace(STEADY, reasons=("flat it is",), sites=(site, site))))
    assert text.count("flat it is") == 1
    assert text.count("<li><code>checkout (cart.js:2:3)") == 1
    assert '<span class="name">t.<wbr>py::<wbr>test_<wbr>0' in text


def test_two_runs_stand_side_by_side_on_one_scale():
    page = Page(render_page(run_of(STEADY), run_of(LEAK)))
    assert page.count("div", "sides two") == 1
    text = " ".join(page.texts)
    assert text.index("before:") < text.index("after:")
    assert len(set(re.findall(r"\d\.\d\d MB(?=\s)", text))) >= 4
    charts = render_page(run_of(STEADY), run_of(LEAK)).split('<svg class="chart"')[1:]
    axes = [re.findall(r'text-anchor="end">([^<]*)<', chart.split("</svg>")[0]) for chart in charts]
    assert axes[0] == axes[1]


def test_names_are_harmless_no_request_leaves_and_200_tests_are_small():
    row = replace(RECEIPT, name=EVIL, retaining_path=(EVIL, EVIL), allocated_at=EVIL)
    odd = replace(
        LEAK, constructors=(row,), reasons=(EVIL,), workload=EVIL, script=EVIL, node=EVIL,
        accepted=EVIL, artifacts=EVIL, heap=EVIL, unit=EVIL, phases=(Phase(EVIL, 0, 100),),
    )  # fmt: skip
    text = render_page(Run((MeasuredTest(EVIL, EVIL, (odd,)),)))
    page = Page(text)
    assert page.count("script") == 1
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert not any(len(t) > 12_000 for t in page.texts)
    assert not any(a.keys() & {"src", "href", "onload", "onclick"} for _, a in page.tags)
    assert not re.search(r"https?://|url\(|@import|fetch\(", text)
    assert "default-src 'none'" in text
    many = Run(tuple(MeasuredTest(f"t.py::test_{n}", "", (LEAK,)) for n in range(200)))
    assert len(render_page(many).encode()) < 2_000_000
    assert "Nothing was measured." in render_page(Run())


def test_what_paths_share_is_said_once():
    (root,) = retaining_tree((RECEIPT, ITEM))
    (entry,) = root.branches
    assert (root.step, entry.kept) == (PATH[0], ["Receipt"])
    assert [(b.step, b.kept) for b in entry.branches] == [(".items", ["Item"])]


def test_without_jinja_a_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(PolicyError, match=r"needs jinja2, which is not installed: pip install '.*"):
        render_page(Run())
