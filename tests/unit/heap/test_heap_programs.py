"""What real programs keep: entries of every kind of container, and one snapshot with an id."""

from __future__ import annotations

import subprocess

import pytest

from pytest_nodeleak.heap import growth_over, growth_since, load_snapshot
from pytest_nodeleak.heap.explain.explainer import Explainer

WINDOWS = (17, 633, 800)

CONTAINERS = """
const v8 = require('v8');
const { EventEmitter } = require('events');
const [, , folder, variant] = process.argv;
const leak = variant === 'leak';
const same = { same: 1 }, listener = () => {};
const keys = Array.from({ length: 3000 }, (_, i) => 'key-' + i);
class Cache extends Map {}
const H = {
  array: [], holey: [], map: new Map(), cache: new Cache(), half: new Map(), set: new Set(),
  numbers: {}, objects: {}, indexed: {}, emitter: new EventEmitter(),
};
const healthy = {
  lru: new Map(), ring: new Array(64), queue: [], filled: new Map(keys.map((key) => [key, same])),
};
exports.H = H; exports.healthy = healthy; exports.keys = keys;
H.emitter.setMaxListeners(0);
let n = 0;
function add() {
  const key = keys[n];
  H.array.push(same); H.holey[2 * n] = same;
  H.map.set(n, same); H.cache.set(key, n); H.half.set(key, n % 3 ? n : same); H.set.add(key);
  H.numbers[key] = n; H.objects[key] = same; H.indexed[n] = same;
  H.emitter.on('upgrade', listener);
  n++;
}
function remove() {
  const at = n - 50, key = keys[at];
  H.array.pop(); delete H.holey[2 * at];
  H.map.delete(at); H.cache.delete(key); H.half.delete(key); H.set.delete(key);
  delete H.numbers[key]; delete H.objects[key]; delete H.indexed[at];
  H.emitter.off('upgrade', listener);
}
function work(times) {
  while (times--) {
    add();
    if (!leak && n > 50) remove();
    const key = keys[n % 700];
    healthy.lru.set(key, same);
    if (healthy.lru.size > 100) healthy.lru.delete(healthy.lru.keys().next().value);
    healthy.ring[n % 64] = same;
    healthy.queue.push(same);
    if (healthy.queue.length > 37) healthy.queue.shift();
    healthy.filled.set(key, same);
  }
}
work(615);
for (const [number, times] of [17, 633, 800, 0].entries()) {
  gc(); gc();
  v8.writeHeapSnapshot(`${folder}/${number}.heapsnapshot`);
  work(times);
}
"""

ONE_SNAPSHOT = """
const v8 = require('v8');
const { Session } = require('inspector');
class Ticket { constructor(id) { this.id = id; } }
const kept = []; exports.kept = kept;
function iteration(number) {
  const ticket = new Ticket(number);
  if (process.argv[3] === 'leak') kept.push(ticket);
}
for (let i = 0; i < 300; i++) iteration(i);
for (let i = 0; i < 50; i++) kept.push(new Ticket(i));
const session = new Session();
session.connect();
let last = 0;
session.on('HeapProfiler.lastSeenObjectId', (event) => { last = event.params.lastSeenObjectId; });
session.post('HeapProfiler.enable');
gc(); gc();
session.post('HeapProfiler.startTrackingHeapObjects', { trackAllocations: false });
setTimeout(() => {
  const seen = last;
  for (let i = 0; i < 200; i++) iteration(i);
  gc(); gc();
  v8.writeHeapSnapshot(process.argv[2] + '/after.heapsnapshot');
  console.log(seen);
  process.exit();  // the tracker's timer would keep it
}, 100);
"""


def _run(node, folder, script: str, variant: str) -> str:
    file = folder / "program.js"
    file.write_text(script)
    command = [node.path, "--expose-gc", *node.quiet_flags(), str(file), str(folder), variant]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout


def _slots(folder, detail: str) -> dict[str, tuple[str, tuple[int, ...], bool]]:
    snapshots = []
    for number in range(len(WINDOWS) + 1):
        last = number == len(WINDOWS)
        path = folder / f"{number}.heapsnapshot"
        snapshot = load_snapshot(path, detail="full" if last else detail)
        if not last:
            snapshot.condense()
        snapshots.append(snapshot)
    diff = growth_over(snapshots)
    return {
        str(diff.path_to(slots.owner_id)).rpartition(" -> ")[2]: (
            slots.kind,
            slots.gained,
            slots.exact,
        )
        for slots in diff.slots
    }


def test_slots_of_a_real_program_are_exact(node, tmp_path):
    _run(node, tmp_path, CONTAINERS, "leak")
    arrays = {
        ".array": ("array", WINDOWS, True),
        ".holey": ("array", WINDOWS, True),
        "listener of 'upgrade'": ("array", WINDOWS, True),
        ".indexed": ("object", WINDOWS, True),
        ".objects": ("object", WINDOWS, True),
    }
    tables = {
        ".map": ("map", WINDOWS, True),
        ".cache": ("map", WINDOWS, True),
        ".half": ("map", WINDOWS, True),
        ".set": ("set", WINDOWS, True),
        ".numbers": ("object", WINDOWS, True),
    }
    assert _slots(tmp_path, "full") == arrays | tables
    assert _slots(tmp_path, "classes") == arrays


def test_slots_of_the_fixed_program_are_none(node, tmp_path):
    _run(node, tmp_path, CONTAINERS, "fixed")
    assert _slots(tmp_path, "full") == {}
    assert _slots(tmp_path, "classes") == {}


@pytest.mark.parametrize("variant", ["leak", "fixed"])
def test_one_snapshot_after_tracking_began(node, tmp_path, variant):
    seen = int(_run(node, tmp_path, ONE_SNAPSHOT, variant))
    diff = growth_since(load_snapshot(tmp_path / "after.heapsnapshot"), seen)
    names = {row.name: row for row in diff.rows if not row.internal}
    if variant == "fixed":
        assert "Ticket" not in names
        return
    ticket = names["Ticket"]
    assert ticket.survivors == (200,)
    assert ticket.populations == (350, 550)
    (why,) = diff.explain([ticket])
    assert str(why.retaining_path) == "kept (Array) in module program.js -> [n]"
    assert why.owner is not None
    assert why.owner.entries == 550


BLOCKS = """
const v8 = require('v8');
class Kept { constructor(name) { this.name = name; } }
const fns = []; exports.third = () => fns;
if (process.argv.length) {
  const seen = new Map(), other = [new Kept('other')];
  seen.set('k', new Kept('seen'));
  exports.first = () => [seen, other];
}
try {
  let count = 3; let table = [new Kept('table')]; class Row {}
  exports.second = () => [count++, table, Row];
} catch {}
for (let i = 0; i < 2; i++) {
  const inner = new Kept('inner');
  fns.push(() => inner);
}
v8.writeHeapSnapshot(process.argv[2] + '/0.heapsnapshot');
"""


def test_variables_of_blocks_have_names(node, tmp_path):
    (tmp_path / "blocks.js").write_text(BLOCKS)
    subprocess.run([node.path, "blocks.js", tmp_path], cwd=tmp_path, check=True, timeout=60)
    snapshot = load_snapshot(tmp_path / "0.heapsnapshot")
    explainer = Explainer(snapshot, (snapshot.max_odd_id,))
    nodes = [n for n in range(snapshot.node_count) if snapshot.name_of(n) == "Kept"]
    texts = {
        str(explainer.path_to(int(snapshot.node_id[n]))).replace("blocks.js:1)", "blocks.js)")
        for n in nodes
        if snapshot.kind_of(n) == "object"
    }
    assert texts == {
        "seen (Map) in module blocks.js -> Map entry",
        "other (Array) in module blocks.js -> [n]",
        "count or table (Array) in module blocks.js -> [n]",
        "fns (Array) in module blocks.js -> [n] (() blocks.js:16)"
        " -> inner (Kept) in scope of anonymous function (blocks.js)",
    }
