"""Containers that survivors only pass through: a cache that is full, beside what keeps them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from ...base.errors import DeadlineExceeded
from ..graph.graph import Graph
from ..model.arrays import AnyArray, BoolArray
from .growth import ConstructorGrowth, Owner

__all__ = ["without_passages"]

#: share of the entries that it would have if it kept all, below which a container is a passage
PASSAGE = 0.25
#: by how much another container must be fuller to be the one
FULLER = 2.0
#: containers, one behind the other, that are looked past
MOST = 3


def without_passages(
    graph: Graph,
    rows: Sequence[ConstructorGrowth],
    expected: Sequence[float],
    explained: Callable[[BoolArray], Sequence[ConstructorGrowth]],
) -> tuple[ConstructorGrowth, ...]:
    """``rows`` with path and owner of what keeps all of them, where theirs cannot.

    The survivors of a window may all be in a cache of a thousand as well, by a shorter way. What
    keeps all that was ever made holds as many as that: ``expected`` for each row, 0 if unknown.
    ``explained`` gives the rows again, with ways that avoid what is marked, if there are others.
    """
    found = list(rows)
    avoided = np.zeros(graph.node_count, dtype=bool)
    looked_at = list(rows)
    with contextlib.suppress(DeadlineExceeded):  # what is known by then is not worse
        for _ in range(MOST):
            passages = [
                row.owner
                for row, most in zip(looked_at, expected, strict=True)
                if row.owner is not None and _fullness(row.owner, most) < PASSAGE
            ]
            if not passages or not _mark(graph, passages, avoided):
                break
            looked_at = list(explained(avoided))
            for at, (row, most) in enumerate(zip(looked_at, expected, strict=True)):
                before, now = found[at].owner, row.owner
                if before is None or now is None or before.id == now.id:
                    continue
                fullness = _fullness(before, most)
                if fullness < PASSAGE and now.entries and _fullness(now, most) >= FULLER * fullness:
                    found[at] = replace(
                        found[at],
                        retaining_path=row.retaining_path,
                        other_paths=row.other_paths,
                        owner=row.owner,
                    )
    return tuple(found)


def _fullness(owner: Owner, expected: float) -> float:
    """Entries as a share of what its own survivors let expect; 1 where that is not known."""
    most = expected * owner.share
    return owner.entries / most if owner.entries is not None and most > 0 else 1.0


def _mark(graph: Graph, owners: Sequence[Owner], avoided: BoolArray) -> bool:
    """Mark the containers, and those that others of their holders' class have; False: none new."""
    before = int(np.count_nonzero(avoided))
    ids = np.unique([owner.id for owner in owners])
    for node in np.flatnonzero(np.isin(graph.snapshot.node_id, ids)).tolist():
        avoided[node] = True
        for alike in _alike(graph, node):
            avoided[alike] = True
    return int(np.count_nonzero(avoided)) > before


def _alike(graph: Graph, node: int) -> Iterator[AnyArray]:
    """What other objects of the class have under the name by which one has ``node``."""
    snapshot = graph.snapshot
    for edge in _properties(graph, lambda part: graph.to[part] == node).tolist():
        holder = graph.source(edge)
        edges = _named(graph, graph.edge_name[edge])
        sources = graph.sources(edges)
        same = (snapshot.node_name[sources] == snapshot.node_name[holder]) & (
            snapshot.node_type[sources] == snapshot.node_type[holder]
        )
        yield graph.to[edges[same]]


def _named(graph: Graph, name: int) -> AnyArray:
    return _properties(graph, lambda part: graph.edge_name[part] == name)


def _properties(graph: Graph, test: Callable[[slice], BoolArray]) -> AnyArray:
    """Edges of properties for which ``test`` is true."""
    kind = graph.snapshot.layout.edge_type("property")
    return graph.edges_where(lambda part: test(part) & (graph.edge_type[part] == kind))
