"""The time of one measurement: what is left of it, and what does not count."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

from ..base.deadline import Deadline
from ..node.process.schedule import Schedule

__all__ = ["Budget"]


class Budget:
    """``seconds`` by a clock that stands while the program, or we, wait for a processor.

    A budget then means the same on a busy machine. It stands :meth:`beside` as well.
    """

    def __init__(self, seconds: float, schedule: Schedule, *, strict: bool = False) -> None:
        """``strict``: what the heaps of workers and children cost is part of it as well."""
        self.seconds = seconds
        self._schedules = (schedule, Schedule())
        self._strict = strict
        self._aside = 0.0
        self._time = 0.0
        self._read = (time.monotonic(), self._waited())
        self._began = self.clock()
        self._deadline = Deadline(seconds, self.clock)

    def __repr__(self) -> str:
        return f"<Budget {self.left:.1f} of {self.seconds:g} s>"

    def clock(self) -> float:
        """Seconds, for differences."""
        before, waited = self._read
        self._read = now, waits = time.monotonic(), self._waited()
        # Where both wait at once, that is once.
        self._time += max(0.0, now - before - (waits - waited))
        return self._time - self._aside

    def _waited(self) -> float:
        return sum(schedule.read()[1] for schedule in self._schedules)

    @property
    def left(self) -> float:
        """Seconds left."""
        return self._deadline.remaining or 0.0

    @property
    def used(self) -> float:
        """Seconds since the beginning, given back or not."""
        return self.clock() - self._began

    def within(self, seconds: float) -> Deadline:
        """By :meth:`clock`."""
        return Deadline(seconds, self.clock)

    def extend(self, seconds: float) -> None:
        """Let it be ``seconds`` in all, if it is less so far."""
        if seconds > self.seconds:
            self._deadline = self.within(self.left + seconds - self.seconds)
            self.seconds = seconds

    def extend_for(self, seconds: float) -> None:
        """Have ``seconds`` left at least, unless the budget is the user's."""
        if not self._strict:
            self.extend(self.seconds + seconds - self.left)

    def give_back(self, seconds: float) -> None:
        """Take ``seconds`` that went into something with time of its own off those used."""
        # What a thread has waited for is known late: a difference may be below nothing.
        self._deadline = self.within(self.left + max(0.0, seconds))

    @contextlib.contextmanager
    def standing(self) -> Iterator[None]:
        """A block that does not count."""
        began = self.clock()
        yield
        self._aside += max(0.0, self.clock() - began)

    def beside(self) -> contextlib.AbstractContextManager[None]:
        """A block that asks workers and children, of which a program may have many."""
        return contextlib.nullcontext() if self._strict else self.standing()
