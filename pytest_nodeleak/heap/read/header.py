"""What comes before the rows of a section: its name, and of the first one the header."""

from __future__ import annotations

import json

from ..model.layout import Layout, LayoutError, parse_layout

__all__ = ["HeaderError", "ended_early", "missing_section", "read_header", "read_key"]

SPACE = b" \t\r\n"
_LONGEST_HEADER = 1 << 20
_LONGEST_KEY = 200


class HeaderError(ValueError):
    """What is wrong; ``at`` is the offset in the text given."""

    def __init__(self, message: str, at: int = 0) -> None:
        super().__init__(message)
        self.at = at


def read_key(text: bytearray, *, first: bool, final: bool) -> tuple[str, int] | None:
    """The name of a section, and where its value begins; None if more text is needed.

    All but the ``first`` come after a comma; ``final`` says that no more text will come.
    Raises HeaderError.
    """
    at = 0
    if not first:
        if text[0] != ord(","):
            raise HeaderError(f"',' or '}}' expected, not {bytes(text[:1])!r}")
        at = 1
    while at < len(text) and text[at] in SPACE:
        at += 1
    if at < len(text) and text[at] != ord('"'):
        raise HeaderError("the name of a section expected", at)
    close = text.find(b'"', at + 1)
    colon = text.find(b":", close + 1) if close >= 0 else -1
    if colon < 0 or len(text) <= colon + 1:
        if len(text) > _LONGEST_KEY + at or final:
            raise HeaderError("the name of a section expected", at)
        return None
    if text[close + 1 : colon].strip(SPACE):
        raise HeaderError("':' expected after the name of a section", close + 1)
    return bytes(text[at + 1 : close]).decode("utf-8", "replace"), colon + 1


def read_header(
    text: bytearray, *, final: bool, text_bytes: int | None
) -> tuple[Layout, int] | None:
    """The layout that ``text`` begins with, and its length; None if more text is needed.

    ``text_bytes`` is the length of the whole snapshot, if known. Raises HeaderError.
    """
    try:
        begin = text[:_LONGEST_HEADER].decode("utf-8", "replace")
        value, length = json.JSONDecoder().raw_decode(begin)
    except ValueError as error:
        # Without an end yet; a header has about 1.5 kB, so wait for a while.
        if len(text) >= _LONGEST_HEADER or final:
            raise HeaderError(f"the header cannot be read: {error}") from None
        return None
    except RecursionError:
        raise HeaderError("the header cannot be read: nested too deeply") from None
    try:
        layout = parse_layout(value)
    except LayoutError as error:
        raise HeaderError(str(error)) from None
    # The file can hold what its header announces.
    if text_bytes is not None and layout.least_bytes > text_bytes + 4:
        raise HeaderError(
            f"the header announces {layout.node_count} nodes and {layout.edge_count} edges, "
            f"more than {text_bytes} bytes can hold: the file was cut off, or is "
            "still being written"
        )
    return layout, len(begin[:length].encode())


def ended_early(seen: set[str], section: str, empty: bool) -> str:
    """What a text that ends inside ``section`` ("": between two) is, after those ``seen``."""
    if seen:
        return (
            f"the file ends early, {f'in section {section!r}' if section else 'between sections'}"
        )
    if empty:
        return "this is no heap snapshot: it is empty"
    return "this is no heap snapshot: it holds no 'snapshot' section"


def missing_section(seen: set[str]) -> tuple[str, str] | None:
    """The first section that a snapshot must have and this one has not, and what to say of it."""
    for section in ("snapshot", "nodes", "edges", "strings"):
        if section not in seen:
            no = "this is no heap snapshot: it" if section == "snapshot" else "the file"
            return section, f"{no} has no section {section!r}"
    return None
