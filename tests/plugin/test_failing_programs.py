"""Programs and workloads that do not work: one clear error, at the user's line."""

import re
import time

import pytest

SCRIPTS = {
    "syntax.js": "let a = ;",
    "throws.js": "console.error('about to');\nthrow new RangeError('on start');",
    "exits.js": "console.error('bye');\nprocess.exit(3);",
    "exits0.js": "process.exit(0);",
    "rejects.mjs": "await Promise.reject(new Error('top level'));",
    "missing.js": "require('./not-there');",
    "stuck.js": "for (;;) {}",
    "never.mjs": "await new Promise((resolve) => setTimeout(resolve, 1e6));",
}
#: lines of the exception, in their order
SAID = {
    "syntax.js": [
        "E *LaunchError: '*syntax.js' failed to load (exit status 1)*",
        "E * let a = ;",
        "E *SyntaxError: Unexpected token ';'",
    ],
    "throws.js": [
        "E *LaunchError: '*throws.js' failed to load (exit status 1)*",
        "E *about to",
        "E *RangeError: on start",
    ],
    "exits.js": ["E *LaunchError: '*exits.js' failed to load (exit status 3)*", "E *bye"],
    "exits0.js": ["E *LaunchError: '*exits0.js' ended while it was loading (exit status 0*"],
    "rejects.mjs": [
        "E *LaunchError: '*rejects.mjs' failed to load (exit status 1)*",
        "E *Error: top level",
    ],
    "missing.js": [
        "E *LaunchError: '*missing.js' failed to load (exit status 1)*",
        "E *Cannot find module './not-there'*",
    ],
    "stuck.js": ["E *LaunchError: '*stuck.js' was still loading after 3 s*", "E *stuck.js:1*"],
    "never.mjs": ["E *LaunchError: '*never.mjs' was still loading after 3 s*"],
}


def user_frames(result):
    """The places that tracebacks name."""
    return re.findall(r"^(\S+\.py):\d+: \w+$", result.stdout.str(), re.MULTILINE)


@pytest.mark.slow
def test_a_script_that_does_not_load_is_one_error_with_its_stderr(project):
    for name, text in SCRIPTS.items():
        project.write(name, text)
    project.tests(
        f"@pytest.mark.parametrize('name', {list(SCRIPTS)})\n"
        "def test_x(launch_node, name):\n"
        "    launch_node(name)\n"
    )
    result = project.run("--nodeleak-timeout=3s")
    result.assert_outcomes(failed=len(SCRIPTS))
    result.stdout.fnmatch_lines([line for name in SCRIPTS for line in SAID[name]])
    assert user_frames(result) == ["test_it.py"] * len(SCRIPTS)
    result.stdout.no_fnmatch_line("*the above exception*")
    assert project.gone(0)


WORKLOADS = {
    "throws": "module('./program', 'throwOn7')",
    "not-javascript": "'let a = ;'",
    "empty": "'  '",
    "no-module": "module('./not-there', 'x')",
    "no-export": "module('./program', 'lick')",
    "no-workload": "42",
    "rejects": "'Promise.reject(new TypeError(\"later\"))'",
    "exits": "'process.exit(4)'",
    "bad-policy": "'1', round=3",
    "bad-value": "'1', budget='soon'",
}
WORKLOADS_SAID = {
    "throws": [
        "E *WorkloadError: the workload threw on iteration 7: Error: seventh",
        "E *at *throwOn7 (*program.js:6:*)",
    ],
    "not-javascript": [
        "E *WorkloadError: the workload is not JavaScript: SyntaxError: *';'*",
        "E *let a = ;",
    ],
    "empty": ["E *PolicyError: the workload is an empty text*"],
    "no-module": ["E *WorkloadError: cannot use module('./not-there', 'x'): *Cannot find module*"],
    "no-export": ["E *WorkloadError: *has no function 'lick'; it exports: leak, fine, throwOn7*"],
    "no-workload": ["E *PolicyError: 42 is no workload; give JavaScript text, module(path, ex*"],
    "rejects": ["E *WorkloadError: the workload threw on iteration 1: TypeError: later*"],
    "exits": ["E *TargetExitedError: the program ended with exit status 4 while the workload ran*"],
    "bad-policy": [
        "E *PolicyError: unknown policy 'round' (from the call); did you mean 'rounds'*"
    ],
    "bad-value": [
        "E *PolicyError: bad value for budget (from the call): 'soon' is not a duration*"
    ],
}


@pytest.mark.slow
def test_a_workload_that_does_not_work_is_one_error_at_the_users_line(project):
    calls = "\n".join(
        f"def test_{name.replace('-', '_')}(app):\n    assert_no_leak(app, {workload})\n"
        for name, workload in WORKLOADS.items()
    )
    project.tests(
        f"@pytest.fixture\ndef app(launch_node):\n    return launch_node('program.js')\n\n{calls}"
    )
    result = project.run()
    result.assert_outcomes(failed=len(WORKLOADS))
    result.stdout.fnmatch_lines([line for name in WORKLOADS for line in WORKLOADS_SAID[name]])
    assert user_frames(result) == ["test_it.py"] * len(WORKLOADS)
    result.stdout.no_fnmatch_line("*the above exception*")
    assert project.leftovers() == []


def test_a_python_workload_keeps_its_own_traceback(project):
    project.tests(
        "def request(app):\n"
        "    raise ConnectionError('refused')\n\n"
        "def test_x(launch_node):\n"
        "    app = launch_node('program.js')\n"
        "    assert_no_leak(app, lambda: request(app))\n"
    )
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [">       assert_no_leak(app, lambda: request(app))", "E *ConnectionError: refused"]
    )


@pytest.mark.parametrize("ending", ["process.exit(5)", "throw new Error('late')"])
@pytest.mark.fault(
    "The program",
    "ends while it is watched",
    forced="`every('1s')`, an exit, a throw",
    kept="the program's output",
    seen="TargetExitedError: ended with exit status ...",
)
def test_a_program_that_ends_while_it_is_watched_is_noticed_soon(project, ending):
    project.write("dies.js", f"setTimeout(() => {{ {ending} }}, 700);")
    project.tests(
        "def test_x(launch_node):\n    assert_no_leak(launch_node('dies.js'), every('1s'))\n"
    )
    began = time.monotonic()
    result = project.run()
    assert time.monotonic() - began < 20
    result.assert_outcomes(failed=1)
    result.stdout.re_match_lines(
        [r"E .*TargetExitedError: the program ended with exit status \d .*"]
    )
    assert user_frames(result) == ["test_it.py"]


NO_APPS = {
    "'lib.js'": "*the program to measure is 'lib.js'; give a NodeApp: start it with the fix*",
    "Path('lib.js')": "*PolicyError: the program to measure is 'lib.js'; give a NodeApp: start*",
    "launch_node": "*the program to measure is <function *launch_node*>; give a NodeApp*",
}


def test_what_is_no_program_is_refused_at_the_users_line(project):
    calls = "\n".join(
        f"def test_{number}(launch_node):\n"
        f"    assert_no_leak({given}, '1')\n\n"
        f"def test_instances_{number}(launch_node):\n"
        f"    assert_instances({given}, 'Map')\n"
        for number, given in enumerate(NO_APPS)
    )
    project.tests(f"from pathlib import Path\n\n{calls}")
    result = project.run()
    result.assert_outcomes(failed=2 * len(NO_APPS))
    result.stdout.fnmatch_lines([said for said in NO_APPS.values() for _ in range(2)])
    assert user_frames(result) == ["test_it.py"] * 2 * len(NO_APPS)


#: a call that is mistaken, and what is said of it
MISTAKES = {
    "assert_no_leak(app, lambda x: 1)": "the workload test_0.*<lambda> is called without *: *'x'*",
    "app.evaluate(5)": "evaluate takes JavaScript as a text, not 5",
    "app.count_instances(None)": "count_instances takes JavaScript as a text, not None",
    "app.take_snapshot('no/x.heapsnapshot')": "cannot write 'no/x.*': there is no folder 'no'",
    "app.take_snapshot('.')": "cannot write '.': it is a folder; give a file",
    "app.live_profile('no/x.heapprofile')": "cannot write 'no/x.*': there is no folder 'no'",
    "assert_instances(app, 'Array', at_most='x')": "assert_instances: at_most is 'x'; give a *",
}


def test_a_mistaken_call_is_one_sentence_at_the_users_line(project):
    project.tests(
        "@pytest.fixture(scope='session')\n"
        "def app(launch_node_session):\n"
        "    return launch_node_session('program.js')\n"
        + "".join(f"def test_{number}(app):\n    {call}\n" for number, call in enumerate(MISTAKES))
    )
    result = project.run()
    result.assert_outcomes(failed=len(MISTAKES))
    result.stdout.fnmatch_lines([f"E *PolicyError: {said}" for said in MISTAKES.values()])
    assert set(user_frames(result)) == {"test_it.py"}
    result.stdout.fnmatch_lines(["FAILED test_it.py::test_1 - PolicyError: evaluate*"])


def test_who_gave_an_argument_that_node_refuses_is_said(project):
    project.write("pytest.ini", "[pytest]\nnodeleak_node_args = --no-such-flag\n")
    project.tests("def test_x(launch_node):\n    launch_node('program.js')\n")
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["E *LaunchError: *bad option: --no-such-flag (node_args from nodeleak_node_args in *.ini)"]
    )
