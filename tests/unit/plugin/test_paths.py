"""Defaults for some paths only: which tests they are for, and what lies over them."""

import pytest

from pytest_nodeleak.plugin.paths import PathDefaults
from pytest_nodeleak.plugin.state import STATE

# Of pytest-asyncio, about runs inside this one.
pytestmark = pytest.mark.filterwarnings("ignore:The configuration option")

INI = """\
[pytest]
nodeleak_rounds = 3
nodeleak_budget = 9s
nodeleak_paths =
    slow: rounds=4 budget=60s strict=yes
    a/slow/test_one.py: rounds=5 ignore='Metrics, {id, text}'
"""


@pytest.mark.parametrize(
    ("glob", "matches"),
    [
        ("test_x.py", True),
        ("*_x.py", True),
        ("slow", True),
        ("a", True),
        ("a/slow", True),
        ("a/slow/", True),
        ("./a/slow", True),
        ("slow/", True),
        ("a/*.py", True),
        ("*/slow/*", True),
        ("x.py", False),
        ("slow/test_x.py", False),
        ("a/slo", False),
        ("b", False),
    ],
)
def test_a_glob_is_of_names_or_of_paths_from_the_rootdir(glob, matches, tmp_path):
    defaults = PathDefaults(glob, {}, "here")
    assert defaults.match(tmp_path / "a/slow/test_x.py", tmp_path) is matches
    assert not defaults.match(tmp_path.parent / "a/slow/test_x.py", tmp_path)


def policies(config):
    state = config.stash[STATE]
    paths = ("test_it.py", "slow/test_it.py", "a/slow/test_one.py")
    return [state.policy_for(config.rootpath / path) for path in paths]


def test_they_lie_over_the_ini_file_and_the_last_line_wins(pytester):
    pytester.makeini(INI)
    plain, slow, one = policies(pytester.parseconfigure())
    assert (plain.rounds, plain.budget, plain.strict, plain.ignore) == (3, 9, False, ())
    assert (slow.rounds, slow.budget, slow.strict) == (4, 60, True)
    assert (one.rounds, one.budget, one.strict) == (5, 60, True)
    assert one.ignore == ("Metrics", "{id, text}")


def test_command_line_environment_and_marker_lie_over_them(pytester, monkeypatch):
    pytester.makeini(INI)
    monkeypatch.setenv("PYTEST_NODELEAK_BUDGET", "7s")
    config = pytester.parseconfigure("--nodeleak-rounds=8")
    assert {(policy.rounds, policy.budget) for policy in policies(config)} == {(8, 7.0)}
    monkeypatch.delenv("PYTEST_NODELEAK_BUDGET")
    pytester.mkdir("slow").joinpath("test_it.py").write_text(
        "import pytest\n\n"
        "@pytest.mark.nodeleak(strict=False)\n"
        "def test_it(request):\n"
        "    from pytest_nodeleak.plugin.state import STATE\n"
        "    policy = request.config.stash[STATE].policy()\n"
        "    assert (policy.rounds, policy.budget, policy.strict) == (4, 60, False)\n"
    )
    pytester.runpytest_inprocess().assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("slow", "'slow' is not a glob and its settings such as 'tests/slow: budget=60s strict="),
        ("slow: budget", "'slow: budget' is not a glob and its settings"),
        ("slow: ignore='x", '"slow: ignore=\'x": No closing quotation'),
        ("slow: budgett=1s", "unknown policy 'budgett' (from nodeleak_paths in *, for slow); did"),
        ("slow: rounds=1", "bad value for rounds (from nodeleak_paths in *, for slow): '1' is not"),
    ],
)
def test_a_bad_line_is_refused_in_a_sentence(pytester, line, said):
    pytester.makeini(f"[pytest]\nnodeleak_paths =\n    {line}\n")
    result = pytester.runpytest_inprocess()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    (shown,) = [line for line in result.errlines if line.strip()]
    result.stderr.fnmatch_lines([f"*{said}*"])
    assert "from nodeleak_paths in" in shown


def test_they_are_shown_with_their_sources(pytester):
    ini = pytester.makeini(INI)
    shown = pytester.runpytest_inprocess("--nodeleak-show-settings", "--nodeleak-rounds=8")
    rows = [" ".join(line.split()) for line in shown.outlines]
    assert "rounds 8 --nodeleak-rounds" in rows
    assert f"budget 60s nodeleak_paths in {ini}, for slow" in rows
    assert not any(row.startswith("rounds 4") for row in rows)
