"""How far a program may be driven, and what a snapshot of it would cost."""

from __future__ import annotations

from abc import ABC, abstractmethod

from ..base.samples import Sample
from ..node.probes.cost import snapshot_bytes, snapshot_seconds

__all__ = ["Limits"]

#: growth in bytes of the heap, beyond which snapshots would take too long, and of external memory
#: and RSS, beyond which more work would endanger the program or the machine
MOST_HEAP_GROWTH = 64_000_000
MOST_EXTERNAL_GROWTH = 256_000_000
MOST_RSS_GROWTH = 1_000_000_000


class Limits(ABC):
    """What follows from the samples of a heap."""

    @property
    @abstractmethod
    def samples(self) -> list[Sample]:
        """Oldest first."""

    @property
    def heap_growth(self) -> int:
        """Bytes of heapUsed since the first sample."""
        return self.samples[-1].heap_used - self.samples[0].heap_used

    @property
    def external_growth(self) -> int:
        """Bytes of external memory, array buffers included, since the first sample."""
        return self.samples[-1].external - self.samples[0].external

    @property
    def is_huge(self) -> bool:
        """Whether the program has grown so much that more would endanger it, or the machine."""
        return (
            self.heap_growth > MOST_HEAP_GROWTH
            or self.external_growth > MOST_EXTERNAL_GROWTH
            or self.samples[-1].rss - self.samples[0].rss > MOST_RSS_GROWTH
        )

    def room(self) -> float:
        """Iterations that fit before the program is huge, at its present growth."""
        n = max(self.samples[-1].iterations - self.samples[0].iterations, 1)
        rooms = [
            (most - grown) * n / grown
            for most, grown in (
                (MOST_HEAP_GROWTH, self.heap_growth),
                (MOST_EXTERNAL_GROWTH, self.external_growth),
            )
            if grown > 0
        ]
        return max(0.0, min(rooms, default=float("inf")))

    @property
    def snapshot_estimate(self) -> float:
        """Seconds that the first snapshot may take."""
        return snapshot_seconds(self.samples[-1].heap_used)

    @property
    def snapshot_bytes(self) -> int:
        """Memory that the next snapshot may need at its peak, all in all."""
        return snapshot_bytes(self.samples[-1].heap_used)
