"""Snapshots from files: plain, gzip and zstandard."""

from __future__ import annotations

import os
import zlib
from typing import BinaryIO, cast

from ...base.errors import SnapshotFormatError
from ..model.snapshot import HeapSnapshot
from .reader import Detail, SnapshotReader

__all__ = ["load_snapshot"]

# No larger than what the reader converts at a time.
_BLOCK = 1 << 17


def load_snapshot(path: str | os.PathLike[str], *, detail: Detail = "full") -> HeapSnapshot:
    """Read a ``.heapsnapshot`` file; one that ends in ``.gz`` or ``.zst`` is decompressed.

    ``detail="classes"`` reads ids, types, class names and sizes only, which takes about
    a third of the time and memory and is all that the first snapshots of a difference
    need. Raises SnapshotFormatError (with section and byte offset) if the file is no
    snapshot or is cut off, and OSError if it cannot be opened.
    """
    file = os.fspath(path)
    name, suffix = os.path.basename(file), os.path.splitext(file)[1].lower()
    plain = suffix not in (".gz", ".zst")
    with _open(file, suffix) as stream:
        size = os.fstat(stream.fileno()).st_size if plain else None
        reader = SnapshotReader(name, detail, text_bytes=size, path=path)
        try:
            while chunk := stream.read(_BLOCK):
                reader.feed(chunk)
        except (EOFError, zlib.error, OSError) as error:
            if isinstance(error, OSError) and plain:
                raise
            raise SnapshotFormatError(
                f"{name}: the compressed data cannot be read: {error}", source=name
            ) from None
        return reader.finish()


def _open(file: str, suffix: str) -> BinaryIO:
    if suffix == ".gz":
        import gzip  # most files are not compressed

        return cast(BinaryIO, gzip.open(file, "rb"))
    if suffix == ".zst":
        try:
            import zstandard
        except ImportError:
            raise SnapshotFormatError(
                f"{os.path.basename(file)}: reading .zst needs the package 'zstandard' "
                "(pip install pytest-nodeleak[zstd])",
                source=os.path.basename(file),
            ) from None
        return cast(BinaryIO, zstandard.open(file, "rb"))
    return open(file, "rb", buffering=0)
