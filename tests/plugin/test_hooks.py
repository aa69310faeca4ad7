"""What other plugins may change: a plugin of a dozen lines that uses every hook."""

import pytest

PLUGIN = """\
from dataclasses import replace

def pytest_nodeleak_launch_args(config, script, node_args):
    node_args.append(f"--title={script.stem}")

def pytest_nodeleak_ignore_constructor(item, name):
    return name == "Entry" and "ignored" in item.name

def pytest_nodeleak_verdict(item, verdict):
    if verdict.outcome == "leak" and "accepted" in item.name:
        return replace(verdict, outcome="steady", reasons=("accepted by the team",))

def pytest_nodeleak_report(item, verdict):
    return f"see https://wiki.example/leaks?test={item.name}"
"""


@pytest.mark.slow
def test_a_plugin_of_a_dozen_lines(project):
    project.write("conftest.py", PLUGIN)
    project.write("leaky.leak.js", "exports.iteration = require('./program').leak;")
    project.tests(
        "LEAK = module('./program', 'leak')\n\n"
        "def test_ignored(launch_node):\n"
        "    app = launch_node('program.js')\n"
        "    assert app.evaluate('process.title') == 'program'\n"
        "    assert_no_leak(app, LEAK, budget='2s')\n\n"
        "def test_accepted(launch_node):\n"
        "    verdict = assert_no_leak(launch_node('program.js'), LEAK)\n"
        "    assert verdict.reasons == ('accepted by the team',)\n"
    )
    result = project.run("-W", "ignore")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(
        [
            "E *LeakError: Entry leaks: +1.00 object per iteration*",
            "*- nodeleak -*",
            "iteration of leaky.leak.js: Entry leaks: *",
            "artifacts: .nodeleak/leaky.leak.js--iteration",
            "see https://wiki.example/leaks[?]test=iteration",
        ]
    )
