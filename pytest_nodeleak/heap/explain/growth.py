"""What a difference says of one class: plain frozen records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..names.paths import RetainingPath

__all__ = ["ConstructorGrowth", "Owner", "StaleContainer"]


@dataclass(frozen=True)
class Owner:
    """The container in which survivors accumulate.

    ``entries`` counts what it holds now and ``capacity`` the slots of its backing store
    (None where that cannot be told). ``capacity_fixed`` is True if the survivors sit in
    the elements of an Array whose backing store is older than the first snapshot: a
    preallocated buffer that fills, and cannot grow by filling; False if the store was
    allocated since; None for other containers. ``share`` is the part of the survivors
    that it holds, 0 to 1, ``per_survivor`` how many of its entries lead to one of them: less than 1
    where an entry has several. ``holder_id`` is the id of the object that may say how large it may
    become, ``closure_id`` that of a function that sees the variable it is in, ``beside_id`` that
    of the plain object it is a property of, ``path`` leads to it.
    """

    name: str
    type: str
    id: int
    entries: int | None = None
    capacity: int | None = None
    capacity_fixed: bool | None = None
    share: float = 1.0
    per_survivor: float = 1.0
    holder_id: int | None = None
    closure_id: int | None = None
    beside_id: int | None = None
    path: RetainingPath | None = None

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class StaleContainer:
    """An object older than the first snapshot whose backing store is newer.

    ``backing_bytes`` is the store's own size now, ``window`` the number of the window in
    which it was allocated (0: between the first and second snapshot), ``objects`` how many
    different heap objects it refers to: few of them in a large store are bare slots.
    """

    owner_id: int
    owner_name: str
    backing_bytes: int
    window: int
    edge: str
    objects: int = 0


@dataclass(frozen=True)
class ConstructorGrowth:
    """One class over all snapshots of a difference; sizes are bytes.

    ``populations`` and ``sizes`` have one item per snapshot: live objects and their own
    size. ``survivors`` has one per window: objects allocated between snapshots i and i+1
    that are alive in the last. What :meth:`SnapshotDiff.explain` adds is None before.
    """

    name: str
    kind: str
    internal: bool
    populations: tuple[int, ...]
    sizes: tuple[int, ...]
    survivors: tuple[int, ...]
    shallow_size: int
    retained_size: int | None = None
    retaining_path: RetainingPath | None = None
    owner: Owner | None = None
    defined_at: str | None = None
    place: str | None = None
    example_ids: tuple[int, ...] = ()
    samples: tuple[str, ...] = ()
    other_paths: tuple[RetainingPath, ...] = ()

    @property
    def survivor_count(self) -> int:
        """Survivors of all windows."""
        return sum(self.survivors)

    @property
    def growth(self) -> int:
        """Population of the last snapshot less that of the first."""
        return self.populations[-1] - self.populations[0]

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and strings, for JSON."""
        owner = self.owner
        return {
            "name": self.name,
            "kind": self.kind,
            "internal": self.internal,
            "populations": list(self.populations),
            "sizes": list(self.sizes),
            "survivors": list(self.survivors),
            "shallow_size": self.shallow_size,
            "retained_size": self.retained_size,
            "retaining_path": None if self.retaining_path is None else str(self.retaining_path),
            "owner": None
            if owner is None
            else {
                "name": owner.name,
                "type": owner.type,
                "id": owner.id,
                "entries": owner.entries,
                "capacity": owner.capacity,
                "capacity_fixed": owner.capacity_fixed,
                "share": owner.share,
            },
            "defined_at": self.defined_at,
            "place": self.place,
            "example_ids": list(self.example_ids),
            "samples": list(self.samples),
        }
