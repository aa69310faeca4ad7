"""What a heap snapshot costs a program, told before: seconds of standstill, and memory."""

from __future__ import annotations

from dataclasses import dataclass

from ...base.units import format_bytes
from ..process.room import memory_room

__all__ = ["Cost", "cost_of", "snapshot_bytes", "snapshot_seconds"]

#: memory that V8 takes for its picture of the heap, as a multiple of the heap
_PICTURE = 16


def snapshot_seconds(heap_used: float) -> float:
    """Seconds that a snapshot may take. V8's work grows faster than the heap."""
    megabytes = heap_used / 1e6
    return 0.05 * megabytes * (1 + megabytes / 150)


def snapshot_bytes(heap_used: int) -> int:
    """Memory that a snapshot may need at its peak, all in all."""
    return _PICTURE * heap_used


@dataclass(frozen=True)
class Cost:
    """``room``: the memory that the program may take; None where that is not known.

    ``of_rss``: how large its heap is, nobody can say from outside, and that is all it has.
    """

    heap_used: int
    seconds: float
    memory: int
    room: int | None
    of_rss: bool = False

    def __str__(self) -> str:
        least = "at most" if self.of_rss else "about"
        heap = "its heap is less than its RSS" if self.of_rss else "heap"
        return (
            f"{least} {format_bytes(self.memory)} of memory and {max(self.seconds, 0.1):.1f} s, in "
            f"which its main thread stands still ({heap}: {format_bytes(self.heap_used)})"
        )

    @property
    def fits(self) -> bool:
        return self.room is None or self.memory < self.room

    @property
    def refusal(self) -> str:
        """Why it is better not taken; "" if it fits."""
        if self.fits:
            return ""
        return (
            f"a snapshot may take {self}, but only {format_bytes(self.room or 0)} are left on "
            "this machine or in its container: it might be killed"
        )


def cost_of(heap_used: int, pid: int | None, *, of_rss: bool = False) -> Cost:
    """The cost for a heap of ``heap_used`` bytes in process ``pid``; None: on another machine."""
    room = None if pid is None else memory_room(pid)
    return Cost(heap_used, snapshot_seconds(heap_used), snapshot_bytes(heap_used), room, of_rss)
