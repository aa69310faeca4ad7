"""Property names as reports show them: words of the program, but no data of its users."""

from __future__ import annotations

import re

from .patterns import mask

__all__ = ["DATA", "shown_key"]

#: stands for a key that is data, such as an address or an id
DATA = "[key]"
_LONGEST = 60
# As in `name`, `#private`, `content-type`, `$el`; a symbol stands in brackets.
_WORD = re.compile(r"#?[^\W\d][\w$-]*|\$[\w$-]*|\[.*\]|<symbol .*>", re.DOTALL)


def shown_key(name: str) -> str:
    """``name``; ``[key]`` for what nobody writes as a name in a program: an address, an id."""
    is_word = len(name) <= _LONGEST and _WORD.fullmatch(name) and mask(name) != "#"
    return name if is_word else DATA
