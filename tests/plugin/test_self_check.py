"""A planted leak: seen in a healthy program, missed where the policy hides it."""

import subprocess
import sys

import pytest

from pytest_nodeleak import SelfCheckError
from pytest_nodeleak.measuring.selfcheck import PLANTED, without_planted

PLANT = "--nodeleak-plant=0.1"


def doctor(project, *args):
    argv = [sys.executable, "-m", "pytest_nodeleak", "doctor", *args]
    return subprocess.run(
        argv, capture_output=True, text=True, cwd=project.path, timeout=120, check=False
    )


def test_the_doctor_needs_no_script(project):
    done = doctor(project)
    assert (done.returncode, done.stderr) == (0, "")
    names = [line.split()[0] for line in done.stdout.splitlines()]
    assert names == ["node", "flags", "python", "memory", "inspector", "noise", "self-check"]
    assert "0.10 objects per iteration was seen, +0.10 after " in done.stdout
    assert project.leftovers() == []
    assert project.gone(0)


@pytest.mark.slow
def test_the_doctor_of_a_script_takes_what_run_takes(project):
    done = doctor(project, "program.js", "--workload", "require('./program').fine()")
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1].startswith("self-check  a planted leak of 0.10 objects")


@pytest.mark.slow
def test_the_doctor_of_a_program_that_works_by_itself(project):
    project.write("ticks.js", "setInterval(() => JSON.stringify({ at: Date.now() }), 5);\n")
    done = doctor(project, "ticks.js", "--every", "0.2s")
    assert done.returncode == 0
    assert "10.00 objects per 0.2 s was seen" in done.stdout


@pytest.mark.slow
def test_the_doctor_says_that_the_program_leaks_by_itself(project):
    done = doctor(project, "program.js", "--workload", "require('./program').leak()")
    assert done.returncode == 0
    last = done.stdout.splitlines()[-1]
    assert last.strip() == "the program leaks by itself as well: Entry +1.00 per iteration"


@pytest.mark.slow
def test_the_doctor_finds_a_policy_that_is_blind(project):
    work = "require('./program').fine()"
    done = doctor(project, "program.js", "--workload", work, "--max-growth", "1 KB")
    assert done.returncode == 1
    last = done.stdout.splitlines()[-1]
    assert "was not seen in this program: steady" in last
    assert "within max_growth=1.00 kB" in last


@pytest.mark.parametrize("given", [("missing.js",), ("--node", "nowhere"), ("--every", "x")])
def test_the_doctor_refuses_what_run_refuses(project, given):
    done = doctor(project, *given)
    assert done.returncode == 2
    assert done.stderr.startswith("nodeleak: error: ")


@pytest.mark.slow
def test_under_pytest_each_measurement_must_see_the_planted_leak(project):
    work = "require('./program').fine()"
    project.tests(
        f"def test_seen(launch_node):\n"
        f'    assert assert_no_leak(launch_node("program.js"), "{work}").outcome == "steady"\n\n'
        f"def test_blind(launch_node):\n"
        f'    assert_no_leak(launch_node("program.js"), "{work}", max_growth="1 KB")\n\n'
        f"def test_leaks(launch_node):\n"
        f"    with pytest.raises(LeakError, match='Entry'):\n"
        f"        assert_no_leak(launch_node('program.js'), \"require('./program').leak()\")\n"
    )
    result = project.run(PLANT)
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(
        ["E*SelfCheckError: self-check: a planted leak of 0.10 objects per iteration was not seen*"]
    )


def test_a_rate_that_is_none_is_refused(project):
    result = project.run("--nodeleak-plant=often")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*bad value for --nodeleak-plant: 'often' is not a number of*"])


def test_the_option_is_hidden(project):
    assert "--nodeleak-plant" not in project.run("--help").stdout.str()


def test_a_steady_verdict_has_not_seen_it(launched_verdict):
    with pytest.raises(SelfCheckError, match=r"0\.10 objects per iteration was not seen") as found:
        without_planted(launched_verdict, 0.1)
    assert found.value.verdict is launched_verdict
    assert PLANTED not in str(found.value)


@pytest.fixture
def launched_verdict(project):
    from pytest_nodeleak import measure, open_node

    with open_node(project.path / "program.js") as app:
        return measure(app, "require('./program').fine()")
