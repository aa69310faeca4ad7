"""What may stop by itself: which numbers are looked at."""

from contextlib import nullcontext
from types import SimpleNamespace

import pytest

from pytest_nodeleak.judge.bounds import Filling
from pytest_nodeleak.measuring.naming import Findings
from pytest_nodeleak.measuring.settling import Settling


@pytest.mark.parametrize(
    ("container", "doubts"),
    [("polls (Map) in module poll.js", True), ("timerListMap in module node:timers -> [n]", False)],
)
def test_what_expires_by_the_clock_of_node_is_no_age(container: str, doubts: bool) -> None:
    heap = SimpleNamespace(numbers_in=lambda *_: {"expiry": 900_000.0})
    meter = SimpleNamespace(
        walking=nullcontext,
        subject=SimpleNamespace(heap=heap),
        budget=SimpleNamespace(left=9.0),
        unit="iteration",
    )
    ledger = SimpleNamespace(age=3.0, lived=3.0)
    settling = Settling(meter, SimpleNamespace(), lambda: ledger)  # type: ignore[arg-type]
    filling = Filling("Poll", "object", container, 20, 1.0, 1.0, holder_id=7)
    judgement = settling.bounded(Findings(fillings=(filling,)))
    assert (judgement is not None) is doubts
    assert judgement is None or judgement.outcome == "inconclusive"
