"""What a node is called: as DevTools groups them, and as our rows do.

DevTools puts all closures under ``Function`` and all hidden nodes under ``(system)``.
Rows are finer where that helps to find a leak: a closure goes by its function's name,
a hidden node by what V8 calls it (``system / PromiseReaction``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np

from .arrays import AnyArray
from .columns import ColumnStore

if TYPE_CHECKING:
    from .model import HeapSnapshot

__all__ = [
    "ANONYMOUS",
    "ClassKey",
    "Sums",
    "class_totals",
    "devtools_name",
    "group_key",
    "group_nodes",
    "is_internal",
]

ANONYMOUS = "(anonymous closure)"
Key = TypeVar("Key")

# Node types whose own name is the name of a class, a function or a kind of V8 object.
_NAMED = ("object", "native", "closure", "hidden", "wasm object")
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


def group_nodes(
    snapshot: HeapSnapshot, nodes: AnyArray | None = None
) -> list[tuple[ClassKey, AnyArray]]:
    """Nodes (default: all) by row: pairs of key and node numbers in ascending order."""
    types = snapshot.node_type if nodes is None else snapshot.node_type[nodes]
    groups: dict[ClassKey, list[AnyArray]] = {}
    for number, kind in enumerate(snapshot.types):
        members = np.flatnonzero(types == number)
        if nodes is not None:
            members = nodes[members]
        if not members.size:
            continue
        if kind not in _NAMED:
            groups.setdefault(group_key(kind, ""), []).append(members)
            continue
        names = snapshot.node_name[members]
        order = np.argsort(names, kind="stable")
        ordered = names[order]
        starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
        for start, part in zip(starts, np.split(members[order], starts[1:]), strict=True):
            key = group_key(kind, snapshot.strings[int(ordered[start])])
            groups.setdefault(key, []).append(part)
    return [
        (key, parts[0] if len(parts) == 1 else np.sort(np.concatenate(parts)))
        for key, parts in groups.items()
    ]


def class_totals(snapshot: HeapSnapshot) -> dict[ClassKey, tuple[int, int]]:
    """Count and bytes of every row of a snapshot."""
    totals: dict[ClassKey, tuple[int, int]] = {}
    sums = snapshot.sums
    for kind, total in sums.by_type.items():
        if kind not in _NAMED:
            _add(totals, group_key(kind, ""), *total)
    for kind, names in sums.by_name.items():
        texts = snapshot.strings.many(np.fromiter(names, dtype=np.intp, count=len(names)))
        for text, (count, size) in zip(texts, names.values(), strict=True):
            _add(totals, group_key(kind, text), count, size)
    return totals


class Sums:
    """Count and bytes of nodes by type; and where they have names, by the number of the name."""

    def __init__(
        self, nodes: Mapping[str, AnyArray], kinds: Sequence[str], kept: ColumnStore
    ) -> None:
        self.by_type: dict[str, tuple[int, int]] = {}
        self.by_name: dict[str, dict[int, tuple[int, int]]] = {kind: {} for kind in _NAMED}
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
                if kind in _NAMED:
                    self._add_names(self.by_name[kind], names[mine], sizes[mine])

    def _add_names(
        self, sums: dict[int, tuple[int, int]], names: AnyArray, sizes: AnyArray
    ) -> None:
        lowest = int(names.min())
        names = names - names.dtype.type(lowest)
        counts = np.bincount(names)
        used = np.flatnonzero(counts)
        totals = np.bincount(names, weights=sizes)[used]
        for name, count, size in zip(
            (used + lowest).tolist(), counts[used].tolist(), totals.tolist(), strict=True
        ):
            _add(sums, name, count, int(size))


def _add(totals: dict[Key, tuple[int, int]], key: Key, count: int, size: int) -> None:
    before = totals.get(key)
    totals[key] = (count, size) if before is None else (before[0] + count, before[1] + size)
