"""Where the columns of a snapshot are kept: in memory or, large ones, in files without names.

A column in a file is used as any array is, and is read-only. What is not being worked on
leaves the resident set and comes back from the page cache: of a large heap only the part
at hand of the columns of one step is resident.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import sys
import weakref
from collections.abc import Iterator

import numpy as np

from .arrays import AnyArray, as_view

__all__ = ["Column", "ColumnStore"]

# Less than this, of one snapshot or in one column, stays in memory: files cost more than
# they spare.
_LEAST_BYTES = 1 << 22
_LEAST_ITEMS = 1 << 17
_BLOCK = 1 << 15
_RELEASED = 1 << 17
# Where pages of a map can be let go, and a file without a name be had: not on Windows.
_HAS_FILES = sys.platform != "win32" and hasattr(mmap, "MADV_DONTNEED")


class ColumnStore:
    """Keeps the columns of one snapshot, which will take about ``size`` bytes."""

    def __init__(self, size: int = 0) -> None:
        self._in_files = size >= _LEAST_BYTES and _HAS_FILES
        # The arrays alone keep them.
        self._maps: weakref.WeakSet[mmap.mmap] = weakref.WeakSet()

    def __repr__(self) -> str:
        return f"<ColumnStore: {sum(map(len, self._maps)):,} bytes in {len(self._maps)} files>"

    def column(self, dtype: type[np.generic], expected: int) -> Column:
        """An empty column that will get about ``expected`` items."""
        return Column(dtype, expected, self)

    def moved(self, values: AnyArray) -> AnyArray:
        """The same items, in a file if there is room; nothing may change them any more."""
        column = self.column(values.dtype.type, 0)
        column.append(values)
        return column.finish()

    def keep(self, text: bytearray) -> bytearray | mmap.mmap:
        """The same bytes, in a file if there is room."""
        column = self.column(np.uint8, 0)
        column.append(np.frombuffer(text, dtype=np.uint8))
        return column.mapped() or text

    def blocks(self, count: int) -> Iterator[slice]:
        """Slices that cover ``count`` items of columns; what was used of them is let go.

        Work on one needs little memory, and what it makes stays in the processor's cache.
        """
        for low in range(0, count, _BLOCK):
            yield slice(low, min(low + _BLOCK, count))
            if not (low + _BLOCK) % _RELEASED:
                self.release()
        self.release()

    def release(self) -> None:
        """Let what is in files leave the resident set; each page comes back when it is used."""
        if sys.platform == "win32":
            return  # there are no maps
        for mapped in self._maps:
            mapped.madvise(mmap.MADV_DONTNEED)

    def file(self) -> File | None:
        """A new file; None if columns are to stay in memory."""
        if self._in_files:
            try:
                return File()
            except OSError:
                self._in_files = False
        return None

    def map(self, file: File) -> mmap.mmap:
        """The whole of a file that is not empty. Raises OSError."""
        mapped = mmap.mmap(file.number, 0, access=mmap.ACCESS_READ)
        self._maps.add(mapped)
        return mapped


class File:
    """A file without a name, in the folder for temporary files; gone when nothing has it open."""

    def __init__(self) -> None:
        self.number = _open()
        self.close = weakref.finalize(self, os.close, self.number)

    def write(self, data: memoryview) -> None:
        """Add bytes at the end. Raises OSError when the disk is full."""
        while data:
            data = data[os.write(self.number, data) :]

    def read(self, size: int) -> bytearray:
        """Its first ``size`` bytes."""
        if sys.platform == "win32":
            raise OSError("there is no such file")
        found = bytearray()
        while len(found) < size:
            part = os.pread(self.number, size - len(found), len(found))
            if not part:
                raise OSError(f"a temporary file ended after {len(found)} of {size} bytes")
            found += part
        return found


def _open() -> int:
    if sys.platform == "linux" and hasattr(os, "O_TMPFILE"):
        with contextlib.suppress(OSError):  # not on every file system
            return os.open(os.environ.get("TMPDIR", "/tmp"), os.O_TMPFILE | os.O_RDWR, 0o600)
    import tempfile

    number, name = tempfile.mkstemp(prefix="nodeleak-")
    os.unlink(name)
    return number


class Column:
    """Takes items in their order; then gives them as one array."""

    def __init__(self, dtype: type[np.generic], expected: int, store: ColumnStore) -> None:
        self.dtype = dtype
        self.size = 0
        self._store = store
        self._file = store.file()
        self._array = np.empty(0 if self._file else expected, dtype=dtype)

    def __repr__(self) -> str:
        return f"<Column of {self.size:,} {self.dtype.__name__}>"

    def append(self, values: AnyArray) -> None:
        """Add items; they must fit the column's type."""
        if self._file is not None:
            try:
                self._file.write(as_view(np.ascontiguousarray(values, dtype=self.dtype)).cast("B"))
            except OSError:
                self._to_memory()  # the disk is full
        if self._file is None:
            self._reserve(self.size + values.size)
            self._array[self.size : self.size + values.size] = values
        self.size += values.size

    def widen(self, dtype: type[np.generic]) -> None:
        """Take wider items from now on."""
        if dtype == self.dtype:
            return
        if self.size:
            self._to_memory()
        self._array = self._array.astype(dtype)
        self.dtype = dtype

    def finish(self) -> AnyArray:
        """The items; nothing can be added any more."""
        mapped = self.mapped()
        return self._array[: self.size] if mapped is None else np.frombuffer(mapped, self.dtype)

    def mapped(self) -> mmap.mmap | None:
        """The file's content; None if the column is, or from now on is, in memory."""
        if self._file is not None and self.size >= _LEAST_ITEMS:
            try:
                mapped = self._store.map(self._file)
            except OSError:
                pass
            else:
                self._file.close()
                self._file = None
                return mapped
        self._to_memory()
        return None

    def _to_memory(self) -> None:
        if self._file is not None:
            found = self._file.read(self.size * np.dtype(self.dtype).itemsize)
            self._array = np.frombuffer(found, self.dtype)
            self._file.close()
            self._file = None

    def _reserve(self, size: int) -> None:
        if size > self._array.size:
            grown = np.empty(max(size, 2 * self._array.size), dtype=self.dtype)
            grown[: self.size] = self._array[: self.size]
            self._array = grown
