"""What may stop by itself: which numbers are looked at."""

from contextlib import nullcontext
from types import SimpleNamespace

import pytest

from pytest_nodeleak.heap import SlotGrowth
from pytest_nodeleak.judge.bounds import Filling
from pytest_nodeleak.measuring.naming import Findings
from pytest_nodeleak.measuring.settling import Settling, gains
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


class FakeWaits:
    """Time for anything; work and timers that fire change what containers hold."""

    pacer = SimpleNamespace(timed=False, plan=SimpleNamespace(pace=0.001))

    def __init__(self, meter: SimpleNamespace, *, fires: bool) -> None:
        self.meter = meter
        self.fires = fires

    def has_time_for(self, wait: float) -> bool:
        return True

    def outlast_own_timers(self, age: float) -> bool:
        return self.fires

    def ledger(self) -> SimpleNamespace:
        return SimpleNamespace(push=self.push)

    def push(self, n: int, *, all_of_it: bool) -> None:
        self.meter.done += n


@pytest.mark.parametrize(
    ("held", "reason"),
    [
        ([2400, 3000], "no more entries"),
        ([2400, None], "no more entries"),
        ([2400, 4500, 4500, None], "let go of in time"),
        ([2400, 4500, 4500, 3500], "let go of in time"),
        ([2400, 4500, 4500, 4200], ""),
        ([2400, 4500, 4500], ""),
    ],
    ids=["full", "another took its place", "all in time", "in time", "grows", "without a timer"],
)
def test_what_a_container_gains(
    monkeypatch: pytest.MonkeyPatch, held: list[int | None], reason: str
) -> None:
    meter = SimpleNamespace(
        windows=[300, 700],
        done=1000,
        room=lambda: 10_000,
        subject=SimpleNamespace(heap=None),
        iterate=lambda n: n,
    )
    told = iter({} if entries is None else {7: entries} for entries in held)
    counter = SimpleNamespace(read=lambda: next(told), close=lambda: None)
    monkeypatch.setattr(gains, "entries_of", lambda heap, slots: counter)
    slot = SlotGrowth(7, "Map", "entries", (1400, 1700, 2400))
    asked = gains.Gains(meter, FakeWaits(meter, fires=len(held) > 3))  # type: ignore[arg-type]
    judgement = asked.end([slot])
    assert reason in (judgement.reasons[0] if judgement else "")
    assert bool(judgement) is bool(reason)
    assert judgement is None or judgement.outcome == "steady"
