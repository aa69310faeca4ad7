"""What containers gain: whether it ends in more work, or when timers have fired."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...judge.evidence import Judgement
from ..heaps import entries_of
from ..meter import Meter
from ..windows import MUCH_MORE
from .waits import OLD, Waits

if TYPE_CHECKING:
    from ...heap import SlotGrowth

__all__ = ["Gains"]

#: containers that are counted
MOST_CONTAINERS = 3


class Gains:
    """Counts the entries of containers that snapshots have seen to gain."""

    def __init__(self, meter: Meter, waits: Waits) -> None:
        self._meter = meter
        self._waits = waits

    def end(self, slots: Sequence[SlotGrowth]) -> Judgement | None:
        """The judgement where they do; None: the containers gain on and on."""
        name = slots[0].owner_name
        if self._no_more(slots):
            return Judgement("steady", (f"{name} has no more entries after more work",))
        if self._in_time(slots):
            return Judgement("steady", (f"what {name} gains is let go of in time",))
        return None

    def _no_more(self, slots: Sequence[SlotGrowth]) -> bool:
        """Whether they gain less, in more work than they were seen in, than half of before.

        So do a queue that was shorter at first, a table that is cleared, hundreds of bounded lists.
        """
        meter, pacer, seen = self._meter, self._waits.pacer, sum(self._meter.windows)
        least = OLD / 2 / max(pacer.plan.pace, 1e-7) if slots[0].of_all else 0.0
        wanted = int(min(max(MUCH_MORE * seen, least), meter.room()))
        if pacer.timed or not self._waits.has_time_for(wanted * pacer.plan.pace):
            return False
        with contextlib.closing(entries_of(meter.subject.heap, slots[:MOST_CONTAINERS])) as entries:
            before, done = entries.read(), meter.done
            self._waits.ledger().push(wanted, all_of_it=True)
            after, done = entries.read(), meter.done - done
        expected = {slot.key: done * slot.growth / seen for slot in slots}
        if not slots[0].of_all:  # one that was there, and is not, is let go of
            after = {**dict.fromkeys(before, 0), **after}
        gained = {k: after[k] - before[k] for k in expected.keys() & before.keys() & after.keys()}
        stopped = all(more < expected[key] / 2 for key, more in gained.items())
        return bool(gained) and done >= seen and stopped

    def _in_time(self, slots: Sequence[SlotGrowth]) -> bool:
        """Whether half of what they gained is gone when the program's own timers have fired."""
        slots = slots[:MOST_CONTAINERS]
        with contextlib.closing(entries_of(self._meter.subject.heap, slots)) as entries:
            before = entries.read()
            if not self._waits.outlast_own_timers(0.0):
                return False
            self._meter.iterate(1)
            after = entries.read()
        return all(
            slot.key in before and before[slot.key] - after.get(slot.key, 0) >= slot.growth / 2
            for slot in slots
        )
