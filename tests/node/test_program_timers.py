"""Timers that are waited for: the program's own, not those of Node."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_nodeleak.judge.suspects import OURS

from .conftest import Started

# The server checks its connections each 30 s.
PROGRAM = """
const server = require('node:http').createServer(() => {}).listen(0)
setInterval(function sweep() {}, 4000).unref();
setTimeout((function again() {}).bind(null), 9000).unref();
setInterval(() => {}, 60000).unref();
clearInterval(setInterval(() => {}, 1000));
"""


def test_the_programs_own_timers_and_when_they_fire(start: Started) -> None:
    with start(PROGRAM) as app:
        timers = sorted(app.main_heap.own_timers(35.0), key=lambda timer: timer.period)
        assert [timer.period for timer in timers] == [4.0, 9.0]
        assert all(0 < timer.due <= timer.period for timer in timers)
        assert app.main_heap.own_timers(3.0) == ()
        app.main_heap.count_entries([]).close()


@pytest.mark.parametrize("lists", ["timerListMap", "gone in a later version"])
def test_the_heap_is_walked_for_timers_only_where_nodes_lists_are_not_found(
    start: Started, monkeypatch: pytest.MonkeyPatch, lists: str
) -> None:
    monkeypatch.setattr("pytest_nodeleak.node.probes.timers._LISTS", lists)
    with start(PROGRAM + "for (let n = 1; n < 9; n++) setTimeout(() => {}, 7000).unref()") as app:
        asked: list[str] = []
        command = app.main_heap.channel.command

        def noted(method: str, *args: Any, **more: Any) -> Any:
            asked.append(method)
            return command(method, *args, **more)

        monkeypatch.setattr(app.main_heap.channel, "command", noted)
        pending = app.main_heap.pending_timeouts()
        assert pending.count >= 9
        assert 6 < pending.longest <= 9
        periods = [timer.period for timer in app.main_heap.own_timers(35.0)]
        assert sorted(periods) == [4.0, *8 * [7.0], 9.0]
        assert ("Runtime.queryObjects" in asked) == (lists != "timerListMap")


@pytest.mark.parametrize(
    ("kind", "fill"),
    [("Map", "kept.set(1, 2)"), ("Set", "kept.add(1)"), ("Array", "kept.push(1)")],
)
def test_entries_of_containers_are_counted_by_their_ids(
    start: Started, kind: str, fill: str
) -> None:
    with start(f"global.kept = new (class Kept extends {kind} {{}})(); {fill};") as app:
        snapshot = app.take_snapshot()
        kept = [n for n in range(snapshot.node_count) if snapshot.name_of(n) == "Kept"]
        ids = [int(snapshot.node_id[n]) for n in kept if snapshot.kind_of(n) == "object"]
        counts = app.main_heap.count_entries([*ids, 10**9 + 1])
        before = counts.read()
        app.evaluate(fill.replace("1", "7", 1))
        grown = {number: size - before[number] for number, size in counts.read().items()}
        assert sum(grown.values()) == 1
        later = app.take_snapshot()
        names = [later.name_of(n) for n in range(later.node_count) if later.kind_of(n) == "object"]
        # What refers to them is no growth of the program's, by its name.
        assert names.count("NodeleakStore") == len(ids)
        assert "NodeleakStore" in OURS
        counts.close()
