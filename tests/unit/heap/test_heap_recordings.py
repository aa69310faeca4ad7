"""Recordings, odd files and odd readers of ``show``: profiles, timelines, closed pipes."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from pytest_nodeleak.cli import main
from pytest_nodeleak.testing.snapshots import SnapshotBuilder


def run(*arguments: str) -> int:
    return main(arguments)


def _profile() -> dict:
    def node(number, name, size, *children, url="file:///app/cart.js", line=25):
        frame = {"functionName": name, "url": url, "lineNumber": line, "columnNumber": 26}
        return {"callFrame": frame, "selfSize": size, "id": number, "children": list(children)}

    leak = node(3, "checkout", 600)
    other = node(4, "", 100, node(5, "checkout", 400), line=3)
    api = node(6, "(V8 API)", 50, url="", line=-1)
    idle = node(7, "idle", 0)
    samples = [{"size": 200, "nodeId": number, "ordinal": 1} for number in (3, 3, 3, 5, 5, 4, 6)]
    return {"head": node(1, "(root)", 0, leak, other, api, idle, url=""), "samples": samples}


def test_show_a_heap_profile(tmp_path, capsys):
    path = tmp_path / "a.heapprofile"
    path.write_text(json.dumps(_profile()))
    assert run("show", str(path)) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()[1:]]
    assert lines == [
        ["function", "alive", "samples"],
        ["checkout", "(cart.js:26:27)", "1.00", "kB", "5"],
        ["(anonymous)", "(cart.js:4:27)", "100", "B", "1"],
        ["(V8", "API)", "50", "B", "1"],
    ]
    assert run("show", str(path), "--sort", "name", "--top", "1", "--json", "-") == 0
    data = json.loads(capsys.readouterr().out)
    assert data["kind"] == "profile"
    assert data["rows"] == [{"name": "(V8 API)", "self_size": 50, "samples": 1}]


def test_a_profile_is_known_by_its_content_and_may_lack_samples(tmp_path, capsys):
    document = _profile()
    del document["samples"]
    path = tmp_path / "profile.json"
    path.write_text(json.dumps(document))
    assert run("show", str(path), "--json", "-") == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert rows[0] == {"name": "checkout (cart.js:26:27)", "self_size": 1000}


@pytest.mark.parametrize("option", ["--json", "--html"])
def test_half_a_character_in_a_name_is_written_as_a_sign(tmp_path, option):
    """JavaScript's strings may hold one; no file of UTF-8 can."""
    document = _profile()
    document["head"]["children"][0]["callFrame"]["functionName"] = "a\ud800"
    path, out = tmp_path / "a.heapprofile", tmp_path / "out"
    path.write_text(json.dumps(document))
    assert run("show", str(path), option, str(out)) == 0
    assert "a? (cart.js:26:27)" in out.read_text("utf-8")


@pytest.mark.parametrize("size", [1e300, "9" * 4000, -1e17, None])
def test_sizes_that_no_heap_has_are_refused(tmp_path, capsys, size):
    document = _profile()
    document["head"]["selfSize"] = size
    path = tmp_path / "bad.heapprofile"
    path.write_text(json.dumps(document))
    assert run("show", str(path)) == 2
    assert "bad.heapprofile: this is no heap profile" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "[1]", '{"head":1}', '{"head":{}}', '{"x":{}}', '{"head":'])
def test_what_is_no_heap_profile(tmp_path, capsys, text):
    path = tmp_path / "bad.heapprofile"
    path.write_text(text)
    assert run("show", str(path)) == 2
    captured = capsys.readouterr()
    assert "bad.heapprofile: this is no heap profile" in captured.err
    assert captured.err.count("\n") == 1


@pytest.mark.parametrize(
    ("top", "intervals"),
    [
        (
            "20",
            [("before", 3), ("0.00 to 0.05 s", 4), ("0.05 to 0.12 s", 0), ("0.12 to 0.50 s", 6)],
        ),
        ("3", [("before", 3), ("0.00 to 0.12 s", 4), ("0.12 to 0.50 s", 6)]),
        ("1", [("before", 3), ("0.00 to 0.50 s", 10)]),
    ],
)
def test_show_a_timeline(tmp_path, capsys, top, intervals):
    build = SnapshotBuilder()
    seconds = (0, 0.05, 0.12, 0.5)
    for time, count in zip(seconds, (2, 4, 0, 6), strict=True):
        for _ in range(count):
            build.edge(0, build.object("Job", size=10), "element", 1)
        build.samples.append((int(time * 1e6), build.next_id - 2))
    build.edge(0, build.object("Late", size=10), "element", 1)
    path = build.write(tmp_path / "a.heaptimeline")
    assert run("show", str(path), "--json", "-", "--top", top) == 0
    data = json.loads(capsys.readouterr().out)
    assert [(row["interval"], row["count"]) for row in data["timeline"]] == [
        *intervals,
        ("after", 1),
    ]
    assert data["timeline"][1]["shallow_size"] == 10 * intervals[1][1]
    assert data["kind"] == "show"
    assert run("show", str(path)) == 0
    out = capsys.readouterr().out
    assert out.index("by the time of its allocation") < out.index("class")


def test_ids_of_64_bits_and_unknown_types_are_shown(tmp_path, capsys):
    build = SnapshotBuilder()
    build.object("symbol", id=4_775_375_744)
    document = build.document()
    document["nodes"][7] = 20
    path = tmp_path / "a.heapsnapshot"
    path.write_text(json.dumps(document))
    assert run("show", str(path)) == 0
    assert "(unknown type 20)" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["show", "diff"])
def test_a_pipe_that_nobody_reads_is_silence(tmp_path, command):
    build = SnapshotBuilder()
    files = []
    for name in "abc":
        build.edge(0, build.object("Session"), "element", 1)
        files.append(str(build.write(tmp_path / f"{name}.heapsnapshot")))
    data = tmp_path / "data.json"
    reader, writer = os.pipe()
    os.close(reader)
    arguments = files[:1] if command == "show" else files
    done = subprocess.run(
        [sys.executable, "-m", "pytest_nodeleak", command, *arguments, "--json", str(data)],
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(data.read_text())["kind"] == command
