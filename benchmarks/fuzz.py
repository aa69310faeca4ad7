"""Coverage-guided fuzzing of the readers of files that anybody may have written.

    pip install atheris
    python benchmarks/fuzz.py --target snapshot --seconds 1500

Starts from small valid files, and from those in ``tests/unit/hostile/corpus``; changes them as
JSON, which keeps most of them readable, and runs each through the readers in
``tests/unit/hostile/hostile_readers.py``. What raises anything but an error of ours, takes more
than ``--cpu`` seconds or more than ``--memory`` MB is left as ``TARGET-found-...`` beside the
folder of the corpus (``--corpus``), and ends the run with status 77. ``--minimise FILE`` makes
such a file smaller, ``--merge DIR`` copies into DIR what of the corpus adds coverage,
``--try FILE`` reads one without atheris.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import copy
import hashlib
import json
import random
import resource
import shlex
import sys
import tempfile
import time
import traceback
import warnings
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
HOSTILE = ROOT / "tests" / "unit" / "hostile"
#: the longest file that is tried, in bytes
LONGEST = 24_000
#: where the words of each format are: they are put in as texts and keys
WORDS_IN = {
    "snapshot": ("heap", "testing"),
    "profile": ("heap/read",),
    "verdict": ("report", "judge", "base"),
    "picture": ("report", "judge", "base"),
    "baseline": ("baseline", "base"),
    "replay": ("replay", "node", "base"),
    "map": ("sources",),
}
STRANGE = [
    0, 1, -1, 2, 3, 7, 255, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**49, 2**53 + 1, 2**63, 10**19,
    -(2**31), 10**299, 0.5, -0.0, 1e-300, 1e300, 1.7e308, float("inf"), float("nan"),
    None, True, False, [], {}, [[]], "", "0", "-1", "1e999", "inf", "nan", "9" * 400, "1e308",
    "x\0y", "\ud800", "\u202e", "a" * 300, "../../x", "file://[", "//[?", "http://[x", "\x1b[31m",
    "constructor", "__proto__", "3", "²", "9" * 20, "2027-03-01", "10s", "1 KB", "0.5 objects",
    "$x$", "%s", "{}",
]  # fmt: skip
PIECES = [
    b"", b"[", b"]", b"{", b"}", b",", b",,", b'"', b"\\", b"\\u", b"\\ud800", b"\x00", b"\xff\xfe",
    b"-1", b"1e999", b"99999999999999999999", b"0.5", b"null", b"true", b"NaN", b"[" * 900, b";,",
    b'"nodes":[', b'"edges":[', b'"strings":[', b'"snapshot":{', b"\n" * 100, b"\n\0\n", b"=", b"/",
]  # fmt: skip


class Unbounded(Exception):
    """A small file took much time or memory."""


# --- what is tried


def seeds_of(target: str) -> list[bytes]:
    """Small valid files."""
    if target == "snapshot":
        return snapshot_seeds()
    found = {
        "profile": [profile_seed()],
        "baseline": [baseline_seed()],
        "replay": [replay_seed()],
        "map": map_seeds(),
    }
    return found.get(target) or verdict_seeds()


def snapshot_seeds() -> list[bytes]:
    from hostile_readers import SEPARATOR

    whole = [_program(entries) for entries in (1, 3, 5)]
    old = _program(3, old=True)
    return [
        whole[1].encode(),
        old.encode(),
        SEPARATOR.join(text.encode() for text in whole[:2]),
        SEPARATOR.join(text.encode() for text in whole),
    ]


#: entries from which a container is one that may grow
_MANY = 16


def _program(entries: int, *, old: bool = False) -> str:
    """A heap with one of each thing that the engine has words for."""
    from pytest_nodeleak.testing.snapshots import NODE_FIELDS, SnapshotBuilder

    build = SnapshotBuilder(node_fields=NODE_FIELDS[:5]) if old else SnapshotBuilder()
    roots = build.node("synthetic", "(GC roots)", size=0)
    build.edge(build.root, roots, "element", 1)
    context = build.module("/app/cart.js", function="load")
    table = build.object("Object")
    build.edge(context, table, "context", "byName")
    listed = build.array(context, "receipts", kind="context")
    mapped = build.collection(context, "sessions", "Map", 4)
    chosen = build.collection(table, "chosen", "Set", 4)
    weak = build.node("array", "WeakMap table", size=200)
    build.edge(table, weak, "internal", "table")
    closure = build.closure("handler", context, path="/app/cart.js", line=3)
    build.edge(table, closure, "property", "onDone")
    ledger, handlers, shape = _add_scopes(build, context)
    proto = build.object("Receipt")
    build.edge(shape, proto, "internal", "prototype")
    build.edge(proto, closure, "property", "constructor")
    build.next_id = 101
    for number in range(entries):
        item = build.object("Receipt" if number % 2 else "Object", size=40)
        build.edge(item, shape, "internal", "map")
        build.edge(item, build.string(f"text {number} of bob@example.com"), "property", "text")
        build.edge(item, build.node("number", "heap number", size=12), "property", "price")
        build.push(listed, item)
        build.edge(table, item, "property", f"key-{number}")
        build.put(ledger, _MANY + number, item, None)
        build.push(handlers, build.closure("", context, path="/app/cart.js", line=7))
        if number < 8:
            build.put(mapped, number, build.string(f"id{number}"), item)
            build.put(chosen, number, item)
        build.map_entry(weak, item, build.object("Meta"))
        cons = build.node("concatenated string", f"a{number}b", size=32)
        build.edge(cons, build.string("left"), "internal", "first")
        build.edge(cons, build.string("right"), "internal", "second")
        build.edge(closure, cons, "weak", str(number))
    build.samples = [(0, 50), (1000, 120), (2000, 200)]
    return build.json(rows=old)


def _add_scopes(build: Any, context: int) -> tuple[int, int, int]:
    """Hidden classes with keys, a block's variables, exports, listeners.

    Gives a Map and an array of many entries, and a hidden class.
    """
    keys, first, shape = (build.node("object shape", f"system / {n}") for n in ("D", "Map", "Map"))
    for slot, key in enumerate(("id", "total")):
        build.edge(keys, build.string(key), "internal", str(3 * slot))
    build.edge(shape, first, "internal", "back_pointer")
    build.edge(shape, keys, "internal", "descriptors")
    names = build.node("code", "system / ScopeInfo")
    block = build.object("system / Context")
    build.edge(block, names, "internal", "scope_info")
    build.edge(block, context, "internal", "previous")
    for number, name in enumerate(("seen", "limit")):
        build.edge(names, build.string(name), "hidden", number)
        build.edge(block, build.object("Object"), "hidden", number)
    cell, table = build.node("hidden", "system / Cell"), build.node("array", "")
    module = build.object("system / SourceTextModule")
    build.edge(build.root, block, "element", 8)
    build.edge(build.root, module, "element", 9)
    build.edge(module, table, "internal", "exports")
    build.edge(table, build.string("ledger"), "internal", "4")
    build.edge(table, cell, "internal", "5")
    ledger = build.collection(build.root, "byId", "Map", 16)
    build.edge(cell, ledger, "internal", "value")
    emitter, events = build.object("EventEmitter"), build.object("Object")
    build.edge(block, emitter, "hidden", 2)
    build.edge(emitter, events, "property", "_events")
    handlers = build.array(events, "data")
    for number in range(_MANY):
        build.put(ledger, number, emitter, None)
        build.push(handlers, emitter)
    return ledger, handlers, shape


def profile_seed() -> bytes:
    frame = {"functionName": "f", "scriptId": "1", "url": "file:///app/x.js"}
    frame |= {"lineNumber": 3, "columnNumber": 7}  # type: ignore[dict-item]
    leaf = {"callFrame": frame, "selfSize": 100, "id": 2, "children": []}
    root = {"callFrame": {**frame, "url": ""}, "selfSize": 0, "id": 1, "children": [leaf, leaf]}
    samples = [{"size": 100, "nodeId": 2, "ordinal": 1}]
    return json.dumps({"head": root, "samples": samples}).encode()


def verdict_seeds() -> list[bytes]:
    from dataclasses import replace

    from hostile_readers import _VERDICT

    from pytest_nodeleak.base.phases import Phase
    from pytest_nodeleak.judge.verdict import AllocationSite
    from pytest_nodeleak.report.run import MeasuredTest, Run, run_json

    row, series = _VERDICT.constructors[0], _VERDICT.series
    more = replace(
        _VERDICT,
        internals=(replace(row, name="(string)"),),
        windows=(1000.0, 2000.0),
        sites=(AllocationSite(100, ("f (x.js:3:7)",)),),
        heaps=(("main", series), ("worker 1 (jobs.js)", series)),
        phases=(Phase("warm-up", 0, 400), Phase("window 1", 400, 900), Phase("snapshot 1", 9, 9)),
        warm_readings=series.samples[:2],
        artifacts=".nodeleak/x",
        snapshots=("snapshot-1.heapsnapshot",),
    )
    steady = replace(more, outcome="steady", constructors=(), accepted=None)
    run = Run((MeasuredTest("a.py::b", "passed", (steady, more), "a.py", 3),))
    return [json.dumps(v.to_json()).encode() for v in (more, steady)] + [run_json(run).encode()]


def baseline_seed() -> bytes:
    from datetime import date

    from pytest_nodeleak.baseline.entries import Entry
    from pytest_nodeleak.baseline.text import accepted_text

    first = Entry("test_cart.py::test_x", 1, "main", "Receipt", 1.0, 144.0, "old", date(2027, 3, 1))
    return accepted_text([first, Entry("t", 2, "worker", "(memory)", None, 5.0)]).encode()


def replay_seed() -> bytes:
    from dataclasses import replace

    from hostile_readers import _VERDICT

    from pytest_nodeleak.base.recipe import Recipe
    from pytest_nodeleak.replay.recorded import recorded_text

    recipe = Recipe(
        *("/app/x.js", ("--a",), "/app", "/usr/bin/node", "v20.0.0", ("--b",), ("A",), ("B",)),
        timeout=30.0,
        workload={"module": "./x", "export": "f", "args": [1]},
        why="",
    )
    text = recorded_text(replace(_VERDICT, recipe=recipe), Path("/app/.nodeleak/x"), "0.1")
    assert text is not None
    return text.encode()


def map_seeds() -> list[bytes]:
    from hostile_readers import SEPARATOR

    text = "class Cart {\n  add = async (x) => x;\n}\nexport default function f(a, b) {}\n"
    plain = {
        "version": 3,
        "file": "app.js",
        "sourceRoot": "",
        "sources": ["webpack://app/./src/x.ts?a", "../src/y.ts", None],
        "sourcesContent": [text, None],
        "names": ["Cart", "add"],
        "mappings": "AAAA,MAAMA;AACN,KAAKC,CAAC,EAAE;;AAEF,CCAA,E;gBDEC",
        "x_google_ignoreList": [1],
    }
    parts = [{"offset": {"line": at, "column": 0}, "map": plain} for at in (0, 3)]
    script = b"let x;\n//# sourceMappingURL=app.js.map\n"
    inline = b"//# sourceMappingURL=data:application/json;base64,eyJtYXBwaW5ncyI6IkEifQ=="
    return [
        json.dumps(plain).encode() + SEPARATOR + script,
        json.dumps({"version": 3, "sections": parts}).encode() + SEPARATOR + inline,
        json.dumps(plain).encode() + SEPARATOR + b"file:///app/app.js.map?x",
    ]


# --- how it is changed


class Mutator:
    """Changes files as what they are: JSON, and of snapshots tables of numbers."""

    def __init__(self, target: str) -> None:
        from hostile_readers import SEPARATOR

        self._snapshots = target == "snapshot"
        self._separator = SEPARATOR
        self.words = words_of(target)

    def __call__(self, data: bytes, most: int, seed: int) -> bytes:
        dice = random.Random(seed)
        if dice.random() < 0.1:
            return cut_up(data, dice)[:most]
        parts = data.split(self._separator)
        at = dice.randrange(len(parts))
        if self._snapshots and dice.random() < 0.05:
            parts.insert(at, parts[at])
        try:
            document = json.loads(parts[at])
            for _ in range(dice.choice((1, 1, 1, 2, 3, 6))):
                document = self._changed(document, dice)
            text = json.dumps(document, separators=(",", ":"))
        except (ValueError, RecursionError):
            return cut_up(data, dice)[:most]
        parts[at] = text.encode("utf-8", "surrogatepass")
        whole = self._separator.join(parts)
        return whole if len(whole) <= most else cut_up(data, dice)[:most]

    def _changed(self, document: Any, dice: random.Random) -> Any:
        if self._snapshots and dice.random() < 0.75:
            try:
                change_heap(document, dice, self.words)
                return document
            except (KeyError, TypeError, ValueError, IndexError, AttributeError):
                pass  # it is no snapshot any more
        return self._change_json(document, dice)

    def _change_json(self, document: Any, dice: random.Random) -> Any:
        places = list(_places(document))
        if not places:
            return dice.choice(STRANGE)
        holder, key = dice.choice(places)
        what = dice.randrange(9)
        if what == 0:
            del holder[key]
        elif what == 1:
            holder[key] = copy.deepcopy(dice.choice(STRANGE))
        elif what == 2:
            other, at = dice.choice(places)
            holder[key] = copy.deepcopy(other[at])
        elif what == 3:
            holder[key] = dice.choice(self.words)
        elif what == 4 and isinstance(holder, list):
            holder[key:key] = [copy.deepcopy(holder[key])] * dice.choice((1, 2, 40))
        elif what == 5 and isinstance(holder, dict):
            holder[dice.choice(self.words)] = holder.pop(key)
        elif what == 6:
            for _ in range(dice.choice((1, 2, 40, 300))):
                holder[key] = [holder[key]] if dice.random() < 0.5 else {"x": holder[key]}
        else:
            holder[key] = self._near(holder[key], dice)
        return document

    def _near(self, value: Any, dice: random.Random) -> Any:
        if isinstance(value, bool) or value is None:
            return not value
        if isinstance(value, (int, float)):
            return dice.choice((value + 1, value - 1, -value, value * 2, str(value)))
        if isinstance(value, str):
            at = dice.randrange(len(value) + 1)
            word = dice.choice(self.words)
            cut = at + dice.choice((0, 1, 4))
            again = value[at:] * dice.choice((1, 2, 30))
            return dice.choice((value[:at] + word + value[cut:], value[:at] + again, value[:at]))
        return copy.deepcopy(dice.choice(STRANGE))


def cut_up(data: bytes, dice: random.Random) -> bytes:
    """``data`` with one to three cuts, repeats or strange pieces: no JSON any more, mostly."""
    for _ in range(dice.randint(1, 3)):
        at, end = sorted(dice.randrange(len(data) + 1) for _ in range(2))
        end = min(end, at + dice.choice((0, 1, 2, 8, 64, 1000)))
        middle = dice.choice((dice.choice(PIECES), data[at:end] * dice.randint(0, 3)))
        data = data[:at] + middle + data[end:]
    return data


def _places(document: Any) -> Any:
    waiting = [document]
    while waiting:
        holder = waiting.pop()
        if isinstance(holder, dict):
            keys = list(holder)
        elif isinstance(holder, list):
            keys = list(range(len(holder)))
        else:
            continue
        for key in keys:
            yield holder, key
            waiting.append(holder[key])


def words_of(target: str) -> list[str]:
    """The short texts in the code that reads the format, and in its seeds."""
    found: set[str] = set()
    for folder in WORDS_IN[target]:
        for file in sorted((ROOT / "pytest_nodeleak" / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    found.add(node.value)
    texts = {text for text in found if 0 < len(text) <= 40 and "\n" not in text}
    return sorted(texts) + [text for text in STRANGE if isinstance(text, str)]


def change_heap(document: dict[str, Any], dice: random.Random, words: list[str]) -> None:
    """One change after which the counts still agree, most of the time. Raises what it may."""
    heap = _Heap(document)
    ways = (
        *(heap.retarget, heap.retype_edge, heap.rename_edge, heap.add_edge, heap.drop_edge),
        *(heap.retype_node, heap.rename_node, heap.renumber, heap.resize, heap.add_node),
        *(heap.retext, heap.retext, heap.locate, heap.sample, heap.relabel, heap.repeat),
    )
    dice.choice(ways)(dice, words)


class _Heap:
    """The tables of a snapshot, by row."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.header = document["snapshot"]
        self.meta = self.header["meta"]
        self.nodes, self.edges = document["nodes"], document["edges"]
        self.strings = document["strings"]
        self.fields = self.meta["node_fields"]
        self.width = len(self.fields)
        self.at = {name: at for at, name in enumerate(self.fields)}

    def _row(self, dice: random.Random) -> int:
        return dice.randrange(len(self.nodes) // self.width) * self.width

    def _edge(self, dice: random.Random) -> int:
        return dice.randrange(len(self.edges) // 3) * 3

    def _text(self, dice: random.Random, words: list[str]) -> int:
        if dice.random() < 0.5:
            return dice.randrange(len(self.strings))
        self.strings.append(self._word(dice, words))
        return len(self.strings) - 1

    def _word(self, dice: random.Random, words: list[str]) -> str:
        if dice.random() < 0.8:
            return dice.choice(words)
        ids = [self.nodes[self._row(dice) + self.at["id"]] for _ in range(3)]
        return (
            f"{dice.randrange(9)} / part of key (A @{ids[0]}) -> value (B @{ids[1]}) pair in "
            f"WeakMap (table @{ids[2]})"
        )

    def retarget(self, dice: random.Random, words: list[str]) -> None:
        self.edges[self._edge(dice) + 2] = self._row(dice)

    def retype_edge(self, dice: random.Random, words: list[str]) -> None:
        at = self._edge(dice)
        self.edges[at] = dice.randrange(7)
        self.edges[at + 1] = dice.choice((0, dice.randrange(len(self.strings))))

    def rename_edge(self, dice: random.Random, words: list[str]) -> None:
        self.edges[self._edge(dice) + 1] = self._text(dice, words)

    def _first_edge(self, row: int) -> int:
        return 3 * sum(self.nodes[self.at["edge_count"] : row : self.width])

    def add_edge(self, dice: random.Random, words: list[str]) -> None:
        row, kind = self._row(dice), dice.randrange(7)
        at = self._first_edge(row)
        numbered = dice.choice((*range(12), 999, 2**32 - 1))
        name = numbered if kind in (1, 4) else self._text(dice, words)
        for _ in range(dice.choice((1, 1, 1, 40))):
            self.edges[at:at] = [kind, name, self._row(dice)]
            self.nodes[row + self.at["edge_count"]] += 1
            self.header["edge_count"] += 1

    def drop_edge(self, dice: random.Random, words: list[str]) -> None:
        row = self._row(dice)
        if self.nodes[row + self.at["edge_count"]]:
            at = self._first_edge(row)
            del self.edges[at : at + 3]
            self.nodes[row + self.at["edge_count"]] -= 1
            self.header["edge_count"] -= 1

    def retype_node(self, dice: random.Random, words: list[str]) -> None:
        self.nodes[self._row(dice) + self.at["type"]] = dice.randrange(20)

    def rename_node(self, dice: random.Random, words: list[str]) -> None:
        self.nodes[self._row(dice) + self.at["name"]] = self._text(dice, words)

    def renumber(self, dice: random.Random, words: list[str]) -> None:
        other = self.nodes[self._row(dice) + self.at["id"]]
        number = dice.choice((other, other, other + 1, 0, 1, 2**31, 2**32 - 1, 2**61))
        self.nodes[self._row(dice) + self.at["id"]] = number

    def resize(self, dice: random.Random, words: list[str]) -> None:
        size = dice.choice((0, 1, 16, 1000, 2**31, 2**32, 2**50 - 1))
        self.nodes[self._row(dice) + self.at["self_size"]] = size

    def add_node(self, dice: random.Random, words: list[str]) -> None:
        row = self.nodes[(at := self._row(dice)) : at + self.width]
        row[self.at["edge_count"]] = 0
        row[self.at["id"]] = max(self.nodes[self.at["id"] :: self.width]) + 2
        self.nodes += row
        self.header["node_count"] += 1
        self.retarget(dice, words)

    def retext(self, dice: random.Random, words: list[str]) -> None:
        self.strings[dice.randrange(len(self.strings))] = self._word(dice, words)

    def locate(self, dice: random.Random, words: list[str]) -> None:
        line, column = dice.choice((0, 5, 2**32 - 1)), dice.choice((0, 9, 2**32 - 1))
        self.document["locations"] += [self._row(dice), dice.randrange(3), line, column]

    def sample(self, dice: random.Random, words: list[str]) -> None:
        self.document["samples"] += [dice.choice((0, 5000, 2**61)), dice.choice((0, 150, 2**61))]

    def relabel(self, dice: random.Random, words: list[str]) -> None:
        names = dice.choice((self.meta["node_types"][0], self.meta["edge_types"][0], self.fields))
        what, at = dice.randrange(4), dice.randrange(len(names))
        if what == 0:
            names[at] = dice.choice(words)
        elif what == 1:
            names[at] = dice.choice(names)
        elif what == 2:
            names.append(dice.choice(words))
        else:
            dice.shuffle(names)

    def repeat(self, dice: random.Random, words: list[str]) -> None:
        """A chain or a fan of many equal nodes."""
        at = self._row(dice)
        for _ in range(dice.choice((3, 25))):
            last = len(self.nodes)
            row = self.nodes[at : at + self.width]
            row[self.at["edge_count"]] = 1
            row[self.at["id"]] += 2 + last
            self.nodes += row
            self.edges += [dice.choice((0, 2, 3)), self._text(dice, words), dice.choice((at, last))]
            self.header["node_count"] += 1
            self.header["edge_count"] += 1
        self.edges[self._edge(dice) + 2] = last


# --- how it is run


class Guard:
    """Runs a reader; what is no error of ours, or out of bounds, goes through."""

    def __init__(self, target: str, cpu: float, memory: int, left: str = "") -> None:
        from hostile_readers import READERS

        from pytest_nodeleak.base.errors import NodeLeakError

        self._read, self._ours = READERS[target], NodeLeakError
        self._cpu, self._memory, self._left = cpu, memory, left
        # libFuzzer ends without a word: what is to go by itself would stay.
        self._once = None if left else tempfile.TemporaryDirectory(prefix="nodeleak-fuzz-")
        self._folder = Path(self._once.name if self._once else f"{left}work")
        self._folder.mkdir(exist_ok=True)

    def __call__(self, data: bytes) -> None:
        try:
            self._bounded(data)
        except Exception:
            if self._left:  # libFuzzer does not always come to it
                name = hashlib.sha1(data).hexdigest()
                Path(f"{self._left}found-{name}").write_bytes(data)
            raise

    def _bounded(self, data: bytes) -> None:
        began, before = time.process_time(), _peak()
        with contextlib.suppress(self._ours), warnings.catch_warnings():
            warnings.simplefilter("error")  # such as numpy's, of numbers that have overflowed
            self._read(data, self._folder)
        took, more = time.process_time() - began, _peak() - before
        if took > self._cpu:
            raise Unbounded(f"{took:.1f} s of CPU for {len(data)} bytes")
        if more > self._memory:
            raise Unbounded(f"{more} MB for {len(data)} bytes")


def smallest(guard: Guard, data: bytes) -> bytes:
    """What can go goes, as long as ``guard`` raises the same in the same place."""
    wanted = _trouble(guard, data)
    if wanted is None:
        raise SystemExit("nothing is wrong with this file")
    piece = len(data) // 2
    while piece:
        at = 0
        while at < len(data):
            shorter = data[:at] + data[at + piece :]
            if _trouble(guard, shorter) == wanted:
                data = shorter
            else:
                at += piece
        piece //= 2
    return data


def _trouble(guard: Guard, data: bytes) -> tuple[str, str, int] | None:
    try:
        guard(data)
    except Exception as error:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        return type(error).__name__, frame.filename, frame.lineno or 0
    return None


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=_Formatter)
    parser.add_argument("--target", choices=sorted(WORDS_IN), default="snapshot")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--corpus", type=Path, help="default: .fuzz/TARGET here")
    parser.add_argument("--cpu", type=float, default=8.0, metavar="SECONDS")
    parser.add_argument("--memory", type=int, default=256, metavar="MB")
    parser.add_argument("--minimise", type=Path, metavar="FILE")
    parser.add_argument("--merge", type=Path, metavar="DIR")
    parser.add_argument("--inner", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    parser.add_argument("--try", type=Path, metavar="FILE", dest="tried")
    arguments = parser.parse_args()
    sys.path[:0] = [str(HOSTILE), str(ROOT)]
    one: Path | None = arguments.tried or arguments.minimise
    if one is not None:
        guard, data = Guard(arguments.target, arguments.cpu, arguments.memory), one.read_bytes()
        if arguments.tried is not None:
            guard(data)
        else:
            one.with_name(f"{one.name}-small").write_bytes(smallest(guard, data))
        return 0
    try:
        import atheris
    except ImportError:
        print("fuzzing needs atheris, which is not installed: pip install atheris", file=sys.stderr)
        return 2
    corpus: Path = arguments.corpus or Path(".fuzz", arguments.target)
    corpus.mkdir(parents=True, exist_ok=True)
    with atheris.instrument_imports(include=["pytest_nodeleak"]):
        guard = Guard(arguments.target, arguments.cpu, arguments.memory, f"{corpus}-")
        mutator = Mutator(arguments.target)
        for number, seed in enumerate(seeds_of(arguments.target)):
            (corpus / f"seed-{number}").write_bytes(seed)
        # Once with all modules loaded: what they take is not what a file takes.
        for file in sorted(corpus.glob("seed-*")):
            Guard(arguments.target, 60.0, 1 << 20, f"{corpus}-")(file.read_bytes())
        atheris.Setup(_flags(arguments, corpus), guard, custom_mutator=mutator)
        atheris.Fuzz()
    return 0


def _itself(arguments: argparse.Namespace, corpus: Path) -> str:
    """A command that libFuzzer can run to merge: this one, given its arguments as they are."""
    command = Path(f"{corpus}-merge.sh").absolute()
    told = [sys.executable, __file__, "--target", arguments.target, "--corpus", str(corpus)]
    command.write_text(f'#!/bin/sh\nexec {shlex.join(told)} --inner "$@"\n')
    command.chmod(0o700)
    return str(command)


class _Formatter(argparse.RawDescriptionHelpFormatter, argparse.ArgumentDefaultsHelpFormatter):
    pass


def _flags(arguments: argparse.Namespace, corpus: Path) -> list[str]:
    """The arguments of libFuzzer."""
    common = [sys.argv[0], "-rss_limit_mb=1500", "-timeout=20", f"-max_len={LONGEST}"]
    common += [f"-artifact_prefix={corpus}-", f"-max_total_time={arguments.seconds}"]
    if arguments.inner:
        return [sys.argv[0], *arguments.inner]
    if arguments.merge is not None:
        arguments.merge.mkdir(parents=True, exist_ok=True)
        common[0] = _itself(arguments, corpus)
        return [*common, "-merge=1", str(arguments.merge), str(corpus)]
    kept = HOSTILE / "corpus" / arguments.target.replace("picture", "verdict")
    return [*common, "-print_final_stats=1", str(corpus), *([str(kept)] if kept.is_dir() else [])]


if __name__ == "__main__":
    sys.exit(main())
