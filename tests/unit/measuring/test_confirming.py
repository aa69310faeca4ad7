"""Whether growth goes on, asked of what a ledger has left."""

from __future__ import annotations

from types import SimpleNamespace

from pytest_nodeleak.measuring.counting import Confirming
from pytest_nodeleak.node.probes.sampling import ClosedWindow


def test_where_nothing_grows_any_more_nothing_has_filled_up():
    # The verdict may stand by other heaps: each iteration leaves a thread behind.
    worst = SimpleNamespace(late=(ClosedWindow(500, {}),))
    ledger = SimpleNamespace(meter=None, worst=worst, evidence=SimpleNamespace(growing=()))
    assert Confirming(ledger).has_ended(()) is False
