"""The reader: text of a snapshot in, in pieces of any size; a HeapSnapshot out.

A state machine over the top-level keys. Numbers are converted while they come, so that
a snapshot streamed from the inspector is nearly read when its last chunk arrives.
"""

from __future__ import annotations

import gc
import os
from typing import Literal

from ...base.errors import SnapshotFormatError
from ..model.arrays import keep_freed_memory
from ..model.snapshot import HeapSnapshot
from .header import SPACE, HeaderError, ended_early, missing_section, read_header, read_key
from .number_section import NumberSection, SectionError
from .parts import Parts
from .sections import EdgeRows, LocationRows, NodeRows, RowError, Rows, SampleRows, has_locations
from .skip import ValueSkipper
from .string_section import StringError, StringSection

__all__ = ["Detail", "SnapshotReader"]

Detail = Literal["full", "classes"]

# Text of strings taken at a time.
_BLOCK = 1 << 18
# From this many nodes on it is worth the time to free earlier snapshots first.
_MANY_NODES = 1_000_000


class SnapshotReader:
    """Reads one snapshot from pieces of its text.

    ``detail="classes"`` keeps ids, types, class names and sizes but no edges; that is
    all a difference needs of its first snapshots. ``text_bytes`` is the length of the
    whole text, if known.
    """

    def __init__(
        self,
        source: str = "snapshot",
        detail: Detail = "full",
        *,
        text_bytes: int | None = None,
        path: str | os.PathLike[str] | None = None,
    ) -> None:
        if detail not in ("full", "classes"):
            raise ValueError(f"detail is {detail!r}, not 'full' or 'classes'")
        self.source = source
        self.detail: Detail = detail
        self.path = path
        self._text_bytes = text_bytes
        self._pending = bytearray()
        self._offset = 0  # of pending[0] in the whole text
        self._state = "start"
        self._section = ""
        self._seen: set[str] = set()
        self._parts = Parts()
        self._numbers: NumberSection | None = None
        self._skipper: ValueSkipper | None = None
        self._opened = False
        self._texts: StringSection | None = None
        keep_freed_memory()

    def __repr__(self) -> str:
        where = self._section or self._state
        return f"<SnapshotReader {self.source}: at byte {self._offset}, in {where}>"

    def feed(self, chunk: str | bytes | bytearray | memoryview) -> None:
        """Take the next piece; raises SnapshotFormatError as soon as it cannot be right."""
        if isinstance(chunk, str):
            chunk = chunk.encode("utf-8", "surrogatepass")
        if self._skipper is not None and not self._pending and isinstance(chunk, bytes):
            chunk = chunk[self._skip(self._skipper, chunk) :]  # not copied to be passed over
        self._pending += chunk
        while self._step(final=False):
            pass

    def finish(self) -> HeapSnapshot:
        """The snapshot, after the last piece; raises SnapshotFormatError if it is incomplete."""
        while self._step(final=True):
            pass
        if self._state != "end":
            empty = not (self._offset or self._pending)
            raise self._error(ended_early(self._seen, self._section, empty), len(self._pending))
        if self._pending.strip(SPACE):
            raise self._error("there is more text after the end of the snapshot")
        return self._build()

    def _build(self) -> HeapSnapshot:
        missing = missing_section(self._seen)
        if missing:
            self._section = missing[0]
            raise self._error(missing[1])
        self._section = "strings"
        dangling = self._parts.dangling_name()
        if dangling:
            raise self._error(dangling)
        return self._parts.build(self.source, self.path)

    def _error(self, message: str, at: int = 0) -> SnapshotFormatError:
        offset = self._offset + at
        section = f", section {self._section!r}" if self._section else ""
        return SnapshotFormatError(
            f"{self.source}: {message} (byte {offset}{section})",
            section=self._section,
            offset=offset,
            source=self.source,
        )

    def _drop(self, count: int) -> None:
        del self._pending[:count]
        self._offset += count

    def _skip_space(self) -> None:
        rest = self._pending.lstrip(SPACE) if self._pending[:1].isspace() else self._pending
        self._drop(len(self._pending) - len(rest))

    def _step(self, *, final: bool) -> bool:
        """Do one piece of work; False when more text is needed or all is done."""
        if not self._pending or self._state == "end":
            return False
        if self._state == "start":
            return self._start()
        if self._state in ("key", "next"):
            return self._key(final)
        if self._state == "header":
            return self._header(final)
        if self._state == "numbers":
            return self._number_block(final)
        if self._state == "strings":
            return self._string_block(final)
        return self._skip_value()

    def _start(self) -> bool:
        if self._pending.startswith(b"\xef\xbb\xbf"):
            self._drop(3)
        self._skip_space()
        if not self._pending:
            return False
        if self._pending[0] != ord("{"):
            raise self._error("this is no heap snapshot: it does not begin with '{'")
        self._drop(1)
        self._state = "key"
        return True

    def _key(self, final: bool) -> bool:
        self._skip_space()
        if not self._pending:
            return False
        if self._pending[0] == ord("}"):
            self._drop(1)
            self._state = "end"
            self._section = ""
            return False
        try:
            found = read_key(self._pending, first=self._state == "key", final=final)
        except HeaderError as error:
            raise self._error(str(error), error.at) from None
        if found is None:
            return False
        self._section, length = found
        if self._section in self._seen:
            raise self._error(f"section {self._section!r} comes twice", length)
        self._drop(length)
        self._enter(self._section)
        return True

    def _enter(self, name: str) -> None:
        self._seen.add(name)
        self._opened = False
        if name == "snapshot":
            self._state = "header"
        elif name == "strings":
            self._state = "strings"
        else:
            rows = self._rows_of(name)
            if rows is not None:
                self._numbers = NumberSection(rows)
                self._state = "numbers"
            else:
                flat = name in ("nodes", "edges", "locations", "samples")
                self._skipper = ValueSkipper(flat=flat)
                self._state = "skip"

    def _rows_of(self, name: str) -> Rows | None:
        """What takes the rows of a section of numbers; None if they are not needed."""
        if name not in ("nodes", "edges", "locations", "samples"):
            return None
        layout = self._parts.layout
        if layout is None:
            raise self._error(f"section {name!r} comes before 'snapshot'")
        keep = self.detail == "full"
        if name == "nodes":
            if layout.node_count > _MANY_NODES:
                gc.collect()  # a snapshot and its graph refer to each other
            return NodeRows(self._parts.kept, layout, self._text_bytes, edges=keep)
        if name == "samples":
            return SampleRows(self._parts.kept, layout) if layout.has_samples else None
        if not keep:
            return None
        if name == "locations":
            return LocationRows(self._parts.kept, layout, None) if has_locations(layout) else None
        if "nodes" not in self._seen:
            raise self._error("section 'edges' comes before 'nodes'")
        return EdgeRows(self._parts.kept, layout, self._text_bytes)

    def _open(self) -> bool:
        """Consume the '[' of the section; False if it is not there yet."""
        if self._opened:
            return True
        self._skip_space()
        if not self._pending:
            return False
        if self._pending[0] != ord("["):
            raise self._error("'[' expected")
        self._drop(1)
        self._opened = True
        return True

    def _header(self, final: bool) -> bool:
        self._skip_space()
        try:
            found = read_header(self._pending, final=final, text_bytes=self._text_bytes)
        except HeaderError as error:
            raise self._error(str(error), error.at) from None
        if found is None:
            return False
        layout, length = found
        self._parts.start(layout, edges=self.detail == "full")
        self._drop(length)
        self._state = "next"
        return True

    def _number_block(self, final: bool) -> bool:
        if not self._open():
            return False
        assert self._numbers is not None
        try:
            used, ended = self._numbers.feed(self._pending, final=final)
        except SectionError as error:
            raise self._error(str(error), error.at) from None
        self._drop(used)
        if not ended:
            return False
        self._drop(1)
        try:
            self._parts.take(self._numbers.rows)
        except RowError as error:
            raise self._error(str(error)) from None
        self._numbers = None
        self._state = "next"
        return True

    def _string_block(self, final: bool) -> bool:
        if not self._open():
            return False
        if len(self._pending) < _BLOCK and not final and b"]" not in self._pending:
            return False
        if self._texts is None:
            self._texts = StringSection(self._parts.kept)
        used, ended = self._texts.feed(self._pending[: 4 * _BLOCK])
        self._drop(used)
        if not ended:
            if not used and (final or len(self._pending) > _BLOCK):
                raise self._error("a string does not end")
            return used > 0 and (final or len(self._pending) >= _BLOCK)
        size = len(self._texts.blob)
        try:
            self._parts.strings = self._texts.finish()
            self._texts = None
        except StringError as error:
            raise self._error(str(error), error.at - size) from None
        self._drop(1)
        self._state = "next"
        return True

    def _skip_value(self) -> bool:
        assert self._skipper is not None
        del self._pending[: self._skip(self._skipper, self._pending)]
        return self._state == "next"

    def _skip(self, skipper: ValueSkipper, text: bytes | bytearray) -> int:
        """Pass over what ``text`` holds of a value; gives the bytes used."""
        used = skipper.feed(text)
        if used is None:
            raise self._error("a value expected")
        self._offset += used
        if skipper.done:
            self._skipper = None
            self._state = "next"
        return used
