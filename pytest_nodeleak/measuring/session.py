"""One stretch of work under the sampling profiler, in windows."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from ..node import NodeApp
from ..node.probes.sampling import AliveSamples, Sampler, Stack

__all__ = ["ClosedWindow", "SamplingSession"]


@dataclass(frozen=True)
class ClosedWindow:
    """Survivors of a window that another one followed, by stack and size."""

    iterations: float
    survivors: dict[Stack, Counter[int]]


class SamplingSession:
    """Begins with its making and goes on to :meth:`end`; a window is a range of allocations."""

    def __init__(self, app: NodeApp, interval: int) -> None:
        self._sampler = Sampler(app, interval)
        self._sampler.start()
        self._marks = [0]
        self._counts: list[float] = []
        self._alive: AliveSamples | None = None

    def __repr__(self) -> str:
        return f"<SamplingSession of {len(self._counts)} windows>"

    @property
    def counts(self) -> list[float]:
        """Iterations of its windows, the last one, which none has followed yet, included."""
        return self._counts

    def close_window(self, iterations: float) -> None:
        """What was allocated since the last window is one; force GC before."""
        self.read()
        assert self._alive is not None
        self._counts.append(iterations)
        self._marks.append(max(self._alive.newest, self._marks[-1]))

    def read(self) -> None:
        """See again what is alive; force GC before."""
        self._alive = self._sampler.read()

    def windows(self) -> list[ClosedWindow]:
        """Those that another one followed, with what is alive of them."""
        if self._alive is None:
            return []
        marks = self._marks
        return [
            ClosedWindow(self._counts[at], self._alive.survivors(marks[at], marks[at + 1]))
            for at in range(len(self._counts) - 1)
        ]

    def end(self) -> None:
        """Stop the profiler, which ends the ids of heap objects as well."""
        self._sampler.stop()
