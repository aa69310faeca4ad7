"""What the user may set: one frozen object, every value checked with its name."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from .errors import PolicyError
from .units import format_bytes, parse_bytes, parse_seconds

__all__ = ["Growth", "Policy"]

_CHOICES = {
    "snapshots": ("auto", "always", "never"),
    "allocation_sites": ("auto", "always", "never"),
    "jit": ("off", "on"),
    "offheap": ("on", "off"),
}
_OBJECTS = re.compile(r"\s*([0-9]*\.?[0-9]+)\s*objects?\s*", re.IGNORECASE)


@dataclass(frozen=True)
class Growth:
    """Growth per iteration that is accepted: bytes, or objects of one class."""

    amount: float = 0.0
    unit: str = "B"

    @property
    def bytes(self) -> float:
        return self.amount if self.unit == "B" else 0.0

    @property
    def objects(self) -> float:
        return self.amount if self.unit == "objects" else 0.0

    def __str__(self) -> str:
        return format_bytes(self.amount) if self.unit == "B" else f"{self.amount:g} objects"


@dataclass(frozen=True)
class Policy:
    """How to measure and what to accept. None means: adapt to the program.

    ``iterations`` per round, ``warmup`` iterations before the first round, ``rounds`` between
    which GC is forced, ``budget`` in seconds for the whole measurement, ``max_growth`` accepted
    per iteration, ``ignore`` globs of constructor names, ``max_live`` bounds of live objects by
    constructor, ``strict``: an inconclusive result fails as well.
    """

    iterations: int | None = None
    warmup: int | None = None
    rounds: int | None = None
    budget: float = 10.0
    max_growth: Growth = Growth()
    ignore: tuple[str, ...] = ()
    max_live: Mapping[str, int] | None = None
    snapshots: str = "auto"
    allocation_sites: str = "auto"
    jit: str = "off"
    offheap: str = "on"
    strict: bool = False

    @classmethod
    def names(cls) -> tuple[str, ...]:
        return tuple(field.name for field in fields(cls))

    def with_values(self, source: str, **values: Any) -> Policy:
        """This policy with ``values`` (None: keep) laid over; ``source`` is named in errors.

        Raises PolicyError.
        """
        parsed: dict[str, Any] = {}
        for name, value in values.items():
            if name not in _PARSERS:
                known = ", ".join(self.names())
                raise PolicyError(f"unknown policy {name!r} (from {source}); known are: {known}")
            if value is None:
                continue
            try:
                parsed[name] = _PARSERS[name](value)
            except (TypeError, ValueError) as error:
                raise PolicyError(f"bad value for {name} (from {source}): {error}") from None
        return replace(self, **parsed)

    def ignores(self, name: str) -> bool:
        """Whether a constructor is not to be judged: named by a glob of ``ignore``."""
        return any(fnmatch.fnmatchcase(name, pattern) for pattern in self.ignore)

    def live_bound(self, name: str) -> int | None:
        return None if self.max_live is None else self.max_live.get(name)

    def to_json(self) -> dict[str, Any]:
        values: dict[str, Any] = {field.name: getattr(self, field.name) for field in fields(self)}
        values["max_growth"] = str(self.max_growth)
        values["ignore"] = list(self.ignore)
        values["max_live"] = dict(self.max_live or {})
        return values


def _count(minimum: int) -> Any:
    def parse(value: object) -> int:
        if isinstance(value, str) and re.fullmatch(r"\s*[0-9]+\s*", value):
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or value < minimum:
            raise ValueError(f"{value!r} is not a whole number of at least {minimum}")
        return value

    return parse


def _budget(value: object) -> float:
    seconds = parse_seconds(value)
    if seconds <= 0:
        raise ValueError(f"{value!r} is not a duration above 0, such as '10s'")
    return seconds


def _growth(value: object) -> Growth:
    if isinstance(value, Growth):
        return value
    match = _OBJECTS.fullmatch(value) if isinstance(value, str) else None
    if match is not None:
        return Growth(float(match.group(1)), "objects")
    try:
        return Growth(parse_bytes(value))
    except ValueError:
        raise ValueError(
            f"{value!r} is not a growth per iteration such as '1 KB' or '0.5 objects'"
        ) from None


def _names(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(part.strip() for part in re.split(r"[,\n]", value) if part.strip())
    if isinstance(value, Iterable):
        names = tuple(value)
        if all(isinstance(name, str) and name for name in names):
            return names
    raise ValueError(f"{value!r} is no list of constructor names")


def _bounds(value: object) -> dict[str, int]:
    if isinstance(value, str):
        pairs = [part.partition("=") for part in re.split(r"[,\n]", value) if part.strip()]
        if not all(sign and name.strip() for name, sign, _ in pairs):
            raise ValueError(f"{value!r} is not of the form 'Entry=10000, Session=50'")
        value = {name.strip(): number.strip() for name, _, number in pairs}
    if not isinstance(value, Mapping):
        raise ValueError(f"{value!r} is no mapping of constructor names to counts")
    parse = _count(0)
    return {str(name): parse(number) for name, number in value.items()}


def _choice(name: str) -> Any:
    def parse(value: object) -> str:
        if value is True or value is False:
            value = "on" if value else "off"
        if value not in _CHOICES[name]:
            allowed = ", ".join(_CHOICES[name])
            raise ValueError(f"{value!r} is not one of {allowed}")
        return str(value)

    return parse


def _flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    words = {"1": True, "true": True, "yes": True, "on": True}
    words |= {"0": False, "false": False, "no": False, "off": False}
    if isinstance(value, str) and value.strip().lower() in words:
        return words[value.strip().lower()]
    raise ValueError(f"{value!r} is not true or false")


_PARSERS: dict[str, Any] = {
    "iterations": _count(1),
    "warmup": _count(0),
    "rounds": _count(2),
    "budget": _budget,
    "max_growth": _growth,
    "ignore": _names,
    "max_live": _bounds,
    "snapshots": _choice("snapshots"),
    "allocation_sites": _choice("allocation_sites"),
    "jit": _choice("jit"),
    "offheap": _choice("offheap"),
    "strict": _flag,
}
