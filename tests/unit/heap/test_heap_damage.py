"""Damaged files: always a SnapshotFormatError that says where, never a hang or a flood."""

from __future__ import annotations

import json
import random
import re
import tracemalloc

import pytest
from heap_reference import read

from pytest_nodeleak.base.errors import SnapshotFormatError
from pytest_nodeleak.heap import load_snapshot
from pytest_nodeleak.testing.snapshots import SnapshotBuilder

SECTIONS = {"snapshot", "nodes", "edges", "strings", "locations", ""}


def _text() -> str:
    build = SnapshotBuilder()
    cache = build.array(build.root, "cache")
    for number in range(30):
        item = build.object("Leaf", size=32)
        build.push(cache, item)
        build.edge(item, build.string(f'text {number} [x] " }}'), "property", "text")
    build.closure("handler", cache, path="/app/index.js", line=3)
    return build.json()


TEXT = _text()


def _nodes_of(snapshot) -> list[tuple]:
    return [
        snapshot.classes(),
        snapshot.edge_to.tolist(),
        snapshot.node_id.tolist(),
        snapshot.edge_name.tolist(),
    ]


@pytest.mark.parametrize("part", range(8))
@pytest.mark.fault(
    "Files",
    "a snapshot that ends early",
    forced="cut at every byte",
    seen="SnapshotFormatError: names the section",
)
def test_every_truncation_is_noticed(part):
    for length in range(part, len(TEXT) - 1, 16):
        with pytest.raises(SnapshotFormatError) as caught:
            read(TEXT[:length], cut=997)
        error = caught.value
        assert error.section in SECTIONS | {"trace_function_infos", "trace_tree", "samples"}
        assert 0 <= error.offset <= length
        assert f"byte {error.offset}" in str(error)


def test_a_truncated_file_names_section_and_source(tmp_path):
    path = tmp_path / "half.heapsnapshot"
    path.write_text(TEXT[: TEXT.index('"strings"') + 100])
    with pytest.raises(SnapshotFormatError) as caught:
        load_snapshot(path)
    assert caught.value.section == "strings"
    assert caught.value.source == "half.heapsnapshot"
    assert str(caught.value).startswith("half.heapsnapshot: ")
    path.write_text(TEXT[: TEXT.index('"edges"') + 40])
    with pytest.raises(SnapshotFormatError, match="section 'edges'"):
        load_snapshot(path)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.fault(
    "Files",
    "a snapshot with changed bytes",
    forced="random mutations, fixed seed",
    seen="SnapshotFormatError, or a snapshot",
)
def test_mutations_are_refused_or_harmless(seed):
    """A changed byte gives an error, or a document that json reads to the same numbers."""
    random_ = random.Random(seed)
    for _ in range(40):
        at = random_.randrange(len(TEXT))
        kind = random_.choice(["replace", "delete", "insert"])
        byte = random_.choice('0123456789,[]{}":\\x \n-.e')
        text = TEXT[:at] + byte * (kind != "delete") + TEXT[at + (kind != "insert") :]
        try:
            snapshot = read(text, cut=random_.choice([None, 100, 1000]))
        except SnapshotFormatError:
            continue
        # Leading zeros, and escapes that json refuses, change no number.
        plain = re.sub(r"(?<=[,\[])0+(?=\d)", "", re.sub(r'\\(?!["\\])', "", text))
        document = json.loads(plain, strict=False)
        width = len(document["snapshot"]["meta"]["node_fields"])
        assert [to * width for to in snapshot.edge_to.tolist()] == document["edges"][2::3]
        assert snapshot.node_id.tolist() == document["nodes"][2::width]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no heap snapshot"),
        ("hello", "does not begin"),
        ("[1,2]", "does not begin"),
        ("{}", "no section 'snapshot'"),
        ('{"nodes":[]}', "before 'snapshot'"),
        ('{"snapshot":{}}', "no 'meta'"),
        ('{"snapshot":[]}', "not an object"),
        ('{"snapshot":{"meta":{}}}', "node_fields"),
        ("{1:2}", "name of a section"),
        ('{"a" 1}', "name of a section"),
        ('{"snapshot":' + "[" * 200_000, "header cannot be read"),
    ],
)
@pytest.mark.fault(
    "Files", "a file that is no snapshot", forced="text, JSON, nothing", seen="SnapshotFormatError"
)
def test_what_is_no_snapshot(text, message):
    with pytest.raises(SnapshotFormatError, match=message):
        read(text)


def _changed(change) -> str:
    build = SnapshotBuilder()
    build.edge(build.root, build.object("Foo"), "element", 1)
    document = build.document()
    change(document)
    return json.dumps(document)


@pytest.mark.parametrize(
    ("change", "section", "message"),
    [
        (lambda d: d["nodes"].__setitem__(0, 99), "nodes", "type of a node is 99"),
        (lambda d: d["nodes"].__setitem__(0, -1), "nodes", "type of a node is -1"),
        (lambda d: d["nodes"].__setitem__(1, 55), "strings", "number 55 is referred to"),
        (lambda d: d["nodes"].__setitem__(2, 1 << 62), "nodes", "id of a node"),
        (lambda d: d["nodes"].__setitem__(2, -1), "nodes", "id of a node is -1"),
        (lambda d: d["nodes"].__setitem__(4, 5), "nodes", "claim more than the 1 edges"),
        (lambda d: d["nodes"].__setitem__(4, 0), "nodes", "have 0 edges"),
        (lambda d: d["nodes"].pop(), "nodes", "left over"),
        (lambda d: d["nodes"].extend([0] * 7), "nodes", "more than the 2 nodes"),
        (lambda d: d["edges"].__setitem__(0, 9), "edges", "type of a edge is 9"),
        (lambda d: d["edges"].__setitem__(2, 3), "edges", "not the start of a node"),
        (lambda d: d["edges"].__setitem__(2, 700), "edges", "to_node"),
        (lambda d: d["edges"].clear(), "edges", "0 edges where"),
        (lambda d: d.pop("edges"), "edges", "no section 'edges'"),
        (lambda d: d.pop("strings"), "strings", "no section 'strings'"),
        (lambda d: d["snapshot"].update(node_count=3), "nodes", "2 nodes where"),
        (lambda d: d["snapshot"].update(node_count="x"), "snapshot", "node_count"),
        (lambda d: d["snapshot"].update(root_index=99), "snapshot", "root_index"),
        (lambda d: d["snapshot"].update(root_index=1), "snapshot", "root_index"),
        (lambda d: d["snapshot"]["meta"].update(node_types=[]), "snapshot", "node_types"),
        (lambda d: d["snapshot"]["meta"]["node_fields"].remove("id"), "snapshot", "'id'"),
    ],
)
def test_numbers_that_cannot_be(change, section, message):
    with pytest.raises(SnapshotFormatError, match=message) as caught:
        read(_changed(change))
    assert caught.value.section == section


def test_offset_points_at_the_bad_number():
    text = TEXT.replace("\n,", "\n,", 1)
    at = text.index('"edges":[') + len('"edges":[')
    broken = text[:at] + "9" * 5 + text[at:]
    with pytest.raises(SnapshotFormatError) as caught:
        read(broken)
    assert caught.value.section == "edges"
    assert abs(caught.value.offset - at) < 10


def test_text_after_the_end_is_refused():
    assert read(TEXT + "\n \n").node_count
    with pytest.raises(SnapshotFormatError, match="after the end"):
        read(TEXT + "x")


def test_a_section_may_not_come_twice():
    with pytest.raises(SnapshotFormatError, match="comes twice"):
        read(TEXT[:-1] + ',"nodes":[]}')


@pytest.mark.fault(
    "Files",
    "a header that promises 10^15 nodes",
    forced="`node_count`",
    seen="SnapshotFormatError; no memory is asked for",
)
def test_counts_in_the_header_ask_for_no_memory(tmp_path):
    """The header of a small file may announce billions of rows."""
    text = _changed(lambda d: d["snapshot"].update(node_count=4_000_000_000))
    path = tmp_path / "lies.heapsnapshot"
    path.write_text(text)
    tracemalloc.start()
    try:
        with pytest.raises(SnapshotFormatError, match="announces 4000000000 nodes"):
            load_snapshot(path)
        # A stream's length is not known beforehand: memory grows with what has come.
        with pytest.raises(SnapshotFormatError, match="2 nodes where"):
            read(text)
        assert tracemalloc.get_traced_memory()[1] < 64 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.fault(
    "Files", "a damaged gzip file", forced="cut and changed", seen="SnapshotFormatError"
)
def test_damaged_gzip(tmp_path):
    import gzip

    whole = gzip.compress(TEXT.encode())
    path = tmp_path / "a.heapsnapshot.gz"
    for data in (whole[:-20], b"no gzip", whole[:50] + b"\0" * 20 + whole[70:]):
        path.write_bytes(data)
        with pytest.raises(SnapshotFormatError):
            load_snapshot(path)
