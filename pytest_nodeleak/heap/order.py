"""Whether snapshots are of one process, each once, in the order they were taken."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from ..errors import SnapshotOrderError
from .arrays import AnyArray
from .model import HeapSnapshot

__all__ = ["check_order"]

_MISMATCH = 0.05


def check_order(snapshots: Sequence[HeapSnapshot]) -> None:
    """Raise SnapshotOrderError unless each snapshot follows the one before it."""
    for before, after in itertools.pairwise(snapshots):
        _check_pair(before, after)


def _check_pair(before: HeapSnapshot, after: HeapSnapshot) -> None:
    names = f"{before.source} and {after.source}"
    same_file = before.path is not None and after.path is not None and _same_content(before, after)
    if before is after or same_file:
        raise SnapshotOrderError(f"{names} are the same snapshot twice")
    if after.max_odd_id < before.max_odd_id:
        older, newer = after.id_sample, before.id_sample
        if _foreign(older, newer, after.max_odd_id) <= _MISMATCH:
            raise SnapshotOrderError(
                f"{after.source} was taken before {before.source}: give them in the order "
                "in which they were taken"
            )
        raise SnapshotOrderError(_different(names))
    share = _foreign(before.id_sample, after.id_sample, before.max_odd_id)
    if share > _MISMATCH:
        raise SnapshotOrderError(_different(names))


def _different(names: str) -> str:
    return (
        f"{names} are not of the same process, or a debugger was detached between them, "
        "which resets all object ids"
    )


def _same_content(before: HeapSnapshot, after: HeapSnapshot) -> bool:
    return (
        before.node_count == after.node_count
        and before.edge_count == after.edge_count
        and before.total_size == after.total_size
        and before.class_totals == after.class_totals
        and bool(np.array_equal(before.id_sample[0], after.id_sample[0]))
    )


def _foreign(
    older: tuple[AnyArray, tuple[str, ...]], newer: tuple[AnyArray, tuple[str, ...]], until: int
) -> float:
    """Share of the newer one's old objects that the older one lacks or knows otherwise.

    An object alive in the newer snapshot and old enough must be in the older as well.
    """
    known = dict(zip(older[0].tolist(), older[1], strict=True))
    total = wrong = 0
    for number, kind in zip(newer[0].tolist(), newer[1], strict=True):
        if number > until:
            break
        total += 1
        before = known.get(number)
        # A string may change its representation while it lives; nothing else does.
        if before is None or (before != kind and "string" not in kind):
            wrong += 1
    return wrong / total if total > 20 else 0.0
