"""The code of one JavaScript function: where it ends, and what of the text is its own.

Not a parser: it knows strings, comments, templates, regular expressions and brackets, which is
enough to tell code from text and a function from those inside of it.
"""

from __future__ import annotations

from collections.abc import Iterator

from .tokens import Token, tokens_of

__all__ = ["own_code"]

#: letters of a function that are read: a bundle may be one function of megabytes
MOST_LETTERS = 1 << 16

#: words with "(...) {" behind them that are no methods
_STATEMENTS = frozenset(("catch", "for", "if", "switch", "while", "with"))
_NO_PLACE = -1


def own_code(text: str, offset: int) -> str | None:
    """The code of the function that begins at ``offset``, letter for letter, with spaces for
    strings, comments and the functions and classes inside of it.

    V8 lets functions begin at the ``(`` of their parameters, arrow functions at the first
    of them, modules at 0. None if no function is seen there.
    """
    region = text[offset : offset + MOST_LETTERS]
    tokens = list(tokens_of(region))
    partner = _partners(tokens)
    end = len(tokens) if offset == 0 else _end(tokens, partner, 0)
    if end == _NO_PLACE or not tokens:
        return None
    kept = [" "] * tokens[end - 1].end
    for at in _own(tokens, partner, end, whole=offset == 0):
        token = tokens[at]
        if token.kind != "text":
            kept[token.start : token.end] = token.text
    for at, letter in enumerate(region[: len(kept)]):
        if letter == "\n":
            kept[at] = letter
    return "".join(kept)


def _partners(tokens: list[Token]) -> dict[int, int]:
    """The number of the closing bracket of each opening one; those left open are not in it."""
    waiting: list[int] = []
    partner: dict[int, int] = {}
    for at, token in enumerate(tokens):
        if token.kind == "open":
            waiting.append(at)
        elif token.kind == "close" and waiting:
            partner[waiting.pop()] = at
    return partner


def _end(tokens: list[Token], partner: dict[int, int], at: int) -> int:
    """The number of the token behind the function or class that begins at token ``at``."""
    if _is(tokens, at, "class"):
        while at < len(tokens) and tokens[at].text != "{":
            at = partner[at] + 1 if at in partner else at + 1
        return _behind(partner, at)
    at += _is(tokens, at, "async")
    if _is(tokens, at, "function"):
        at += 1
        while at < len(tokens) and tokens[at].text != "(":
            at += 1
    at = _behind(partner, at) if _is(tokens, at, "(") else at + 1
    if at == _NO_PLACE:
        return at
    if _is(tokens, at, "=>"):
        return _body_end(tokens, partner, at + 1)
    return _behind(partner, at) if _is(tokens, at, "{") else _NO_PLACE


def _body_end(tokens: list[Token], partner: dict[int, int], at: int) -> int:
    """Of an arrow function: a block, or an expression up to what cannot belong to it."""
    if _is(tokens, at, "{"):
        return _behind(partner, at)
    while at < len(tokens):
        token = tokens[at]
        if token.kind == "close" or token.text in (",", ";"):
            break
        at = partner.get(at, at) + 1
    return at


def _own(tokens: list[Token], partner: dict[int, int], end: int, *, whole: bool) -> Iterator[int]:
    """Numbers of the tokens that are in no function or class inside."""
    at = 0 if whole else _first_of_body(tokens, partner, end)
    while at < end:
        token = tokens[at]
        behind = _NO_PLACE
        if token.text in ("function", "class") and not _is(tokens, at - 1, "."):
            behind = _end(tokens, partner, at)
        elif token.kind == "arrow":
            behind = _body_end(tokens, partner, at + 1)
        elif token.text == "(" and at in partner and _is_method(tokens, at, partner[at] + 1):
            behind = _behind(partner, partner[at] + 1)
        if behind == _NO_PLACE:
            yield at
            behind = at + 1
        at = behind


def _first_of_body(tokens: list[Token], partner: dict[int, int], end: int) -> int:
    for at in range(end):
        if tokens[at].text in ("{", "=>") and tokens[at].kind in ("open", "arrow"):
            return at + 1 if tokens[at].kind == "arrow" else at
        if tokens[at].text == "(" and at in partner:
            behind = partner[at] + 1
            return behind + 1 if _is(tokens, behind, "=>") else behind
    return 0


def _is_method(tokens: list[Token], at: int, behind: int) -> bool:
    """Whether ``name(...) {`` stands there."""
    name = tokens[at - 1] if at else None
    return (
        name is not None
        and name.kind == "word"
        and name.text not in _STATEMENTS
        and _is(tokens, behind, "{")
    )


def _behind(partner: dict[int, int], at: int) -> int:
    return partner[at] + 1 if at in partner else _NO_PLACE


def _is(tokens: list[Token], at: int, text: str) -> bool:
    return 0 <= at < len(tokens) and tokens[at].text == text
