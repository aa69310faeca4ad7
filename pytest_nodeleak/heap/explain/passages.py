"""Containers that survivors only pass through: a cache that is full, beside what keeps them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...base.errors import DeadlineExceeded
from ..graph.graph import Graph
from ..model.arrays import AnyArray, BoolArray
from .growth import ConstructorGrowth, Owner

__all__ = ["Wanted", "without_passages"]

#: share of the entries that it would have, or gain, if it kept all: below, it is a passage
PASSAGE = 0.25
#: by how much another container must be fuller to be the one
FULLER = 2.0
#: containers, one behind the other, that are looked past
MOST = 3


@dataclass(frozen=True)
class Wanted:
    """What a container must have that keeps all of a row.

    ``entries`` in all (0: unknown), and ``more`` of them than before the first window.
    """

    entries: float
    more: int

    def met_by(self, owner: Owner, gained: Mapping[int, int]) -> float:
        """As a share of what its own survivors let expect; 1 where that is not known."""
        shares = [1.0]
        each = owner.share * owner.per_survivor
        most = self.entries * each
        if owner.entries is not None and most > 0:
            shares.append(owner.entries / most)
        if owner.id in gained and self.more:
            shares.append(max(0.0, gained[owner.id] / (self.more * each)))
        return min(shares)


def without_passages(
    graph: Graph,
    rows: Sequence[ConstructorGrowth],
    wanted: Sequence[Wanted],
    gained: Mapping[int, int],
    explained: Callable[[BoolArray], Sequence[ConstructorGrowth]],
) -> tuple[ConstructorGrowth, ...]:
    """``rows`` with path and owner of what keeps all of them, where theirs cannot.

    The survivors of a window may all be in a cache of a thousand as well, by a shorter way. What
    keeps all that was ever made holds as many as that, and gains as many as survive: ``wanted`` for
    each row; ``gained`` are the entries that containers have more, by id, where that is known.
    ``explained`` gives the rows again, with ways that avoid what is marked, if there are others.
    """
    found = list(rows)
    avoided = np.zeros(graph.node_count, dtype=bool)
    looked_at = list(rows)
    with contextlib.suppress(DeadlineExceeded):  # what is known by then is not worse
        for _ in range(MOST):
            passages = [
                row.owner
                for row, want in zip(looked_at, wanted, strict=True)
                if row.owner is not None and want.met_by(row.owner, gained) < PASSAGE
            ]
            if not passages or not _mark(graph, passages, avoided):
                break
            looked_at = list(explained(avoided))
            for at, (row, want) in enumerate(zip(looked_at, wanted, strict=True)):
                before, now = found[at].owner, row.owner
                if before is None or now is None or before.id == now.id:
                    continue
                had, has = want.met_by(before, gained), want.met_by(now, gained)
                if had < PASSAGE and now.entries and has >= FULLER * had and has > had:
                    found[at] = replace(
                        found[at],
                        retaining_path=row.retaining_path,
                        other_paths=row.other_paths,
                        owner=row.owner,
                    )
    return tuple(found)


def _mark(graph: Graph, owners: Sequence[Owner], avoided: BoolArray) -> bool:
    """Mark the containers, and those that others of their holders' class have; False: none new."""
    before = int(np.count_nonzero(avoided))
    nodes = np.flatnonzero(np.isin(graph.snapshot.node_id, [owner.id for owner in owners]))
    avoided[nodes] = True
    held = _properties(graph, lambda part: np.isin(graph.to[part], nodes))
    # By name, not by edge: each link of a long list may lead to one of them.
    for name in np.unique(graph.edge_name[held]).tolist():
        holders = _classes(graph, held[graph.edge_name[held] == name])
        named = _named(graph, name)
        alike = np.isin(_classes(graph, named), holders)
        avoided[graph.to[named[alike]]] = True
    return int(np.count_nonzero(avoided)) > before


def _named(graph: Graph, name: int) -> AnyArray:
    return _properties(graph, lambda part: graph.edge_name[part] == name)


def _classes(graph: Graph, edges: AnyArray) -> AnyArray:
    """A number for the class of what each edge comes from: its name and type."""
    snapshot, sources = graph.snapshot, graph.sources(edges)
    return snapshot.node_name[sources].astype(np.int64) << 8 | snapshot.node_type[sources]


def _properties(graph: Graph, test: Callable[[slice], BoolArray]) -> AnyArray:
    """Edges of properties for which ``test`` is true."""
    kind = graph.snapshot.layout.edge_type("property")
    return graph.edges_where(lambda part: test(part) & (graph.edge_type[part] == kind))
