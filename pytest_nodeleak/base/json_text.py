"""JSON of files that anybody may have written."""

from __future__ import annotations

import json
import math
from typing import Any

__all__ = ["finite", "parsed_json", "whole"]

#: digits of a whole number that any float can take
_LONGEST = 300
#: of counts, sizes and times: more no JavaScript can count, and sums stay finite
_LARGEST = 1 << 53


def parsed_json(text: str) -> Any:
    """What ``text`` holds; all numbers are finite, and whole ones fit into a float.

    Raises ValueError, also for what is nested too deeply for Python.
    """
    try:
        return json.loads(text, parse_int=_whole, parse_float=_finite, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _whole(text: str) -> int:
    return int(text) if len(text) <= _LONGEST else _refuse(f"{text[:20]}...")


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse(text)


def _refuse(text: str) -> Any:
    raise ValueError(f"{text} is no number that can be read")


def whole(found: Any) -> int:
    """A count or a size in a file. Raises TypeError, ValueError."""
    finite(found)
    return int(found)


def finite(found: Any) -> float:
    """A rate or a time in a file; a text of digits is one, too. Raises TypeError, ValueError."""
    read = float(found)
    return read if abs(read) <= _LARGEST else _refuse(str(found)[:20])
