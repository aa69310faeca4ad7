"""Whether growth goes on, asked of what a ledger has left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from types import SimpleNamespace

import pytest

from pytest_nodeleak.base.frames import CallFrame
from pytest_nodeleak.judge.ledger import Growing, growing_among, merge_windows
from pytest_nodeleak.measuring.counting import Confirming
from pytest_nodeleak.node.probes.sampling import ClosedWindow


def test_where_nothing_grows_any_more_nothing_has_filled_up():
    # The verdict may stand by other heaps: each iteration leaves a thread behind.
    worst = SimpleNamespace(late=(ClosedWindow(500, {}),))
    ledger = SimpleNamespace(meter=None, worst=worst, evidence=SimpleNamespace(growing=()))
    assert Confirming(ledger).has_ended(()) is False


@pytest.mark.parametrize(("late", "ended"), [(100, None), (0, True)], ids=["goes on", "no more"])
def test_what_was_not_proven_has_not_ended_where_no_time_is_left_to_see(
    late: int, ended: bool | None
) -> None:
    def survivors(function: str, count: int) -> Mapping[tuple[CallFrame, ...], Counter[int]]:
        return {(CallFrame(function, "file:///app/a.js", 1, 1),): Counter({64: count})}

    def growing(function: str) -> tuple[Growing, ...]:
        return growing_among(merge_windows([survivors(function, 100)] * 2), (100, 100))

    meter = SimpleNamespace(
        done=1200,
        gc_seconds=0.1,
        room=lambda: 10_000,
        budget=SimpleNamespace(left=0.0, extend_for=lambda seconds: None),
    )
    worst = SimpleNamespace(late=(ClosedWindow(100, survivors("rest", late)),))
    evidence = SimpleNamespace(growing=growing("rest"))
    ledger = SimpleNamespace(meter=meter, worst=worst, evidence=evidence, done_since=0, pace=0.1)
    asked = Confirming(ledger)  # type: ignore[arg-type]
    assert asked.has_ended(growing("proven")) is ended
    assert asked.has_ended(growing("rest")) is bool(ended)
