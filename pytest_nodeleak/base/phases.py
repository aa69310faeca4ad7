"""What a measurement was doing, and over which iterations."""

from __future__ import annotations

from collections.abc import Callable
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
    """The phases of one measurement so far; a new one ends the one before.

    ``told`` is told the present one, and each time what is being done in it.
    """

    def __init__(self, told: Callable[[str, str], None]) -> None:
        self._told = told
        self._found: list[Phase] = []

    def tell(self, detail: str) -> None:
        self._told(self.current, detail)

    def tell_share(self, expected: int, done: int) -> None:
        """Of ``expected`` bytes, which nobody knows for sure, there are ``done``."""
        self.tell(f"at {min(99, 100 * done // max(expected, 1))} %")

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
