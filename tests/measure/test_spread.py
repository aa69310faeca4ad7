"""Leaks of numbers, and of objects that are there already, in many containers, or copied."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_nodeleak.node.channel import Channel

from .conftest import Measured

pytestmark = pytest.mark.slow

#: what it is, the program with KEEPS, and: constructor, entries per iteration, end of the path
SPREAD = {
    "arrays of numbers, one after the other: the heap is flat for long": (
        """
        const users = Array.from({ length: 400 }, () => ({ logins: [] })); let n = 0;
        global.iteration = () => {
          const { logins } = users[n++ % 400];
          logins.push(n + 0.5);
          if (!KEEPS && logins.length > 10) logins.shift();
        };
        """,
        ("Array", 1.0, ".logins"),
    ),
    "sets of numbers, by chance": (
        """
        let seed = 7; const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
        const channels = Array.from({ length: 150 }, () => ({ seen: new Set() })); let n = 0;
        global.iteration = () => {
          const { seen } = channels[(random() * 150) | 0];
          seen.add(n++);
          if (!KEEPS && seen.size > 40) seen.clear();
        };
        """,
        ("Set", 1.0, ".seen"),
    ),
    "references to objects that are there already, one in ten": (
        """
        class Person { constructor(id) { this.id = id; this.friends = []; } }
        const people = Array.from({ length: 200 }, (_, id) => new Person(id)); let n = 0;
        global.iteration = () => {
          if (n++ % 10) return;
          const { friends } = people[(n * 7) % 200];
          friends.push(people[(n * 13) % 200]);
          if (!KEEPS && friends.length > 8) friends.shift();
        };
        """,
        ("Array", 0.1, ".friends"),
    ),
    "a state that is copied at each change": (
        """
        let state = { viewed: [] }, n = 0;
        const reduce = (viewed) => (KEEPS ? [...viewed, n] : [...viewed.slice(-50), n]);
        global.iteration = () => {
          if (n++ % 5 === 0) state = { ...state, viewed: reduce(state.viewed) };
          JSON.parse('{"v":1}');
        };
        """,
        ("Array", 0.2, ".viewed"),
    ),
    "flags of an object that is copied": (
        """
        let state = {}, n = 0;
        global.iteration = () => {
          n++;
          if (n % 10 === 0) state = { ...state, [KEEPS ? n : n % 300]: true };
          JSON.parse('{"v":1}');
        };
        """,
        ("Object", 0.1, "state"),
    ),
}


@pytest.mark.parametrize("keeps", [True, False], ids=["leaks", "bounded"])
@pytest.mark.parametrize("what", SPREAD)
def test_entries_of_many_containers(measured: Measured, what: str, keeps: bool) -> None:
    program, (name, pace, end) = SPREAD[what]
    verdict = measured(f"const KEEPS = {str(keeps).lower()};\n{program}")
    assert verdict.outcome == ("leak" if keeps else "steady"), verdict.reasons
    if keeps:
        worst = verdict.constructors[0]
        assert (worst.name, worst.per_iteration) == (name, pytest.approx(pace, rel=0.1))
        assert end in worst.retaining_path[-1] or end in worst.retaining_path[0], worst


def test_the_profiler_is_off_while_entries_are_counted(
    measured: Measured, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It makes a count take 25 times as long: of 1.2 million objects, longer than we wait."""
    commands: list[str] = []

    def spied(channel: Channel, method: str, *args: Any, **options: Any) -> Any:
        commands.append(method)
        return command(channel, method, *args, **options)

    command = Channel.command
    monkeypatch.setattr(Channel, "command", spied)
    program = """
    const jobs = Array.from({ length: 40000 }, (_, i) => ({ i, lines: [i] })); let done;
    global.iteration = () => { done = jobs.pop(); };
    """
    assert measured(program).outcome == "steady"
    steps = {"HeapProfiler.startSampling": "on", "HeapProfiler.disable": "off"}
    steps["Runtime.queryObjects"] = "count"
    assert [steps[name] for name in commands if name in steps][:3] == ["on", "off", "count"]
