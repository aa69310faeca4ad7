"""What a node is called: as DevTools groups them, and as our rows do.

DevTools puts all closures under ``Function`` and all hidden nodes under ``(system)``.
Rows are finer where that helps to find a leak: a closure goes by its function's name,
a hidden node by what V8 calls it (``system / PromiseReaction``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeVar

import numpy as np

from .arrays import AnyArray
from .columns import ColumnStore
from .strings import StringTable

__all__ = [
    "ANONYMOUS",
    "NAMED_KINDS",
    "ClassKey",
    "Sums",
    "class_totals",
    "devtools_name",
    "group_key",
    "is_internal",
]

ANONYMOUS = "(anonymous closure)"
#: numbers of names for which an array of counts is taken, whatever they count
_DENSE = 1 << 20
#: node types whose own name is the name of a class, a function or a kind of V8 object
NAMED_KINDS = ("object", "native", "closure", "hidden", "wasm object")
Key = TypeVar("Key")

# What DevTools calls all nodes of a type.
_FIXED = {
    "hidden": "(system)",
    "code": "(compiled code)",
    "closure": "Function",
    "regexp": "RegExp",
}
_NEVER_INTERNAL = ("object", "native", "closure", "regexp", "wasm object")


class ClassKey(NamedTuple):
    """What a row stands for: V8's node type and the name within it."""

    kind: str
    name: str


def devtools_name(kind: str, name: str) -> str:
    """The class name DevTools shows for a node of this type and name."""
    if kind in ("object", "native"):
        return name
    return _FIXED.get(kind) or f"({kind})"


def group_key(kind: str, name: str) -> ClassKey:
    """The row a node of this type and name belongs to."""
    if kind == "closure":
        return ClassKey(kind, name or ANONYMOUS)
    if kind == "wasm object" or (kind == "hidden" and name.startswith("system / ")):
        return ClassKey(kind, name)
    return ClassKey(kind, devtools_name(kind, name))


def is_internal(kind: str, name: str) -> bool:
    """Whether a row is the engine's own: hidden, code, shapes, and groups in parentheses."""
    if kind in _NEVER_INTERNAL:
        return kind != "closure" and name.startswith("(")
    return True


def class_totals(sums: Sums, strings: StringTable) -> dict[ClassKey, tuple[int, int]]:
    """Count and bytes of every row of a snapshot."""
    totals: dict[ClassKey, tuple[int, int]] = {}
    for kind, total in sums.by_type.items():
        if kind not in NAMED_KINDS:
            _add(totals, group_key(kind, ""), *total)
    for kind, names in sums.by_name.items():
        texts = strings.many(np.fromiter(names, dtype=np.intp, count=len(names)))
        for text, (count, size) in zip(texts, names.values(), strict=True):
            _add(totals, group_key(kind, text), count, size)
    return totals


class Sums:
    """Count and bytes of nodes by type; and where they have names, by the number of the name."""

    def __init__(
        self, nodes: Mapping[str, AnyArray], kinds: Sequence[str], kept: ColumnStore
    ) -> None:
        self.by_type: dict[str, tuple[int, int]] = {}
        self.by_name: dict[str, dict[int, tuple[int, int]]] = {kind: {} for kind in NAMED_KINDS}
        for part in kept.blocks(nodes["type"].size):
            types = nodes["type"][part]
            order = np.argsort(types, kind="stable")
            names, sizes = nodes["name"][part][order], nodes["self_size"][part][order]
            end = 0
            for kind, count in zip(kinds, np.bincount(types).tolist(), strict=False):
                mine = slice(end, end + count)
                end += count
                if not count:
                    continue
                _add(self.by_type, kind, count, int(sizes[mine].sum(dtype=np.int64)))
                if kind in NAMED_KINDS:
                    self._add_names(self.by_name[kind], names[mine], sizes[mine])

    def _add_names(
        self, sums: dict[int, tuple[int, int]], names: AnyArray, sizes: AnyArray
    ) -> None:
        lowest = int(names.min())
        if int(names.max()) - lowest > _DENSE + 8 * names.size:
            self._add_scattered(sums, names, sizes)
            return
        names = names - names.dtype.type(lowest)
        counts = np.bincount(names)
        used = np.flatnonzero(counts)
        totals = np.bincount(names, weights=sizes)[used]
        _add_all(sums, used + lowest, counts[used], totals)

    def _add_scattered(
        self, sums: dict[int, tuple[int, int]], names: AnyArray, sizes: AnyArray
    ) -> None:
        """For numbers far apart: a file may claim any, before its strings have come."""
        order = np.argsort(names, kind="stable")
        names = names[order]
        firsts = np.concatenate(([0], np.flatnonzero(names[1:] != names[:-1]) + 1))
        counts = np.diff(np.append(firsts, names.size))
        totals = np.add.reduceat(sizes[order].astype(np.float64), firsts)
        _add_all(sums, names[firsts], counts, totals)


def _add_all(
    sums: dict[int, tuple[int, int]], names: AnyArray, counts: AnyArray, sizes: AnyArray
) -> None:
    for name, count, size in zip(names.tolist(), counts.tolist(), sizes.tolist(), strict=True):
        _add(sums, name, count, int(size))


def _add(totals: dict[Key, tuple[int, int]], key: Key, count: int, size: int) -> None:
    before = totals.get(key)
    totals[key] = (count, size) if before is None else (before[0] + count, before[1] + size)
