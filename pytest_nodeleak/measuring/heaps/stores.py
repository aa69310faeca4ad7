"""Containers of numbers: what no snapshot counts is counted beside each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...node.heaps.heap import NodeHeap

if TYPE_CHECKING:
    from ...heap import HeapSnapshot, SlotGrowth

__all__ = ["Stores"]

#: containers that are counted, the largest
MOST_STORES = 16


class Stores:
    """The entries of the containers of bare slots that the first of several snapshots has."""

    def __init__(self, heap: NodeHeap, first: HeapSnapshot) -> None:
        from ...heap import bare_stores

        stores = bare_stores(first, MOST_STORES)
        self._names = {store.owner_id: store.owner_name for store in stores}
        self._entries = heap.count_entries(self._names)
        self._counts = [self._entries.read()]

    def __repr__(self) -> str:
        return f"<Stores {len(self._counts)} x {self._entries!r}>"

    def read(self) -> None:
        """Count again, beside another snapshot."""
        self._counts.append(self._entries.read())

    def grown(self, last: HeapSnapshot) -> tuple[SlotGrowth, ...]:
        """Those that have gained entries, and have bare slots in the ``last`` snapshot as well."""
        from ...heap import SlotGrowth, bare_stores

        counted = self._counts[0].keys() & self._counts[-1].keys()
        rows = [
            SlotGrowth(number, self._names[number], "", tuple(c[number] for c in self._counts))
            for number in counted
            if self._counts[-1][number] > self._counts[0][number]
        ]
        bare = {store.owner_id for store in bare_stores(last)} if rows else set()
        return tuple(sorted((r for r in rows if r.owner_id in bare), key=lambda r: -r.growth))

    def close(self) -> None:
        """Let go of the containers."""
        self._entries.close()
