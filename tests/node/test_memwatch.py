"""``compare`` against memwatch's HeapDiff, in one process, of the same two moments."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from pytest_nodeleak import compare, load_snapshot, open_node

#: npm builds it, which takes a minute
pytestmark = pytest.mark.exhaustive

PACKAGE = "@airbnb/node-memwatch@3.0.0"
#: the newest Node that it builds on
BUILDS_ON = "v20."
PROGRAM = """
const { writeHeapSnapshot } = require('v8');
const { HeapDiff } = require('@airbnb/node-memwatch');
class SimpleClass { constructor(n) { this.text = 'item ' + n + Math.random(); this.at = [n]; } }
const leakyData = [];
globalThis.work = () => {
  for (let i = 0; i < 500; i++) leakyData.push(new SimpleClass(i));
  leakyData.splice(0, 100);
};
let diff;
globalThis.begin = (file) => { diff = new HeapDiff(); writeHeapSnapshot(file); };
globalThis.end = (file) => { writeHeapSnapshot(file); return diff.end(); };
setInterval(() => {}, 1e3);
"""
#: nodes that we ourselves make between its moments and ours
BESIDES = 60


@pytest.fixture(scope="module")
def folder(node, tmp_path_factory):
    """A folder where memwatch is installed, built for this Node."""
    if not node.version_text.startswith(BUILDS_ON):
        pytest.skip(f"memwatch builds on Node {BUILDS_ON}x, not on {node.version_text}")
    tools = [shutil.which(name) for name in ("npm", "make", "g++")]
    if not all(tools):
        pytest.skip("memwatch is built from source: npm, make and g++ are needed")
    path = tmp_path_factory.mktemp("memwatch")
    # It is built for the Node that runs npm.
    paths = os.pathsep.join([str(Path(node.path).parent), os.environ["PATH"]])
    done = subprocess.run(
        [tools[0], "install", "--no-audit", "--no-fund", "--prefix", str(path), PACKAGE],
        env={**os.environ, "PATH": paths},
        cwd=path,
        capture_output=True,
        text=True,
        timeout=300,
    )
    built = list(path.glob("node_modules/@airbnb/node-memwatch/build/Release/memwatch.node"))
    if done.returncode or not built:
        pytest.skip(f"memwatch could not be built: {done.stderr.strip()[-300:]}")
    return path


def lines(figures):
    return {line["what"]: line for line in figures["change"]["details"]}


def test_the_figures_are_those_of_heap_diff(folder, node):
    script = folder / "index.js"
    script.write_text(PROGRAM, encoding="utf-8")
    files = [str(folder / f"{moment}.heapsnapshot") for moment in ("before", "after")]
    with open_node(script, node=node) as app:
        for number in (0, 1):  # once for what either makes when it is used first
            file = json.dumps(files[number])
            app.evaluate(f"work(), begin({file}), end({file})")
        app.evaluate(f"begin({json.dumps(files[0])})")
        app.evaluate("work()")
        theirs = app.evaluate(f"end({json.dumps(files[1])})")
    ours = compare(*map(load_snapshot, files)).heap_diff()
    assert list(ours) == list(theirs)
    assert set(ours["change"]) == set(theirs["change"])
    for moment in ("before", "after"):
        assert ours[moment]["nodes"] == pytest.approx(theirs[moment]["nodes"], abs=BESIDES)
    for name in ("allocated_nodes", "freed_nodes"):
        assert ours["change"][name] == pytest.approx(theirs["change"][name], abs=BESIDES)
    assert ours["change"]["size_bytes"] == pytest.approx(theirs["change"]["size_bytes"], abs=1000)
    # What the program itself did is the same to the object, the byte and the letter.
    assert lines(ours)["SimpleClass"] == lines(theirs)["SimpleClass"]
    assert lines(ours)["SimpleClass"]["+"] == 500
    for what, line in lines(theirs).items():
        for sign in "+-":
            assert lines(ours)[what][sign] == pytest.approx(line[sign], abs=BESIDES), what
