"""What may stop by itself: which numbers are looked at."""

from contextlib import nullcontext
from types import SimpleNamespace

import pytest

from pytest_nodeleak.heap import SlotGrowth
from pytest_nodeleak.judge.bounds import Filling
from pytest_nodeleak.measuring.naming import Findings
from pytest_nodeleak.measuring.settling import Settling, settling
from pytest_nodeleak.node.probes.scripts import Script

SWEPT = "const polls = new Map(); sweep(polls);"
KEPT = "const polls = new Map(); polls.set(id, poll);"


@pytest.mark.parametrize(
    ("container", "text", "doubts"),
    [
        ("polls (Map) in module poll.js", SWEPT, True),
        ("polls (Map) in module poll.js", KEPT, False),
        ("timerListMap in module node:timers -> [n]", SWEPT, False),
    ],
    ids=["swept", "nothing takes it out", "of Node"],
)
def test_what_expires_is_an_age_where_the_program_takes_things_out(
    container: str, text: str, doubts: bool
) -> None:
    own = SimpleNamespace(allocations=SimpleNamespace(function=SimpleNamespace(is_own=False)))
    heap = SimpleNamespace(
        numbers_in=lambda *_: {"expiry": 900_000.0},
        scripts=lambda: {7: Script(7, "file:///app/poll.js", "")},
        script_texts=lambda numbers: dict.fromkeys(numbers, text),
    )
    meter = SimpleNamespace(
        walking=nullcontext,
        subject=SimpleNamespace(heap=heap),
        budget=SimpleNamespace(left=9.0),
        unit="iteration",
        done=50_000,  # what was counted has outlived enough of them
    )
    ledger = SimpleNamespace(
        age=3.0, lived=3.0, counted=1000, pace=0.1, evidence=SimpleNamespace(growing=[own])
    )
    settling = Settling(meter, SimpleNamespace(), lambda: ledger)  # type: ignore[arg-type]
    filling = Filling("Poll", "object", container, 20, 1.0, 1.0, holder_id=7)
    judgement = settling.bounded(Findings(fillings=(filling,)))
    assert (judgement is not None) is doubts
    assert judgement is None or judgement.outcome == "inconclusive"


@pytest.mark.parametrize(
    ("now", "stopped"),
    [({7: 3000}, True), ({}, True), ({7: 4500}, False)],
    ids=["full", "gone: another took its place", "grows"],
)
def test_a_container_that_gains_no_more(
    monkeypatch: pytest.MonkeyPatch, now: dict[int, int], stopped: bool
) -> None:
    meter = SimpleNamespace(
        windows=[300, 700],
        done=1000,
        room=lambda: 10_000,
        subject=SimpleNamespace(heap=None),
        budget=SimpleNamespace(left=99.0, extend_for=lambda seconds: None),
    )
    told = iter([{7: 2400}, now])
    counter = SimpleNamespace(read=lambda: next(told), close=lambda: None)
    monkeypatch.setattr(settling, "entries_of", lambda heap, slots: counter)

    def push(n: int, *, all_of_it: bool) -> None:
        meter.done += n

    pacer = SimpleNamespace(timed=False, plan=SimpleNamespace(pace=0.001))
    slot = SlotGrowth(7, "Map", "entries", (1400, 1700, 2400))
    asked = settling.Settling(meter, pacer, lambda: SimpleNamespace(push=push))  # type: ignore[arg-type]
    assert asked._gain_no_more([slot]) is stopped
