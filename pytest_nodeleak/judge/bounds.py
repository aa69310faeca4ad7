"""Bounds that the program itself declares: the ``max`` or ``ttl`` of a cache. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ..base.units import format_rate, round_up
from .evidence import Judgement
from .suspects import FADED

__all__ = [
    "DeclaredAge",
    "DeclaredBound",
    "Filling",
    "age_among",
    "bound_among",
    "filled",
    "not_full",
]

_BOUND = re.compile(r"max|limit|capacity|bound", re.IGNORECASE)
#: of constants, which are written in capitals, also these
_CONSTANT = re.compile(r"^[A-Z0-9_]*(?:SIZE|LENGTH|COUNT|ENTRIES|ITEMS|KEEP|CAP)[A-Z0-9_]*$")
#: what is not counted in entries: times, bytes, attempts
_NO_COUNT = re.compile(
    r"age$|_age|Age(?![a-z])|AGE|Ms$|_ms$|_MS$|"
    r"(?i:ttl|time|delay|seconds|interval|wait|retr|listener|depth|redirect|header|byte|mark|"
    r"weight|cost|safe|_value)"
)
_LARGEST = 100_000_000
_AGE = re.compile(r"ttl|max_?age|expir|lifetime|window_?ms", re.IGNORECASE)
#: an age below this is in seconds, for nobody keeps things for less than 0.1 s
_LEAST_MILLISECONDS = 100


@dataclass(frozen=True)
class Filling:
    """A container that gains ``per_iteration`` objects of a class and holds ``entries`` now.

    An entry may have several of them: ``pace`` is how many entries an iteration adds.
    """

    constructor: str
    kind: str
    container: str
    entries: int
    per_iteration: float
    pace: float
    holder_id: int | None = None
    closure_id: int | None = None


@dataclass(frozen=True)
class DeclaredBound:
    """``name``, a number in or beside a container, is ``value``, more than it holds so far."""

    name: str
    value: int
    filling: Filling

    @property
    def iterations(self) -> float:
        """How many it takes until the container is full."""
        return (self.value - self.filling.entries) / self.filling.pace

    def __str__(self) -> str:
        return f"{self.name} = {self.value:,} of {self.filling.container}"


@dataclass(frozen=True)
class DeclaredAge:
    """``name``, a number in or beside a container, is an age at which things may go, in seconds."""

    name: str
    seconds: float
    filling: Filling

    def __str__(self) -> str:
        return f"{self.name} = {self.seconds:g} s of {self.filling.container}"


def age_among(numbers: Mapping[str, float], filling: Filling, since: float) -> DeclaredAge | None:
    """The least number whose name says that it is an age, above ``since`` seconds."""
    ages = [
        (value / 1000 if value >= _LEAST_MILLISECONDS else value, name)
        for name, value in numbers.items()
        if _AGE.search(name) and value > 0
    ]
    seconds, name = min(((age, name) for age, name in ages if age > since), default=(0.0, ""))
    return DeclaredAge(name, seconds, filling) if name else None


def bound_among(numbers: Mapping[str, float], filling: Filling) -> DeclaredBound | None:
    """The least number whose name says that it bounds a count, above what is there already."""
    candidates = [
        (int(value), name)
        for name, value in numbers.items()
        if filling.entries < value <= _LARGEST
        and value == int(value)
        and not _NO_COUNT.search(name)
        and (_BOUND.search(name) or _CONSTANT.search(name))
    ]
    if not candidates:
        return None
    value, name = min(candidates)
    return DeclaredBound(name, value, filling)


def filled(bound: DeclaredBound | DeclaredAge, per_iteration: float) -> Judgement | None:
    """After work that fills a bounded container: steady if its growth is over; None if not."""
    if per_iteration > FADED * bound.filling.per_iteration:
        return None
    until = "filled up to" if isinstance(bound, DeclaredBound) else "stays as long as"
    return Judgement("steady", (f"{bound.filling.constructor} {until} {bound} and grows no more",))


def not_full(bound: DeclaredBound, unit: str) -> Judgement:
    """Where the budget does not reach: a leak, or a bounded container that is still filling."""
    filling = bound.filling
    return Judgement(
        "inconclusive",
        (
            f"{filling.constructor} is still growing at +{format_rate(filling.per_iteration)} per "
            f"{unit}, with {filling.entries:,} entries so far: bounded by {bound}, or a leak; "
            f"raise the budget, or name the bound: "
            f"max_live={{{filling.constructor!r}: {round_up(bound.value)}}}",
        ),
    )
