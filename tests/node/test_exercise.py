"""The well-known exercise, a server whose leak two heap snapshots tell, found both ways."""

import os
import re
import subprocess
import urllib.request
from pathlib import Path

import pytest

from pytest_nodeleak import measure, module, open_node
from pytest_nodeleak.cli import main

CASE = Path(__file__).parents[2] / "benchmarks" / "cases" / "t-heapdump-exercise"
SERVER = CASE / "server.js"


@pytest.fixture
def get(node, tmp_path):
    """``get(path)`` of the server, which runs as somebody else would start it."""
    process = subprocess.Popen(
        [node.path, str(SERVER)],
        cwd=tmp_path,
        env={**os.environ, "PORT": "0"},
        stdout=subprocess.PIPE,
        text=True,
    )
    port = int(process.stdout.readline())

    def ask(path):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answer:
            return answer.read().decode().strip()

    yield ask
    process.kill()
    process.communicate()


def test_by_two_snapshots_compared(get, tmp_path, capsys):
    files = []
    for _ in range(2):
        for at in range(30):
            assert get(f"/{at}") == "Hello World"
        files.append(str(tmp_path / get("/heapdump")))
    assert main(["diff", *files]) == 0
    changed, survived = capsys.readouterr().out.split("\n\n")
    assert re.search(r"^LeakingClass +\+30 +0 +\+30 ", changed, re.MULTILINE)
    assert re.search(
        r"^LeakingClass +30 -> 60 +30 .*\n +kept alive by  leaks \(Array\) in module server.js -> ",
        survived,
        re.MULTILINE,
    )


@pytest.mark.parametrize("variant", ["leaky", "fixed"])
def test_by_measuring_it(node, variant):
    with open_node(CASE / "workload.js", node=node, env={"VARIANT": variant}) as app:
        verdict = measure(app, module("./workload.js", "iteration"))
    assert verdict.leaks is (variant == "leaky"), verdict.reasons
    if verdict.leaks:
        worst = verdict.constructors[0]
        assert (worst.name, round(worst.per_iteration, 1)) == ("LeakingClass", 1.0)
        assert str(worst.allocated_at).endswith("(server.js:15:16)")
