"""A section of numbers: text in pieces of any size in, columns out."""

from __future__ import annotations

from .numbers import NumberError
from .sections import RowError, Rows, offset_of_item

__all__ = ["NumberSection", "SectionError"]

# Text converted at a time: small enough to stay in the processor's cache.
_BLOCK = 1 << 17
_SPACE = b" \t\r\n"


class SectionError(ValueError):
    """What is wrong with a section; ``at`` is the offset in the text given."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.at = at


class NumberSection:
    """Converts the rows of one section while they come."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self._searched = 0  # bytes already searched for the section's end

    def feed(self, text: bytearray, *, final: bool) -> tuple[int, bool]:
        """Take from ``text`` what can be told; how many bytes, and whether ']' comes next.

        Give what was not taken again, with more behind it; ``final`` says that no more will
        come. Raises SectionError.
        """
        end = text.find(b"]", self._searched)
        have = end if end >= 0 else len(text)
        if end < 0 and have < _BLOCK:
            self._searched = have
            if final:
                # Say the first thing that is wrong, which may come before the missing end.
                self._convert(text, 0, have, last=False)
            return 0, False
        at = 0
        while have - at > _BLOCK:
            used = self._convert(text, at, at + _BLOCK, last=False)
            if not used:
                raise SectionError("a row of numbers expected", at)
            at += used
        self._searched = have - at
        if end >= 0:
            self._convert(text, at, end, last=True)
            at = end
        return at, end >= 0

    def _convert(self, text: bytearray, begin: int, end: int, *, last: bool) -> int:
        """Store the rows in a part of the text; gives the bytes used."""
        if not self.rows.rows and not text[begin:end].strip(_SPACE):
            return 0  # no row at all, as in an empty list
        try:
            # Released at once: a text that is looked at cannot be shortened.
            with memoryview(text) as whole, whole[begin:end] as block:
                return self.rows.feed(block, last=last)
        except NumberError as error:
            raise SectionError(str(error), begin + error.at) from None
        except RowError as error:
            at = begin + offset_of_item(text[begin:end], error.index)
            raise SectionError(str(error), at) from None
