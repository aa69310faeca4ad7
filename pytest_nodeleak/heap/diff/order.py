"""Whether snapshots are of one process, each once, in the order they were taken."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from ...base.errors import SnapshotOrderError
from ..model.snapshot import HeapSnapshot

__all__ = ["StrangersError", "check_order"]

_MISMATCH = 0.05
# Fewer old objects than this in the sample tell nothing.
_LEAST = 20


class StrangersError(SnapshotOrderError):
    """Snapshots that share no object ids: of two processes, or with a debugger detached between."""


def check_order(snapshots: Sequence[HeapSnapshot]) -> None:
    """Raise SnapshotOrderError (or StrangersError) unless each follows the one before it."""
    for before, after in itertools.pairwise(snapshots):
        _check_pair(before, after)


def _check_pair(before: HeapSnapshot, after: HeapSnapshot) -> None:
    names = f"{before.source} and {after.source}"
    same_file = before.path is not None and after.path is not None and _same_content(before, after)
    if before is after or same_file:
        raise SnapshotOrderError(f"{names} are the same snapshot twice")
    if after.max_odd_id < before.max_odd_id:
        if _foreign(after, before, after.max_odd_id) <= _MISMATCH:
            raise SnapshotOrderError(
                f"{after.source} was taken before {before.source}: give them in the order "
                "in which they were taken"
            )
        raise StrangersError(_different(names))
    share = _foreign(before, after, before.max_odd_id)
    if share > _MISMATCH:
        raise StrangersError(_different(names))


def _different(names: str) -> str:
    return (
        f"{names} are not of the same process, or a debugger was detached between them, "
        "which resets all object ids (`nodeleak snapshot --count 3` takes three in one session)"
    )


def _same_content(before: HeapSnapshot, after: HeapSnapshot) -> bool:
    return (
        before.node_count == after.node_count
        and before.edge_count == after.edge_count
        and before.total_size == after.total_size
        and before.class_totals == after.class_totals
        and bool(np.array_equal(before.id_sample[0], after.id_sample[0]))
    )


def _foreign(older: HeapSnapshot, newer: HeapSnapshot, until: int) -> float:
    """Share of the newer one's old objects that the older one lacks or knows otherwise.

    An object alive in the newer snapshot and old enough must be in the older as well.
    """
    known_ids, known_kinds, known_names = older.id_sample
    ids, kinds, names = newer.id_sample
    old = ids <= until
    ids, kinds, names = ids[old], kinds[old], names[old]
    if ids.size < _LEAST or not known_ids.size:
        return 0.0
    at = np.minimum(np.searchsorted(known_ids, ids), known_ids.size - 1)
    missing = known_ids[at] != ids
    # Layouts may number the types differently; a string may change its form as it lives.
    same = np.array([_position(older.types, kind) for kind in newer.types])
    text = np.array(["string" in kind for kind in newer.types])
    changed = (same[kinds] != known_kinds[at]) & ~text[kinds]
    # Two runs of one program number other objects of the same types.
    renamed = (names != known_names[at]) & (names != 0) & (known_names[at] != 0)
    return float(np.mean(missing | changed | renamed))


def _position(names: tuple[str, ...], name: str) -> int:
    return names.index(name) if name in names else -1
