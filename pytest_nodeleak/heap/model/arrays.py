"""Short names for array types, and small helpers, used throughout this package."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt
    from typing_extensions import Buffer

__all__ = [
    "AnyArray",
    "BoolArray",
    "Int64Array",
    "IntMap",
    "IntpArray",
    "UInt8Array",
    "UInt32Array",
    "as_view",
    "distinct",
    "keep_freed_memory",
    "ranges",
]

if TYPE_CHECKING:
    AnyArray = npt.NDArray[Any]
    BoolArray = npt.NDArray[np.bool_]
    IntpArray = npt.NDArray[np.intp]
    Int64Array = npt.NDArray[np.int64]
    UInt8Array = npt.NDArray[np.uint8]
    UInt32Array = npt.NDArray[np.uint32]
else:  # no annotation is looked at when the program runs
    AnyArray = BoolArray = IntpArray = Int64Array = UInt8Array = UInt32Array = np.ndarray

_LARGE = 1 << 20


def as_view(array: AnyArray) -> memoryview:
    """Items as Python numbers: reading one is five times faster than from the array."""
    return memoryview(cast("Buffer", array))


class IntMap:
    """From numbers to numbers, as two arrays: a dictionary takes ten times the memory.

    Of several values for one key it has the first.
    """

    def __init__(self, keys: AnyArray, values: AnyArray) -> None:
        order = np.argsort(keys, kind="stable")
        self._keys, self._values = keys[order], values[order]

    def get(self, key: int) -> int | None:
        """The value of ``key``, or None."""
        at = int(self._keys.searchsorted(self._keys.dtype.type(key)))
        if at == self._keys.size or int(self._keys[at]) != key:
            return None
        return int(self._values[at])


def keep_freed_memory() -> None:
    """Have malloc keep what small arrays leave behind, for the next ones.

    glibc gives memory back to the system, and gets it anew page by page, unless it is less
    than the largest block freed yet. With one of 4 MB behind it, reading a snapshot takes
    half the page faults. Costs nothing: the block is never touched.
    """
    np.empty(_LARGE, dtype=np.uint8)


def ranges(low: AnyArray, counts: AnyArray) -> IntpArray:
    """``low[0], low[0]+1, ... , low[1], ...``: ``counts[i]`` numbers from each ``low[i]``."""
    total = int(counts.sum())
    if not total:
        return np.empty(0, dtype=np.intp)
    ends = np.cumsum(counts)
    result = np.repeat(low - (ends - counts), counts)
    result += np.arange(total)
    return result.astype(np.intp, copy=False)


def distinct(values: AnyArray) -> AnyArray:
    """Each value once, ascending; ``np.unique`` would load numpy's masked arrays."""
    ordered = np.sort(values)
    first = np.ones(ordered.size, dtype=bool)
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    return ordered[first]
