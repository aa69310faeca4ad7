"""What a measurement was doing, and over which iterations."""

from __future__ import annotations

from dataclasses import dataclass, replace

__all__ = ["Phase", "Phases"]


@dataclass(frozen=True)
class Phase:
    """A stretch of a measurement: "warm-up", "rounds", "window 2", "snapshot 1".

    ``first`` and ``last`` are iterations, counted since the program started, as in samples.
    """

    name: str
    first: int
    last: int


class Phases:
    """The phases of one measurement so far; a new one ends the one before."""

    def __init__(self) -> None:
        self._found: list[Phase] = []

    @property
    def current(self) -> str:
        return self._found[-1].name if self._found else ""

    def enter(self, name: str, iteration: int) -> None:
        if name == self.current:
            return
        self._end(iteration)
        self._found.append(Phase(name, iteration, iteration))

    def until(self, iteration: int) -> tuple[Phase, ...]:
        """All phases, the last one ended at ``iteration``."""
        self._end(iteration)
        return tuple(self._found)

    def _end(self, iteration: int) -> None:
        if self._found:
            self._found[-1] = replace(self._found[-1], last=iteration)
