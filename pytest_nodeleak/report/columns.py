"""Text in columns of a terminal: wide characters, long names, long paths. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

__all__ = ["left", "one_line", "right", "shorten", "width", "wrap", "wrap_path"]

#: steps of a path that are shown at its two ends when it is too long for a person
_FIRST_STEPS = 5
_LAST_STEPS = 6
#: characters without a width that scripts and emoji need
_JOINERS = "\u200c\u200d"


def width(text: str) -> int:
    """Columns that ``text`` takes: two for East Asian wide characters, none for combining ones."""
    return sum(map(_columns, text))


def _columns(char: str) -> int:
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def left(text: str, columns: int) -> str:
    return text + " " * (columns - width(text))


def right(text: str, columns: int) -> str:
    return " " * (columns - width(text)) + text


def shorten(text: str, columns: int) -> str:
    """``text`` in at most ``columns`` columns, an ellipsis for what is cut."""
    if width(text) <= columns:
        return text
    kept: list[str] = []
    taken = 1
    for char in text:
        taken += _columns(char)
        if taken > columns:
            break
        kept.append(char)
    return "".join(kept).rstrip() + "…"


def one_line(text: str) -> str:
    """``text`` without line ends, and with what a terminal would obey made visible.

    Names come from the program under test: they may hold anything, lone surrogates too, and marks
    that turn the direction of what follows.
    """
    return "".join(map(_visible, " ".join(text.split())))


def _visible(char: str) -> str:
    if unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Cn", "Co") or char in _JOINERS:
        return char
    return char.encode("unicode_escape").decode("ascii")


def wrap(text: str, columns: int, first: str = "", indent: str = "") -> list[str]:
    """``text`` in lines of at most ``columns``, broken at blanks; ``first`` begins the first line,
    ``indent`` the others. A word that is longer is cut into pieces.
    """
    room = max(columns - max(width(first), width(indent)), 8)
    lines = [""]
    for word in text.split():
        for piece in _pieces(word, room):
            longer = f"{lines[-1]} {piece}" if lines[-1] else piece
            if width(longer) <= room:
                lines[-1] = longer
            else:
                lines.append(piece)
    return [first + lines[0], *(indent + line for line in lines[1:])]


def _pieces(word: str, columns: int) -> list[str]:
    pieces = [""]
    for char in word if width(word) > columns else ():
        if width(pieces[-1] + char) > columns:
            pieces.append("")
        pieces[-1] += char
    return pieces if pieces[0] else [word]


def wrap_path(steps: Sequence[str], columns: int, indent: str, arrow: str = " -> ") -> str:
    """A path in lines of at most ``columns``, broken at its arrows, ``indent`` before all but
    the first; the middle of a very long one is left out.
    """
    shown = [shorten(one_line(step), columns - len(arrow)) for step in steps]
    if len(shown) > _FIRST_STEPS + _LAST_STEPS + 1:
        hidden = len(shown) - _FIRST_STEPS - _LAST_STEPS
        shown = [*shown[:_FIRST_STEPS], f"… {hidden} more …", *shown[-_LAST_STEPS:]]
    lines = [shown[0]]
    for step in shown[1:]:
        longer = lines[-1] + arrow + step
        if width(longer) <= columns:
            lines[-1] = longer
        else:
            lines.append(arrow.lstrip() + step)
    return f"\n{indent}".join(lines)
