"""Comma-separated integers, as bytes, into an array."""

from __future__ import annotations

import warnings

import numpy as np

from .arrays import Int64Array

__all__ = ["NumberError", "parse_numbers"]


class NumberError(ValueError):
    """Something else than integers and single commas; ``at`` is the offset in the block."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.at = at


def parse_numbers(block: bytes) -> Int64Array:
    """Integers of ``block``: ``b"1,2\\n,3"`` gives ``[1, 2, 3]``; whitespace may surround them.

    Raises NumberError on anything else.
    """
    expected = block.count(b",") + 1
    try:
        with warnings.catch_warnings():
            # Older numpy warns, newer raises, where the text is no list of numbers.
            warnings.simplefilter("error", DeprecationWarning)
            values: Int64Array = np.fromstring(block, dtype=np.int64, sep=",")
    except (ValueError, DeprecationWarning):
        values = np.empty(0, dtype=np.int64)
        expected = -1
    if values.size != expected:
        at = _first_bad(block)
        raise NumberError(f"{bytes(block[at : at + 12])!r} where a number should be", at)
    return values


def _first_bad(block: bytes) -> int:
    """Offset of the first item that is no integer; the slow way, for the message only."""
    at = 0
    for item in block.split(b","):
        text = item.strip()
        if not text.removeprefix(b"-").isdigit() or len(text) > 18:
            return at + len(item) - len(item.lstrip())
        at += len(item) + 1
    return max(0, len(block) - 1)
