"""Memory readings of the program, and their series."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Sample", "Series"]


@dataclass(frozen=True)
class Sample:
    """One reading after forced GC. Sizes are bytes.

    ``iterations`` is how many iterations had been run since the program started,
    ``seconds`` the time since the measurement began. ``heap_physical`` is the part of ``rss`` that
    V8's heap takes, with room for objects to come.
    """

    heap_used: int
    external: int
    array_buffers: int
    rss: int
    contexts: int
    resources: int
    iterations: int = 0
    seconds: float = 0.0
    heap_physical: int = 0


@dataclass(frozen=True)
class Series:
    """Samples in the order they were taken, at least one."""

    samples: tuple[Sample, ...]

    @property
    def heap_used(self) -> tuple[int, ...]:
        """Bytes, one value per sample."""
        return tuple(s.heap_used for s in self.samples)

    @property
    def iterations(self) -> tuple[int, ...]:
        return tuple(s.iterations for s in self.samples)

    def since(self, iterations: int) -> Series:
        """The samples that were taken when so many had been run, and after."""
        return Series(tuple(s for s in self.samples if s.iterations >= iterations))

    def until(self, iterations: int) -> Series:
        """The samples that were taken before more had been run."""
        return Series(tuple(s for s in self.samples if s.iterations <= iterations))

    def __len__(self) -> int:
        return len(self.samples)

    def __repr__(self) -> str:
        if not self.samples:
            return "<Series empty>"
        first, last = self.samples[0], self.samples[-1]
        return (
            f"<Series of {len(self.samples)}, {last.iterations - first.iterations} iterations, "
            f"heapUsed {first.heap_used} -> {last.heap_used} B>"
        )
