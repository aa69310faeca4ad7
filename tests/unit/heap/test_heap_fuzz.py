"""Files from anywhere: one clear error or a result, in bounds, with no hang."""

from __future__ import annotations

import gc
import gzip
import json
import random
import re
import tracemalloc
from collections import Counter
from pathlib import Path

import pytest

from pytest_nodeleak import SnapshotFormatError, load_snapshot
from pytest_nodeleak.cli import main
from pytest_nodeleak.report.artifacts import remove_artifacts
from pytest_nodeleak.testing.snapshots import SnapshotBuilder

SEED = 20260731
ROUNDS = 60
#: bytes of memory for a file of a few kB, whatever it claims to be
BOUND = 64_000_000
# Pieces that parsers stumble over.
PIECES = [
    b"", b"[", b"]", b"{", b"}", b",", b",,", b'"', b"\\", b"\\u", b"\\ud800", b"\x00", b"\xff\xfe",
    b"-1", b"1e999", b"99999999999999999999", b"0.5", b"null", b"true", b"NaN", b"[" * 5000,
    b'"nodes":[', b'"edges":[', b'"strings":[', b'"snapshot":{', b"\n" * 100, b"\x1f\x8b",
]  # fmt: skip


def _text() -> bytes:
    build = SnapshotBuilder()
    cache = build.array(build.root, "cache")
    for number in range(30):
        item = build.object("Leaf", size=32)
        build.push(cache, item)
        build.edge(item, build.string(f'text {number} [x] " }}'), "property", "text")
    build.closure("handler", cache, path="/app/index.js", line=3)
    return build.json().encode()


TEXT = _text()


def mutated(text: bytes, dice: random.Random) -> bytes:
    """``text`` with one to four cuts, swaps, repeats or strange pieces."""
    for _ in range(dice.randint(1, 4)):
        at, end = sorted(dice.randrange(len(text) + 1) for _ in range(2))
        end = min(end, at + dice.choice((0, 1, 2, 8, 64, 1000)))
        middle = dice.choice((dice.choice(PIECES), text[at:end] * dice.randint(0, 3)))
        text = text[:at] + middle + text[end:]
    return text


def renumbered(text: bytes, dice: random.Random) -> bytes:
    """``text`` with one to six of its numbers changed: what is still JSON reaches the graph."""
    numbers = list(re.finditer(rb"-?\d+", text))
    for found in sorted(dice.sample(numbers, dice.randint(1, 6)), key=lambda m: -m.start()):
        number = dice.choice((0, 1, 2, 7, 6, 70, 4095, 2**31 - 1, 2**32, 2**53 + 1, 10**19))
        text = text[: found.start()] + str(number).encode() + text[found.end() :]
    return text


@pytest.mark.fault(
    "Files",
    "hostile snapshots",
    forced="60 files of cuts, swaps, strange pieces and numbers, fixed seed; "
    "`nodeleak show --retained`",
    seen="SnapshotFormatError and status 2, or a table; at most 64 MB of memory",
)
def test_a_hostile_snapshot_is_refused_or_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dice = random.Random(SEED)
    path = tmp_path / "x.heapsnapshot"
    statuses = Counter[int]()
    tracemalloc.start()
    try:
        for number in range(ROUNDS):
            text = (renumbered if number % 2 else mutated)(TEXT, dice)
            path.write_bytes(gzip.compress(text) if number % 5 == 0 else text)
            statuses[main(["show", str(path), "--retained"])] += 1
            assert "Traceback" not in "".join(capsys.readouterr())
            gc.collect()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < BOUND
    assert set(statuses) == {0, 2}
    assert min(statuses.values()) > ROUNDS / 20


@pytest.mark.fault(
    "Files",
    "a name that a file does not have",
    forced="a node whose name is string number 2^31",
    seen="SnapshotFormatError; no memory is asked for",
)
def test_a_name_far_beyond_all_strings_takes_no_memory(tmp_path: Path) -> None:
    document = json.loads(TEXT)
    fields = document["snapshot"]["meta"]["node_fields"]
    types = document["snapshot"]["meta"]["node_types"][0]
    nodes, at = document["nodes"], fields.index("name")
    kind, step = types.index("object"), len(fields)
    of_objects = [start for start in range(0, len(nodes), step) if nodes[start] == kind]
    nodes[of_objects[0] + at], nodes[of_objects[1] + at] = 2**31 - 1, 0
    path = tmp_path / "x.heapsnapshot"
    path.write_text(json.dumps(document))
    tracemalloc.start()
    try:
        with pytest.raises(SnapshotFormatError, match="but number 2147483647 is referred to"):
            load_snapshot(path)
        assert tracemalloc.get_traced_memory()[1] < BOUND
    finally:
        tracemalloc.stop()


@pytest.mark.fault(
    "Files",
    "a hostile verdict.json",
    forced="60 files of cuts, swaps and strange pieces, fixed seed",
    kept="all files that are not ours",
    seen="nothing; it is no verdict of ours",
)
def test_a_hostile_verdict_removes_nothing_of_others(tmp_path: Path) -> None:
    dice = random.Random(SEED)
    good = json.dumps(
        {"schema": 1, "outcome": "leak", "series": [], "snapshots": ["snapshot-1.heapsnapshot"]}
    ).encode()
    folder = tmp_path / "folder"
    folder.mkdir()
    outside = tmp_path / "outside.heapsnapshot"
    inside = folder / "notes.txt"
    for path in (outside, inside):
        path.write_text("mine")
    for _ in range(ROUNDS):
        (folder / "verdict.json").write_bytes(mutated(good, dice))
        remove_artifacts(folder)
        assert outside.exists()
        assert inside.exists()
