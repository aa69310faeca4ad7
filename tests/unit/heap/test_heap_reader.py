"""The reader agrees with ``json.loads`` on every layout and in every cut."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from heap_reference import heaps, read
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_nodeleak.heap import load_snapshot
from pytest_nodeleak.heap.graph.graph import graph_of
from pytest_nodeleak.heap.read.numbers import NumberError, parse_numbers, parse_rows
from pytest_nodeleak.testing.snapshots import EDGE_TYPES, NODE_TYPES, SnapshotBuilder

NODE_FIELDS = ["type", "name", "id", "self_size", "edge_count", "trace_node_id", "detachedness"]


def _same(text: str, snapshot) -> None:
    document = json.loads(text)
    meta = document["snapshot"]["meta"]
    fields, width = meta["node_fields"], len(meta["node_fields"])
    for column, field in (
        (snapshot.node_type, "type"),
        (snapshot.node_name, "name"),
        (snapshot.node_id, "id"),
        (snapshot.node_size, "self_size"),
    ):
        assert column.tolist() == document["nodes"][fields.index(field) :: width]
    counts = document["nodes"][fields.index("edge_count") :: width]
    assert np.diff(snapshot.first_edge.astype(np.int64)).tolist() == counts
    fields, edge_width = meta["edge_fields"], len(meta["edge_fields"])
    assert snapshot.edge_type.tolist() == document["edges"][fields.index("type") :: edge_width]
    names = document["edges"][fields.index("name_or_index") :: edge_width]
    assert snapshot.edge_name.tolist() == names
    targets = document["edges"][fields.index("to_node") :: edge_width]
    assert (snapshot.edge_to.astype(np.int64) * width).tolist() == targets
    assert [snapshot.strings[i] for i in range(len(snapshot.strings))] == document["strings"]


@settings(max_examples=60, deadline=None)
@given(
    build=heaps(),
    fields=st.permutations(NODE_FIELDS),
    drop=st.sets(st.sampled_from(["trace_node_id", "detachedness"])),
    edge_fields=st.permutations(["type", "name_or_index", "to_node"]),
    types=st.permutations(NODE_TYPES),
    rows=st.booleans(),
    cut=st.one_of(st.none(), st.integers(1, 300)),
)
def test_any_layout_reads_like_json(build, fields, drop, edge_fields, types, rows, cut):
    build.node_fields = tuple(field for field in fields if field not in drop)
    build.edge_fields = tuple(edge_fields)
    build.node_types = tuple(types)
    text = build.json(rows=rows)
    _same(text, read(text, cut=cut))


@settings(max_examples=60, deadline=None)
@given(
    texts=st.lists(
        st.text(alphabet=st.sampled_from('a"\\]}[,:\n\té☃😀 1'), max_size=30), max_size=20
    ),
    cut=st.integers(1, 40),
    ascii_only=st.booleans(),
)
def test_strings_with_every_escape(texts, cut, ascii_only):
    build = SnapshotBuilder()
    for text in texts:
        build.string(text)
    document = build.document()
    encoded = json.dumps(document, ensure_ascii=ascii_only)
    snapshot = read(encoded, cut=cut)
    assert [snapshot.strings[i] for i in range(len(snapshot.strings))] == document["strings"]
    for number, text in enumerate(document["strings"]):
        assert snapshot.strings.find(text) == [number] or not ascii_only


def test_long_runs_of_backslashes():
    texts = ["\\" * count + '"x' for count in range(70)]
    build = SnapshotBuilder()
    for text in texts:
        build.string(text)
    snapshot = read(build.json(), cut=53)
    assert [snapshot.name_of(node) for node in range(1, 71)] == texts


def test_lone_surrogates_do_not_spoil_output():
    build = SnapshotBuilder()
    build.string("PLACE")
    text = build.json().replace("PLACE", "cut \\ud83d")
    snapshot = read(text)
    snapshot.name_of(1).encode("utf-8")
    assert snapshot.name_of(1).startswith("cut ")


def test_classes_detail_keeps_what_a_difference_needs():
    build = SnapshotBuilder()
    build.edge(build.root, build.object("Foo", size=40), "element", 1)
    text = build.json()
    full, classes = read(text), read(text, detail="classes", cut=11)
    assert classes.classes() == full.classes() == {"Foo": (1, 40), "(synthetic)": (1, 0)}
    assert classes.node_id.tolist() == full.node_id.tolist()
    assert (classes.has_edges, classes.edge_count) == (False, 1)
    with pytest.raises(ValueError, match="without its edges"):
        _ = graph_of(classes)


def test_huge_numbers_keep_their_value():
    build = SnapshotBuilder()
    build.node("native", "Node / ArrayBuffer", size=5_000_000_000, id=4_294_967_294)
    build.object("Foo", size=12_345_678, id=123_456_789)
    snapshot = read(build.json())
    assert snapshot.node_size.tolist() == [0, 5_000_000_000, 12_345_678]
    assert snapshot.node_id.tolist() == [1, 4_294_967_294, 123_456_789]
    assert snapshot.total_size == 5_012_345_678
    assert snapshot.max_odd_id == 123_456_789


def test_other_sections_and_whitespace_are_passed_over():
    build = SnapshotBuilder()
    build.object("Foo")
    document = build.document()
    document["trace_tree"] = [1, 2, [3, [4, ']}\\"', []]]]
    document["samples"] = [1, 2, 3, 4]
    document["unknown"] = {"a": ["}", {"b": None}], "c": -1.5e3}
    document["other"] = 17
    text = json.dumps(document, indent=1)
    for cut in (1, 7, 100_000):
        _same(text, read(text, cut=cut))


def test_sections_may_come_in_another_order():
    build = SnapshotBuilder()
    build.object("Foo")
    document = build.document()
    order = ["snapshot", "strings", "nodes", "locations", "edges"]
    text = json.dumps({key: document[key] for key in order})
    _same(text, read(text, cut=5))


def test_root_index_is_read():
    build = SnapshotBuilder()
    root = build.object("Root")
    document = build.document()
    document["snapshot"]["root_index"] = root * len(build.node_fields)
    assert read(json.dumps(document)).root == root


@pytest.mark.parametrize("suffix", ["heapsnapshot", "heapsnapshot.gz", "heapsnapshot.zst"])
def test_files_plain_and_compressed(tmp_path: Path, suffix: str):
    build = SnapshotBuilder()
    build.object("Foo")
    data = build.json().encode()
    if suffix.endswith("gz"):
        data = gzip.compress(data)
    elif suffix.endswith("zst"):
        zstandard = pytest.importorskip("zstandard")
        data = zstandard.ZstdCompressor().compress(data)
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(data)
    snapshot = load_snapshot(path)
    assert snapshot.classes()["Foo"] == (1, 32)
    assert (snapshot.source, snapshot.path) == (path.name, path)


def test_many_nodes_cross_block_borders():
    build = SnapshotBuilder()
    for number in range(30_000):
        node = build.node("object", f"C{number % 11}", size=number % 1000)
        build.edge(build.root, node, "element", number)
    for rows in (True, False):
        text = build.json(rows=rows)
        assert len(text) > 3 << 18
        _same(text, read(text, cut=100_003))


@settings(max_examples=200, deadline=None)
@given(
    rows=st.lists(
        st.tuples(*[st.integers(0, 10**bound - 1) for bound in (1, 3, 8, 12, 16)]), max_size=40
    ),
    wanted=st.sets(st.integers(0, 4), min_size=1),
    newline=st.sampled_from(["", "\n", " ", " \n"]),
    tail=st.integers(0, 4),
)
def test_rows_parse_like_int(rows, wanted, newline, tail):
    flat = [str(value) for row in rows for value in row]
    lines = [",".join(flat[start : start + 5]) + newline for start in range(0, len(flat), 5)]
    whole = ",".join(lines).encode()
    columns_wanted = sorted(wanted)
    if rows:
        used, columns = parse_rows(whole, 5, columns_wanted, last=True)
        assert used == len(whole) + 1
        assert [column.tolist() for column in columns] == [
            [row[field] for row in rows] for field in columns_wanted
        ]
        # The same as the start of a longer text, in the midst of whose row it ends.
        partial = whole + b"," + b",".join([b"5"] * tail)
        used, columns = parse_rows(partial, 5, columns_wanted, last=False)
        assert used == len(whole) + 1
        assert columns[0].size == len(rows)


@pytest.mark.parametrize(
    "text", [b"1,,2", b"1,a", b"1.5", b"1 2", b"", b",1", b"1,", b"0x1,2", b"1e3", b"--1", b"nan"]
)
def test_what_is_no_number_is_refused(text):
    with pytest.raises(NumberError):
        parse_numbers(text)
    with pytest.raises(NumberError):
        parse_rows(text + b",7" * 3, text.count(b",") + 4, [0], last=True)


def test_repr_tells_what_it_is():
    build = SnapshotBuilder()
    assert repr(read(build.json())) == "<HeapSnapshot test: 1 nodes, 0 edges, 0.00 MB>"
    assert "classes only" in repr(read(build.json(), detail="classes"))


def test_layout_of_each_node_version():
    tracked = ("type", "name", "id", "self_size", "edge_count", "trace_node_id")
    plain = ("type", "name", "id", "self_size", "edge_count", "detachedness")
    old_types = (*NODE_TYPES[:10], "concatenated string", "sliced string", "symbol", "bigint")
    chrome_edges = (*EDGE_TYPES, "invisible")
    for fields, types, edges in (
        (tracked, old_types, EDGE_TYPES),
        ((*tracked, "detachedness"), (*NODE_TYPES, "wasm object"), EDGE_TYPES),
        (plain, NODE_TYPES, chrome_edges),
    ):
        build = SnapshotBuilder(node_fields=fields, node_types=types, edge_types=edges)
        foo = build.object("Foo", size=48)
        build.edge(build.root, foo, "property", "foo")
        document = build.document()
        # Longer than the fields, as Node 12, 14 and 24 write it.
        document["snapshot"]["meta"]["node_types"] += ["number", "number"]
        text = json.dumps(document)
        snapshot = read(text)
        _same(text, snapshot)
        assert snapshot.classes()["Foo"] == (1, 48)


@pytest.mark.parametrize(
    "spelled", ["\\u00FCb\\u65E5", "\\u00fcb\\u65e5", "üb日"], ids=["v8", "python", "plain"]
)
def test_a_string_is_found_however_it_is_spelled(spelled):
    text = SnapshotBuilder().json()
    at = text.rindex("]")
    table = read(text[:at].rstrip() + f', "x", "{spelled}"' + text[at:]).strings
    assert table.find("üb日") == [len(table) - 1]
    assert table[len(table) - 1] == "üb日"
    assert table.find("üB日") == []


@pytest.mark.parametrize("detail", ["full", "classes"])
@pytest.mark.parametrize("first", [7, 140_737_488_355_328])
def test_addresses_as_ids(detail, first):
    """Julia writes the format with the addresses of its objects, of up to 64 bits."""
    build = SnapshotBuilder()
    ids = [first, 4_775_375_728, 3, 4_611_686_018_427_387_903]
    for number, id in enumerate(ids):
        node = build.object("Foo", id=id)
        for _ in range(16 * (number % 2)):
            build.edge(node, node, "element", 1)
    snapshot = read(build.json(), detail=detail)
    assert snapshot.node_id.tolist() == [1, *ids]
    assert snapshot.node_at(4_775_375_728) == 2
    if snapshot.edge_counts is not None:
        assert snapshot.edge_counts.of(snapshot.node_id).tolist() == [-1, -1, 16, -1, 16]


def test_wide_ids_that_come_late(monkeypatch, tmp_path):
    from pytest_nodeleak.heap.model import columns

    monkeypatch.setattr(columns, "_LEAST_BYTES", 0)
    monkeypatch.setattr(columns, "_LEAST_ITEMS", 1)
    build = SnapshotBuilder()
    for number in range(20_000):
        build.object("Foo", id=(1 << 40) + 2 * number if number > 12_000 else None)
    snapshot = read(build.json(), cut=10_000)
    assert snapshot.node_id.tolist() == [node.id for node in build.nodes]
    assert read(build.json().replace('"Foo"', '"Bar"')).node_id.dtype == np.int64


def test_types_that_the_list_lacks_are_shown_as_unknown():
    build = SnapshotBuilder(node_types=(*NODE_TYPES, "a", "b", "c"))
    build.node("b", "old", size=8)
    build.edge(0, build.node("string", "text", size=24), "element", 1)
    document = build.document()
    document["snapshot"]["meta"]["node_types"][0] = list(NODE_TYPES)
    snapshot = read(json.dumps(document))
    number = len(NODE_TYPES)
    assert snapshot.types[number:] == (f"unknown type {number}", f"unknown type {number + 1}")
    assert snapshot.kind_of(1) == f"unknown type {number + 1}"
    assert snapshot.classes()[f"(unknown type {number + 1})"] == (1, 8)
