"""Passing over a JSON value that is not needed, without keeping it."""

from __future__ import annotations

import re

__all__ = ["ValueSkipper"]

# Everything that can change the depth, and strings, within which nothing can.
_TOKEN = re.compile(rb'["\[\]{}]')
_STRING_END = re.compile(rb'["\\]')


class ValueSkipper:
    """Consumes one array, object, string or number that comes in pieces."""

    def __init__(self, *, flat: bool = False) -> None:
        self.done = False
        self._flat = flat  # an array of numbers: nothing but its ']' matters
        self._depth = 0
        self._in_string = False
        self._escaped = False
        self._begun = False

    def feed(self, block: bytes | bytearray) -> int | None:
        """Bytes of ``block`` that are used up; None if no value can begin like this."""
        at = 0
        size = len(block)
        if not self._begun:
            while at < size and block[at] in b" \t\r\n":
                at += 1
            if at == size:
                return at
            first = block[at]
            if first not in b'[{"-0123456789tfn':
                return None
            self._begun = True
            if first not in b'[{"':
                return self._scalar(block, at)
        elif self._depth == 0 and not self._in_string:
            return self._scalar(block, at)
        while at < size and not self.done:
            if self._in_string:
                at = self._string(block, at)
                continue
            if self._flat and self._depth == 1:
                at = block.find(b"]", at)
                if at < 0:
                    return size
            match = _TOKEN.search(block, at)
            if match is None:
                return size
            at = match.end()
            token = match.group()
            if token == b'"':
                self._in_string = True
            elif token in b"[{":
                self._depth += 1
            else:
                self._depth -= 1
                self.done = self._depth <= 0
        return at

    def _string(self, block: bytes | bytearray, at: int) -> int:
        if self._escaped:
            self._escaped = False
            return at + 1
        match = _STRING_END.search(block, at)
        if match is None:
            return len(block)
        if match.group() == b"\\":
            self._escaped = True
        else:
            self._in_string = False
            self.done = self._depth == 0
        return match.end()

    def _scalar(self, block: bytes | bytearray, at: int) -> int:
        while at < len(block):
            if block[at] in b",}] \t\r\n":
                self.done = True
                return at
            at += 1
        return at
