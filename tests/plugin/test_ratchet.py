"""A leak accepted on main; what a pull request may and may not do after that."""

import json

import pytest

PROGRAM = """\
class Receipt { constructor() { this.at = 1; } }
class Other { constructor() { this.at = 1; } }
const kept = [];
exports.one = () => { kept.push(new Receipt()); };
exports.two = () => { kept.push(new Receipt(), new Receipt()); };
exports.another = () => { kept.push(new Receipt(), new Other()); };
exports.fine = () => {};
"""
#: what each test runs, on main and in the pull request
TESTS = """
import os
import pytest
from pytest_nodeleak import LeakError, assert_no_leak, module

pytestmark = pytest.mark.nodeleak(budget="3s")
def leak(launch_node, in_pull_request):
    name = in_pull_request if "PULL_REQUEST" in os.environ else "one"
    assert_no_leak(launch_node("program.js"), module("./program", name))

def test_same(launch_node): leak(launch_node, "one")
def test_faster(launch_node): leak(launch_node, "two")
def test_another(launch_node): leak(launch_node, "another")
def test_fixed(launch_node): leak(launch_node, "fine")
@pytest.mark.xfail(raises=LeakError, strict=True)
def test_expected(launch_node): leak(launch_node, "one")
"""


@pytest.mark.slow
def test_on_main_leaks_are_saved_and_a_pull_request_fails_for_one_more_or_a_faster_one(
    project, monkeypatch
):
    project.write("program.js", PROGRAM)
    project.write("test_it.py", TESTS)
    # In workers, into one file; what is expected to leak is not in it.
    saved = project.run("-n", "2", "--nodeleak-save=leaks.json")
    saved.assert_outcomes(failed=4, xfailed=1)
    file = project.path / "leaks.json"
    entries = json.loads(file.read_text())["accepted"]
    assert [(entry["test"], entry["leaks"], entry["per_iteration"]) for entry in entries] == [
        (f"test_it.py::test_{name}", "Receipt", 1.0)
        for name in ("another", "faster", "fixed", "same")
    ]
    file.write_text(file.read_text().replace('"reason": ""', '"reason": "#123"'))

    monkeypatch.setenv("PULL_REQUEST", "1")
    args = ("-n", "2", "-k", "not expected", "--nodeleak-compare=leaks.json")
    result = project.run(*args, "--nodeleak-save=new.json")
    result.assert_outcomes(failed=2, passed=2)
    result.stdout.fnmatch_lines_random(
        [
            "accepted *+1.00 Receipt*test_same",
            "E *leaks faster than accepted: Receipt +2.00 and *",
            "E *not accepted: Other is not in leaks.json",
            "leaks.json: fixed: Receipt in test_it.py::test_fixed does not leak any more, *",
        ]
    )
    assert project.artifacts() == [
        "test_it.py--test_another",
        "test_it.py--test_expected",
        "test_it.py--test_faster",
    ]
    new = json.loads((project.path / "new.json").read_text())["accepted"]
    assert {entry["test"] for entry in new} == {
        f"test_it.py::test_{name}" for name in ("another", "faster", "same")
    }


def test_a_file_that_is_not_there_or_no_such_file_is_a_usage_error(project):
    project.tests("def test_x(): pass\n")
    missing = project.run("--nodeleak-compare=none.json")
    assert missing.ret == 4
    missing.stderr.fnmatch_lines(["*the file of accepted growth '*none.json' cannot be read: *"])
    project.write("bad.json", "{}")
    bad = project.run("--nodeleak-compare=bad.json")
    assert bad.ret == 4
    bad.stderr.fnmatch_lines(["*'bad.json' is no file of accepted growth of schema 1; *"])
