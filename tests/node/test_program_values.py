"""What is read of a program's objects, variables and resources."""

from __future__ import annotations

from pytest_nodeleak.heap import HeapSnapshot

from .conftest import Started

CACHE = """
const MAX_ENTRIES = 50; let text = 'no number';
class Cache {
  #max = 7;
  constructor() { this.limit = 9; this.name = 'cache'; this.rows = new Map(); }
  get ttl() { throw new Error('getters are not called'); }
}
global.cache = new Cache();
global.storeRow = function storeRow(row) {
  if (cache.rows.size < MAX_ENTRIES) cache.rows.set(row, text);
};
"""


def id_of(snapshot: HeapSnapshot, kind: str, name: str) -> int:
    """The heap object id of the last such node."""
    nodes = [
        node
        for node in range(snapshot.node_count)
        if snapshot.kind_of(node) == kind and snapshot.name_of(node) == name
    ]
    return int(snapshot.node_id[nodes[-1]])


def test_numbers_of_objects_and_of_variables_in_scope(start: Started) -> None:
    app = start(CACHE)
    snapshot = app.take_snapshot()
    cache, put = id_of(snapshot, "object", "Cache"), id_of(snapshot, "closure", "storeRow")
    assert app.main_heap.numbers_in(cache, None) == {"#max": 7.0, "limit": 9.0}
    assert app.main_heap.numbers_in(None, put)["MAX_ENTRIES"] == 50.0
    assert "text" not in app.main_heap.numbers_in(None, put)


def test_numbers_of_what_is_gone_are_none(start: Started) -> None:
    app = start(CACHE)
    app.take_snapshot()
    assert app.main_heap.numbers_in(999_999_999, 999_999_997) == {}


def test_resources_by_kind(start: Started) -> None:
    app = start("global.more = () => setInterval(() => {}, 60000); more();")
    before = app.active_resources()["Timeout"]
    app.run("more()", 5)
    assert app.active_resources()["Timeout"] == before + 5


def test_a_plant_grows_and_goes(start: Started) -> None:
    app = start("")
    app.driver("plant", 8)
    assert app.take_snapshot().classes()["PlantedLeak"][0] >= 8
    app.driver("plant", 0)
    assert app.take_snapshot().classes().get("PlantedLeak", (0, 0))[0] < 8
