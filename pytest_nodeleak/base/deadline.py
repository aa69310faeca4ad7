"""A point in time that nested waits share, so that their sum cannot exceed it."""

from __future__ import annotations

import time
from collections.abc import Callable

from .errors import DeadlineExceeded, PolicyError, hide_ours

__all__ = ["Deadline"]

__tracebackhide__ = hide_ours

# Beyond this (30 years) blocking calls overflow: as good as never.
_NEVER = 1e9


class Deadline:
    """Ends ``seconds`` from now; None never ends.

    Pass the same object through nested calls: each waits at most for what is left. ``clock``
    gives the seconds that count, if not all of them do.
    Raises PolicyError for what is no number of seconds, 0 or more.
    """

    __slots__ = ("_clock", "_end", "seconds")

    def __init__(self, seconds: float | None, clock: Callable[[], float] = time.monotonic) -> None:
        if seconds is not None and (
            isinstance(seconds, bool)
            or not isinstance(seconds, (int, float))
            or not seconds >= 0  # NaN is not
        ):
            raise PolicyError(f"{seconds!r} is no time-out; give seconds, 0 or more, or None")
        self.seconds = seconds
        endless = seconds is None or seconds > _NEVER
        self._clock = clock
        self._end = None if endless or seconds is None else clock() + seconds

    def __repr__(self) -> str:
        if self._end is None:
            return "<Deadline never>"
        return f"<Deadline in {self._end - self._clock():.2f} s of {self.seconds} s>"

    @property
    def remaining(self) -> float | None:
        """Seconds left, never negative; None if there is no end."""
        return None if self._end is None else max(0.0, self._end - self._clock())

    @property
    def expired(self) -> bool:
        return self._end is not None and self._clock() >= self._end

    def timeout(self, at_most: float | None = None) -> float | None:
        """Seconds to hand to a blocking call: the time left, but no more than ``at_most``."""
        left = self.remaining
        if left is None:
            return at_most
        return left if at_most is None else min(left, at_most)

    def within(self, seconds: float | None) -> Deadline:
        """A deadline for one step: ``seconds`` from now, never later than this one."""
        return Deadline(self.timeout(seconds), self._clock)

    def check(self, doing: str) -> None:
        """Raise DeadlineExceeded if the time is over; ``doing`` completes "while ..."."""
        if self.expired:
            raise DeadlineExceeded(f"{self.seconds:g} s were over while {doing}")
