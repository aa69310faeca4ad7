"""Snapshots that share no object ids: two processes, a page that was reloaded, a debugger detached.

What can be compared then is how many there are of a class, a shape, a pattern of strings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..graph.graph import graph_of
from ..model.snapshot import HeapSnapshot
from ..names.patterns import patterns_of
from ..names.shapes import Shapes, plain_objects

__all__ = ["Population", "Populations", "populations_of", "put_together"]

#: name -> count and bytes of own size
Populations = dict[str, tuple[int, int]]

_PLAIN = "Object"


@dataclass(frozen=True)
class Population:
    """How many there are of one kind in each snapshot, and their bytes of own size."""

    name: str
    counts: tuple[int, ...]
    sizes: tuple[int, ...]

    @property
    def delta(self) -> int:
        """Objects more in the last than in the first."""
        return self.counts[-1] - self.counts[0]

    @property
    def size_delta(self) -> int:
        """Bytes more in the last than in the first."""
        return self.sizes[-1] - self.sizes[0]


def populations_of(snapshot: HeapSnapshot, group_by: str) -> Populations:
    """By ``"class"``, ``"shape"`` (classes, with plain objects by their shape) or ``"string"``.

    Shapes need a snapshot that was read in full: ValueError otherwise.
    """
    if group_by == "string":
        texts: Populations = {}
        for pattern in patterns_of(snapshot):
            count, size = texts.get(pattern.pattern, (0, 0))
            texts[pattern.pattern] = count + pattern.count, size + pattern.shallow_size
        return texts
    found = dict(snapshot.classes())
    if group_by == "shape":
        graph = graph_of(snapshot)
        shapes = Shapes(graph).group(np.flatnonzero(plain_objects(graph)))
        count, size = found.pop(_PLAIN, (0, 0))
        for name, nodes in shapes.items():
            if name != _PLAIN:
                own = int(snapshot.node_size[nodes].sum(dtype=np.int64))
                found[name] = int(nodes.size), own
                count, size = count - int(nodes.size), size - own
        if count:
            found[_PLAIN] = count, size
    return found


def put_together(found: Sequence[Populations]) -> tuple[Population, ...]:
    """The populations of several snapshots by name, those that gained most bytes first."""
    names = dict.fromkeys(name for populations in found for name in populations)
    rows = [
        Population(
            name,
            tuple(populations.get(name, (0, 0))[0] for populations in found),
            tuple(populations.get(name, (0, 0))[1] for populations in found),
        )
        for name in names
    ]
    return tuple(sorted(rows, key=lambda row: (-row.size_delta, -row.delta, row.name)))
