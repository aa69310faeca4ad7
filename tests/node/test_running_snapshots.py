"""``nodeleak snapshot``: every way to a heap snapshot of a program that somebody else started."""

import os
import signal
import subprocess
import sys

import fault_table
import pytest

from pytest_nodeleak import load_snapshot
from pytest_nodeleak.cli import main

from .by_hand import by_hand as by_hand
from .by_hand import listens, soon

LEAK = """
class SimpleClass { constructor(n) { this.text = 'item ' + n; } }
const leakyData = [];
let n = 0;
setInterval(() => leakyData.push(new SimpleClass(n++)), 10);
"""


def snapshot(capsys, *args):
    status = main(["snapshot", *map(str, args)])
    said = capsys.readouterr()
    return status, said.out.strip(), said.err


def instances(path):
    return load_snapshot(path).classes()["SimpleClass"][0]


def test_by_inspector_and_by_signal_the_same_program_gives_its_snapshots(by_hand, capsys, tmp_path):
    process = by_hand(LEAK, "--heapsnapshot-signal=SIGUSR2")
    counts = []
    for via in ("inspector", "signal", "auto"):
        status, path, said = snapshot(
            capsys, "--pid", process.pid, "--via", via, "-o", tmp_path / "out"
        )
        assert status == 0, said
        assert "of memory and" in said  # the cost, before it is taken
        counts.append(instances(path))
        # It was opened for us: it is closed again.
        assert soon(lambda: not listens(process.pid))
    assert counts == sorted(set(counts))  # each later, with more objects
    assert process.poll() is None
    assert list(tmp_path.glob("*.heapsnapshot")) == []  # what was written there was adopted


@pytest.mark.parametrize("via", ["inspector", "signal"])
def test_several_in_one_session_can_be_compared(by_hand, capsys, tmp_path, via):
    first = "leakyData.push(new SimpleClass(n++));"  # before the first snapshot, however soon
    process = by_hand(LEAK + first, "--heapsnapshot-signal=SIGUSR2")
    args = ["--pid", process.pid, "--via", via, "-o", tmp_path / "out"]
    status, paths, said = snapshot(capsys, *args, "--count", "3", "--wait", "200ms")
    assert status == 0, said
    files = paths.splitlines()
    counts = [instances(file) for file in files]
    assert len(set(counts)) == 3
    assert main(["diff", *files]) == 0
    row = next(line for line in capsys.readouterr().out.splitlines() if "SimpleClass" in line)
    assert " -> ".join(map(str, counts)) in row
    assert soon(lambda: not listens(process.pid))


def test_how_many_and_how_far_apart(capsys):
    for args in (["--count", "0"], ["--count", "x"], ["--wait", "soon"]):
        status, _, said = snapshot(capsys, "--pid", "1", *args)
        assert status == 2
        assert f"(from {args[0]})" in said


@pytest.mark.ends
def test_an_inspector_that_was_open_stays_open(by_hand, capsys, tmp_path):
    process = by_hand(LEAK, "--inspect=127.0.0.1:0")
    status, path, said = snapshot(capsys, "--pid", process.pid, "-o", tmp_path)
    assert status == 0, said
    assert instances(path) > 0
    assert listens(process.pid)


@pytest.mark.ends
@pytest.mark.fault(
    "Secrets",
    "an inspector that is open to other machines",
    forced="`--inspect=0.0.0.0:0`, then `nodeleak snapshot --pid`",
    kept="the snapshot, for the user alone",
)
def test_an_inspector_that_is_open_to_the_world_is_warned_of(by_hand, tmp_path):
    process = by_hand(LEAK, "--inspect=0.0.0.0:0")
    argv = [sys.executable, "-m", "pytest_nodeleak", "snapshot", "--pid", str(process.pid)]
    done = subprocess.run(
        [*argv, "-o", str(tmp_path / "out")], capture_output=True, text=True, check=True
    )
    warned = next(line for line in done.stderr.splitlines() if "warning" in line)
    assert warned.startswith("nodeleak: warning: the inspector is open to other machines, at 0.0.")
    fault_table.saw(warned)
    if os.name == "posix":
        assert (tmp_path / "out").stat().st_mode & 0o777 == 0o700
        assert os.stat(done.stdout.strip()).st_mode & 0o777 == 0o600


@pytest.mark.ends
def test_no_way_in_is_said_in_a_sentence(by_hand, capsys, tmp_path):
    own = by_hand("process.on('SIGUSR1', () => {}); setInterval(() => {}, 1e3);", name="own.js")
    deaf = by_hand("require('inspector'); setInterval(() => {}, 1e3);", name="deaf.js")
    # Its port is any that is free: that another program has the usual one is no reason.
    by_hand("setInterval(() => {}, 1e3);", "--inspect=127.0.0.1:9229", name="usual.js")
    status, _, said = snapshot(capsys, "--pid", own.pid, "-o", tmp_path)
    assert status == 2
    assert "it has a handler of its own for SIGUSR1" in said
    status, _, said = snapshot(capsys, "--pid", deaf.pid, "--via", "signal", "-o", tmp_path)
    assert status == 2
    assert "was not started with --heapsnapshot-signal" in said
    assert own.poll() is None
    assert deaf.poll() is None


@pytest.mark.parametrize(
    ("way", "said"),
    [
        (["--pid", "-1"], "-1 is no process id"),
        (["--url", "ws://[bad"], "'ws://[bad' is no inspector address"),
        (["--inspect", "[bad"], "'[bad' is no HOST:PORT"),
    ],
)
def test_what_is_no_way_in_at_all(capsys, tmp_path, way, said):
    assert main(["snapshot", *way, "-o", str(tmp_path)]) == 2
    assert said in capsys.readouterr().err
    assert main(["attach", *way]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.ends
def test_a_signal_that_would_kill_is_not_sent(by_hand, capsys, tmp_path, node):
    if node.version < (22, 14):
        pytest.skip("this Node has no --disable-sigusr1")
    process = by_hand(LEAK, "--disable-sigusr1")
    status, _, said = snapshot(capsys, "--pid", process.pid, "-o", tmp_path)
    assert status == 2
    assert "does not heed SIGUSR1" in said
    assert process.poll() is None


def test_interrupted_it_leaves_the_program_as_it_was(by_hand, tmp_path):
    process = by_hand(LEAK + "globalThis.big = Array.from({length: 4e5}, (_, i) => ({ i }));")
    ours = subprocess.Popen(
        [sys.executable, "-m", "pytest_nodeleak", "snapshot", "--pid", str(process.pid)],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    )
    ours.stderr.readline()  # the cost: it is being taken
    os.kill(ours.pid, signal.SIGINT)
    ours.communicate()
    assert ours.returncode == 130
    assert soon(lambda: not listens(process.pid), 60)
    assert process.poll() is None
    assert not list(tmp_path.glob("*.heapsnapshot*"))
