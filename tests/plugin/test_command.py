"""``nodeleak run`` on real programs."""

import json
import os
import pty
import signal
import subprocess
import sys
import time

import pytest

LEAKY = """\
class Entry { constructor() { this.at = 1; } }
const kept = [];
exports.setup = () => { console.log('set up'); };
exports.iteration = async () => { kept.push(new Entry()); };
exports.teardown = () => { console.log('torn down'); };
exports.options = { maxLive: { Entry: 3 } };
"""


def nodeleak(project, *args, **more):
    """The command in a process of its own."""
    argv = [sys.executable, "-m", "pytest_nodeleak", *args]
    return subprocess.run(
        argv, capture_output=True, text=True, cwd=project.path, timeout=120, check=False, **more
    )


def test_a_leak_is_status_1_with_report_json_and_snapshots(project):
    project.write("leaky.js", LEAKY)
    done = nodeleak(project, "run", "leaky.js", "--json", "out.json", "--output", "kept/here")
    assert done.stderr == ""
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert lines[0].startswith("leak: Entry: ")
    assert lines[-1].startswith("  artifacts  kept/here/ (")
    verdict = json.loads((project.path / "out.json").read_text())
    assert (verdict["schema"], verdict["outcome"]) == (1, "leak")
    assert verdict["policy"]["max_live"] == {"Entry": 3}
    names = sorted(path.name for path in (project.path / "kept" / "here").iterdir())
    assert names[:3] == ["replay.json", "report.txt", "snapshot-1.heapsnapshot"]
    assert names[-1] == "verdict.json"
    assert project.leftovers() == []
    assert project.gone(0)


def test_json_on_stdout_is_nothing_but_json(project):
    project.write("leaky.js", LEAKY.replace("maxLive: { Entry: 3 }", "ignore: ['Entry']"))
    done = nodeleak(project, "run", "leaky.js", "--json", "-")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["outcome"] == "steady"


def test_an_option_wins_over_the_files_own(project):
    project.write("leaky.js", LEAKY)
    done = nodeleak(project, "run", "leaky.js", "--max-live", "Entry=10000000", "--json", "-")
    assert (done.returncode, json.loads(done.stdout)["outcome"]) == (0, "steady")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            "{ maxGrow: 1 }",
            "unknown policy 'maxGrow' (from `options` of a.js); did you mean 'maxGro",
        ),
        (
            "{ maxGrowth: 'x' }",
            "bad value for maxGrowth (from `options` of a.js): 'x' is not a gro",
        ),
        ("{ rounds: 1 }", "bad value for rounds (from `options` of a.js): 1 is not a whole number"),
        ("5", "`options` of iteration is not an object but 5"),
    ],
)
def test_bad_options_of_a_file_are_named_as_it_spells_them(project, options, said):
    project.write("a.js", f"exports.iteration = () => {{}};\nexports.options = {options};")
    done = nodeleak(project, "run", "a.js")
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_the_compilers_are_on_if_the_file_says_so(project):
    project.write(
        "a.mjs",
        "export const iteration = () => {};\n"
        "export const options = { jit: 'on', snapshots: 'never', budget: '1s' };\n"
        "import fs from 'fs';\n"
        "fs.appendFileSync('flags.txt', String(process.execArgv.includes('--no-opt')) + ' ');\n",
    )
    done = nodeleak(project, "run", "a.mjs", "--json", "-")
    assert json.loads(done.stdout)["policy"]["jit"] == "on"
    assert (project.path / "flags.txt").read_text() == "true false "


def test_workload_arguments_of_the_script_and_of_node(project):
    project.write("plain.js", "globalThis.got = process.argv.slice(2).join() + process.title;")
    work = "if (got !== '--port,0mine') throw new Error(got)"
    args = ["--workload", work, "--node-arg=--title=mine", "--", "--port", "0"]
    done = nodeleak(project, "run", "plain.js", *args)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("steady: heapUsed is flat: ")


def test_a_program_that_works_by_itself(project):
    project.write("self.js", "setInterval(() => {}, 5);")
    done = nodeleak(project, "run", "self.js", "--every", "200ms")
    assert (done.returncode, done.stderr) == (0, "")
    assert "  workload   every(0.2)" in done.stdout


@pytest.mark.parametrize(
    ("text", "args", "said"),
    [
        ("exports.x = 1;", (), "it exports: x; give --workload JS, or --every"),
        ("let a = ;", (), "SyntaxError: Unexpected token ';'"),
        ("throw new Error('at start')", (), "Error: at start"),
        ("", ("--workload", "let a = ;"), "the workload is not JavaScript: SyntaxError"),
        ("", ("--workload", ""), "the workload is an empty text"),
        (
            "let n = 0; exports.iteration = () => { if (++n === 7) throw new Error('seventh'); };",
            (),
            "the workload threw on iteration 7: Error: seventh",
        ),
        ("exports.iteration = () => process.exit(3);", (), "ended with exit status 3 while"),
        ("", ("--workload", "1", "--node-arg=--no-such-flag"), "bad option: --no-such-flag"),
    ],
)
def test_what_does_not_work_is_status_2_and_says_why(project, text, args, said):
    project.write("a.js", text)
    done = nodeleak(project, "run", "a.js", *args)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("nodeleak: error: ")
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert project.gone(0)


def test_inconclusive_is_status_3_strict_or_not(project):
    project.write(
        "run_it.py",
        "import dataclasses, sys\n"
        "from pytest_nodeleak import cli\n"
        "from pytest_nodeleak.cli import run\n"
        "def measure_with(*args):\n"
        "    changes = dict(outcome='inconclusive', reasons=('cannot tell',))\n"
        "    return dataclasses.replace(real(*args), **changes)\n"
        "real, run.measure_with = run.measure_with, measure_with\n"
        "sys.exit(cli.main(['run', 'program.js', '--workload', '1', *sys.argv[1:]]))\n",
    )
    for more in ([], ["--strict", "yes"]):
        argv = [sys.executable, "run_it.py", *more]
        done = subprocess.run(argv, capture_output=True, text=True, cwd=project.path, check=False)
        assert (done.returncode, done.stderr) == (3, "")
        assert done.stdout.startswith("inconclusive: cannot tell\n")


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.fault(
    "pytest",
    "SIGINT of `nodeleak run`",
    forced="in a measurement",
    seen="status 130; no process is left",
)
@pytest.mark.slow
def test_ctrl_c_is_status_130_and_leaves_nothing(project):
    argv = [sys.executable, "-m", "pytest_nodeleak", "run", "program.js"]
    argv += ["--workload", "require('./program').leak()", "--budget", "60s"]
    process = subprocess.Popen(argv, stderr=subprocess.PIPE, text=True, cwd=project.path)
    end = time.monotonic() + 60
    while not project.processes():
        assert time.monotonic() < end
        time.sleep(0.02)
    time.sleep(0.7)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (130, "nodeleak: interrupted\n")
    assert project.gone(1)
    assert project.leftovers() == []


@pytest.mark.skipif(sys.platform == "win32", reason="a terminal")
def test_on_a_terminal_a_line_of_progress_comes_and_goes(project):
    outer, inner = pty.openpty()
    argv = [sys.executable, "-m", "pytest_nodeleak", "run", "program.js"]
    argv += ["--workload", "require('./program').fine()"]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=inner, cwd=project.path)
    os.close(inner)
    out, _ = process.communicate(timeout=60)
    shown = b""
    try:
        while part := os.read(outer, 65536):
            shown += part
    except OSError:
        pass  # the other end is closed: all is read
    os.close(outer)
    assert out.startswith(b"steady: ")
    lines = shown.decode().split("\r\x1b[K")
    assert lines[1] == "starting program.js"
    assert any(line.startswith("warm-up: ") for line in lines)
    assert lines[-1] == ""
    assert all(len(line) < 80 for line in lines)


@pytest.mark.parametrize(
    ("command", "redirected", "status"),
    [
        ("run leaky.js", "| true", 1),
        ("run leaky.js --output kept", "| head -1", 1),
        ("run leaky.js --max-live Entry=10000000", "| true", 0),
        ("run leaky.js", ">&-", 1),
        ("run program.js", "2>&1 | true", 2),
        ("run program.js --no-such-option", "2>&1 | true", 2),
        ("doctor leaky.js --max-live Entry=10000000", "| true", 0),
    ],
)
@pytest.mark.fault(
    "The machine",
    "stdout is closed by its reader",
    forced="`nodeleak run ... | head`",
    kept="the files asked for",
    seen="nothing; the exit status is that of the verdict",
)
@pytest.mark.slow
def test_a_closed_pipe_changes_neither_files_nor_the_exit_status(
    project, command, redirected, status
):
    project.write("leaky.js", LEAKY)
    # The reader is gone before the first line.
    reader = f"(sleep 0.1; {redirected[redirected.index('|') + 1 :]})" if "|" in redirected else ""
    redirected = redirected.split("|")[0] + (f"| {reader}" if reader else "")
    extra = "--json out.json" if command.startswith("run leaky") else ""
    script = (
        f"{{ {sys.executable} -m pytest_nodeleak {command} {extra}; echo $? > status; }} "
        f"{redirected}"
    )
    done = subprocess.run(
        script, shell=True, capture_output=True, text=True, cwd=project.path, check=False
    )
    assert done.stderr == ""
    assert (project.path / "status").read_text() == f"{status}\n"
    if extra:
        wanted = {0: "steady", 1: "leak"}[status]
        assert json.loads((project.path / "out.json").read_text())["outcome"] == wanted
    if "--output" in command:
        assert (project.path / "kept" / "report.txt").exists()


def test_a_terminal_without_unicode_gets_the_report_all_the_same(project):
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = nodeleak(project, "run", "program.js", "--workload", "1", env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert "  heapUsed   ??" in done.stdout
