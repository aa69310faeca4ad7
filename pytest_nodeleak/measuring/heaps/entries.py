"""Entries of all containers together: a leak that is spread over hundreds of them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from ...base.errors import ProtocolError
from ...node.heaps.heap import NodeHeap

if TYPE_CHECKING:
    from ...heap import SlotGrowth

__all__ = ["Entries", "entries_of"]


class Counter(Protocol):
    """Counts entries by the key of a :class:`SlotGrowth`."""

    def read(self) -> Mapping[Any, int]: ...

    def close(self) -> None: ...


def entries_of(heap: NodeHeap, slots: Sequence[SlotGrowth]) -> Counter:
    """Counts the entries of the containers that gained, or of all of a kind."""
    if any(slot.of_all for slot in slots):
        return heap.entry_census()
    return heap.count_entries(slot.owner_id for slot in slots)


class Entries:
    """What the arrays, maps, sets and other objects of a heap hold, counted between windows."""

    def __init__(self, heap: NodeHeap) -> None:
        self._heap = heap
        self._counts = [self.now()]

    def __repr__(self) -> str:
        return f"<Entries {len(self._counts)} x {self._counts[-1]}>"

    def now(self) -> Mapping[str, int]:
        """Entries by kind; forces a GC. None where the program has replaced what it takes."""
        with contextlib.suppress(ProtocolError):
            return self._heap.entry_census().read()
        return {}

    def read(self) -> None:
        """Count again, after another window."""
        self._counts.append(self.now())

    def rise(self, least: float) -> bool:
        """Whether those of one kind rose in the last window, by ``least``."""
        before, now = self._counts[-2:]
        return any(now[kind] - before[kind] >= least for kind in now.keys() & before.keys())

    def grown(self) -> tuple[SlotGrowth, ...] | None:
        """The kinds that have gained, none of them with an owner; None where that is not known."""
        from ...heap import SlotGrowth

        if not all(self._counts):
            return None
        rows = (
            SlotGrowth(0, kind, "all", tuple(counts[kind] for counts in self._counts))
            for kind in self._counts[0]
        )
        return tuple(sorted((r for r in rows if r.growth > 0), key=lambda r: -r.growth))

    def owned(
        self,
        slots: Iterable[SlotGrowth],
        work: Callable[[], object],
        snapshot: Callable[[], object],
    ) -> tuple[SlotGrowth, ...]:
        """The same with the container that gained most by some ``work``, and how many did.

        Of what is copied at each change there is none that gained, and the last copy is in no
        ``snapshot`` yet.
        """
        found = []
        for slot in slots:
            with contextlib.closing(self._heap.entry_census()) as census:
                census.begin()
                work()
                containers = census.gainers(slot.owner_name)
                if not containers:
                    snapshot()
                found.append(
                    replace(slot, owner_id=census.best_id(), containers=max(1, containers))
                )
        return tuple(found)
