"""What a program's text does with a container, or with a constant, of which it knows the name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from .tokens import Token, tokens_of

__all__ = ["Uses", "is_for_others", "uses_of"]

_READS = frozenset(
    re.findall(
        r"\w+",
        "at concat entries every filter find findLast findIndex flat flatMap forEach get has "
        "includes indexOf join keys map reduce slice some values",
    )
)
_ADDS = frozenset(("add", "push", "unshift"))
_REMOVES = frozenset(("clear", "delete", "pop", "shift", "splice"))
_SIZES = frozenset(("length", "size"))
#: sizes of other things than containers, as well
_ANY_SIZE = _SIZES | {"byteLength", "external", "heapTotal", "heapUsed", "rss"}
_COMPARES = frozenset("<>=!")
#: in front of or behind a constant that is only defined, put into a message, or calculated with
_NEUTRAL = frozenset((*"+*,;(){}`", "const", "let", "var", ""))
#: bytes of texts that are read
_MOST_BYTES = 2 << 20


@dataclass(frozen=True)
class Uses:
    """``is_known``: each mention is one that is understood, so that nothing else gets hold of it.

    ``removes``: something is taken out, or it begins anew. ``replaces``: something may take the
    place of another. ``looks_at_size``: its size is read.
    """

    is_known: bool = False
    removes: bool = False
    replaces: bool = False
    looks_at_size: bool = False


def uses_of(texts: Iterable[str], name: str) -> Uses:
    """How all the ``texts`` of a program use the container called ``name``."""
    mentioning = [text for text in texts if _mentions(text, name)]
    if not mentioning or sum(map(len, mentioning)) > _MOST_BYTES:
        return Uses()
    found = [use for text in mentioning for use in _uses(list(tokens_of(text)), name)]
    return Uses(
        is_known="?" not in found,
        removes="removes" in found or found.count("begins") > 1,
        replaces="replaces" in found,
        looks_at_size="size" in found,
    )


def is_for_others(texts: Iterable[str], constant: str, container: str) -> bool:
    """Whether ``constant`` is compared only with sizes of other things than ``container``.

    Or with nothing: then nobody reads it. False where anything else is done with it.
    """
    mentioning = [text for text in texts if _mentions(text, constant)]
    if not mentioning or sum(map(len, mentioning)) > _MOST_BYTES:
        return False
    for text in mentioning:
        tokens = list(tokens_of(text))
        for at in _places(tokens, constant):
            owner = _compared_size_of(tokens, at)
            is_other = owner not in (None, "", container)
            if not is_other and (owner is not None or not _is_neutral(tokens, at)):
                return False
    return True


def _mentions(text: str, name: str) -> bool:
    return re.search(rf"(?<![\w$]){re.escape(name)}(?![\w$])", text) is not None


def _places(tokens: Sequence[Token], name: str) -> Iterator[int]:
    for at, token in enumerate(tokens):
        if token.kind == "word" and token.text.lstrip("#") == name:
            yield at


def _uses(tokens: Sequence[Token], name: str) -> Iterator[str]:
    for at in _places(tokens, name):
        before = _text(tokens, _begin(tokens, at) - 1)
        if before == "delete":
            yield "removes"
        elif _text(tokens, at + 1) in ("=", ":") and _text(tokens, at + 2) not in ("=", ">"):
            yield "begins"
        elif _text(tokens, at + 1) == "[":
            yield _index(tokens, at + 1)
        elif _text(tokens, at + 1) == ".":
            yield _member(tokens, at + 2)
        elif before == "of" and _text(tokens, at + 1) == ")":
            yield "reads"
        else:
            yield "?"


def _member(tokens: Sequence[Token], at: int) -> str:
    word = _text(tokens, at)
    if word in _REMOVES:
        return "removes"
    if word in _SIZES:
        sets = _text(tokens, at + 1) == "=" and _text(tokens, at + 2) != "="
        return "removes" if sets or _text(tokens, at + 1) == "-" else "size"
    if word == "set":
        return "replaces"
    return "uses" if word in _READS | _ADDS else "?"


def _index(tokens: Sequence[Token], at: int) -> str:
    """``name[...]``: a ring, where what is calculated there begins anew."""
    depth, inside = 0, []
    for token in tokens[at:]:
        depth += token.kind == "open"
        depth -= token.kind == "close"
        if depth == 0:
            return "removes" if "%" in inside else "replaces"
        inside.append(token.text)
    return "?"


def _begin(tokens: Sequence[Token], at: int) -> int:
    """Where the chain of members begins that ends at ``at``: ``this.a`` of ``this.a.name``."""
    while _text(tokens, at - 1) == "." and at >= 2 and tokens[at - 2].kind == "word":
        at -= 2
    return at


def _compared_size_of(tokens: Sequence[Token], at: int) -> str | None:
    """The name of that whose size the constant at ``at`` is compared with.

    None: it is not compared; "": with something else than a size.
    """
    begin = _begin(tokens, at)
    left, right = begin - 1, at + 1
    if _text(tokens, left) in _COMPARES and (left < 1 or _is_comparison(tokens, left)):
        while _text(tokens, left) in _COMPARES:
            left -= 1
        return _owner(tokens, left)
    if _text(tokens, right) in _COMPARES and _is_comparison(tokens, right):
        while _text(tokens, right) in _COMPARES:
            right += 1
        while _text(tokens, right + 1) == "." and right + 2 < len(tokens):
            right += 2
        return _owner(tokens, right)
    return None


def _is_comparison(tokens: Sequence[Token], at: int) -> bool:
    """Not one ``=`` alone, which assigns, nor an arrow."""
    signs = {_text(tokens, at), _text(tokens, at - 1), _text(tokens, at + 1)} & _COMPARES
    alone = _text(tokens, at - 1) not in _COMPARES and _text(tokens, at + 1) not in _COMPARES
    return signs != {"="} or not alone


def _owner(tokens: Sequence[Token], at: int) -> str:
    if _text(tokens, at) not in _ANY_SIZE or _text(tokens, at - 1) != ".":
        return ""
    return _text(tokens, at - 2).lstrip("#") or ""


def _is_neutral(tokens: Sequence[Token], at: int) -> bool:
    begin = _begin(tokens, at)
    behind = _text(tokens, at + 1)
    is_defined = behind in ("=", ":") and _text(tokens, at + 2) != "="
    return is_defined or (_text(tokens, begin - 1) == "+" and behind in _NEUTRAL)


def _text(tokens: Sequence[Token], at: int) -> str:
    return tokens[at].text if 0 <= at < len(tokens) else ""
