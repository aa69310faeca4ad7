"""What pytest shows of the plugin, and what the plugin costs those who do not use it."""

import pytest

from pytest_nodeleak.base.options import PLUGIN_OPTIONS, POLICY_OPTIONS


def test_help_names_every_option_its_variable_and_its_meaning(project):
    text = " ".join(project.run("--help").stdout.str().split())
    for option in POLICY_OPTIONS + PLUGIN_OPTIONS:
        variable = f"[PYTEST_NODELEAK_{option.name.upper()}]"
        value = "" if option.flag else f"={option.metavar}"
        assert f"--nodeleak-{option.dashed}{value} {option.help} {variable}" in text
        assert f"nodeleak_{option.name} (" in text  # among the ini options
    assert "nodeleak: memory-leak tests of Node.js programs" in text


def test_the_marker_explains_itself(project):
    text = " ".join(project.run("--markers").stdout.str().split())
    assert (
        "@pytest.mark.nodeleak(**policy): policy of the leak measurements in this test, over that "
        "of the configuration; keywords: iterations, warmup, rounds, budget, explain, max_growth, "
        "ignore, max_live, snapshots, allocation_sites, jit, offheap, heaps, strict, "
        "show_strings." in text
    )


def test_the_fixtures_explain_themselves(project):
    result = project.run("--fixtures")
    result.stdout.fnmatch_lines(
        [
            "node_executable [[]session scope[]] -- *",
            "    The node binary that ``launch_node`` uses*",
            "node_launch_args [[]session scope[]] -- *",
            "    More arguments for node at every launch*",
            "nodeleak_output -- *",
            "    The folder where the snapshots and the verdict of this test go if it fails.",
            "launch_node -- *",
            '    Start Node.js scripts: ``app = launch_node("server.js")``*',
            "launch_node_session [[]session scope[]] -- *",
            "    Like ``launch_node``, for programs that serve many tests*",
        ]
    )


HEAVY = (
    "('numpy', 'psutil', 'websocket', 'pytest_nodeleak.judge.verdict', 'pytest_nodeleak.report')"
)


@pytest.mark.parametrize(
    "args",
    [
        (),
        ("-q",),
        ("-p", "no:terminal"),
    ],
    ids=["header", "quiet", "no terminal"],
)
def test_a_run_without_the_plugin_loads_nothing_heavy_and_starts_nothing(project, args):
    project.tests("", name="unused.py")
    project.write(
        "conftest.py",
        "import subprocess, sys\n"
        "real = subprocess.Popen.__init__\n"
        "started = []\n"
        "def init(self, args, *rest, **more):\n"
        "    started.append(args[-1]); real(self, args, *rest, **more)\n"
        "subprocess.Popen.__init__ = init\n"
        "def pytest_unconfigure():\n"
        f"    loaded = [m for m in {HEAVY} if m in sys.modules]\n"
        "    open('cost.txt', 'w').write(f'{loaded} {started}')\n",
    )
    project.write("test_plain.py", "def test_x(): pass\n")
    assert project.run(*args).ret == 0
    cost = (project.path / "cost.txt").read_text()
    assert cost == "[] []"


def test_without_the_plugin_its_fixtures_are_gone_and_all_else_works(project):
    project.tests("def test_x(): pass\n\ndef test_y(launch_node): pass\n")
    result = project.run("-p", "no:nodeleak")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["E *fixture 'launch_node' not found"])
    result.stdout.no_fnmatch_line("nodeleak: *")


def test_without_the_plugin_a_program_can_still_be_measured(project):
    project.tests(
        "from pytest_nodeleak import open_node\n"
        "def test_x():\n"
        "    with open_node('program.js') as app:\n"
        "        assert assert_no_leak(app, module('./program', 'fine')).outcome == 'steady'\n"
    )
    project.run("-p", "no:nodeleak").assert_outcomes(passed=1)
    assert project.gone(0)


@pytest.mark.slow
def test_strict_markers_know_ours_and_collecting_alone_checks_it(project):
    project.tests("@pytest.mark.nodeleak(rounds=3)\ndef test_x(): pass\n")
    assert project.run("--strict-markers", "--collect-only", "-q").ret == 0
    project.tests("@pytest.mark.nodeleak(rounds=1)\ndef test_x(): pass\n")
    assert project.run("--collect-only", "-q").ret == pytest.ExitCode.USAGE_ERROR
