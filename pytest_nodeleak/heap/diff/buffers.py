"""Memory outside of V8's heap that was allocated between snapshots, and what holds it."""

from __future__ import annotations

from dataclasses import dataclass

from ..graph.graph import graph_of
from ..model.snapshot import HeapSnapshot

__all__ = ["NewBuffer", "new_buffers"]

_LEAST_BYTES = 4096


@dataclass(frozen=True)
class NewBuffer:
    """The memory of an ArrayBuffer; ``name`` and ``object_id`` are of a view on it, if any."""

    object_id: int
    name: str
    bytes: int


def new_buffers(snapshot: HeapSnapshot, oldest: int) -> tuple[NewBuffer, ...]:
    """Those of which ArrayBuffers with ids above ``oldest`` are made, largest first.

    Raises ValueError if the snapshot was read without edges.
    """
    graph = graph_of(snapshot)
    edges = graph.edges_named("internal", "backing_store", "buffer")
    owners, stores = graph.ends(edges["backing_store"])
    sizes = snapshot.node_size[stores]
    chosen = (snapshot.node_id[owners] > oldest) & (sizes >= _LEAST_BYTES)
    views = dict(
        zip(*(ends.tolist() for ends in reversed(graph.ends(edges["buffer"]))), strict=True)
    )
    found: dict[int, NewBuffer] = {}
    for owner, store, size in zip(
        owners[chosen].tolist(), stores[chosen].tolist(), sizes[chosen].tolist(), strict=True
    ):
        view = views.get(owner, owner)
        found[store] = NewBuffer(int(snapshot.node_id[view]), snapshot.name_of(view), int(size))
    return tuple(sorted(found.values(), key=lambda item: (-item.bytes, item.object_id)))
