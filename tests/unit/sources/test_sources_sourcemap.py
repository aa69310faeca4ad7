"""Source maps: plain, with sections, broken."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_nodeleak.sources import Original, SourceMap
from pytest_nodeleak.sources.mappings import encode_vlq
from pytest_nodeleak.sources.paths import is_package, project_of, readable, source_path

TEXT = "class Ticket {}\nconst leak = (order) => order;\n"
SMALL = {
    "version": 3,
    "sources": ["../src/shop.ts"],
    "names": ["Ticket", "leak", "order"],
    # class w{}const y=a=>a
    "mappings": ",".join(
        encode_vlq(numbers)
        for numbers in ([0, 0, 0, 0], [6, 0, 0, 6, 0], [9, 0, 1, 0, 1], [2, 0, 0, 8, 1])
    ),
}  # fmt: skip


def small(**changes):
    found = SourceMap.of({**SMALL, **changes}, "/app/dist/shop.js.map")
    assert found is not None
    return found


def test_places_and_names():
    found = small()
    assert found.sources == ("/app/src/shop.ts",)
    assert found.original(0, 0) == Original("/app/src/shop.ts", 0, 0, None)
    assert found.original(0, 7) == Original("/app/src/shop.ts", 0, 6, "Ticket")
    assert found.original(1, 0) is None


def test_names_without_the_authors_text_are_those_of_the_map():
    found = small()
    assert found.original_name(0, 0) == "Ticket"
    assert found.original_name(0, 7) == "Ticket"
    # A name exactly where an arrow function begins is that of a parameter.
    assert found.original_name(0, 17) is None


def test_names_from_the_text_in_the_map_or_read():
    assert small(sourcesContent=[TEXT]).original_name(0, 17) == "leak"
    asked = []

    def read(source):
        asked.append(source)
        return TEXT

    found = small()
    assert [found.original_name(0, column, read) for column in (0, 17, 17)] == [
        "Ticket", "leak", "leak",
    ]  # fmt: skip
    assert asked == ["/app/src/shop.ts"]


def test_columns_count_utf16_units():
    text = "const a = '😀😀'; function leak() {}"
    mappings = encode_vlq([0, 0, 0, text.index("function") + 2])
    assert small(sourcesContent=[text], mappings=mappings).original_name(0, 0) == "leak"


def test_sections():
    inner = {**SMALL, "sourcesContent": [TEXT], "ignoreList": [0]}
    other = {**SMALL, "sources": ["other.ts"]}
    sections = [
        {"offset": {"line": 4, "column": 0}, "map": other},
        {"offset": {"line": 2, "column": 10}, "map": inner},
        {"offset": {"line": 9, "column": 0}, "url": "elsewhere.map"},
    ]
    found = SourceMap.of({"version": 3, "sections": sections}, "/app/dist/a.js.map")
    assert found is not None
    assert found.original(2, 9) is None
    assert found.original(2, 16) == Original("/app/src/shop.ts", 0, 6, "Ticket")
    assert found.original(4, 6) == Original("/app/dist/other.ts", 0, 6, "Ticket")
    assert found.original_name(2, 27) == "leak"
    assert found.is_ignored("/app/src/shop.ts")
    assert not found.is_ignored("/app/dist/other.ts")
    assert set(found.sources) == {"/app/src/shop.ts", "/app/dist/other.ts"}


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "1", "{}", '{"mappings": 1}', b"\xff\xfe", "[" * 100_000]
)
def test_a_broken_map_is_none(text):
    assert SourceMap.parse(text) is None


JSON = st.recursive(
    st.none() | st.integers(-3, 3) | st.sampled_from(["", "AAAA", "x.js", "webpack://a/b"]),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=5,
)
KEYS = ("sources", "names", "sourcesContent", "sourceRoot", "sections", "ignoreList")


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS), JSON), st.integers(-1, 2), st.integers(-1, 9))
def test_fields_of_any_kind_are_survived(fields, line, column):
    found = SourceMap.parse(json.dumps({"mappings": SMALL["mappings"], **fields}), "/a/b.map")
    assert found is not None
    found.original(line, column)
    found.original_name(line, column)


def test_a_guard_line_and_a_byte_order_mark():
    text = json.dumps(SMALL)
    assert SourceMap.parse(")]}'\n" + text) is not None
    assert SourceMap.parse(b"\xef\xbb\xbf" + text.encode()) is not None


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("webpack://app/./src/x.ts?abcd", "src/x.ts"),
        ("webpack:///./src/x.ts", "src/x.ts"),
        ("webpack:////home/a/x.ts", "/home/a/x.ts"),
        ("webpack://_N_E/../shared/x.ts", "../shared/x.ts"),
        ("webpack://app/webpack/bootstrap", "webpack/bootstrap"),
        ("webpack://app/./webpack/x.ts", "webpack/x.ts"),
        ('webpack://app/external commonjs "fs"', 'external commonjs "fs"'),
        ("webpack-internal:///(rsc)/./src/app/x.ts", "src/app/x.ts"),
        ("webpack-internal:///./src/x.ts", "src/x.ts"),
        ("turbopack://[project]/src/x.ts", "src/x.ts"),
        ("turbopack:///[project]/src/x.ts", "src/x.ts"),
        ("turbopack:///[turbopack]/runtime.ts", "[turbopack]/runtime.ts"),
        ("file:///home/a%20b/x.ts", "/home/a b/x.ts"),
        ("/home/a/x.ts", "/home/a/x.ts"),
        ("https://a/x.ts", "https://a/x.ts"),
        ("file://[x", "file://[x"),
    ],
)
def test_readable(url, path):
    assert readable(url) == path
    assert source_path(url, "", "/app/dist/a.js.map") == path


@pytest.mark.parametrize(
    ("source", "root", "base", "path"),
    [
        ("x.ts", "", "/app/dist/a.map", "/app/dist/x.ts"),
        ("x.ts", "../src", "/app/dist/a.map", "/app/src/x.ts"),
        ("x.ts", "/src/", "/app/dist/a.map", "/src/x.ts"),
        ("x.ts", "webpack://app/", "/app/dist/a.map", "x.ts"),
        ("../x.ts", "", "file:///a%20b/dist/a.map", "/a b/x.ts"),
        ("../x.ts", "", "https://a/dist/a.map", "https://a/x.ts"),
        ("x.ts", "", "https://[a/dist/a.map", "x.ts"),
        ("../x.ts", "", "", "../x.ts"),
        ("", "../src", "/app/a.map", ""),
    ],
)
def test_source_path(source, root, base, path):
    assert source_path(source, root, base) == path


@pytest.mark.parametrize(
    ("path", "package"),
    [
        ("/app/node_modules/x/y.js", True),
        ("node_modules/x/y.js", True),
        ("webpack/bootstrap", True),
        ("webpack/runtime/define property getters", True),
        ("external fs", True),
        ("[turbopack]/runtime.ts", True),
        ("/app/src/x.ts", False),
        ("webpack/x.ts", False),
        ("src/external/x.ts", False),
    ],
)
def test_is_package(path, package):
    assert is_package(path) is package


@pytest.mark.parametrize(
    ("script", "folder"),
    [
        ("/w/shop/src/app.js", "/w/shop/src"),
        ("/w/shop/node_modules/tsx/dist/cli.mjs", "/w/shop"),
        ("/w/shop/node_modules/a/node_modules/b/c.js", "/w/shop"),
    ],
)
def test_project_of(script, folder):
    assert project_of(script) == folder
