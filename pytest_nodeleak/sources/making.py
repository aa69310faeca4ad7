"""Where in a function's code an object is made, or another function is called."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

__all__ = ["makes", "surely_makes"]

_SHAPE = re.compile(r"\{(?P<keys>[^{}]*)\}")
_KEY = re.compile(r"\s*(?:get\s+|set\s+|async\s+|\*\s*)?([\w$]+)\s*(?=[:,}(]|$)")
_NEW = re.compile(r"\bnew\s+[\w$]")
_ARRAY = re.compile(r"(?<![\w$)\]\s])\s*(\[)|\b(?:return|of|in|case|yield)\s*(\[)|\bArray\s*[.(]")
_VALUE_BEFORE = re.compile(r"[\w$)\]]\s*$")
_KEYWORD_BEFORE = re.compile(r"(?<![\w$.])(?:return|yield|await|default)\s*$")
# What makes plain objects without a literal, where V8 shows no function that was called.
_FACTORY = re.compile(
    r"\bJSON\s*\.\s*parse\s*\(|\bstructuredClone\s*\(|\bObject\s*\.\s*\w+\s*\(|\{\s*\.\.\."
)
_MORE = re.compile(r"[,\s]*…?\s*\d+ properties$")


def makes(code: str, name: str, callee: str) -> tuple[int, ...]:
    """Offsets in ``code`` where an object called ``name`` comes from, those that fit best.

    ``name`` is a class, a shape (``{id, text}``) or ""; ``callee`` the function that is called
    there and allocates it, "" if none is. Empty where nothing of the kind is seen.
    """
    called = tuple(_calls(code, callee)) if callee else ()
    made = tuple(_made(code, name)) if name else ()
    both = _on_the_lines_of(made, called, code)
    return both or (made if not callee or callee == name else called or made)


def surely_makes(code: str, name: str) -> bool:
    """Whether ``code`` has ``new`` of the class ``name``, or a literal of that shape."""
    return any(True for _ in _named(code, name))


def _made(code: str, name: str) -> Iterator[int]:
    named = list(_named(code, name))
    if named:
        yield from named
    elif _SHAPE.fullmatch(name):
        yield from (found.start() for found in _FACTORY.finditer(code))
    elif name == "Array":
        yield from (found.start(found.lastindex or 0) for found in _ARRAY.finditer(code))
    elif re.fullmatch(r"[\w$]+", name):
        # A class may be bound to another name than its own: minifiers do that.
        yield from (found.start() for found in _NEW.finditer(code))


def _named(code: str, name: str) -> Iterator[int]:
    shape = _SHAPE.fullmatch(name)
    if shape:
        keys = _MORE.sub("", shape["keys"]).split(",")
        yield from _literals(code, [key.strip() for key in keys if key.strip()])
    elif re.fullmatch(r"[\w$]+", name) and name != "Array":
        pattern = rf"\bnew\s+(?:[\w$]+\s*\.\s*)*{re.escape(name)}(?![\w$])"
        yield from (found.start() for found in re.finditer(pattern, code))


def _calls(code: str, callee: str) -> Iterator[int]:
    name = re.split(r"[ .]", callee)[-1]
    if not re.fullmatch(r"[#\w$]+", name):
        return
    pattern = rf"(?<![\w$#]){re.escape(name)}\s*(?:\?\.)?\s*[(`]|\bnew\s+{re.escape(name)}(?![\w$])"
    yield from (found.start() for found in re.finditer(pattern, code))


def _literals(code: str, keys: Sequence[str]) -> Iterator[int]:
    """Object literals that begin with the first of ``keys``; the rest may be set later."""
    for found in re.finditer(r"\{", code):
        before = code[max(0, found.start() - 100) : found.start()]
        if _VALUE_BEFORE.search(before) and not _KEYWORD_BEFORE.search(before):
            continue
        own = list(_keys(code, found.end()))
        if own and own == list(keys[: len(own)]):
            yield found.start()


def _keys(code: str, at: int) -> Iterator[str]:
    """The names of the properties of the literal that begins in front of ``at``."""
    while True:
        key = _KEY.match(code, at)
        if key is None:
            return
        yield key[1]
        at = _behind_value(code, key.end())
        if at < 0:
            return


def _behind_value(code: str, at: int) -> int:
    """Behind the comma that ends a property; -1 at the end of the literal."""
    depth = 0
    while at < len(code):
        letter = code[at]
        if letter in "([{":
            depth += 1
        elif letter in ")]}":
            depth -= 1
            if depth < 0:
                return -1
        elif letter == "," and depth == 0:
            return at + 1
        at += 1
    return -1


def _on_the_lines_of(first: Iterable[int], second: Iterable[int], code: str) -> tuple[int, ...]:
    lines = {code.count("\n", 0, at) for at in second}
    return tuple(at for at in first if code.count("\n", 0, at) in lines)
