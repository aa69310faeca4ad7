"""Memory outside of V8's heap, and what holds it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..graph.graph import graph_of
from ..model.snapshot import HeapSnapshot
from ..names.patterns import strings_among

__all__ = ["Buffer", "buffers_of", "longest_string"]

_LEAST_BYTES = 4096


@dataclass(frozen=True)
class Buffer:
    """The memory of an ArrayBuffer; ``name`` and ``object_id`` are of a view on it, if any.

    ``is_new``: it was allocated after the first snapshot.
    """

    object_id: int
    name: str
    bytes: int
    is_new: bool


def longest_string(snapshot: HeapSnapshot, oldest: int) -> Buffer | None:
    """The string that takes most memory by itself, of those that are new if there are such.

    New are those with ids above ``oldest``: what becomes longer is put together again.
    """
    strings = strings_among(snapshot, np.arange(snapshot.node_type.size))
    if not strings.size:
        return None
    new = strings[snapshot.node_id[strings] > oldest]
    strings = new if new.size else strings
    node = int(strings[np.argmax(snapshot.node_size[strings])])
    return Buffer(int(snapshot.node_id[node]), "(string)", int(snapshot.node_size[node]), True)


def buffers_of(snapshot: HeapSnapshot, oldest: int) -> tuple[Buffer, ...]:
    """All of 4 kB or more, those that are new first, then the largest.

    New are those of ArrayBuffers with ids above ``oldest``. Raises ValueError if the snapshot was
    read without edges.
    """
    graph = graph_of(snapshot)
    edges = graph.edges_named("internal", "backing_store", "buffer")
    owners, stores = graph.ends(edges["backing_store"])
    sizes = snapshot.node_size[stores]
    chosen = sizes >= _LEAST_BYTES
    views = dict(
        zip(*(ends.tolist() for ends in reversed(graph.ends(edges["buffer"]))), strict=True)
    )
    found: dict[int, Buffer] = {}
    for owner, store, size in zip(
        owners[chosen].tolist(), stores[chosen].tolist(), sizes[chosen].tolist(), strict=True
    ):
        view = views.get(owner, owner)
        is_new = bool(snapshot.node_id[owner] > oldest)
        number = int(snapshot.node_id[view])
        found[store] = Buffer(number, snapshot.name_of(view), int(size), is_new)
    return tuple(sorted(found.values(), key=lambda item: (not item.is_new, -item.bytes)))
