"""The ``mappings`` string of a source map, decoded where it is asked.

Every field of a segment is a difference to the segment before, over line ends too, so a position
needs the sums of all that comes before it. Sums do not mind the order: equal segments, which are
most of them, are counted and decoded once. Only the wanted line is decoded segment by segment.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from collections import Counter
from itertools import accumulate
from typing import NamedTuple

__all__ = ["Mappings", "Segment", "decode_vlq", "encode_vlq"]

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_DIGITS = {letter: digit for digit, letter in enumerate(_ALPHABET)}

#: characters of mappings between two remembered sums
_BLOCK = 1 << 13
#: decoded lines kept
_MOST_LINES = 4096
#: a number of a source map has 32 bits
_MOST_SHIFT = 30

_NUMBER = r"([g-z0-9+/]{0,6}[A-Za-f])"
_SEGMENT = re.compile(f"{_NUMBER}(?:{_NUMBER}{_NUMBER}{_NUMBER}{_NUMBER}?)?")

_EMPTY, _NOWHERE, _PLACE, _NAMED = -1, 0, 1, 2

#: differences: generated column, source, original line, original column, name; and the kind
_Deltas = tuple[int, int, int, int, int, int]
#: sums: source, original line, original column, name
_State = tuple[int, int, int, int]


class Segment(NamedTuple):
    """Lines and columns are 0-based; ``source`` and ``name`` are indices, -1 without one."""

    generated_column: int
    source: int
    line: int
    column: int
    name: int


class _Line(NamedTuple):
    """The segments of a generated line, a field each, by generated column."""

    columns: array[int]
    sources: array[int]
    lines: array[int]
    original_columns: array[int]
    names: array[int]
    kinds: array[int]


def decode_vlq(text: str) -> list[int]:
    """The numbers of a base-64 VLQ text. Raises ValueError."""
    numbers: list[int] = []
    value = shift = 0
    for letter in text:
        digit = _DIGITS.get(letter)
        if digit is None or shift > _MOST_SHIFT:
            raise ValueError(f"not base-64 VLQ: {text[:40]!r}")
        value |= (digit & 31) << shift
        if digit & 32:
            shift += 5
        else:
            numbers.append(-(value >> 1) if value & 1 else value >> 1)
            value = shift = 0
    if shift:
        raise ValueError(f"base-64 VLQ ends early: {text[:40]!r}")
    return numbers


def encode_vlq(numbers: list[int]) -> str:
    """``numbers`` as base-64 VLQ."""
    letters: list[str] = []
    for number in numbers:
        value = (-number << 1) | 1 if number < 0 else number << 1
        while value > 31:
            letters.append(_ALPHABET[(value & 31) | 32])
            value >>= 5
        letters.append(_ALPHABET[value])
    return "".join(letters)


class _Numbers(dict[str | None, int]):
    """Single numbers by their text, decoded on first use: there are few different ones."""

    def __missing__(self, text: str | None) -> int:
        number = decode_vlq(text)[0] if text else 0
        self[text] = number
        return number


class _Decoded(dict[str, _Deltas]):
    """Segments by their text, decoded on first use. A broken one is empty."""

    def __init__(self) -> None:
        self._numbers = _Numbers()

    def __missing__(self, text: str) -> _Deltas:
        match = _SEGMENT.fullmatch(text)
        deltas: _Deltas = (0, 0, 0, 0, 0, _EMPTY)
        if match:
            column, source, line, original, name = match.groups()
            kind = _NAMED if name else _PLACE if source else _NOWHERE
            of = self._numbers
            deltas = (of[column], of[source], of[line], of[original], of[name], kind)
        self[text] = deltas
        return deltas


class Mappings:
    """Positions of the generated text. Lines and columns are 0-based."""

    def __init__(self, text: str) -> None:
        self._lines = text.split(";")
        self._ends = array("q", accumulate(map(len, self._lines)))
        self._decoded = _Decoded()
        self._starts = [0]
        self._states: list[_State] = [(0, 0, 0, 0)]
        self._cache: dict[int, _Line | None] = {}

    def __len__(self) -> int:
        """The number of generated lines."""
        return len(self._lines)

    def at(self, line: int, column: int) -> Segment | None:
        """The last segment of ``line`` that begins at ``column`` or before it."""
        row = self._row(line)
        if row is None:
            return None
        return _segment(row, bisect_right(row.columns, column) - 1)

    def after(self, line: int, column: int) -> Segment | None:
        """The first segment of ``line`` that begins behind ``column``."""
        row = self._row(line)
        if row is None:
            return None
        return _segment(row, bisect_right(row.columns, column))

    def line(self, line: int) -> list[Segment]:
        """All segments of ``line``, by generated column."""
        row = self._row(line)
        if row is None:
            return []
        every = (_segment(row, index) for index in range(len(row.columns)))
        return [segment for segment in every if segment]

    def _row(self, line: int) -> _Line | None:
        if not 0 <= line < len(self._lines) or not self._lines[line]:
            return None
        if line not in self._cache:
            if len(self._cache) >= _MOST_LINES:
                self._cache.clear()
            try:
                self._cache[line] = self._decode(line)
            except OverflowError:
                self._cache[line] = None
        return self._cache[line]

    def _decode(self, line: int) -> _Line | None:
        deltas = [self._decoded[text] for text in self._lines[line].split(",")]
        deltas = [each for each in deltas if each[5] != _EMPTY]
        if not deltas:
            return None
        columns, sources, lines, originals, names, kinds = zip(*deltas, strict=True)
        source, original_line, original, name = self._before(line)
        fields = (
            list(accumulate(columns)),
            list(accumulate(sources, initial=source))[1:],
            list(accumulate(lines, initial=original_line))[1:],
            list(accumulate(originals, initial=original))[1:],
            list(accumulate(names, initial=name))[1:],
            list(kinds),
        )
        if min(columns) < 0:
            order = sorted(range(len(columns)), key=fields[0].__getitem__)
            sorted_fields = [[field[index] for index in order] for field in fields]
            return _Line(*(array("i", field) for field in sorted_fields))
        return _Line(*(array("i", field) for field in fields))

    def _before(self, line: int) -> _State:
        """The sums in front of ``line``."""
        while line >= self._starts[-1]:
            start = self._starts[-1]
            passed = self._ends[start - 1] if start else 0
            stop = max(bisect_left(self._ends, passed + _BLOCK), start + 1)
            if stop > line:
                break
            self._states.append(self._sum(start, stop, self._states[-1]))
            self._starts.append(stop)
        block = bisect_right(self._starts, line) - 1
        return self._sum(self._starts[block], line, self._states[block])

    def _sum(self, start: int, stop: int, state: _State) -> _State:
        source, line, column, name = state
        counted = Counter(",".join(self._lines[start:stop]).split(","))
        for text, count in counted.items():
            _, d_source, d_line, d_column, d_name, _ = self._decoded[text]
            source += d_source * count
            line += d_line * count
            column += d_column * count
            name += d_name * count
        return source, line, column, name


def _segment(row: _Line, index: int) -> Segment | None:
    if not 0 <= index < len(row.columns):
        return None
    kind = row.kinds[index]
    if kind == _NOWHERE:
        return Segment(row.columns[index], -1, -1, -1, -1)
    return Segment(
        row.columns[index],
        row.sources[index],
        row.lines[index],
        row.original_columns[index],
        row.names[index] if kind == _NAMED else -1,
    )
