"""The time that a call may take, where no program is needed to tell."""

from __future__ import annotations

from pytest_nodeleak.base.deadline import Deadline
from pytest_nodeleak.measuring.meter import Meter


def test_a_walk_while_names_are_sought_leaves_them_their_time():
    meter = Meter.__new__(Meter)
    meter._naming = None
    with meter.naming_for(Deadline(30)):
        with meter.walking():
            pass
        # A snapshot that never ends costs the names, and no more than their time.
        assert meter._snapshot_deadline() is not None
    assert meter._snapshot_deadline() is None
