"""A small shop as esbuild, webpack and tsc write it; V8's own word for where functions begin."""

import json
import os
import shutil
import tracemalloc
from pathlib import Path

import pytest

from pytest_nodeleak.base.frames import CallFrame
from pytest_nodeleak.sources import (
    Frame,
    Place,
    SourceMap,
    Sources,
    display,
    find_map,
    frame_of,
    frames_of,
    own_first,
)
from pytest_nodeleak.sources.comment import data_of_url, map_url

SHOP = Path(__file__).parent / "shop"
BUILDS = ("esbuild", "esbuild-inline", "webpack", "tsc")
TRUTH = [
    (build, name, where)
    for build in BUILDS
    for name, where in json.loads((SHOP / build / "truth.json").read_text()).items()
]
#: what the line of the author's text has where each of them begins
LINES = {
    "Ticket": "constructor",
    "Crate": "class Crate",
    "PlainBox": "class PlainBox",
    "": "=> leak",
}


@pytest.fixture(scope="module")
def sources():
    return Sources()


@pytest.mark.parametrize(("build", "name", "where"), TRUTH)
def test_every_function_is_found_by_its_place(sources, build, name, where):
    url = (SHOP / build / where["file"]).as_uri()
    place = sources.original(url, where["line"], where["column"])
    assert place is not None
    assert place.name == (name or None)
    assert not place.package
    line = Path(place.file).read_text().splitlines()[place.line - 1]
    assert LINES.get(name, name) in line
    assert Path(place.file).is_relative_to(SHOP / "src")


@pytest.fixture
def shop(tmp_path):
    return Path(shutil.copytree(SHOP, tmp_path / "a shop"))


def leak_of(build):
    where = next(where for each, name, where in TRUTH if (each, name) == (build, "leak"))
    return where["file"], where["line"], where["column"]


@pytest.mark.parametrize("build", BUILDS)
def test_a_frame_of_the_author(shop, build):
    file, line, column = leak_of(build)
    call = {
        "functionName": "o",
        "url": (shop / build / file).as_uri(),
        "lineNumber": line,
        "columnNumber": column,
    }
    frame = frame_of(call, Sources())
    assert frame.kind == "program"
    assert display(frame, str(shop)).startswith("leak (src/store.ts:31:")


def test_a_map_beside_without_a_comment(shop):
    script = shop / "esbuild" / "main.js"
    script.write_text(script.read_text().replace("//# sourceMappingURL=main.js.map", ""))
    _, line, column = leak_of("esbuild")
    place = Sources().original(str(script), line, column)
    assert place == Place(str(shop / "src" / "store.ts"), 31, 17, "leak")


def test_a_map_that_changes_is_read_again(shop):
    script = shop / "esbuild" / "main.js"
    _, line, column = leak_of("esbuild")
    sources = Sources()
    assert sources.original(str(script), line, column) is not None
    assert sources.map_of(str(script)) is sources.map_of(script.as_uri())
    (shop / "esbuild" / "main.js.map").write_text("broken")
    assert sources.original(str(script), line, column) is None


def test_maps_from_outside(shop):
    _, line, column = leak_of("esbuild")
    payload = json.loads((shop / "esbuild" / "main.js.map").read_text())
    text = (shop / "esbuild-inline" / "main.js").read_text()
    sources = Sources()
    assert not sources.add("file:///nowhere/a.js", {"a": 1})
    assert not sources.add_map_url("file:///nowhere/a.js", "data:,x")
    assert sources.add("file:///nowhere/out/a.js", payload)
    assert sources.original("/nowhere/out/a.js", line, column) == Place(
        "/nowhere/src/store.ts", 31, 17, "leak"
    )
    _, line, column = leak_of("esbuild-inline")
    url = "webpack-internal:///(rsc)/./src/a.js"
    assert sources.add_map_url(url, map_url(text) or "")
    place = sources.original(url, line, column)
    assert place is not None
    assert place.line == 31


def test_a_file_of_the_project_is_looked_for_in_its_folder(shop, tmp_path):
    payload = {
        "sources": ["webpack://app/./src/store.ts", "webpack://app/webpack/bootstrap"],
        "mappings": "AAAA,CCAA",
    }
    for folder, file in ((None, "src/store.ts"), (str(shop), str(shop / "src/store.ts"))):
        sources = Sources(folder)
        sources.add("webpack-internal:///./a.js", payload)
        assert sources.original("webpack-internal:///./a.js", 0, 0) == Place(file, 1, 1)
        runtime = sources.original("webpack-internal:///./a.js", 0, 1)
        assert runtime == Place("webpack/bootstrap", 1, 1, package=True)


def test_find_map_by_text(shop):
    text = "x\n//# sourceMappingURL=main.js.map"
    assert isinstance(find_map(str(shop / "esbuild" / "other.js"), text), SourceMap)
    assert find_map(str(shop / "esbuild" / "other.js"), "x") is None
    assert find_map("[eval]") is None
    assert find_map("node:fs", text) is None


def test_a_small_map_asks_for_little_memory(shop):
    tracemalloc.start()
    try:
        assert find_map(str(shop / "esbuild" / "main.js")) is not None
        assert tracemalloc.get_traced_memory()[1] < 8_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("named", ["//[x?y", "file://[x", "file://[x]#y", "//a:b]?", "?", "#"])
def test_a_comment_that_names_no_url(shop, named):
    script = str(shop / "esbuild" / "other.js")
    assert find_map(script, f"//# sourceMappingURL={named}") is None
    assert not Sources().add_map_url(script, named)
    assert Sources().original(named, 0, 0) is None
    assert CallFrame("f", named, 1, 1).path == named


@pytest.mark.parametrize("name", ["a b.js.map", "a%20b.js.map"])
def test_percent_escapes_in_the_comment(shop, name):
    os.rename(shop / "esbuild" / "main.js.map", shop / "esbuild" / name)
    assert find_map(str(shop / "esbuild" / "x.js"), "//# sourceMappingURL=a%20b.js.map")


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("a\n//# sourceMappingURL=a.map\n", "a.map"),
        ("a\n//@ sourceMappingURL=a.map", "a.map"),
        ("a\n/*# sourceMappingURL=a.map */", "a.map"),
        ("a\n/*# sourceMappingURL=a.map*/", "a.map"),
        ("//# sourceMappingURL=a.map\n//# sourceMappingURL=b.map", "b.map"),
        ("//# sourceMappingURL=a.map\nx = 'sourceMappingURL=b.map'", "a.map"),
        ("//# sourceMappingURL=", None),
        ("a", None),
    ],
)
def test_comment(text, url):
    assert map_url(text) == url


@pytest.mark.parametrize(
    ("url", "data"),
    [
        ("data:application/json;base64,e30=", b"{}"),
        ("data:application/json;charset=utf-8;base64,e30", b"{}"),
        ("data:application/json,%7B%7D", b"{}"),
        ("data:application/json;base64,e", None),
        ("data:nothing", None),
        ("a.map", None),
    ],
)
def test_data_of_url(url, data):
    assert data_of_url(url) == data


def call(function, url, line=-1, column=-1):
    return {"functionName": function, "url": url, "lineNumber": line, "columnNumber": column}


def test_kinds_and_the_first_of_the_authors_own(tmp_path):
    import pytest_nodeleak

    tool = Path(pytest_nodeleak.__file__).parent / "node" / "driver" / "x.js"
    frames = frames_of(
        [
            call("push", ""),
            call("readFile", "node:fs", 9, 3),
            call("step", tool.as_uri(), 1, 1),
            call("get", "file:///app/node_modules/x/y.js", 4, 2),
            call("", "file:///app/a%20b.js", 6, 0),
        ],
        Sources(),
    )
    assert [frame.kind for frame in frames] == ["node", "node", "tool", "package", "program"]
    assert [display(frame, "/app") for frame in frames][:2] == ["push", "readFile (node:fs:10:4)"]
    assert display(frames[3], "/app") == "get (node_modules/x/y.js:5:3)"
    assert display(frames[4], "/app") == "(anonymous) (a b.js:7:1)"
    assert [own_first(frames[:count]) for count in range(6)] == [-1, 0, 0, 0, 3, 4]


def test_a_bundled_package_is_a_package():
    sources = Sources()
    payload = {
        "sources": ["../node_modules/x/y.js", "../src/a.js", "../src/generated.js"],
        "mappings": "AAAA,CCAA,CCAA",
        "ignoreList": [2],
    }
    sources.add("file:///app/dist/a.js", payload)
    frames = [
        frame_of(call("f", "file:///app/dist/a.js", 0, column), sources) for column in range(3)
    ]
    assert frames[0] == Frame("f", "/app/node_modules/x/y.js", 1, 1, "package")
    assert [frame.kind for frame in frames] == ["package", "program", "package"]


def test_v8s_name_stays_if_it_says_more(shop):
    where = next(where for build, name, where in TRUTH if (build, name) == ("esbuild", "size"))
    url = (shop / "esbuild" / "main.js").as_uri()
    for seen, shown in (("get size", "get size"), ("Ticket.size", "Ticket.size"), ("a", "size")):
        frame = frame_of(call(seen, url, where["line"], where["column"]), Sources())
        assert frame.function == shown
