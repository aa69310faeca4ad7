"""A line of progress beside what a terminal shows already: what to write, what erases it. Pure."""

from __future__ import annotations

from .columns import one_line, shorten, width

__all__ = ["drawn"]

#: columns that a line needs; with fewer left it goes to the next line
_LEAST = 36


def drawn(text: str, column: int, columns: int, *, dim: bool = True) -> tuple[str, str]:
    """What writes ``text`` when the cursor is in ``column`` of ``columns``, and what erases it.

    Both leave the cursor where it was, so that what is written there next is not disturbed.
    """
    on, off = ("\x1b[2m", "\x1b[0m") if dim else ("", "")
    room = columns - column - 3
    if room >= _LEAST:
        shown = "  " + shorten(one_line(text), room)
        return f"\x1b[K{on}{shown}{off}\x1b[{width(shown)}D", "\x1b[K"
    shown = "  " + shorten(one_line(text), columns - 3)
    back = "\x1b[A\r" + (f"\x1b[{column}C" if column else "")
    return f"\n\r\x1b[K{on}{shown}{off}{back}", f"\n\r\x1b[K{back}"
