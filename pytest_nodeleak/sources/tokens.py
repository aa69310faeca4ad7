"""The tokens of JavaScript, as far as it takes to tell code from text and comments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["Token", "tokens_of"]

_TOKEN = re.compile(
    r"(?P<space>\s+|//[^\n]*|/\*.*?(?:\*/|\Z))"
    r"|(?P<text>\"(?:\\.|[^\"\\\n])*\"?|'(?:\\.|[^'\\\n])*'?)"
    r"|(?P<tick>`)|(?P<slash>/)"
    r"|(?P<word>[#\w$]+)|(?P<arrow>=>)|(?P<open>[({\[])|(?P<close>[)}\]])|(?P<sign>.)",
    re.DOTALL,
)
_REGEX = re.compile(r"/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\[\n])+/\w*")
_TEMPLATE = re.compile(r"(?:\\.|\$(?!\{)|[^`\\$])*", re.DOTALL)
# Words behind which "/" begins a regular expression and "(" no call.
_BEFORE_VALUE = frozenset(
    re.findall(
        r"\w+",
        "await case delete do else in instanceof new of return throw typeof void yield",
    )
)


class Token(NamedTuple):
    """A piece of code that is no space and no comment."""

    kind: str  # word, text, arrow, open, close, sign
    text: str
    start: int
    end: int


def tokens_of(text: str) -> Iterator[Token]:
    """The tokens of ``text``; strings, templates and regular expressions are of kind "text"."""
    at, last = 0, Token("sign", "", 0, 0)
    # Of templates that are open: how deep in brackets their "${" is.
    templates: list[int] = []
    depth = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        assert found is not None
        kind, end = str(found.lastgroup), found.end()
        if kind == "slash":
            regex = _REGEX.match(text, at) if _takes_value(last) else None
            kind, end = ("text", regex.end()) if regex else ("sign", end)
        elif kind == "open":
            depth += 1
        elif kind == "close":
            depth -= 1
            if templates and depth == templates[-1] and text[at] == "}":
                templates.pop()
                yield Token("close", "}", at, end)
                kind = "tick"
        if kind == "tick":
            body = _TEMPLATE.match(text, end)
            end = body.end() if body else end
            if text.startswith("${", end):
                yield Token("text", "", at, end + 1)
                templates.append(depth)
                depth += 1
                last = Token("open", "{", end + 1, end + 2)
                yield last
                at = end + 2
                continue
            kind, end = "text", end + 1
        if kind != "space":
            last = Token(kind, text[at:end], at, end)
            yield last
        at = end


def _takes_value(last: Token) -> bool:
    if last.kind == "word":
        return last.text in _BEFORE_VALUE
    return last.kind not in ("close", "text")
