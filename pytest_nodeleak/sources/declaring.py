"""Where a variable is declared: the scopes around a function, from inside out, as JavaScript does.

Not a parser: it knows brackets, statements and the words that declare.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from .tokens import Token, tokens_of

__all__ = ["Declarations", "is_at_top"]

#: bytes of a script that is read: it takes a second or two
_MOST_BYTES = 2 << 20
_LISTS = frozenset(("const", "let", "var"))
_NAMED = frozenset(("class", "function"))
#: classes of what is written down
_LITERALS = {"[": "Array", "{": "Object"}
#: words with "(...) {" behind them that are no functions
_BLOCKS = frozenset(("catch", "for", "if", "switch", "while", "with"))
#: they begin a statement, whatever ends the one before
_STATEMENTS = frozenset(
    re.findall(
        r"\w+",
        "break case continue do export for if import return switch throw try while",
    )
)
#: in front of a class or function that is a value: its name is seen in itself alone
_BEFORE_VALUE = frozenset("=(,:?[&|")


class Declarations:
    """Of one script, whose text is read once."""

    def __init__(self, text: str) -> None:
        self._tokens: Sequence[Token] = list(tokens_of(text)) if len(text) <= _MOST_BYTES else ()
        self._starts = [token.start for token in self._tokens]
        self._partner: dict[int, int] = {}
        self._opening: dict[int, int] = {}
        #: of each token the bracket that it is directly in, -1 outside of all
        self._inside: list[int] = []
        self._read_brackets()

    def __repr__(self) -> str:
        return f"<Declarations of {len(self._tokens)} tokens>"

    def _read_brackets(self) -> None:
        waiting: list[int] = []
        for at, token in enumerate(self._tokens):
            if token.kind == "close" and waiting:
                self._opening[at] = waiting[-1]
                self._partner[waiting.pop()] = at
            self._inside.append(waiting[-1] if waiting else -1)
            if token.kind == "open":
                waiting.append(at)

    def find(self, name: str, seen_from: int | None) -> int | None:
        """Where in the text ``name`` is declared that a function sees that begins at ``seen_from``.

        Of a variable of the script itself, if that is None. None where no declaration is seen.
        """
        bracket = -1 if seen_from is None else self._bracket_of(seen_from)
        while True:
            if bracket < 0 or self._tokens[bracket].text == "{":
                for at in (*self._in_block(bracket), *self._parameters(bracket)):
                    if self._tokens[at].text.lstrip("#") == name:
                        return self._tokens[at].start
            if bracket < 0:
                return None
            bracket = self._inside[bracket]

    def class_of(self, name: str, seen_from: int | None) -> str:
        """``Map`` where ``name`` is declared as ``new Map``, ``Array`` for a list; "": not told."""
        start = self.find(name, seen_from)
        if start is None:
            return ""
        at = bisect_left(self._starts, start)
        if self._text(at + 1) != "=":
            return ""
        first = self._text(at + 2)
        return self._text(at + 3) if first == "new" else _LITERALS.get(first, "")

    def _bracket_of(self, offset: int) -> int:
        """The bracket that the function is in which begins at ``offset``."""
        at = bisect_left(self._starts, offset)
        return self._inside[at] if at < len(self._tokens) else -1

    def function_around(self, offset: int) -> int | None:
        """Where the function begins that ``offset`` is in, as V8 counts: at its parameters.

        None for what is in none.
        """
        bracket = self._bracket_of(offset)
        while bracket >= 0:
            first = self._parameters_before(bracket)
            if first is not None and self._text(first - 1) not in _BLOCKS:
                return self._tokens[first].start
            bracket = self._inside[bracket]
        return None

    def _in_block(self, bracket: int) -> Iterator[int]:
        """Names that are declared directly in the block that begins there, or in the script."""
        tokens, in_list = self._tokens, False
        at = bracket + 1
        end = len(tokens) if bracket < 0 else self._partner.get(bracket, len(tokens))
        while at < end:
            text = tokens[at].text
            if text in _LISTS or (text == "," and in_list):
                in_list = True
                yield from self._bound(at + 1)
            elif text in _NAMED and not self._is_value(at):
                at += self._text(at + 1) == "*"
                yield at + 1
            elif text == ";" or text in _STATEMENTS:
                in_list = False
            at = self._partner.get(at, at) + 1

    def _bound(self, at: int) -> Iterator[int]:
        """The name at ``at``, or those of the pattern that begins there."""
        if self._text(at) not in ("{", "["):
            yield at
            return
        for inner in range(at + 1, self._partner.get(at, at)):
            if self._tokens[inner].kind == "word" and self._text(inner + 1) != ":":
                yield inner

    def _parameters(self, bracket: int) -> Iterator[int]:
        """Names among the parameters of the function whose body begins at ``bracket``."""
        first = self._parameters_before(bracket)
        if first is not None:
            last = self._partner.get(first, first)
            yield from (i for i in range(first, last + 1) if self._tokens[i].kind == "word")

    def _parameters_before(self, bracket: int) -> int | None:
        """Where the parameters begin of what has its body in ``{`` there; of ``if`` as well."""
        if bracket < 0 or self._text(bracket) != "{":
            return None
        at = bracket - 1
        is_arrow = self._text(at) == "=>"
        at -= is_arrow
        if self._text(at) == ")":
            return self._opening.get(at)
        return at if is_arrow and at >= 0 else None

    def _is_value(self, at: int) -> bool:
        before = at - 1 - (self._text(at - 1) == "async")
        return self._text(before) in _BEFORE_VALUE or self._text(before) in ("return", "=>")

    def _text(self, at: int) -> str:
        return self._tokens[at].text if 0 <= at < len(self._tokens) else ""


def is_at_top(text: str, offset: int) -> bool:
    """Whether ``offset`` is in none of the brackets of ``text``."""
    depth = 0
    for token in tokens_of(text[:offset]):
        depth += (token.kind == "open") - (token.kind == "close")
    return depth <= 0
