"""The section of strings: text in pieces in, a table of strings out."""

from __future__ import annotations

import numpy as np

from ..model.arrays import AnyArray
from ..model.columns import ColumnStore
from ..model.strings import QuoteScanner, StringTable

__all__ = ["StringError", "StringSection"]

_SPACE = b" \t\r\n"


class StringError(ValueError):
    """Something else than strings and single commas; ``at`` is the offset in the section."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.at = at


class StringSection:
    """Collects the bytes of the section, and where its strings begin and end."""

    def __init__(self, kept: ColumnStore) -> None:
        self._kept = kept
        self.blob = bytearray()
        self._quotes = kept.column(np.uint32, 0)
        self._quote_total = 0

    def feed(self, block: bytearray) -> tuple[int, bool]:
        """Take from ``block`` what can be told; how many bytes, and whether ']' comes next."""
        block = block[: QuoteScanner.safe_length(block)]
        quotes = QuoteScanner.quotes(block)
        end = self._array_end(block, quotes)
        if end is not None:
            quotes = quotes[: np.searchsorted(quotes, end)]
            block = block[:end]
        if len(self.blob) + len(block) >= 1 << 32 > len(self.blob):
            self._quotes.widen(np.int64)
        self._quotes.append(quotes + len(self.blob))
        self._quote_total += quotes.size
        self.blob += block
        return len(block), end is not None

    def finish(self) -> StringTable:
        """The table; raises StringError."""
        quotes = self._quotes.finish()
        bad = _bad_gap(self.blob, quotes)
        if bad is not None:
            raise StringError("',' expected between two strings", bad)
        return StringTable(self._kept.keep(self.blob), quotes, self._kept)

    def _array_end(self, block: bytearray, quotes: AnyArray) -> int | None:
        """Position of the ']' that is in no string, if it is in this block."""
        at = block.find(b"]")
        while at >= 0:
            before = int(np.searchsorted(quotes, at))
            if (self._quote_total + before) % 2 == 0:
                return at
            if before >= quotes.size:
                return None  # the string goes on after this block
            at = block.find(b"]", int(quotes[before]) + 1)
        return None


def _bad_gap(blob: bytearray, quotes: AnyArray) -> int | None:
    """Offset of the first gap between strings that is not one comma and whitespace."""
    if not quotes.size:
        return None if not blob.strip(_SPACE) else 0
    if blob[: int(quotes[0])].strip(_SPACE):
        return 0
    if blob[int(quotes[-1]) + 1 :].strip(_SPACE):
        return int(quotes[-1]) + 1
    data = np.frombuffer(blob, dtype=np.uint8)
    ends = quotes[1:-1:2]
    starts = quotes[2::2]
    comma = data[ends + 1] == 0x2C
    gap = starts - ends
    newline = (gap == 3) & (data[starts - 1] == 0x0A)
    odd = np.flatnonzero(~(comma & ((gap == 2) | newline)))
    for slot in odd:
        if blob[int(ends[slot]) + 1 : int(starts[slot])].strip(_SPACE) != b",":
            return int(ends[slot]) + 1
    return None
