"""The table of strings: kept as the file's own bytes, decoded one by one when asked for."""

from __future__ import annotations

import json
import mmap
import re
from collections.abc import Iterator

import numpy as np

from .arrays import AnyArray, Int64Array
from .columns import ColumnStore

__all__ = ["QuoteScanner", "StringTable", "slot_number"]

_QUOTE = 0x22
_BACKSLASH = 0x5C


class QuoteScanner:
    """Finds the quotes that open and close strings in JSON text that comes in pieces.

    Feed pieces that do not end within a run of backslashes (``safe_length``).
    """

    __slots__ = ()

    @staticmethod
    def safe_length(block: bytes | bytearray | memoryview) -> int:
        """How many bytes of ``block`` can be scanned without its continuation."""
        n = len(block)
        while n and block[n - 1] == _BACKSLASH:
            n -= 1
        return n

    @staticmethod
    def quotes(block: bytes | bytearray | memoryview) -> Int64Array:
        """Positions of the quotes in ``block`` that are not escaped, ascending."""
        data = np.frombuffer(block, dtype=np.uint8)
        found = np.flatnonzero(data == _QUOTE)
        if not found.size:
            return found
        before = found - 1
        doubtful = np.flatnonzero((data[before] == _BACKSLASH) & (found > 0))
        if not doubtful.size:
            return found
        escaped = _odd_runs(data, found[doubtful])
        keep = np.ones(found.size, dtype=bool)
        keep[doubtful[escaped]] = False
        return found[keep]


def _odd_runs(data: AnyArray, quotes: Int64Array) -> AnyArray:
    """Which of ``quotes`` have an odd number of backslashes before them."""
    odd = np.zeros(quotes.size, dtype=bool)
    active = np.arange(quotes.size)
    for distance in range(1, 18):
        at = quotes[active] - distance
        hit = (at >= 0) & (data[np.maximum(at, 0)] == _BACKSLASH)
        active = active[hit]
        if not active.size:
            return odd
        odd[active] = distance % 2 == 1
    # Runs longer than that: measure them by the last byte that is no backslash.
    last_other = np.where(data == _BACKSLASH, -1, np.arange(data.size))
    last_other = np.maximum.accumulate(last_other)
    run = quotes[active] - 1 - last_other[quotes[active] - 1]
    odd[active] = run % 2 == 1
    return odd


class StringTable:
    """The strings of one snapshot, by index.

    ``table[i]`` decodes string i; ``len(table)`` counts them. Strings are cut at 1024
    characters by V8, so two long ones can look equal.
    """

    __slots__ = ("_cache", "_found", "_kept", "_lengths", "_quotes", "blob")

    def __init__(
        self, blob: bytes | bytearray | mmap.mmap, quotes: AnyArray, kept: ColumnStore
    ) -> None:
        self._kept = kept
        self.blob = blob
        self._quotes = quotes
        self._cache: dict[int, str] = {}
        self._lengths: AnyArray | None = None
        self._found: dict[str, list[int]] = {}

    def __repr__(self) -> str:
        return f"<StringTable of {len(self)} strings, {len(self.blob)} bytes>"

    def __len__(self) -> int:
        return len(self._quotes) // 2

    def __getitem__(self, index: int) -> str:
        known = self._cache.get(index)
        if known is not None:
            return known
        if not 0 <= index < len(self):
            raise IndexError(f"string {index} of {len(self)}")
        text = _decode(bytes(self.raw(index)))
        if len(self._cache) < 100_000:
            self._cache[index] = text
        return text

    def raw(self, index: int) -> memoryview:
        """The bytes of string ``index`` as in the file, without its quotes."""
        start = int(self._quotes[2 * index]) + 1
        return memoryview(self.blob)[start : int(self._quotes[2 * index + 1])]

    def many(self, indices: AnyArray) -> list[str]:
        """Several strings, in the order asked for; faster than one by one."""
        starts = self._quotes[2 * indices] + 1
        ends = self._quotes[2 * indices + 1]
        blob = self.blob
        return [
            _decode(blob[start:end])
            for start, end in zip(starts.tolist(), ends.tolist(), strict=True)
        ]

    def numbers(self, indices: AnyArray) -> Int64Array:
        """Strings of 1 to 9 digits as numbers, -1 for all others; without decoding them."""
        starts = self._quotes[2 * indices.astype(np.int64)].astype(np.int64) + 1
        lengths = self._quotes[2 * indices.astype(np.int64) + 1] - starts
        valid = (lengths > 0) & (lengths <= 9)
        data = np.frombuffer(self.blob, dtype=np.uint8)
        values = np.zeros(indices.size, dtype=np.int64)
        for offset in range(int(lengths[valid].max()) if valid.any() else 0):
            inside = valid & (offset < lengths)
            digits = data[starts[inside] + offset] - np.uint8(0x30)
            values[inside] = values[inside] * 10 + digits
            valid[np.flatnonzero(inside)[digits > 9]] = False
        return np.where(valid, values, -1)

    def lengths(self) -> AnyArray:
        """Length of each string in bytes of the file (escapes count as written)."""
        if self._lengths is None:
            self._lengths = self._kept.moved(self._quotes[1::2] - self._quotes[0::2] - 1)
        return self._lengths

    def find(self, text: str) -> list[int]:
        """Indices of the strings equal to ``text``; usually one or none."""
        known = self._found.get(text)
        if known is None:
            spellings = dict.fromkeys(_spellings(text))
            known = sorted(index for spelling in spellings for index in self._at(spelling))
            self._found[text] = known
        return known

    def _at(self, text: bytes) -> list[int]:
        """Strings whose bytes in the file are ``text``: those of its length, byte by byte.

        From the end, for many begin alike: ``system / ``.
        """
        starts = self._quotes[0::2]
        found = np.flatnonzero(self.lengths() == len(text))
        data = np.frombuffer(self.blob, dtype=np.uint8)
        for offset in range(len(text), 0, -1):
            if found.size <= 8:
                break
            found = found[data[starts[found] + offset] == text[offset - 1]]
        indices = [index for index in found.tolist() if self.raw(index) == text]
        self._kept.release()
        return indices

    def containing(self, needle: bytes) -> list[int]:
        """Indices of the strings whose bytes contain ``needle``, ascending."""
        found: list[int] = []
        at = self.blob.find(needle)
        while at >= 0:
            slot = self._slot(at)
            found.append(slot // 2)
            # On from the end of this string: each counts once.
            following = int(self._quotes[slot | 1]) if slot < len(self._quotes) else at
            at = self.blob.find(needle, following + 1)
        self._kept.release()
        return found

    def _slot(self, offset: int) -> int:
        """Number of the last quote at or before ``offset``."""
        return int(self._quotes.searchsorted(self._quotes.dtype.type(offset), side="right")) - 1


def slot_number(text: str) -> int:
    """The number of a slot that an edge is named by; -1 for all other names.

    As in :meth:`StringTable.numbers`: a file may name edges by signs that are digits as well.
    """
    return int(text) if text.isdigit() and text.isascii() and len(text) <= 9 else -1


def _spellings(text: str) -> Iterator[bytes]:
    """How the bytes of a string may be in a file; V8 escapes in capitals all but ASCII."""
    escaped = json.dumps(text)[1:-1]
    yield escaped.encode()
    if not text.isascii():
        yield json.dumps(text, ensure_ascii=False)[1:-1].encode("utf-8", "surrogatepass")
        yield re.sub(r"\\u....", lambda found: "\\u" + found[0][2:].upper(), escaped).encode()


def _decode(raw: bytes | bytearray) -> str:
    text = raw.decode("utf-8", errors="replace")
    if "\\" in text:
        try:
            text = str(json.loads(f'"{text}"', strict=False))
        except ValueError:
            return text  # a broken escape: better shown as written than not at all
        # A string cut in the middle of a surrogate pair cannot be printed as it is.
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
