"""What a worker of pytest-xdist tells its controller, without either."""

import json
import os
from types import SimpleNamespace

import pytest

from pytest_nodeleak.plugin.progress import telling, terminal

CONFIG = SimpleNamespace(workerinput={"workerid": "gw1"})


@pytest.fixture
def pipe(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    end = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    yield path, end
    os.close(end)


@pytest.fixture(autouse=True)
def no_patience(monkeypatch):
    monkeypatch.setattr(terminal, "PATIENCE", 0)
    monkeypatch.setattr(terminal, "PAUSE", 0)


def test_a_line_for_each_change_and_one_for_the_end(pipe, monkeypatch):
    path, end = pipe
    monkeypatch.setenv("PYTEST_CURRENT_TEST", "test_x.py::test_y (call)")
    told = telling.ToController(CONFIG, path)
    told.tell("rounds", "5 iterations")
    told.clear()
    told.clear()
    told.close()
    assert [json.loads(line) for line in os.read(end, 65536).splitlines()] == [
        ["gw1", "test_x.py::test_y", "rounds", "5 iterations"],
        ["gw1", "test_x.py::test_y", "", ""],
    ]


def test_lines_are_written_as_a_whole_and_nobody_waits_for_a_reader(pipe, monkeypatch):
    path, end = pipe
    monkeypatch.setenv("PYTEST_CURRENT_TEST", "\U0001f4a5" * 10_000 + " (call)")
    told = telling.ToController(CONFIG, path)
    told.tell("\U0001f4a5" * 10_000, "\U0001f4a5" * 10_000)
    (line,) = os.read(end, 65536).splitlines()
    assert len(line) < 4096  # what POSIX writes at once
    for n in range(200):  # more than the pipe holds
        told.tell(f"phase {n}", "x" * 10_000)
    told.close()


def test_without_a_pipe_or_a_reader_nothing_is_told(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    for given in (None, path):
        told = telling.ToController(CONFIG, given)
        assert not told.is_watched
        told.tell("rounds", "")
        told.clear()
