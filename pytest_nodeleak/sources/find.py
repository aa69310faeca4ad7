"""The source map of a script, found and kept; and places of scripts in the author's files."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from ..base.frames import path_in_url
from .comment import data_of_url, map_url
from .paths import find_upwards, is_package, path_of_url
from .sourcemap import Original, SourceMap

__all__ = ["Place", "Sources", "find_map"]

#: bytes of a script or a map; a larger one is left alone
MOST_BYTES = 256 << 20
#: bytes of an author's file that is read for the name of a function
MOST_SOURCE_BYTES = 8 << 20

#: time of change in ns and size in bytes
_Stamp = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Place:
    """A place in an author's file: ``line`` and ``column`` are 1-based, as in editors.

    ``file`` is absolute if it is known where it is, else relative to the project. ``name`` is that
    of the function that begins there, if it is known. ``package`` says that the file is not the
    author's after all but a package's or a bundler's.
    """

    file: str
    line: int
    column: int
    name: str | None = None
    package: bool = False


def find_map(url: str, text: str | None = None) -> SourceMap | None:
    """The source map of the script at ``url`` (a URL or path), whose text is ``text``, if given.

    Its ``sourceMappingURL`` comment is followed; without one that leads to a map, the file beside
    it with ``.map`` behind its name is taken.
    """
    path = path_of_url(url)
    on_disk = os.path.isabs(path)
    if text is None and on_disk:
        raw = _read(path, MOST_BYTES)
        text = raw.decode("utf-8", errors="replace") if raw is not None else None
    named = map_url(text) if text else None
    found = _at_url(named, path) if named else None
    if found is None and on_disk:
        found = _at_path(path + ".map")
    return found


class Sources:
    """Source maps of scripts by their URL, read once as long as the files do not change.

    ``folder`` is where to look for files that a map names by their place in the project, after the
    folders above the script.
    """

    def __init__(self, folder: str | None = None) -> None:
        self._folder = folder
        self._added: dict[str, SourceMap | None] = {}
        self._found: dict[str, tuple[tuple[_Stamp | None, ...], SourceMap | None]] = {}
        self._files: dict[tuple[str, str], str] = {}

    def add(self, url: str, payload: dict[str, Any]) -> bool:
        """Take the map of the script at ``url`` from outside: the parsed JSON, such as Node's
        ``module.findSourceMap(path).payload``. False if it is no source map."""
        return self._add(url, SourceMap.of(payload, path_of_url(url)))

    def add_map_url(self, url: str, named: str) -> bool:
        """The same from what V8 reports as ``sourceMapURL`` of the script, also ``data:``."""
        return self._add(url, _at_url(named, path_of_url(url)) if named else None)

    def original(self, url: str, line: int, column: int) -> Place | None:
        """The author's place of ``line`` and ``column``, both 0-based, of the script at ``url``.

        ``name`` is meant for positions where functions begin. None without a map for it.
        """
        found = self.map_of(url)
        place = found.original(line, column) if found else None
        if found is None or place is None or not place.source:
            return None
        near = os.path.dirname(path_of_url(url))
        name = found.original_name(line, column, lambda source: self._text(source, near))
        return self._place(found, place, name, near)

    def identifier(self, url: str, line: int, column: int) -> tuple[Place, bool] | None:
        """The author's name for what is declared there, 0-based, and whether that is at the top.

        At the top is what no function, class or block is around. None if no map tells.
        """
        found = self.map_of(url)
        near = os.path.dirname(path_of_url(url))
        named = found and found.identifier(line, column, lambda source: self._text(source, near))
        if not found or not named or not named.place.source:
            return None
        return self._place(found, named.place, named.name, near), named.at_top

    def map_of(self, url: str) -> SourceMap | None:
        """The map of the script at ``url``: handed in, or found."""
        path = path_of_url(url)
        if path in self._added:
            return self._added[path]
        stamps = (_stamp(path), _stamp(path + ".map"))
        known = self._found.get(path)
        if known is None or known[0] != stamps:
            known = stamps, find_map(path) if os.path.isabs(path) and stamps[0] else None
            self._found[path] = known
        return known[1]

    def _add(self, url: str, found: SourceMap | None) -> bool:
        if found is not None:
            self._added[path_of_url(url)] = found
        return found is not None

    def _place(self, found: SourceMap, at: Original, name: str | None, near: str) -> Place:
        package = is_package(at.source) or found.is_ignored(at.source)
        return Place(self._file(at.source, near), at.line + 1, at.column + 1, name, package)

    def _file(self, source: str, near: str) -> str:
        key = source, near
        if key not in self._files:
            self._files[key] = self._look_for(source, near)
        return self._files[key]

    def _look_for(self, source: str, near: str) -> str:
        if os.path.isabs(source):
            # Some tools escape the paths of sources as in URLs, some do not.
            plain = unquote(source)
            return plain if not os.path.exists(source) and os.path.exists(plain) else source
        if "://" in source or (is_package(source) and "node_modules" not in source):
            return source
        for folder in (near, self._folder):
            found = find_upwards(source, folder) if folder and os.path.isabs(folder) else None
            if found:
                return found
        return source

    def _text(self, source: str, near: str) -> str | None:
        file = self._file(source, near)
        raw = _read(file, MOST_SOURCE_BYTES) if os.path.isabs(file) else None
        return raw.decode("utf-8-sig", errors="replace") if raw is not None else None


def _at_url(named: str, script: str) -> SourceMap | None:
    """The map that the script at the path ``script`` names by a URL."""
    if named.lower().startswith("data:"):
        data = data_of_url(named)
        return SourceMap.parse(data, script) if data is not None else None
    if named.lower().startswith("file:"):
        return _at_path(path_of_url(named))
    if "://" in named:
        return None
    folder = os.path.dirname(path_of_url(script))
    if not os.path.isabs(folder):
        return None
    # Percent escapes belong to the URL, but not every tool writes them.
    plain = path_in_url(named) if "?" in named or "#" in named else named
    for name in dict.fromkeys((named, unquote(plain))):
        found = _at_path(os.path.normpath(os.path.join(folder, name)))
        if found:
            return found
    return None


def _at_path(path: str) -> SourceMap | None:
    raw = _read(path, MOST_BYTES)
    return SourceMap.parse(raw, path) if raw is not None else None


def _read(path: str, most: int) -> bytes | None:
    """The bytes of a regular file of at most ``most`` bytes."""
    try:
        size = os.path.getsize(path) if os.path.isfile(path) else most + 1
        if size > most:
            return None
        with open(path, "rb") as file:
            return file.read(size)  # Python asks for as much memory as it is told to read
    except (OSError, ValueError):
        return None


def _stamp(path: str) -> _Stamp | None:
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return status.st_mtime_ns, status.st_size
