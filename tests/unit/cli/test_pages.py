"""nodeleak html and nodeleak plot: files in, files out, a sentence for what cannot be used."""

import json
import sys
from dataclasses import replace

import pytest

from pytest_nodeleak import LeakingConstructor, Policy, Sample, Series, Verdict
from pytest_nodeleak.base.phases import Phase
from pytest_nodeleak.cli import main

LEAK = Verdict(
    outcome="leak",
    reasons=("Receipt grew",),
    series=Series(tuple(Sample(10**6 + 10**4 * n, 1, 2, 3, 4, 5, n * 10) for n in range(9))),
    seconds=6.61,
    workload="f()",
    script="/p/cart.js",
    node="v20.20.2",
    policy=Policy(),
    constructors=(LeakingConstructor("$Receipt_{日\x1b", 1.0, 40, 1600, 5760),),
    phases=(Phase("snapshot 1", 40, 40),),
)
STEADY = replace(LEAK, outcome="steady", constructors=())


@pytest.fixture
def files(tmp_path):
    for name, verdict in (("leak", LEAK), ("fixed", STEADY)):
        (tmp_path / f"{name}.json").write_text(json.dumps(verdict.to_json()))
    return tmp_path


def test_leaky_and_fixed_are_in_one_picture(files):
    def picture(name, *inputs):
        given = [str(files / file) for file in inputs]
        assert main(["plot", *given, "-o", str(files / name)]) == 0
        return (files / name).read_bytes()

    both = picture("heap.svg", "leak.json", "fixed.json").decode()
    for colour in ("#c8202f", "#187a3a"):
        assert colour in both
    assert "#187a3a" not in picture("one.svg", "leak.json").decode()
    assert picture("heap.png", "leak.json", "fixed.json").startswith(b"\x89PNG")


@pytest.mark.parametrize("name", ["_leak.json", "none.json"])
def test_a_picture_gives_no_warning_of_its_legend(files, name, capsys):
    """matplotlib leaves out what begins with an underscore, and warns if nothing is left."""
    (files / "leak.json").rename(files / "_leak.json")
    (files / "none.json").write_text('{"tests": []}')
    assert main(["plot", str(files / name), "-o", str(files / "heap.svg")]) == 0
    assert capsys.readouterr().err == ""


def test_before_and_after_are_on_one_page(files):
    page = files / "page.html"
    given = [str(files / "fixed.json"), "--before", str(files / "leak.json"), "-o", str(page)]
    assert main(["html", *given]) == 0
    text = page.read_text()
    assert text.index("before:") < text.index("after:")


def test_files_of_several_machines_make_one_page(files):
    page = files / "page.html"
    given = [str(files / "fixed.json"), str(files / "leak.json"), "-o", str(page)]
    assert main(["html", *given]) == 0
    text = page.read_text()
    assert text.count('data-word="leak"') == text.count('data-word="steady"') == 1


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["plot", "leak.json", "-o", "heap.jpg"], "'heap.jpg': a picture ends in one of .png, "),
        (["plot", "none.json", "-o", "heap.png"], "cannot read 'none.json': No such file"),
        (["html", "fixed.json", "-o", "none/x.html"], "cannot write 'none/x.html': No such file"),
        (["html", "bad.json", "-o", "x.html"], "'bad.json' is no JSON"),
    ],
)
def test_what_cannot_be_used_is_said_in_a_sentence(files, monkeypatch, capsys, args, said):
    monkeypatch.chdir(files)
    (files / "bad.json").write_text("{")
    assert main(args) == 2
    assert said in capsys.readouterr().err


def test_without_the_extra_a_sentence_says_what_to_install(files, monkeypatch, capsys):
    for name in ("jinja2", "matplotlib", "matplotlib.figure", "matplotlib.backends.backend_agg"):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.chdir(files)
    assert main(["plot", "leak.json", "-o", "heap.png"]) == 2
    assert "needs matplotlib, which is not installed: pip install" in capsys.readouterr().err
    assert main(["html", "leak.json", "-o", "x.html"]) == 2
    assert "needs jinja2, which is not installed: pip install" in capsys.readouterr().err
