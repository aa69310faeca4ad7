"""In which containers what grew piles up, and whether one was made for more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ...judge.bounds import DeclaredBound, Filling
from ...judge.evidence import Suspect

if TYPE_CHECKING:
    from ...heap import ConstructorGrowth, Owner

__all__ = ["fillings_of", "preallocated"]

#: share of the survivors in one container from which it is where they pile up
MOST = 0.5
#: objects per iteration that are an entry each
ONE_ENTRY = 1.2
#: share of the survivors in one store from which they all are in it
WHOLE = 0.9


def fillings_of(
    pairs: Sequence[tuple[Suspect, ConstructorGrowth]],
    iterations: int,
    bytes_per_iteration: float,
) -> Iterator[Filling]:
    """The containers in which most of what grew piles up, each with its rarest class.

    That is the one which an entry has once; what hangs behind it may be many.
    """
    rarest: dict[int, tuple[Suspect, ConstructorGrowth, Owner]] = {}
    for suspect, row in pairs:
        if row.owner is not None and row.owner.share >= MOST:
            before = rarest.setdefault(row.owner.id, (suspect, row, row.owner))
            if suspect.per_iteration < before[0].per_iteration:
                rarest[row.owner.id] = (suspect, row, row.owner)
    for suspect, row, owner in rarest.values():
        # An array that was made in its full length has as many entries as there are objects.
        entries = min(owner.entries or row.populations[-1], row.populations[-1])
        yield Filling(
            constructor=row.name,
            kind=row.kind,
            container=owner.name,
            entries=entries,
            per_iteration=suspect.per_iteration,
            pace=_entries_per_iteration(suspect.per_iteration, entries / max(iterations, 1)),
            container_type=owner.type,
            population=row.populations[-1],
            bytes_per_iteration=bytes_per_iteration,
            holder_id=owner.holder_id,
            closure_id=owner.closure_id,
            beside_id=owner.beside_id,
            container_id=owner.id,
            example_ids=row.example_ids,
        )


def _entries_per_iteration(objects: float, so_far: float) -> float:
    """What an iteration adds, of ``objects`` of the rarest class; it was ``so_far`` on average.

    A container may be the younger of two generations, and have begun empty just now.
    """
    return objects if objects <= ONE_ENTRY else min(objects, so_far)


def preallocated(
    rows: Sequence[ConstructorGrowth], fillings: Sequence[Filling]
) -> DeclaredBound | None:
    """The store that all survivors fill, if it has more slots than pushing leaves free.

    V8 adds a half and 16 when an array is full: its slots say how many there may be.
    """
    owners = [row.owner for row in rows if row.owner is not None]
    if not owners or len(owners) < len(rows) or not fillings:
        return None
    for owner in owners:
        free = owner.entries is None or owner.entries <= 0.9 * ((owner.capacity or 0) - 16) / 1.5
        if not owner.capacity_fixed or owner.share < WHOLE or not free:
            return None
    return DeclaredBound("slots", owners[0].capacity or 0, fillings[0])
