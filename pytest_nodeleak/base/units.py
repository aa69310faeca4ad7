"""Durations and sizes as people write them, both ways."""

from __future__ import annotations

import math
import re

__all__ = [
    "format_amount",
    "format_bytes",
    "format_count",
    "format_rate",
    "parse_bytes",
    "parse_seconds",
    "round_up",
]

_SECONDS = {"": 1.0, "ms": 0.001, "s": 1.0, "sec": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}
_BYTES = {"": 1, "b": 1, "kb": 1000, "mb": 1000**2, "gb": 1000**3}
_BYTES |= {"k": 1000, "m": 1000**2, "kib": 1024, "mib": 1024**2, "gib": 1024**3}
_QUANTITY = re.compile(r"\s*([0-9]*\.?[0-9]+(?:e[+-]?[0-9]+)?)\s*([a-z]*)\s*", re.IGNORECASE)


def parse_seconds(value: object) -> float:
    """``10``, ``"10s"``, ``"500ms"``, ``"2min"`` as seconds. Raises ValueError."""
    return _parse(value, _SECONDS, "a duration such as '10s' or '500ms'")


def parse_bytes(value: object) -> float:
    """``64``, ``"64 B"``, ``"1 KB"``, ``"2MiB"`` as bytes. Raises ValueError."""
    return _parse(value, _BYTES, "a size such as '64 B' or '1 KB'")


def _parse(value: object, units: dict[str, float] | dict[str, int], wanted: str) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        number = float(value)
    else:
        match = _QUANTITY.fullmatch(value) if isinstance(value, str) else None
        if match is None or match.group(2).lower() not in units:
            raise ValueError(f"{value!r} is not {wanted}")
        number = float(match.group(1)) * units[match.group(2).lower()]
    if not math.isfinite(number) or number < 0:
        raise ValueError(f"{value!r} is not {wanted}")
    return number


def format_bytes(size: float) -> str:
    """``512 B``, ``31.3 kB``, ``4.21 MB``: decimal units, three digits; ``0.4 B`` of a rate."""
    sign = "-" if size < 0 else ""
    size = abs(size)
    if size < 9.95 and size != int(size):
        return f"{sign}{size:.1g} B" if size < 0.95 else f"{sign}{size:.1f} B"
    if size < 999.5:
        return f"{sign}{size:.0f} B"
    for unit in ("kB", "MB", "GB"):
        size /= 1000
        if size < 999.5 or unit == "GB":
            digits = 2 if size < 9.995 else 1 if size < 99.95 else 0
            return f"{sign}{size:.{digits}f} {unit}"
    raise AssertionError("unreachable")


def format_count(count: float) -> str:
    """``12,345``: whole numbers, thousands apart."""
    return f"{count:,.0f}"


def format_amount(count: float, unit: str) -> str:
    """``400 iterations``, ``1 iteration``, ``5 x 2 s``."""
    if unit != "iteration":
        return f"{format_count(count)} x {unit}"
    return f"{format_count(count)} iteration{'' if round(count) == 1 else 's'}"


def format_rate(rate: float) -> str:
    """Objects per iteration: two decimals, more where the rate is small (``0.0050``)."""
    for digits in (2, 3, 4):
        # Rounded as it will be shown: 0.0998 is 0.10, not 0.100.
        if rate == 0 or round(abs(rate), digits + 1) >= 10.0 ** (1 - digits):
            return f"{rate:,.{digits}f}"
    return f"{rate:.1g}"


def round_up(count: int) -> int:
    """The next number with one digit and zeros behind: 2,310 -> 3,000."""
    digits = int(10 ** max(0, len(str(count)) - 1))
    return -(-count // digits) * digits


def power_of_two(number: float) -> int:
    """The largest power of two that is at most ``number``, at least 1."""
    return 1 << max(0, int(number).bit_length() - 1)
