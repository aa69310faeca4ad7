"""Bounds that the program itself declares: the ``max`` or ``ttl`` of a cache. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from ..base.units import format_bytes, format_rate, round_up
from .evidence import Judgement
from .thresholds import THRESHOLDS

__all__ = [
    "DeclaredAge",
    "DeclaredBound",
    "Filling",
    "age_among",
    "age_in_text",
    "beyond_means",
    "bound_among",
    "bound_in_text",
    "deadline_among",
    "falls_out",
    "filled",
    "not_full",
    "not_old",
    "removed_within",
]

_BOUND = re.compile(r"max|limit|capacity|bound", re.IGNORECASE)
#: of constants, which are written in capitals, also these
_CONSTANT = re.compile(r"^[A-Z0-9_]*(?:SIZE|LENGTH|COUNT|ENTRIES|ITEMS|KEEP|CAP)[A-Z0-9_]*$")
#: what is not counted in entries: times, bytes, attempts
_NO_COUNT = re.compile(
    r"age$|_age|Age(?![a-z])|AGE|Ms$|_ms$|_MS$|"
    r"(?i:ttl|time|delay|seconds|interval|wait|retr|listener|depth|redirect|header|byte|mark|"
    r"weight|cost|safe|_value|token|cookie|body|price|amount|score|level|chars|entry_?size)"
)
#: of maps, sets and objects: what has a length is something else
_LENGTH = re.compile(r"length|len$", re.IGNORECASE)
_LARGEST = 100_000_000
#: containers of entries, each up to the bound, of which caches keep the older as it is: quick-lru
GENERATIONS = 2
_AGE = re.compile(r"ttl|max_?age|expir|lifetime|window_?ms", re.IGNORECASE)
#: in a program's text: what a container's size, or an age in milliseconds, is compared with
_COMPARED = r"(?<![\w$])%s\)?\s*\.\s*(?:size|length)\s*>=?\s*(\d[\d_]*)(?![\w.])"
_PRODUCT = r"(\d[\d_]*(?:\s*\*\s*\d[\d_]*)*)(?![\w.])"
_AGE_COMPARED = re.compile(
    rf"[nN]ow\b[\s()]*-\s*[\w$.\[\]()?!]+\s*>=?\s*{_PRODUCT}|[nN]ow\b[\s()]*-\s*{_PRODUCT}"
)
#: a step that has a name: ``.items``, ``cache (Map) in module app.js``, ``byId in module app.js``
_NAME = re.compile(r"(?:\.#?)?([\w$]+)(?: \(| in |$)")
#: entries of which an old one is taken out for each new one, at most
_IN_TURN = 12_000
_CLOCK = re.compile(r"Date\.now|performance\.now|new Date\b|hrtime")
_IN_TEXT = "the number in its code"
#: seconds of an age that somebody may see the end of: no test tells a leak from what lasts a day
_LONGEST_AGE = 3600.0
#: an age below this is in seconds, for nobody keeps things for less than 0.1 s
_LEAST_MILLISECONDS = 100


@dataclass(frozen=True)
class Filling:
    """A container that gains ``per_iteration`` objects of a class and holds ``entries`` now.

    An entry may have several of them: ``pace`` is how many entries an iteration adds.
    ``population`` objects of the class live, ``bytes_per_iteration`` is what all that grows takes.
    """

    constructor: str
    kind: str
    container: str
    entries: int
    per_iteration: float
    pace: float
    container_type: str = ""
    population: int = 0
    bytes_per_iteration: float = 0.0
    holder_id: int | None = None
    closure_id: int | None = None
    beside_id: int | None = None
    container_id: int | None = None
    example_ids: tuple[int, ...] = ()

    @property
    def is_nodes(self) -> bool:
        """Whether Node made the container: what its numbers mean is not the program's to say.

        A list of timers has an ``expiry``, by a clock that begins with the process.
        """
        return " in module node:" in self.container

    @property
    def name(self) -> str:
        """What the program calls it, where it has a name of its own: ``hits``; or ""."""
        return self._names[-1]

    @property
    def holders(self) -> tuple[str, ...]:
        """The same of what it is in."""
        return tuple(name for name in self._names[:-1] if name)

    @property
    def _names(self) -> list[str]:
        found = [_NAME.match(step) for step in self.container.split(" -> ")]
        return [name[1] if name is not None else "" for name in found]

    @property
    def objects_per_entry(self) -> float:
        """Of that class; more than a few of them are not entries, but hang behind one.

        What is kept in two generations is not all in the container.
        """
        if self.per_iteration <= self.pace:
            return 1.0
        each = self.population / max(self.entries, 1)
        if each > THRESHOLDS.most_per_entry:
            each /= GENERATIONS
        return each if 1 <= each <= THRESHOLDS.most_per_entry else 1.0


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

    @property
    def is_refuted(self) -> bool:
        """Whether more objects live than it would let in, in each of two generations."""
        most = GENERATIONS * self.value * self.filling.objects_per_entry
        return self.filling.population > most

    @property
    def bytes_when_full(self) -> float:
        """What the program would hold then, at what an entry takes so far."""
        return self.value * self.filling.bytes_per_iteration / self.filling.pace

    def __str__(self) -> str:
        return f"{self.name} = {self.value:,} of {self.filling.container}"


@dataclass(frozen=True)
class DeclaredAge:
    """``name``, a number in or beside a container, is an age at which things may go, in seconds."""

    name: str
    seconds: float
    filling: Filling

    @property
    def is_sure(self) -> bool:
        """Whether it is of that container: a number without a name may be of another."""
        return self.name != _IN_TEXT

    def __str__(self) -> str:
        return f"{self.name} = {self.seconds:g} s of {self.filling.container}"


def age_among(numbers: Mapping[str, float], filling: Filling, since: float) -> DeclaredAge | None:
    """The least number whose name says that it is an age, above ``since`` seconds, to an hour."""
    ages = [
        (value / 1000 if value >= _LEAST_MILLISECONDS else value, name)
        for name, value in numbers.items()
        if _AGE.search(name) and value > 0
    ]
    seconds, name = min(
        ((age, name) for age, name in ages if since < age <= _LONGEST_AGE), default=(0.0, "")
    )
    return DeclaredAge(name, seconds, filling) if name else None


def deadline_among(
    numbers: Mapping[str, float], filling: Filling, now: float, age: float
) -> DeclaredAge | None:
    """The age at which an object goes that tells the time, in milliseconds, when it expires.

    It is read at ``now``, in seconds since 1970, when it may be ``age`` seconds old.
    """
    left = {name: value / 1000 - now for name, value in numbers.items()}
    name = min((n for n in left if 0 < left[n] <= _LONGEST_AGE), key=left.__getitem__, default="")
    return DeclaredAge(name, round(left[name] + age, 1), filling) if name else None


def bound_among(numbers: Mapping[str, float], filling: Filling) -> DeclaredBound | None:
    """The least number whose name says that it bounds a count, above what is there already."""
    numbers = _sizes_as_counts(numbers, filling)
    candidates = [
        (int(value), name)
        for name, value in numbers.items()
        if filling.entries <= value <= _LARGEST
        and value == int(value)
        and not _NO_COUNT.search(name)
        and (_BOUND.search(name) or _CONSTANT.search(name))
        and (filling.container_type in ("Array", "") or not _LENGTH.search(name))
    ]
    if not candidates:
        return None
    bounds = (DeclaredBound(name, value, filling) for value, name in sorted(candidates))
    return next((bound for bound in bounds if not bound.is_refuted), None)


def bound_in_text(text: str, filling: Filling) -> DeclaredBound | None:
    """The least number above what is there that a container's size is compared with in ``text``."""
    if not filling.name:
        return None
    found = re.findall(_COMPARED % re.escape(filling.name), text)
    values = sorted(int(number.replace("_", "")) for number in found)
    bounds = (DeclaredBound(_IN_TEXT, v, filling) for v in values if filling.entries <= v)
    return next((bound for bound in bounds if not bound.is_refuted), None)


def age_in_text(text: str, filling: Filling, since: float) -> DeclaredAge | None:
    """The least age above ``since`` seconds that the time now is compared with in ``text``."""
    found = ((a or b).replace("_", "").split("*") for a, b in _AGE_COMPARED.findall(text))
    ages = (math.prod(map(int, factors)) / 1000 for factors in found)
    seconds = min((age for age in ages if since < age <= _LONGEST_AGE), default=None)
    return None if seconds is None else DeclaredAge(_IN_TEXT, seconds, filling)


def removed_within(text: str, *, replaced: bool) -> float:
    """Iterations within which a program takes out again what it puts into a container, if it does.

    Without end where its ``text`` looks at a clock, unless things are only ``replaced`` by others.
    """
    return math.inf if _CLOCK.search(text) and not replaced else _IN_TURN


def _sizes_as_counts(numbers: Mapping[str, float], filling: Filling) -> dict[str, float]:
    """Where a cache sums up sizes (lru-cache), its largest sum as a number of such entries."""
    plain = {name.lstrip("#"): value for name, value in numbers.items()}
    taken, most = plain.get("calculatedSize", 0.0), plain.get("maxSize", 0.0)
    if not taken > 0:
        return dict(numbers)
    counts = {name: value for name, value in numbers.items() if "Size" not in name}
    if most > taken:
        counts["maxSize"] = float(int(filling.entries * most / taken))
    return counts


def beyond_means(bound: DeclaredBound, heap_limit: float) -> str:
    """Why a bound is none in practice: full, it would take most of the heap; "" if it would not."""
    if bound.bytes_when_full <= THRESHOLDS.purse * heap_limit:
        return ""
    return (
        f"{bound} is no bound in practice: at what an entry takes it would be full at "
        f"{format_bytes(bound.bytes_when_full)}, of a heap that may have {format_bytes(heap_limit)}"
    )


def filled(bound: DeclaredBound | DeclaredAge, *, still_grows: bool) -> Judgement | None:
    """After work that fills a bounded container: steady if its growth is over; None if not."""
    if still_grows:
        return None
    until = "filled up to" if isinstance(bound, DeclaredBound) else "stays as long as"
    return Judgement("steady", (f"{bound.filling.constructor} {until} {bound} and grows no more",))


def falls_out(bound: DeclaredBound) -> Judgement:
    """Where a container is full and heapUsed rises all the same: by what it has let go of."""
    reason = (
        f"{bound} is reached, and heapUsed goes on rising: what falls out of it is kept elsewhere"
    )
    return Judgement("leak", (reason,))


def not_old(age: DeclaredAge, unit: str) -> Judgement:
    """Where the budget does not reach: a leak, or what is kept for a time."""
    return _still_fills(
        age.filling,
        unit,
        f"kept for {age}, or a leak; give a budget above {age.seconds:.0f} s, or set the age lower "
        "in the test",
    )


def not_full(bound: DeclaredBound, unit: str) -> Judgement:
    """Where the budget does not reach: a leak, or a bounded container that is still filling."""
    return _still_fills(
        bound.filling,
        unit,
        f"bounded by {bound}, or a leak; raise the budget, or name the bound: "
        f"max_live={{{bound.filling.constructor!r}: {round_up(bound.value)}}}",
    )


def _still_fills(filling: Filling, unit: str, what: str) -> Judgement:
    reason = (
        f"{filling.constructor} is still growing at +{format_rate(filling.per_iteration)} per "
        f"{unit}, with {filling.entries:,} entries so far: {what}"
    )
    return Judgement("inconclusive", (reason,))
