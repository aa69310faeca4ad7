"""The reports of a run: what the terminal shows and which files are written, by whatever worker."""

import json

import pytest

TESTS = """
def test_checkout_frees_the_cart(launch_node):
    assert_no_leak(launch_node("program.js"), module("./program", "leak"))
def test_fine(launch_node):
    assert_no_leak(launch_node("program.js"), module("./program", "fine"))
def test_nothing():
    pass
"""


@pytest.mark.slow
def test_workers_results_land_in_one_summary_and_one_file(project, monkeypatch):
    project.tests(TESTS)
    monkeypatch.setenv("COLUMNS", "80")
    result = project.run("-n", "2", "--nodeleak-json=out/run.json")
    result.stdout.fnmatch_lines_random(
        [
            "LEAK       * B * s  +1.00 Entry * …*_frees_the_cart",
            "steady     ▁*  0 B * s  - * …*::test_fine",
            "nodeleak: 1 leaking, 1 steady",
            "nodeleak: json written to *run.json",
            # The class and its rate are in 80 columns.
            "FAILED test_it.py::test_checkout_frees_the_cart - Entry leaks: +1.00*",
        ]
    )
    found = json.loads((project.path / "out" / "run.json").read_text())
    assert [(test["test"], test["result"], test["line"]) for test in found["tests"]] == [
        ("test_it.py::test_checkout_frees_the_cart", "failed", 5),
        ("test_it.py::test_fine", "passed", 7),
    ]
    assert found["tests"][0]["verdicts"][0]["constructors"][0]["name"] == "Entry"
    message = [line for line in result.outlines if line.startswith("E   ")]
    assert max(map(len, message[1:])) <= 80


@pytest.mark.slow
def test_colours_are_for_what_matters_and_no_colour_is_obeyed(project, monkeypatch):
    project.tests(TESTS)
    coloured = project.run("--color=yes", "-k", "checkout").stdout.str()
    assert "\x1b[31m\x1b[1mLEAK" in coloured
    assert "\x1b[0mE       " in coloured
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in project.run("-k", "checkout").stdout.str()


def test_a_report_that_cannot_be_written_is_told_and_a_folder_refused(project):
    project.tests("import os\ndef test_x(): os.mkdir('run.json')\n")
    result = project.run("--nodeleak-json=run.json")
    result.assert_outcomes(passed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["nodeleak: json could not be written to '*run.json': *"])
    project.write("file", "")
    for path, why in ((".", "is a folder; *"), ("file/a/run.json", "cannot be written: '*/file'*")):
        refused = project.run(f"--nodeleak-json={path}")
        assert refused.ret == 4
        refused.stderr.fnmatch_lines([f"*bad value for json (from --nodeleak-json): * {why}"])


@pytest.mark.slow
def test_a_path_of_artifacts_is_shown_only_if_they_stay(project):
    # What pytest-html reads, where it is there.
    project.off.remove("html")
    project.write(
        "conftest.py",
        "def pytest_configure(config):\n"
        "    if not config.pluginmanager.hasplugin('html'):\n"
        "        config.pluginmanager.register(object(), 'html')\n"
        "def pytest_runtest_logreport(report):\n"
        "    for extra in getattr(report, 'extras', ()):\n"
        "        open('extra.txt', 'a').write(extra['format_type'] + extra['content'])\n",
    )
    project.tests(
        "def test_x(launch_node):\n"
        "    assert measure(launch_node('program.js'), module('./program', 'leak')).leaks\n"
    )
    result = project.run("-v", "-rA", "--junitxml=j.xml", "--nodeleak-json=r.json")
    result.assert_outcomes(passed=1)
    assert project.artifacts() == []
    extra = (project.path / "extra.txt").read_text()
    assert extra.startswith('html<div class="nodeleak"')
    assert extra.count("<svg") == 1
    for text in (
        result.stdout.str(),
        *((project.path / f).read_text() for f in ("j.xml", "r.json")),
    ):
        assert ".nodeleak/test_it" not in text


@pytest.mark.slow
def test_github_and_gitlab_are_told_where_the_leak_is_allocated(project, monkeypatch):
    project.tests(TESTS)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "../summary.md")
    summary = project.path / "../summary.md"
    summary.write_text("# before\n")
    result = project.run("-n", "2", "--nodeleak-codequality=quality.json")
    result.stdout.fnmatch_lines(["::error file=program.js,line=4,col=*::Entry leaks: +1.00 *"])
    text = summary.read_text()
    assert text.startswith("# before\n### nodeleak: 1 leaking, 1 steady\n")
    (issue,) = json.loads((project.path / "quality.json").read_text())
    assert issue["location"] == {"path": "program.js", "lines": {"begin": 4}}
    quiet = project.run("-k", "fine", "--nodeleak-github=never")
    assert summary.read_text() == text
    quiet.stdout.no_fnmatch_line("::*")
    assert project.run("--nodeleak-github=always").ret == 4
