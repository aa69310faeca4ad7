"""However a test run ends, no program of it is left, and nothing in the temporary folder."""

import signal
import subprocess
import sys
import time

import pytest

LEAK = "assert_no_leak(launch_node('program.js'), module('./program', 'leak'), max_live='Entry=3')"
FINE = "assert_no_leak(launch_node('program.js'), module('./program', 'fine'))"
#: the program says it in a file, for pytest captures what is printed
WATCHED = """\
def test_long(launch_node):
    app = launch_node('program.js')
    open('started', 'w').close()
    assert_no_leak(app, {workload}, budget='60s')

def test_never(): open('second', 'w').close()
"""
WORKLOADS = {
    "javascript": "'new Promise((resolve) => setTimeout(resolve, 50))'",
    "busy": "'for (const end = Date.now() + 1000; Date.now() < end;);'",
    "every": "every('1s')",
    "callable": "lambda: app.evaluate('new Promise((resolve) => setTimeout(resolve, 50))')",
}


def start(project, *args):
    """pytest as a process that is left running; its output goes to a file."""
    argv = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *args]
    with open(project.path.parent / "output.txt", "w") as output:
        return subprocess.Popen(argv, stdout=output, stderr=output, cwd=project.path)


def debugged(project, commands):
    """pytest --pdb with what is typed into the debugger."""
    argv = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--pdb"]
    return subprocess.run(
        argv,
        input=commands,
        capture_output=True,
        text=True,
        cwd=project.path,
        timeout=120,
        check=False,
    )


def wait_for(condition, seconds=60.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def said(project):
    return (project.path.parent / "output.txt").read_text()


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("workload", WORKLOADS.values(), ids=WORKLOADS)
@pytest.mark.fault(
    "pytest",
    "SIGINT in a measurement",
    forced="JavaScript, busy, `every`, callable",
    seen="KeyboardInterrupt; no process, no temporary file",
)
@pytest.mark.slow
def test_ctrl_c_in_the_middle_of_a_measurement(project, workload):
    project.tests(WATCHED.format(workload=workload))
    process = start(project)
    wait_for((project.path / "started").exists)
    time.sleep(0.7)
    assert project.processes()
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == pytest.ExitCode.INTERRUPTED
    assert "KeyboardInterrupt" in said(project)
    assert "INTERNALERROR" not in said(project)
    assert project.gone(1)
    assert project.leftovers() == []
    assert not (project.path / "second").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("workload", ["javascript", "busy"])
@pytest.mark.fault(
    "pytest",
    "SIGKILL and SIGTERM of pytest",
    forced="idle and busy programs",
    seen="no process is left",
)
def test_programs_vanish_with_a_pytest_that_is_killed(project, how, workload):
    project.tests(WATCHED.format(workload=WORKLOADS[workload]))
    process = start(project)
    wait_for((project.path / "started").exists)
    assert project.processes()
    process.send_signal(how)
    assert process.wait(20) == -how
    assert project.gone()


@pytest.mark.fault(
    "pytest",
    "`-x`",
    forced="a leak in the first test",
    kept="artifacts",
    seen="LeakError; no process is left",
)
@pytest.mark.slow
def test_the_first_failure_ends_the_run(project):
    project.tests(f"def test_a(launch_node):\n    {LEAK}\n\ndef test_b(launch_node):\n    {FINE}\n")
    result = project.run("-x")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["nodeleak: 1 leaking", "*stopping after 1 failures*"])
    assert project.gone(0)
    assert project.artifacts() == ["test_it.py--test_a"]


@pytest.mark.fault(
    "pytest",
    "`--pdb`",
    forced="a leak, and a workload that throws",
    kept="artifacts",
    seen="the user's line; the program answers meanwhile",
)
@pytest.mark.slow
def test_in_the_debugger_the_program_lives_and_afterwards_it_is_gone(project):
    project.tests(
        "def test_a(launch_node):\n"
        "    app = launch_node('program.js')\n"
        "    assert_no_leak(app, module('./program', 'leak'), max_live='Entry=3')\n\n"
        "def test_broken(launch_node):\n"
        "    assert_no_leak(launch_node('program.js'), 'throw 1')\n\n"
        f"def test_fine(launch_node):\n    {FINE}\n"
    )
    done = debugged(
        project,
        "p ('running', app.running, app.evaluate('20 + 22'))\n"
        "p sorted(__import__('os').listdir('.nodeleak/test_it.py--test_a'))[:2]\n"
        "c\nc\n",
    )
    assert done.returncode == pytest.ExitCode.TESTS_FAILED
    assert "('running', True, 42)" in done.stdout
    assert "'report.txt'" in done.stdout
    # The debugger stands in the user's line, not in ours.
    assert "test_it.py(6)test_a()" in done.stdout
    assert "test_it.py(9)test_broken()" in done.stdout
    assert "2 failed, 1 passed" in done.stdout
    assert project.gone(0)


@pytest.mark.fault(
    "pytest", "`q` in the debugger", forced="`--pdb`", seen="no process, no temporary file"
)
@pytest.mark.slow
def test_quitting_the_debugger_leaves_no_program(project):
    project.tests(f"def test_a(launch_node):\n    {LEAK}\n")
    done = debugged(project, "q\n")
    assert "Quitting debugger" in done.stdout
    assert project.gone(1)
    assert project.leftovers() == []


@pytest.mark.slow
def test_in_workers_of_xdist_results_and_numbers_arrive(project):
    project.tests(
        f"def test_leak(launch_node):\n    {LEAK}\n\ndef test_fine(launch_node):\n    {FINE}\n\n"
        "def test_shared(launch_node_session):\n"
        "    assert launch_node_session('program.js').evaluate('1') == 1\n"
    )
    result = project.run("-n", "2", "--junitxml=../junit.xml", "-rA")
    result.assert_outcomes(failed=1, passed=2)
    result.stdout.fnmatch_lines(
        [
            "E *LeakError: leak: Entry: *",
            "nodeleak: 1 leaking, 1 steady",
            "FAILED* - leak: *",
        ]
    )
    junit = (project.path / "../junit.xml").read_text()
    assert junit.count('name="nodeleak_outcome"') == 2
    assert 'name="nodeleak_outcome" value="leak"' in junit
    assert project.artifacts() == ["test_it.py--test_leak"]
    assert project.gone(1)
    assert project.leftovers() == []


@pytest.mark.exhaustive
@pytest.mark.fault(
    "pytest",
    "a bad marker with `-n 2`",
    forced="`round=3`",
    seen="unknown policy 'round'; did you mean 'rounds'",
)
@pytest.mark.slow
def test_in_workers_of_xdist_a_bad_marker_fails_its_test_alone(project):
    project.tests(
        "@pytest.mark.nodeleak(round=3)\ndef test_bad(launch_node): pass\n\ndef test_fine(): pass\n"
    )
    result = project.run("-n", "2")
    result.assert_outcomes(errors=1, passed=1)
    result.stdout.fnmatch_lines(
        [
            "unknown policy 'round' (from the nodeleak marker of test_it.py::test_bad); did you *",
            "ERROR test_it.py::test_bad - Failed: unknown policy 'round' *",
        ]
    )
    result.stdout.no_fnmatch_line("*INTERNALERROR*")


def test_in_workers_of_xdist_a_bad_option_is_a_usage_error(project):
    project.tests("def test_x(): pass\n")
    result = project.run("-n", "2", "--nodeleak-rounds=1")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert len([line for line in result.errlines if line]) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.fault(
    "pytest", "SIGINT with `-n 2`", forced="in a measurement", seen="no process is left"
)
@pytest.mark.slow
def test_ctrl_c_with_workers_of_xdist(project):
    project.tests(WATCHED.format(workload=WORKLOADS["javascript"]))
    process = start(project, "-n", "2")
    wait_for((project.path / "started").exists)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == pytest.ExitCode.INTERRUPTED
    assert project.gone()


@pytest.mark.slow
def test_warnings_are_errors_and_nothing_warns(project):
    project.tests(
        f"def test_leak(launch_node):\n    {LEAK}\n\ndef test_fine(launch_node):\n    {FINE}\n\n"
        "def test_session(launch_node_session):\n    launch_node_session('program.js')\n"
    )
    result = project.run("-W", "error", "-p", "no:unraisableexception")
    result.assert_outcomes(failed=1, passed=2)
    result = project.run("-W", "error", "-k", "not leak")
    result.assert_outcomes(passed=2, deselected=1)
    assert "ResourceWarning" not in result.stderr.str() + result.stdout.str()
