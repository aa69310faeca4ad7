"""Beside plugins that many have; what is not installed is not tried."""

import json

import pytest

from pytest_nodeleak.cli import main

TWO_LEAKS = """
def test_a(launch_node):
    assert_no_leak(launch_node('program.js'), module('./program', 'leak'), snapshots='never')


def test_b(launch_node):
    assert_no_leak(launch_node('program.js'), module('./program', 'leak'), snapshots='never')
"""


@pytest.mark.slow
def test_of_a_test_that_is_run_again_the_last_run_counts(project):
    pytest.importorskip("pytest_rerunfailures")
    project.tests(
        "RUNS = []\n\n"
        "@pytest.mark.flaky(reruns=1)\n"
        "def test_it(launch_node):\n"
        "    RUNS.append('leak' if not RUNS else 'fine')\n"
        "    assert_no_leak(launch_node('program.js'), module('./program', RUNS[-1]))\n"
    )
    result = project.run("--nodeleak-json=run.json")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["nodeleak: 1 steady", "*1 passed, 1 rerun*"])
    (test,) = json.loads((project.path / "run.json").read_text())["tests"]
    assert [verdict["outcome"] for verdict in test["verdicts"]] == ["steady"]
    assert project.artifacts() == []
    assert project.gone(0)


@pytest.mark.slow
@pytest.mark.parametrize("method", ["signal", "thread"])
def test_a_test_that_is_stopped_by_its_timeout_leaves_no_program(project, method):
    pytest.importorskip("pytest_timeout")
    project.write("program.js", "setInterval(() => {}, 50);\n")
    project.tests(
        "def test_it(launch_node):\n    assert_no_leak(launch_node('program.js'), every('10min'))\n"
    )
    result = project.run("--timeout=6", f"--timeout-method={method}")
    assert result.ret == 1
    assert "Timeout" in result.stdout.str() + result.stderr.str()
    assert project.gone()


@pytest.mark.exhaustive
@pytest.mark.slow
def test_shards_write_one_file_of_accepted_growth_and_one_page(project):
    pytest.importorskip("pytest_split")
    project.tests(TWO_LEAKS)
    for group in "12":
        shard = ["--splits=2", f"--group={group}", f"--nodeleak-json={group}.json"]
        result = project.run(*shard, "--nodeleak-save=leaks.json")
        result.assert_outcomes(failed=1, deselected=1)
    accepted = json.loads((project.path / "leaks.json").read_text())["accepted"]
    assert [entry["test"] for entry in accepted] == ["test_it.py::test_a", "test_it.py::test_b"]
    assert main(["html", "1.json", "2.json", "-o", "page.html"]) == 0
    page = (project.path / "page.html").read_text()
    assert page.index("test_it.py::test_a") < page.index("test_it.py::test_b")


@pytest.mark.slow
def test_in_pytest_html_a_row_has_its_chart(project):
    pytest.importorskip("pytest_html")
    project.off = ["cacheprovider", "asyncio"]
    project.tests(TWO_LEAKS)
    project.run("-n", "2", "--html=report.html", "--self-contained-html")
    report = (project.path / "report.html").read_text()
    assert report.count("&lt;svg class=") == 2
