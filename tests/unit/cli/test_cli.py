"""What the command says and returns without starting anything."""

import json
import sys

import pytest

from pytest_nodeleak import cli
from pytest_nodeleak.base.options import POLICY_OPTIONS
from pytest_nodeleak.cli import command
from pytest_nodeleak.cli.doctor import memory_text


def run(*argv):
    """The exit status, also of what argparse ends by itself."""
    try:
        return cli.main(argv)
    except SystemExit as ending:
        return ending.code


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "a.js"
    path.write_text("exports.iteration = () => {};")
    return path


def test_version(capsys):
    assert run("--version") == 0
    assert capsys.readouterr().out.startswith("nodeleak 0.")


def test_help_names_every_option_with_an_explanation(capsys):
    assert run("run", "--help") == 0
    text = " ".join(capsys.readouterr().out.split())
    for option in POLICY_OPTIONS:
        assert f"--{option.dashed}{'' if option.flag else ' ' + option.metavar}" in text
        assert option.help.split()[0] in text
    assert "Exit status: 0 steady, 1 leak, 2 usage or environment error, 3 inconclusive" in text


def test_help_needs_nothing_heavy(pytester):
    code = (
        "import sys; from pytest_nodeleak import cli\n"
        "try: cli.main(['run', '--help'])\n"
        "except SystemExit: pass\n"
        "print([m for m in ('psutil', 'websocket', 'pytest') if m in sys.modules])"
    )
    result = pytester.run(sys.executable, "-c", code)
    assert result.outlines[-1] == "[]"


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        ([], "the following arguments are required: COMMAND"),
        (["stroll"], "invalid choice: 'stroll'"),
        (["run"], "the following arguments are required: FILE"),
        (["run", "a.js", "--round", "3"], "unrecognized arguments: --round 3"),
        (["run", "a.js", "--every", "1s", "--workload", "f()"], "not allowed with argument"),
        (["run", "a.js", "--rounds", "1"], "bad value for rounds (from --rounds): '1' is not"),
        (["run", "a.js", "--max-growth", "x"], "bad value for max_growth (from --max-growth): 'x'"),
        (["run", "a.js", "--every", "soon"], "every(): 'soon' is not a duration"),
        (["run", "a.js", "--every", "0s"], "every(): '0s' is not a duration above 0"),
        (["run", "a.js", "--timeout", "x"], "bad value for timeout (from --timeout): 'x' is not"),
        (["run", "a.js", "--timeout", "0"], "'0' is not a duration above 0, such as '30s'"),
        (["run", "a.js", "--node", "/no/node"], "no node executable at '/no/node' (from --node)"),
        (["run", "no.js"], "script not found: '"),
        (["run", "."], "'.' is a folder; give a script"),
        (["run", "a.js", "--json", "no/where.json"], "there is no folder 'no'"),
        (["run", "a.js", "--json", "."], "cannot write --json '.': it is a folder"),
        (
            ["run", "a.js", "--output", "a.js"],
            "--output 'a.js': it is not a folder",
        ),
    ],
)
def test_bad_usage_is_status_2_and_one_sentence(argv, said, script, monkeypatch, capsys):
    monkeypatch.chdir(script.parent)
    assert run(*argv) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err.splitlines()[-1]
    assert "Traceback" not in err


def test_the_variable_for_node_is_named_as_the_source(script, monkeypatch, capsys):
    monkeypatch.setenv("PYTEST_NODELEAK_NODE", "/no/node")
    assert run("run", str(script)) == 2
    said = "no node executable at '/no/node' (from the environment variable PYTEST_NODELEAK_NODE)"
    assert said in capsys.readouterr().err


def test_a_folder_with_files_that_are_not_ours_is_refused_before_the_work(script, tmp_path, capsys):
    mine = tmp_path / "out" / "snapshot-2.heapsnapshot"
    mine.parent.mkdir()
    mine.write_text("mine")
    assert run("run", str(script), "--output", str(mine.parent)) == 2
    assert "'snapshot-2.heapsnapshot' is there, and it is not of an earlier run" in (
        capsys.readouterr().err
    )
    assert mine.read_text() == "mine"


def test_a_folder_of_an_earlier_run_is_not_refused(script, tmp_path, monkeypatch, capsys):
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "verdict.json").write_text(json.dumps({"schema": 1, "outcome": "leak", "series": []}))
    assert run("run", str(script), "--output", str(folder), "--node", "/no/node") == 2
    assert "no node executable" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argv", "options", "script_args"),
    [
        (["run", "a.js"], ["run", "a.js"], []),
        (["run", "a.js", "--"], ["run", "a.js"], []),
        (["run", "a.js", "--", "--port", "0", "--"], ["run", "a.js"], ["--port", "0", "--"]),
    ],
)
def test_what_follows_two_dashes_is_the_scripts(argv, options, script_args):
    assert command._split(argv) == (options, script_args)


@pytest.mark.parametrize(
    ("raised", "status", "said"),
    [(KeyboardInterrupt(), 130, "nodeleak: interrupted"), (BrokenPipeError(), 2, "")],
)
def test_endings_from_outside(raised, status, said, script, monkeypatch, capfd):
    def interrupted(arguments):
        raise raised

    monkeypatch.setattr("pytest_nodeleak.cli.run.run_script", interrupted)
    monkeypatch.setattr("os.dup2", lambda *_: None)
    assert run("run", str(script)) == status
    assert capfd.readouterr().err.strip() == said


def test_a_bug_of_ours_is_neither_made_up_as_one_of_the_user_nor_status_1(
    script, monkeypatch, capsys
):
    def broken(arguments):
        raise RuntimeError("bug")

    monkeypatch.setattr("pytest_nodeleak.cli.run.run_script", broken)
    assert run("run", str(script)) == 2
    said = capsys.readouterr().err
    assert "RuntimeError: bug" in said
    assert "a mistake of nodeleak's own" in said


def test_the_doctor_knows_the_limit_of_its_container():
    assert memory_text(24_000_000_000, 23_900_000_000) == (
        "23.9 GB free: snapshots of heaps of up to 1.49 GB"
    )
    assert memory_text(24_000_000_000, 480_000_000) == (
        "480 MB left in this container (cgroup): snapshots of heaps of up to 30.0 MB"
    )
