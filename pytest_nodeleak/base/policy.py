"""What the user may set: one frozen object, every value checked with its name."""

from __future__ import annotations

import difflib
import fnmatch
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from numbers import Integral
from typing import Any

from .errors import PolicyError, hide_ours
from .options import camel_case, snake_case
from .units import format_bytes, parse_bytes, parse_seconds

__all__ = ["Growth", "Policy"]

__tracebackhide__ = hide_ours

_CHOICES = {
    "snapshots": ("auto", "always", "never"),
    "allocation_sites": ("auto", "always", "never"),
    "jit": ("off", "on"),
    "offheap": ("on", "off"),
    "heaps": ("all", "main"),
}
_WORDS = {"1": True, "true": True, "yes": True, "on": True}
_WORDS |= {"0": False, "false": False, "no": False, "off": False}
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
    constructor, ``strict``: an inconclusive result fails as well, ``show_strings``: reports show
    the text of strings that leak.
    """

    iterations: int | None = None
    warmup: int | None = None
    rounds: int | None = None
    budget: float | None = None
    explain: float = 30.0
    max_growth: Growth = Growth()
    ignore: tuple[str, ...] = ()
    max_live: Mapping[str, int] | None = None
    snapshots: str = "auto"
    allocation_sites: str = "auto"
    jit: str = "off"
    offheap: str = "on"
    heaps: str = "all"
    strict: bool = False
    show_strings: bool = False
    #: more constructors not to judge, where plugins say so; no option
    also_ignored: Callable[[str], bool] | None = field(default=None, repr=False, compare=False)

    @classmethod
    def names(cls) -> tuple[str, ...]:
        return tuple(field.name for field in fields(cls) if field.name != "also_ignored")

    def with_values(self, source: str, /, **values: Any) -> Policy:
        """This policy with ``values`` (None: keep) laid over; ``source`` is named in errors.

        Raises PolicyError.
        """
        return self._with(source, values, str)

    def with_script_options(self, source: str, values: Mapping[str, Any]) -> Policy:
        """The same for what a script exports as ``options``: names as in JavaScript, maxGrowth.

        Python's spelling is understood as well. Raises PolicyError.
        """
        spelled = {snake_case(name): value for name, value in values.items()}
        return self._with(source, spelled, camel_case)

    def _with(self, source: str, values: Mapping[str, Any], spell: Callable[[str], str]) -> Policy:
        parsed: dict[str, Any] = {}
        for name, value in values.items():
            if name not in _PARSERS:
                raise PolicyError(_unknown(spell(name), [spell(n) for n in self.names()], source))
            if value is None:
                continue
            try:
                parsed[name] = _PARSERS[name](value)
            except (TypeError, ValueError) as error:
                raise PolicyError(f"bad value for {spell(name)} (from {source}): {error}") from None
        return replace(self, **parsed)

    def ignores(self, name: str) -> bool:
        """Whether a constructor is not to be judged: named by a glob of ``ignore``, or a plugin."""
        if self.also_ignored is not None and self.also_ignored(name):
            return True
        return any(fnmatch.fnmatchcase(name, pattern) for pattern in self.ignore)

    def live_bound(self, name: str) -> int | None:
        return None if self.max_live is None else self.max_live.get(name)

    def to_json(self) -> dict[str, Any]:
        """Plain values, exact: ``with_values`` makes the same policy of them."""
        values: dict[str, Any] = {name: getattr(self, name) for name in self.names()}
        values["max_growth"] = f"{self.max_growth.amount:.12g} {self.max_growth.unit}"
        values["ignore"] = list(self.ignore)
        values["max_live"] = dict(self.max_live or {})
        return values


def _unknown(name: str, known: list[str], source: str) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    meant = f"did you mean {close[0]!r}? " if close else ""
    return f"unknown policy {name!r} (from {source}); {meant}known are: {', '.join(known)}"


def _count(minimum: int) -> Any:
    def parse(value: object) -> int:
        number = value
        if isinstance(value, str) and re.fullmatch(r"\s*[0-9]{1,18}\s*", value):
            number = int(value)
        elif isinstance(value, float) and value.is_integer():
            number = int(value)  # JavaScript has no other numbers
        if not isinstance(number, Integral) or isinstance(number, bool) or number < minimum:
            raise ValueError(f"{value!r} is not a whole number of at least {minimum}")
        return int(number)

    return parse


def _duration(value: object) -> float:
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


def _pieces(text: str) -> list[str]:
    """The parts between commas or line ends; a shape such as {id, name} keeps its commas."""
    parts = re.findall(r"(?:\{[^{}]*\}|[^,\n])+", text)
    return [part.strip() for part in parts if part.strip()]


def _names(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(_pieces(value))
    if isinstance(value, Iterable) and not isinstance(value, Mapping):
        names = tuple(value)
        if all(isinstance(name, str) and name.strip() for name in names):
            return names
    raise ValueError(f"{value!r} is not a list of constructor names, such as ['Metrics', 'Log*']")


def _bounds(value: object) -> dict[str, int]:
    wanted = f"{value!r} is not of the form 'Entry=10000, Session=50'"
    if isinstance(value, (list, tuple)) and all(isinstance(part, str) for part in value):
        value = "\n".join(value)
    if isinstance(value, str):
        pairs = [part.rpartition("=") for part in _pieces(value)]
        if not all(sign and name.strip() for name, sign, _ in pairs):
            raise ValueError(wanted)
        value = {name.strip(): number.strip() for name, _, number in pairs}
    if not isinstance(value, Mapping):
        raise ValueError(wanted)
    return {str(name): _bound(str(name), number) for name, number in value.items()}


def _bound(name: str, number: object) -> int:
    try:
        return int(_count(0)(number))
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def _choice(name: str) -> Any:
    choices = _CHOICES[name]

    def parse(value: object) -> str:
        chosen = value.strip().lower() if isinstance(value, str) else value
        if "on" in choices and _truth(value) is not None:
            chosen = "on" if _truth(value) else "off"
        if not isinstance(chosen, str) or chosen not in choices:
            raise ValueError(f"{value!r} is not one of {', '.join(choices)}")
        return chosen

    return parse


def _truth(value: object) -> bool | None:
    if isinstance(value, bool):
        return value
    return _WORDS.get(value.strip().lower()) if isinstance(value, str) else None


def _flag(value: object) -> bool:
    truth = _truth(value)
    if truth is None:
        raise ValueError(f"{value!r} is not yes or no (nor true or false)")
    return truth


_PARSERS: dict[str, Any] = {
    "iterations": _count(1),
    "warmup": _count(0),
    "rounds": _count(2),
    "budget": _duration,
    "explain": _duration,
    "max_growth": _growth,
    "ignore": _names,
    "max_live": _bounds,
    "snapshots": _choice("snapshots"),
    "allocation_sites": _choice("allocation_sites"),
    "jit": _choice("jit"),
    "offheap": _choice("offheap"),
    "heaps": _choice("heaps"),
    "strict": _flag,
    "show_strings": _flag,
}
