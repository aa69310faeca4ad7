"""How much a program may grow while it is measured."""

from __future__ import annotations

from .samples import Sample

__all__ = ["is_huge", "room"]

#: growth in bytes of the heap, beyond which snapshots would take too long, and of external memory
#: and RSS, beyond which more work would endanger the program or the machine
MOST_HEAP_GROWTH = 64_000_000
MOST_EXTERNAL_GROWTH = 256_000_000
MOST_RSS_GROWTH = 1_000_000_000


def is_huge(first: Sample, last: Sample) -> bool:
    """Whether the program has grown so much that more would endanger it, or the machine."""
    return (
        last.heap_used - first.heap_used > MOST_HEAP_GROWTH
        or last.external - first.external > MOST_EXTERNAL_GROWTH
        or last.rss - first.rss > MOST_RSS_GROWTH
    )


def room(first: Sample, last: Sample) -> float:
    """Iterations that fit before the program is huge, at its growth between the two."""
    n = max(last.iterations - first.iterations, 1)
    rooms = [
        (most - grown) * n / grown
        for most, grown in (
            (MOST_HEAP_GROWTH, last.heap_used - first.heap_used),
            (MOST_EXTERNAL_GROWTH, last.external - first.external),
        )
        if grown > 0
    ]
    return max(0.0, min(rooms, default=float("inf")))
