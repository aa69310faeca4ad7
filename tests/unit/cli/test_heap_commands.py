"""``diff`` and ``show`` as commands: tables, data, pages, and what goes wrong."""

from __future__ import annotations

import argparse
import json

import pytest

from pytest_nodeleak.cli.snapshots import add_parsers
from pytest_nodeleak.heap.names.patterns import mask
from pytest_nodeleak.heap.show.page import render_html
from pytest_nodeleak.heap.show.tables import Column, Table, render_text, to_data
from pytest_nodeleak.testing.snapshots import SnapshotBuilder


@pytest.fixture
def files(tmp_path) -> list[str]:
    """Three snapshots of a program that leaks five sessions each time."""
    build = SnapshotBuilder()
    context = build.module("/app/index.js")
    sessions = build.array(context, "sessions", kind="context")
    for _ in range(50):
        build.edge(context, build.object("Base"), "element", 1)
    paths = []
    for number in (1, 2, 3):
        paths.append(str(build.write(tmp_path / f"{number}.heapsnapshot")))
        for index in range(5):
            session = build.object("Session", size=64)
            build.push(sessions, session)
            build.edge(session, build.string(f"session-{number}{index}"), "property", "id")
    return paths


def run(*arguments: str) -> int:
    parser = argparse.ArgumentParser("nodeleak")
    add_parsers(parser.add_subparsers(required=True))
    namespace = parser.parse_args(arguments)
    status: int = namespace.func(namespace)
    return status


def test_diff_of_three(files, capsys):
    assert run("diff", *files) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "survived: 1.heapsnapshot -> 2.heapsnapshot -> 3.heapsnapshot"
    assert lines[1].split() == ["class", "population", "survivors", "shallow", "retained"]
    assert lines[2].split() == [
        "Session",
        "0",
        "->",
        "5",
        "->",
        "10",
        "5",
        "+",
        "5",
        "640",
        "B",
        "880",
        "B",
    ]
    assert lines[3].strip() == "kept alive by  sessions (Array) in module index.js -> [n]"
    assert lines[4].split()[0] == "(string)"
    # Numbers end in one column.
    assert len({len(line) for line in lines[1:] if not line.startswith(" ")}) == 1


def test_diff_of_two_compares_as_well(files, capsys):
    assert run("diff", files[0], files[2]) == 0
    out = capsys.readouterr().out
    assert "changed: 1.heapsnapshot -> 3.heapsnapshot" in out
    row = next(line for line in out.splitlines() if line.startswith("Session"))
    assert row.split() == ["Session", "+10", "0", "+10", "+640", "B", "0", "B", "+640", "B"]
    assert "kept alive by  sessions (Array)" in out


@pytest.mark.parametrize(
    ("group_by", "first"),
    [
        ("class", "Session"),
        ("shape", "Session"),
        ("owner", "sessions (Array) in module index.js"),
        ("string", "session-#"),
    ],
)
def test_groups_of_a_difference(files, capsys, group_by, first):
    assert run("diff", *files, "--group-by", group_by, "--json", "-") == 0
    data = json.loads(capsys.readouterr().out)
    assert data["rows"][0]["name"] == first
    assert data["files"] == ["1.heapsnapshot", "2.heapsnapshot", "3.heapsnapshot"]
    assert (data["schema"], data["kind"], data["group_by"]) == (1, "diff", group_by)


@pytest.mark.parametrize("sort", ["survivors", "count", "size", "retained", "name"])
def test_every_order(files, capsys, sort):
    assert run("diff", *files, "--sort", sort, "--json", "-") == 0
    names = [row["name"] for row in json.loads(capsys.readouterr().out)["rows"]]
    assert sorted(names) == ["(string)", "Session"]
    # All strings of the heap are one class, so they are more than the sessions.
    assert names[0] == ("(string)" if sort in ("name", "count") else "Session")


@pytest.mark.parametrize(
    ("group_by", "first"),
    [("class", "Base"), ("string", "session-#"), ("owner", "sessions (Array) in module index.js")],
)
def test_show(files, capsys, group_by, first):
    assert run("show", files[2], "--group-by", group_by, "--json", "-") == 0
    names = [row["name"] for row in json.loads(capsys.readouterr().out)["rows"]]
    assert first in names[:3]


def test_show_retained(files, capsys):
    assert run("show", files[2], "--sort", "retained", "--json", "-", "--top", "9") == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)["rows"]}
    assert rows["Session"] == {
        "name": "Session",
        "count": 10,
        "shallow_size": 640,
        "retained_size": 880,
    }
    assert rows["Array"]["retained_size"] == 32 + 1024 + 880


def test_top_says_what_is_left(files, capsys):
    assert run("show", files[2], "--top", "2") == 0
    out = capsys.readouterr().out.splitlines()
    assert len(out) == 5
    assert "more (--top" in out[-1]


def test_files_are_written(files, tmp_path, capsys):
    page, data = tmp_path / "a.html", tmp_path / "a.json"
    assert run("diff", *files, "--html", str(page), "--json", str(data)) == 0
    assert "Session" in capsys.readouterr().out
    assert json.loads(data.read_text())["rows"][0]["survivors"] == [5, 5]
    text = page.read_text()
    assert text.startswith("<!doctype html>")
    assert "sessions (Array) in module index.js" in text
    assert run("show", files[0], "--html", "-") == 0
    assert capsys.readouterr().out.startswith("<!doctype html>")


def test_nothing_survived(tmp_path, capsys):
    build = SnapshotBuilder()
    one = build.write(tmp_path / "1.heapsnapshot")
    build.edge(0, build.node("native", "x", id=2), "element", 1)
    two = build.write(tmp_path / "2.heapsnapshot")
    assert run("diff", str(one), str(two)) == 0
    assert "(no object survived)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["diff", "{0}"], "needs at least two files"),
        (["diff", "{1}", "{0}"], "was taken before"),
        (["diff", "{0}", "{0}"], "same snapshot twice"),
        (["diff", "{0}", "nowhere"], "nowhere: No such file"),
        (["show", "nowhere"], "nowhere: No such file"),
        (["show", "{0}", "--json", "/nowhere/x"], "No such file"),
    ],
)
def test_errors_are_one_sentence_and_status_2(files, capsys, arguments, message):
    assert run(*[argument.format(*files) for argument in arguments]) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.err.startswith(f"nodeleak {arguments[0]}: error: ")
    assert captured.err.count("\n") == 1
    assert captured.out == ""


def test_a_file_that_is_no_snapshot(tmp_path, capsys):
    path = tmp_path / "x.heapsnapshot"
    path.write_text('{"snapshot":{"meta"')
    assert run("show", str(path)) == 2
    assert "section 'snapshot'" in capsys.readouterr().err


@pytest.mark.parametrize("top", ["0", "-1", "x"])
def test_bad_usage_exits_with_2(top, capsys):
    with pytest.raises(SystemExit) as caught:
        run("show", "x", "--top", top)
    assert caught.value.code == 2
    assert "number of rows" in capsys.readouterr().err


def test_tables_escape_and_cut():
    table = Table(
        "t <1>",
        (Column("name", "class", "text"), Column("n", "n", "bytes")),
        (("<script>" * 10, 1500), ("b", None)),
        (("a & b",), ()),
        ("note <x>",),
    )
    text = render_text(table, 30).splitlines()
    assert text[2].endswith("…  1.50 kB")
    assert len(text[2]) <= 30
    assert text[3] == "    a & b"
    assert text[4].split() == ["b", "-"]
    page = render_html(table)
    assert "<script>" not in page
    assert "a &amp; b" in page
    assert to_data(table)["rows"][1] == {"name": "b", "n": None}


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("session-17", "session-#"),
        ("0.123", "#.#"),
        ("3f2504e0-4f89-11d3-9a0c-0305e82c3301/x", "#/x"),
        ("commit deadbeef12 done", "commit # done"),
        ("decade", "decade"),
        ("plain", "plain"),
        ("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9", "#"),
        ("a\nb", "a\\nb"),
        ("x" * 100, "x" * 59 + "…"),
    ],
)
def test_masking(text, masked):
    assert mask(text) == masked


def test_population_of_a_shape_is_not_that_of_all_plain_objects(tmp_path, capsys):
    build = SnapshotBuilder()
    context = build.module("/app/index.js")
    events = build.array(context, "events", kind="context")
    for _ in range(50):
        build.edge(context, build.object("Object"), "element", 1)
    paths = []
    for number in (1, 2, 3):
        paths.append(str(build.write(tmp_path / f"{number}.heapsnapshot")))
        for _ in range(5):
            event = build.object("Object")
            build.push(events, event)
            build.edge(event, build.string("x"), "property", "text")
    assert run("diff", "--json", "-", *paths) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)["rows"]}
    assert rows["{text}"]["survivors"] == [5, 5]
    assert rows["{text}"]["populations"] is None


def test_classes_have_no_column_for_what_is_not_computed(files, capsys):
    assert run("diff", "--group-by", "class", *files) == 0
    assert "retained" not in capsys.readouterr().out


def test_page_of_two_files_has_both_tables(files, tmp_path, capsys):
    page = tmp_path / "page.html"
    assert run("diff", "--html", str(page), *files[:2]) == 0
    text = page.read_text()
    assert text.count("<table>") == 2
    assert text.index("changed:") < text.index("survived: 1.heapsnapshot -&gt; 2.heapsnapshot</h1>")


def test_stdout_is_given_once(files, capsys):
    for command in (["diff", *files], ["show", files[0]]):
        assert run(*command, "--json", "-", "--html", "-") == 2
        captured = capsys.readouterr()
        assert not captured.out
        assert "cannot both write to stdout" in captured.err


def test_details_go_on_below_their_words():
    table = Table(
        "t",
        (Column("name", "class", "text"),),
        (("Session",),),
        ((f"kept alive by  cache in module app.js -> {' -> '.join(['.next'] * 12)}",),),
    )
    lines = render_text(table, 60).splitlines()[3:]
    assert len(lines) > 1
    assert max(map(len, lines)) <= 60
    assert lines[0].startswith("    kept alive by  cache")
    assert all(line.startswith(" " * 19) and line[19] != " " for line in lines[1:])
    assert len(render_text(table).splitlines()) == 4


def test_native_nodes_that_get_new_ids_are_no_change(tmp_path, capsys):
    build = SnapshotBuilder()
    root = build.module("/app/index.js")
    kept = build.array(root, "kept", kind="context")
    paths = []
    for number in (1, 2):
        paths.append(str(build.write(tmp_path / f"{number}.heapsnapshot")))
        build.push(kept, build.object("Session"))
    assert run("diff", *paths) == 0
    table = capsys.readouterr().out.partition("survived")[0]
    assert "Session" in table
    assert "(synthetic)" not in table


@pytest.fixture
def pods(tmp_path) -> list[str]:
    """The same program in two processes, which did things in another order."""
    paths = []
    for name, sessions in (("yesterday", 10), ("today", 40)):
        build = SnapshotBuilder()
        context = build.module("/app/index.js")
        kept = build.array(context, "sessions", kind="context")
        for at in range(2000):
            word = ("Base", "Route")[at % 2 if name == "today" else at // 1000]
            build.edge(context, build.object(word), "element", 1)
        for index in range(sessions):
            session = build.object("Session", size=64)
            build.push(kept, session)
            build.edge(session, build.string(f"session-{index}"), "property", "id")
        paths.append(str(build.write(tmp_path / f"{name}.heapsnapshot")))
    return paths


@pytest.mark.parametrize("given", [(), ("--group-by", "class"), ("--group-by", "shape")])
def test_files_of_two_processes_are_compared_by_population(pods, capsys, given):
    assert run("diff", *pods, *given) == 0
    lines = capsys.readouterr().out.splitlines()
    row = next(line for line in lines if line.startswith("Session"))
    assert row.split() == ["Session", "10", "->", "40", "+30", "+1.92", "kB", "2.56", "kB"]
    assert lines[-1].startswith("Counted by ")
    assert (
        "not object by object: yesterday.heapsnapshot and today.heapsnapshot are not of the same"
        in lines[-1]
    )


def test_strings_of_two_processes_are_compared_by_pattern(pods, capsys):
    assert run("diff", *pods, "--group-by", "string") == 0
    lines = capsys.readouterr().out.splitlines()
    row = next(line for line in lines if line.startswith("session-#"))
    assert row.split()[1:5] == ["10", "->", "40", "+30"]


def test_population_can_be_asked_for_of_any_files(files, tmp_path, capsys):
    data = tmp_path / "diff.json"
    assert run("diff", *files, "--population", "--json", str(data)) == 0
    title = "populations: 1.heapsnapshot -> 2.heapsnapshot -> 3.heapsnapshot"
    assert title in capsys.readouterr().out
    found = json.loads(data.read_text())
    assert (found["kind"], found["why"]) == ("populations", "--population was given")
    session = next(row for row in found["rows"] if row["name"] == "Session")
    assert (session["populations"], session["delta"]) == ([0, 5, 10], 10)
    assert any(row["name"] == "session-#" for row in found["string_populations"])


def test_owners_of_two_processes_are_not_compared(pods, capsys):
    assert run("diff", *pods, "--group-by", "owner") == 2
    assert "--group-by owner needs snapshots of one process" in capsys.readouterr().err
