"""What a function or class is called where its author wrote it, read from the text.

V8 says where a function begins: at the ``(`` behind its name, an arrow function at its first
parameter, a class without a constructor at ``class``. A source map leads from there to about the
same spot of the author's text; this reads the name around it. Not a parser: what it does not know
it leaves unnamed.
"""

from __future__ import annotations

import re

__all__ = ["ANONYMOUS", "function_name"]

#: a function without a name of its own, as opposed to "cannot tell"
ANONYMOUS = ""

_IDENT = r"[#\w$]+"
_SPACE = r"(?:\s|/\*[^*]*\*/)*"
_TYPES = r"(?:<[^()]{0,200}?>)?"
#: how much of the text around a position is looked at
_BEFORE, _BEHIND = 2000, 1000

_DECLARED = re.compile(
    r"(?P<default>export\s+default\s+|)(?:export\s+)?(?:declare\s+)?(?:abstract\s+)?(?:async\s+)?"
    rf"(?:function\b{_SPACE}\*?|class\b){_SPACE}(?P<name>{_IDENT})?"
)
_ARROW_OF_ONE = re.compile(rf"(?:async\s+)?{_IDENT}\s*=>")
_VARIABLE = re.compile(
    rf"(?:export\s+)?(?:const|let|var)\s+({_IDENT})\s*(?::(?:[^=;]|=>)*)?=(?![=>])"
)
_METHOD = re.compile(
    r"(?:(?:static|async|get|set|public|private|protected|readonly|override)\s+|\*\s*)*"
    rf"(?P<name>{_IDENT}){_SPACE}{_TYPES}\("
)
_PROPERTY = re.compile(
    r"(?:(?:static|public|private|protected|readonly|override)\s+)*"
    rf"[\"']?(?P<name>{_IDENT})[\"']?\s*(?:=(?![=>])|:)\s*"
    rf"(?:async\b|function\b|class\b|\(|{_TYPES}\(|{_IDENT}\s*=>)"
)
_ASSIGNED_MEMBER = re.compile(rf"(?:{_IDENT}\.)+(?P<name>{_IDENT})\s*=(?![=>])")
_NAME_BEFORE_PAREN = re.compile(rf"({_IDENT}){_SPACE}{_TYPES}$")
_FUNCTION_BEFORE = re.compile(rf"\bfunction\b{_SPACE}\*?{_SPACE}$")
_ASSIGNED = re.compile(rf"({_IDENT})\s*[!?]?\s*=$")
_ASSIGNED_TYPED = re.compile(
    rf"(?:\b(?:const|let|var)\s+|[;{{}}\n]\s*)({_IDENT})\s*:(?:[^=;{{}}\n]|=>)*=$"
)
_KEYED = re.compile(rf"(?:^|[{{,/\n])\s*[\"']?({_IDENT})[\"']?\s*:$")
_CLASS = re.compile(rf"\bclass\s+({_IDENT})")
_CLASS_BOUND = re.compile(rf"({_IDENT})\s*=\s*class\s*(?:extends\b[^{{]*)?\{{")

#: words that stand in front of "(" and are no names
_WORDS = frozenset(
    re.findall(
        r"\w+",
        """
        async await catch class default delete do else export extends for function if
        implements import in instanceof new of return super switch this throw typeof void
        while with yield
        """,
    )
)

#: of these, those behind which "(...) {" is no method
_BEFORE_BLOCK = frozenset(("async", "catch", "for", "function", "if", "switch", "while", "with"))


def function_name(text: str, offset: int) -> str | None:
    """The name of the function or class around ``offset`` (characters, 0-based) of ``text``.

    ``ANONYMOUS`` if it has none; None if no function is seen there.
    """
    if not 0 <= offset < len(text):
        return None
    before = text[max(0, offset - _BEFORE) : offset]
    here = text[offset : offset + _BEHIND]
    lead = len(here) - len(here.lstrip())
    before, here = before + here[:lead], here[lead:]
    if here.startswith("("):
        return _at_paren(text, offset + lead, before, here)
    declared = _DECLARED.match(here)
    if declared:
        name = declared["name"]
        if name and name not in _WORDS:
            return name
        return "default" if declared["default"] else _bound(before)
    if _ARROW_OF_ONE.match(here):
        return _inside_parens(before) if _after_paren(before) else _bound(before)
    if re.match(r"async\s*(?:<|\()", here):
        return _bound(before) if _is_arrow(here[here.find("(") :]) else "async"
    if before.rstrip().endswith("(") and _is_arrow(before.rstrip()[-1] + here):
        # The parameter of an arrow function that lost its parentheses to a minifier.
        return _inside_parens(before)
    for pattern in (_VARIABLE, _PROPERTY, _ASSIGNED_MEMBER):
        match = pattern.match(here)
        if match:
            return match[match.lastindex or 1]
    method = _METHOD.match(here)
    if method and _may_name(method["name"], here[method.end() - 1 :]):
        return _own(method["name"], text, offset)
    return None


def _at_paren(text: str, offset: int, before: str, here: str) -> str | None:
    named = _NAME_BEFORE_PAREN.search(before)
    if named and _may_name(named[1], here):
        return _own(named[1], text, offset)
    if _FUNCTION_BEFORE.search(before):
        begin = _FUNCTION_BEFORE.sub("", before)
        return _bound(re.sub(r"\basync\s*$", "", begin))
    if _is_arrow(here):
        return _bound(before)
    return None


def _may_name(word: str, parameters: str) -> bool:
    """Whether ``word`` is a name: a method may be called ``delete``, with a body behind it."""
    if word not in _WORDS:
        return True
    return word not in _BEFORE_BLOCK and bool(
        re.match(r"\([^()]*\)\s*(?::[^;(){}]*)?\{", parameters)
    )


def _after_paren(before: str) -> bool:
    return bool(re.search(r"(?:=|:|\basync)\s*\($", before.rstrip()))


def _inside_parens(before: str) -> str:
    return _bound(before.rstrip()[:-1])


def _is_arrow(here: str) -> bool:
    """Whether the parenthesis that ``here`` begins with is closed in front of ``=>``."""
    depth = 0
    for index, letter in enumerate(here):
        if letter in "([{":
            depth += 1
        elif letter in ")]}":
            depth -= 1
            if depth == 0:
                rest = here[index + 1 :]
                return bool(re.match(r"\s*(?::[^;{}=]*(?:\{[^}]*\}[^;{}=]*)?)?=>", rest))
    return False


def _bound(before: str) -> str:
    """The variable, field or key that the function behind ``before`` is given to."""
    before = re.sub(r"\basync\s*$", "", before.rstrip()).rstrip()
    if re.search(r"\bexport\s+default$", before):
        return "default"
    before = re.sub(r"<[\w\s,.]*>$", "", before).rstrip()
    for pattern in (_ASSIGNED_TYPED, _ASSIGNED, _KEYED):
        match = pattern.search(before)
        if match:
            return match[1]
    return ANONYMOUS


def _own(name: str, text: str, offset: int) -> str:
    """``name``, or for a constructor the name of its class."""
    return name if name != "constructor" else _class_around(text, offset) or ANONYMOUS


def _class_around(text: str, offset: int) -> str | None:
    before = text[max(0, offset - 50 * _BEFORE) : offset]
    found = [(each.start(), each[1]) for each in _CLASS_BOUND.finditer(before)]
    found += [(each.start(), each[1]) for each in _CLASS.finditer(before) if each[1] not in _WORDS]
    found.sort(reverse=True)
    for start, name in found:
        behind = before[start:]
        if behind.count("{") - behind.count("}") >= 1:
            return name
    return found[0][1] if found else None
