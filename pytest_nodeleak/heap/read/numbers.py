"""Rows of comma-separated integers, as bytes, into columns.

Digits are turned into numbers eight at a time within 64-bit words, for a whole block of
text at once and only for the columns that are wanted: two to three times faster than
converting each number by itself. Text that is laid out otherwise than V8 does it takes
the slow way, which also says what is wrong with it.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence

import numpy as np

from ..model.arrays import AnyArray, Int64Array

__all__ = ["NumberError", "parse_numbers", "parse_rows"]

_COMMA = 0x2C
_NEWLINE = 0x0A
_ZERO = np.uint8(0x30)
_NINE = 0x39
# Bytes before the text, so that the word that ends at its first digit can be loaded.
_PAD = 16
_LONGEST = 16


_MISSING = re.compile(rb"(?:^|,)\s*(?:,|\Z)")


def _digit_masks(width: int, dtype: type[np.unsignedinteger]) -> AnyArray:
    """For 1 to ``width`` digits: which bits of a little-endian word hold their values.

    At their number plus one.
    """
    full = int.from_bytes(b"\x0f" * width, "little")
    shifts = [8 * (width - digits) for digits in range(1, width + 1)]
    return np.array([0, 0, *(full >> shift << shift for shift in shifts)], dtype=dtype)


_MASKS_64 = _digit_masks(8, np.uint64)
_MASKS_32 = _digit_masks(4, np.uint32)
_U64 = np.uint64
_U32 = np.uint32


class NumberError(ValueError):
    """Something else than integers and single commas; ``at`` is the offset in the block."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.at = at


def parse_rows(
    block: bytes | bytearray | memoryview, width: int, wanted: Sequence[int], *, last: bool
) -> tuple[int, list[AnyArray]]:
    """Columns ``wanted`` of the whole rows of ``width`` numbers that ``block`` begins with.

    Gives the number of bytes used, with the comma after the last row, and one array per
    column. ``last`` says that the text ends with the block. Raises NumberError.
    """
    buffer = b"".join((bytes(_PAD), block, b"," if last else b""))
    text = np.frombuffer(buffer, dtype=np.uint8)[_PAD:]
    commas = np.flatnonzero(text == _COMMA)
    rows = commas.size // width
    if last and commas.size % width:
        left = commas.size % width
        raise NumberError(f"{left} numbers are left over, a row has {width}", len(block))
    if not rows:
        return 0, []
    commas = commas[: rows * width]
    used = int(commas[-1]) + 1
    table = commas.reshape(rows, width)
    # V8 up to Node 22 writes each row on its own line, the comma leading.
    newline = text[table[:, -1] - 1] == _NEWLINE
    # Nothing but digits, the commas and these newlines.
    others = np.count_nonzero(text[:used] < _ZERO)
    if others == commas.size + np.count_nonzero(newline) and text[:used].max() <= _NINE:
        # From comma to comma: one more than the digits between them.
        gaps = np.empty_like(table)
        gaps[0, 0] = commas[0] + 1
        np.subtract(commas[1:], commas[:-1], out=gaps.reshape(-1)[1:])
        if newline.any():
            gaps[:, -1] -= newline
            table[:, -1] -= newline
        # No number may be missing, in columns that are not wanted either.
        complete = int(gaps.min()) > 1
        longest = [int(gaps[:, field].max()) - 1 for field in wanted]
        if complete and max(longest) <= _LONGEST:
            return used, [
                _column(buffer, text, table[:, field], gaps[:, field], digits)
                for field, digits in zip(wanted, longest, strict=True)
            ]
    numbers = parse_numbers(buffer[_PAD : _PAD + used - 1]).reshape(rows, width)
    return used, [numbers[:, field] for field in wanted]


def _column(
    buffer: bytes, text: AnyArray, ends: AnyArray, gaps: AnyArray, longest: int
) -> AnyArray:
    """Numbers of 1 to 16 digits, from where each ends in the text and its digits plus one."""
    if longest <= 2:
        small: AnyArray = text[ends - 1] - _ZERO
        if longest == 2:
            tens = text[ends - 2] - _ZERO
            tens *= np.uint8(10)
            tens *= gaps == 3
            small += tens
        return small
    if longest <= 4:
        return _convert_32(_words(buffer, text, 4)[ends], _MASKS_32.take(gaps))
    words = _words(buffer, text, 8)
    if longest <= 8:
        return _convert_64(words[ends], _MASKS_64.take(gaps))
    value = _convert_64(words[ends], _MASKS_64.take(gaps, mode="clip"))
    long = np.flatnonzero(gaps > 9)
    high = _convert_64(words[ends[long] - 8], _MASKS_64[gaps[long] - 8])
    value[long] += high * _U64(10**8)
    return value


def _words(buffer: bytes, text: AnyArray, width: int) -> AnyArray:
    """For each byte of the text: the ``width`` bytes before it as one word."""
    offset = _PAD - width
    return np.ndarray((text.size,), f"<u{width}", buffer=buffer, offset=offset, strides=(1,))


def _convert_64(word: AnyArray, mask: AnyArray) -> AnyArray:
    """Up to eight digits per word: neighbours are joined to pairs, fours, eights."""
    word &= mask
    word *= _U64(2561)  # 10 * low + high, one byte up
    word >>= _U64(8)
    word &= _U64(0x00FF00FF00FF00FF)
    word *= _U64(6553601)  # the same with 100
    word >>= _U64(16)
    word &= _U64(0x0000FFFF0000FFFF)
    word *= _U64(42949672960001)  # and with 10000
    word >>= _U64(32)
    return word


def _convert_32(word: AnyArray, mask: AnyArray) -> AnyArray:
    word &= mask
    word *= _U32(2561)
    word >>= _U32(8)
    word &= _U32(0x00FF00FF)
    word *= _U32(6553601)
    word >>= _U32(16)
    return word


def parse_numbers(block: bytes) -> Int64Array:
    """Integers of ``block``: ``b"1, 2\\n,3"`` gives ``[1, 2, 3]``; the slow way.

    Raises NumberError on anything but integers, single commas and whitespace.
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
    # numpy takes a missing number for some number.
    if values.size != expected or _MISSING.search(block):
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
