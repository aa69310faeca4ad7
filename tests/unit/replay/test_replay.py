"""replay.json: what is written, what is left out, where its paths are found, what a line says."""

import json
import shutil
from pathlib import Path

import pytest

from pytest_nodeleak import Policy, PolicyError, Series, Verdict, module
from pytest_nodeleak.base.recipe import Recipe
from pytest_nodeleak.node.recipe import recipe_of, workload_from_json
from pytest_nodeleak.node.workload import FileWorkload, every
from pytest_nodeleak.replay.compared import Outcome, compared
from pytest_nodeleak.replay.recorded import recorded_from_json, recorded_text
from pytest_nodeleak.replay.secrets import masked


class App:
    recipe = Recipe("/a.js", (), "/", "/usr/bin/node", "v20.1.0")


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "project"
    (folder / "server").mkdir(parents=True)
    (folder / "package.json").write_text("{}")
    (folder / "server" / "cart.js").write_text("")
    return folder


def recorded(project, folder, **changes):
    """replay.json as written for a program in ``project``."""
    recipe = Recipe(
        str(project / "server" / "cart.js"),
        ("--token=abc", "--port", "0"),
        str(project),
        "/usr/bin/node",
        "v20.1.0",
        env_given=("PORT",),
        workload={"file": str(project / "server" / "cart.js"), "name": "iteration"},
    )
    policy = Policy(budget=5.0, max_live={"A": 3})
    verdict = Verdict(
        "leak", ("r",), Series(()), 1.0, "w", "s", "n", policy, recipe=recipe, **changes
    )
    folder.mkdir(parents=True, exist_ok=True)
    text = recorded_text(verdict, folder, "1.2.3")
    assert text is not None
    (folder / "replay.json").write_text(text)
    return folder / "replay.json"


def test_paths_are_found_again_where_the_project_has_gone(project, tmp_path):
    file = recorded(project, project / ".nodeleak" / "t")
    assert "abc" not in file.read_text()
    moved = tmp_path / "elsewhere"
    shutil.move(project, moved)
    found = recorded_from_json(*read(moved / ".nodeleak" / "t" / "replay.json"))
    recipe = found.at(None)
    assert recipe.script == recipe.workload["file"] == str(moved / "server" / "cart.js")
    assert (recipe.cwd, recipe.env_given) == (str(moved), ("PORT",))
    assert recipe.args == ("--token=***", "--port", "0")
    assert (found.policy.budget, found.policy.max_live) == (5.0, {"A": 3})


def test_of_a_folder_elsewhere_the_project_is_named(project, tmp_path):
    file = recorded(project, tmp_path / "out")
    assert json.loads(file.read_text())["project"]["from_here"] is None
    assert recorded_from_json(*read(file)).at(None).cwd == str(project)
    moved = tmp_path / "elsewhere"
    shutil.move(project, moved)
    found = recorded_from_json(*read(file))
    with pytest.raises(PolicyError, match=r"'server/cart.js' of the recording is not found in '"):
        found.at(None)
    assert found.at(moved).cwd == str(moved)


@pytest.mark.parametrize("name", ["x" * 300, "a\0b", "\ud800"])
def test_a_script_that_can_be_no_file_is_not_found(project, tmp_path, name):
    file = recorded(project, tmp_path / "out")
    told = json.loads(file.read_text())
    told["command"]["script"] = name
    with pytest.raises(PolicyError, match="of the recording is not found in"):
        recorded_from_json(json.dumps(told), file).at(None)


def read(file):
    return file.read_text(), file


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is no replay.json: it has no 'command'"),
        ('{"command": {}, "schema": 7}', "it has schema 7, and this version reads 1"),
        ('{"command": {}, "schema": 1}', "is no whole replay.json: 'environment' is missing"),
    ],
)
def test_a_file_that_is_none_is_named(text, said):
    with pytest.raises(PolicyError, match=said):
        recorded_from_json(text, Path("x.json"))


@pytest.mark.parametrize(
    "workload",
    ["f()", every("2s"), module("./cart", "api.checkout", {"id": [1]}), FileWorkload("/a.js", "b")],
)
def test_a_workload_comes_back_from_json(workload):
    told = json.loads(json.dumps(recipe_of(App, workload).workload))
    assert workload_from_json(told) == workload


def test_what_only_python_can_run_is_said():
    def drive():
        raise AssertionError

    recipe = recipe_of(App, drive)
    assert recipe.workload is None
    assert recipe.why.startswith("the workload is a Python callable (test_what_only_python_can_run")
    assert "no JSON" in recipe_of(App, module("./a", "b", {1, 2})).why


def test_secrets_among_arguments_are_left_out():
    args = [
        "--api-key",
        "k",
        "--password=p",
        "TOKEN=t",
        "pg://me:pw@db/x",
        "--port",
        "80",
        "tokens",
    ]
    assert masked(args) == [
        "--api-key",
        "***",
        "--password=***",
        "TOKEN=***",
        "pg://***@db/x",
        "--port",
        "80",
        "tokens",
    ]


def leak(**rates):
    return Outcome("leak", "the heap rose", rates)


STEADY = Outcome("steady", "flat", {})
UNDECIDED = Outcome("inconclusive", "no time", {})


@pytest.mark.parametrize(
    ("then", "now", "line"),
    [
        (leak(A=1.0), leak(A=0.5, B=1), "still there: A +0.50 (recorded +1.00)"),
        (leak(A=1.0), leak(B=2), "another one: B +2.00 (recorded A +1.00)"),
        (leak(A=1.0), leak(), "still there: the heap rose (recorded A +1.00)"),
        (leak(A=1.0), STEADY, "gone: steady (recorded A +1.00)"),
        (leak(A=1.0), UNDECIDED, "not decided: inconclusive (recorded A +1.00)"),
        (UNDECIDED, leak(A=1.0), "a leak now: A +1.00 (recorded inconclusive)"),
        (UNDECIDED, UNDECIDED, "the same: inconclusive (recorded inconclusive)"),
        (UNDECIDED, STEADY, "no leak: steady (recorded inconclusive)"),
    ],
)
def test_one_line_says_what_became_of_it(then, now, line):
    assert compared(then, now) == line
