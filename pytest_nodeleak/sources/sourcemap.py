"""A source map (version 3, plain or with sections): from generated text to the author's.

Lines and columns are 0-based everywhere in this module, columns in UTF-16 units as V8 counts them.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Callable
from typing import Any, NamedTuple

from .declaring import is_at_top
from .mappings import Mappings, Segment
from .names import ANONYMOUS, function_name
from .paths import source_path

__all__ = ["Identifier", "Original", "SourceMap"]

#: sections in sections: not allowed, but seen
_MOST_DEPTH = 3
#: "class w": from where V8 sees the class to where its name is
_CLASS_WORD = len("class ")
_IDENTIFIER = re.compile(r"^[#\w$]+$")
_IDENTIFIER_AT = re.compile(r"[#\w$]+")
#: where maps know statements only
_WORDS = frozenset(["class", "const", "default", "export", "function", "import", "let", "var"])


class Original(NamedTuple):
    """A place in the author's text: ``line`` and ``column`` are 0-based."""

    source: str
    line: int
    column: int
    name: str | None


class Identifier(NamedTuple):
    """A name in the author's text; ``at_top``: outside of all functions, classes and blocks.

    ``name`` is "" for what a compiler has declared itself there.
    """

    place: Original
    name: str
    at_top: bool


class _Section(NamedTuple):
    line: int
    column: int
    map: SourceMap


class SourceMap:
    """One source map. Make it with ``parse`` or ``of``; a broken map is None."""

    def __init__(self, payload: dict[str, Any], base: str, depth: int = 0) -> None:
        self._sections = _sections(payload, base, depth)
        self._names = [str(name) for name in _list(payload, "names")]
        mappings = payload.get("mappings")
        self._mappings = Mappings(mappings if isinstance(mappings, str) else "")
        root = payload.get("sourceRoot")
        self._sources = [
            source_path(source if isinstance(source, str) else "", str(root or ""), base)
            for source in _list(payload, "sources")
        ]
        self._contents = _list(payload, "sourcesContent")
        ignored = _list(payload, "ignoreList") or _list(payload, "x_google_ignoreList")
        self._ignored = {index for index in ignored if isinstance(index, int)}
        self._texts: dict[str, tuple[str, list[int]] | None] = {}

    @classmethod
    def parse(cls, text: str | bytes, base: str = "") -> SourceMap | None:
        """The source map in ``text``, None if broken; ``base`` is the path or URL it is at."""
        try:
            if isinstance(text, bytes):
                text = text.decode("utf-8-sig", errors="replace")
            text = text.lstrip("\ufeff \t\r\n")
            if text.startswith(")]}"):
                # A line that keeps browsers from running the map as a script.
                text = text.partition("\n")[2]
            return cls.of(json.loads(text), base)
        except (ValueError, RecursionError):
            return None

    @classmethod
    def of(cls, payload: object, base: str = "") -> SourceMap | None:
        """The source map that parsed JSON is; None if it is none."""
        if not isinstance(payload, dict):
            return None
        if not isinstance(payload.get("mappings"), str) and not _list(payload, "sections"):
            return None
        return cls(payload, base)

    @property
    def sources(self) -> tuple[str, ...]:
        """All sources, resolved, in the order of the map."""
        inner = (source for section in self._sections for source in section.map.sources)
        return tuple(dict.fromkeys((*self._sources, *inner)))

    def original(self, line: int, column: int) -> Original | None:
        """What the text at ``line`` and ``column`` of the generated file was made from."""
        if self._sections:
            part, line, column = self._part(line, column)
            return part.original(line, column) if part else None
        segment = self._mappings.at(line, column)
        return self._original(segment) if segment else None

    def original_name(
        self, line: int, column: int, read: Callable[[str], str | None] | None = None
    ) -> str | None:
        """What the function or class that V8 says begins at ``line`` and ``column`` was called.

        ``read`` gives the text of a source that the map does not carry. None if the map cannot
        tell or the author gave no name.
        """
        if self._sections:
            part, line, column = self._part(line, column)
            return part.original_name(line, column, read) if part else None
        segment = self._mappings.at(line, column)
        place = self._original(segment) if segment else None
        if segment is None or place is None:
            return None
        # The text goes first: at an arrow function the segment's name is that of a parameter.
        found = self._name_in_text(place, read)
        if found is not None:
            return found or None
        if segment.generated_column == column:
            behind = self._mappings.after(line, column)
            if place.name or not behind or behind.generated_column != column + _CLASS_WORD:
                return None
            place = self._original(behind)
        name = place.name if place else None
        return name if name and name != "constructor" and _IDENTIFIER.match(name) else None

    def identifier(
        self, line: int, column: int, read: Callable[[str], str | None] | None = None
    ) -> Identifier | None:
        """What the identifier at exactly that place of the generated file was made from.

        None where the map says nothing of that place, or the author's text is not to be had.
        """
        if self._sections:
            part, line, column = self._part(line, column)
            return part.identifier(line, column, read) if part else None
        segment = self._mappings.at(line, column)
        place = self._original(segment) if segment else None
        if segment is None or place is None or segment.generated_column != column:
            return None
        known = self._spot(place, read)
        if known is None:
            return None
        text, at = known
        found = _IDENTIFIER_AT.match(text, at)
        name = place.name or (found[0] if found else "")
        is_variable = bool(_IDENTIFIER.match(name)) and name not in _WORDS
        return Identifier(place, name if is_variable else "", is_at_top(text, at))

    def is_ignored(self, source: str) -> bool:
        """Whether the tool that made the map says that ``source`` is not the author's."""
        if any(section.map.is_ignored(source) for section in self._sections):
            return True
        ignored = self._ignored
        return bool(ignored) and any(
            index in ignored and each == source for index, each in enumerate(self._sources)
        )

    def source_text(self, source: str) -> str | None:
        """The text of ``source`` if the map carries it."""
        for section in self._sections:
            text = section.map.source_text(source)
            if text is not None:
                return text
        for each, content in zip(self._sources, self._contents, strict=False):
            if each == source and isinstance(content, str):
                return content
        return None

    def _part(self, line: int, column: int) -> tuple[SourceMap | None, int, int]:
        """The section of a position, and the position in it."""
        index = bisect_right(self._sections, (line, column), key=lambda each: each[:2]) - 1
        if index < 0:
            return None, line, column
        section = self._sections[index]
        if line == section.line:
            column -= section.column
        return section.map, line - section.line, column

    def _original(self, segment: Segment) -> Original | None:
        if not 0 <= segment.source < len(self._sources) or segment.line < 0 or segment.column < 0:
            return None
        known = 0 <= segment.name < len(self._names)
        name = self._names[segment.name] if known else None
        return Original(self._sources[segment.source], segment.line, segment.column, name)

    def _name_in_text(
        self, place: Original, read: Callable[[str], str | None] | None
    ) -> str | None:
        known = self._spot(place, read)
        if known is None:
            return None
        found = function_name(*known)
        # The text may be newer than the map: a name that is none is not one.
        return found if found is None or found == ANONYMOUS or _IDENTIFIER.match(found) else None

    def _spot(
        self, place: Original, read: Callable[[str], str | None] | None
    ) -> tuple[str, int] | None:
        """The author's text and the offset of ``place`` in it; None if nobody has it."""
        source = place.source
        if source not in self._texts:
            text = self.source_text(source)
            if text is None and read is not None:
                text = read(source)
            starts = [0, *(match.end() for match in re.finditer("\n", text or ""))]
            self._texts[source] = None if text is None else (text, starts)
        known = self._texts[source]
        if known is None or place.line >= len(known[1]):
            return None
        text, starts = known
        return text, starts[place.line] + _characters(text, starts, place)


def _characters(text: str, starts: list[int], place: Original) -> int:
    """The column of ``place`` in characters instead of UTF-16 units."""
    start = starts[place.line]
    line = text[start : start + place.column]
    if line.isascii() or max(line) < "\U00010000":
        return place.column
    units = line.encode("utf-16-le", errors="surrogatepass")[: 2 * place.column]
    return len(units.decode("utf-16-le", errors="replace"))


def _list(payload: dict[str, Any], key: str) -> list[Any]:
    value = payload.get(key)
    return value if isinstance(value, list) else []


def _sections(payload: dict[str, Any], base: str, depth: int) -> list[_Section]:
    sections: list[_Section] = []
    for each in _list(payload, "sections"):
        offset = each.get("offset") if isinstance(each, dict) else None
        inner = each.get("map") if isinstance(each, dict) else None
        if not isinstance(offset, dict) or not isinstance(inner, dict) or depth >= _MOST_DEPTH:
            continue
        line, column = offset.get("line", 0), offset.get("column", 0)
        if isinstance(line, int) and isinstance(column, int):
            sections.append(_Section(line, column, SourceMap(inner, base, depth + 1)))
    return sorted(sections, key=lambda section: (section.line, section.column))
