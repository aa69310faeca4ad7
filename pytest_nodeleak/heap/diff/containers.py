"""Objects with large backing stores: where a leak of bare slots would be, and how it shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..explain.growth import StaleContainer
from ..graph.graph import Graph, graph_of
from ..model.arrays import IntpArray, distinct
from ..model.snapshot import HeapSnapshot

__all__ = ["BareStore", "bare_stores", "stale_containers"]

_LEAST_BYTES = 1024
_EDGES = ("elements", "properties", "table", "backing_store")
_SLOT = 8
#: share of the slots that refer to objects, at most, where they are bare: some keys of a map may be
_OBJECTS = 0.15


@dataclass(frozen=True)
class BareStore:
    """A container whose slots hold numbers, or a few objects again and again: no edges tell them.

    ``bytes`` is the size of its backing store.
    """

    owner_id: int
    owner_name: str
    bytes: int


def bare_stores(snapshot: HeapSnapshot, most: int | None = None) -> tuple[BareStore, ...]:
    """Those of a kilobyte or more, at ``most`` so many, largest first.

    Raises ValueError if the snapshot was read without edges.
    """
    graph = graph_of(snapshot)
    found: dict[int, BareStore] = {}
    stores = sorted(_owned_stores(snapshot), key=lambda s: -int(snapshot.node_size[s[2]]))
    for _, owner, store in stores:
        size, number = int(snapshot.node_size[store]), int(snapshot.node_id[owner])
        if number & 1 and _objects_in(graph, store) * _SLOT < _OBJECTS * size:
            found.setdefault(number, BareStore(number, snapshot.name_of(owner), size))
        if len(found) == most:
            break
    return tuple(found.values())


def _owned_stores(snapshot: HeapSnapshot) -> Iterator[tuple[str, int, int]]:
    """How each large store is held, by which object, and the store."""
    graph = graph_of(snapshot)
    for name, edges in graph.edges_named("internal", *_EDGES).items():
        owners, stores = graph.ends(edges)
        large: IntpArray = np.flatnonzero(snapshot.node_size[stores] >= _LEAST_BYTES)
        for owner, store in zip(owners[large].tolist(), stores[large].tolist(), strict=True):
            yield name, owner, store


def _objects_in(graph: Graph, store: int) -> int:
    """How many different objects it refers to."""
    return int(distinct(graph.to[graph.first[store] : graph.first[store + 1]]).size)


def stale_containers(
    snapshot: HeapSnapshot, max_odd_ids: tuple[int, ...]
) -> tuple[StaleContainer, ...]:
    """Objects alive in the first and the last snapshot whose store was allocated since.

    ``snapshot`` is the last, ``max_odd_ids`` are those of all. Largest store first. Raises
    ValueError if it was read without edges.
    """
    graph = graph_of(snapshot)
    ids = snapshot.node_id
    oldest = max_odd_ids[0]
    found: list[StaleContainer] = []
    for name, owner, store in _owned_stores(snapshot):
        is_new = ids[store] > oldest and ids[store] & 1
        if not is_new or ids[owner] > oldest or not ids[owner] & 1:
            continue
        found.append(
            StaleContainer(
                owner_id=int(ids[owner]),
                owner_name=snapshot.name_of(owner),
                backing_bytes=int(snapshot.node_size[store]),
                window=int(np.searchsorted(np.array(max_odd_ids[1:]), int(ids[store]))),
                edge=name,
                objects=_objects_in(graph, store),
            )
        )
    return tuple(sorted(found, key=lambda item: (-item.backing_bytes, item.owner_id)))
