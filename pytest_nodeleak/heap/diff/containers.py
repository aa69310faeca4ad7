"""Old objects with a new backing store: how a leak of bare slots shows."""

from __future__ import annotations

import numpy as np

from ..explain.growth import StaleContainer
from ..graph.graph import graph_of
from ..model.arrays import distinct
from ..model.snapshot import HeapSnapshot

__all__ = ["stale_containers"]

_LEAST_BYTES = 1024
_EDGES = ("elements", "properties", "table", "backing_store")


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
    for name, edges in graph.edges_named("internal", *_EDGES).items():
        owners, stores = graph.ends(edges)
        new = (ids[stores] > oldest) & (ids[stores] & 1 == 1)
        new &= snapshot.node_size[stores] >= _LEAST_BYTES
        owners, stores = owners[new], stores[new]
        old = (ids[owners] <= oldest) & (ids[owners] & 1 == 1)
        for owner, store in zip(owners[old].tolist(), stores[old].tolist(), strict=True):
            held = graph.to[graph.first[store] : graph.first[store + 1]]
            window = int(np.searchsorted(np.array(max_odd_ids[1:]), int(ids[store])))
            found.append(
                StaleContainer(
                    owner_id=int(ids[owner]),
                    owner_name=snapshot.name_of(owner),
                    backing_bytes=int(snapshot.node_size[store]),
                    window=window,
                    edge=name,
                    objects=int(distinct(held).size),
                )
            )
    return tuple(sorted(found, key=lambda item: (-item.backing_bytes, item.owner_id)))
