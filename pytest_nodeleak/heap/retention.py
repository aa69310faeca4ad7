"""What survivors keep alive, and the way from a root to each of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from ..deadline import Deadline
from .arrays import AnyArray, BoolArray, as_view
from .graph import Graph
from .roots import path_sources, unpreferred_edges
from .walk import NO_EDGE, Walk

__all__ = ["Retention"]

_BLOCK_EDGES = 1 << 18
# Edges kept at both ends of a chain, and how far apart its marks for later climbs are.
_HEAD, _TAIL, _EVERY = 400, 200, 1024


class Retention:
    """The part of the heap that only survivors keep alive, with the way to each node."""

    def __init__(self, graph: Graph, groups: Sequence[AnyArray], deadline: Deadline | None) -> None:
        self.graph = graph
        self.deadline = deadline
        self._heads: dict[int, tuple[list[int], int]] = {}
        suspect = np.zeros(graph.node_count, dtype=bool)
        for group in groups:
            suspect[group] = True
        root = np.array([graph.snapshot.root])
        strong = graph.strong
        outside = Walk(graph, strong, stop=suspect, deadline=deadline)
        outside.run({0: root})
        self.outside: BoolArray = outside.visited
        del outside
        # Where each node is best reached from, first over edges a reader understands.
        engine = unpreferred_edges(graph)
        engine &= strong
        allowed = strong & ~engine
        preferred = Walk(graph, allowed, stop=suspect, deadline=deadline)
        preferred.run(path_sources(graph, self.outside & ~suspect))
        del allowed
        visited, self.parent = preferred.visited, preferred.parent
        # Then over the engine's own edges, to what nothing else leads to.
        rest = Walk(
            graph, strong, stop=suspect, visited=visited, parent=self.parent, deadline=deadline
        )
        entered = [np.empty(0, dtype=np.intp)]
        for low in range(0, engine.size, _BLOCK_EDGES):
            edges = np.flatnonzero(engine[low : low + _BLOCK_EDGES]) + low
            edges = edges[~visited[graph.to[edges]]]
            origins = graph.sources(edges)
            entered.append(rest.cross(edges[visited[origins] & ~suspect[origins]]))
        del engine
        rest.run({0: np.concatenate(entered)}, again=True)
        self.boundary: AnyArray = np.flatnonzero(suspect & rest.visited)
        self.blocked: BoolArray = self.outside & ~suspect
        self.suspect = suspect
        self._walk_rest(visited)

    def _walk_rest(self, visited: BoolArray) -> None:
        inner = Walk(
            self.graph,
            self.graph.strong,
            visited=visited,
            parent=self.parent,
            deadline=self.deadline,
        )
        inner.run({0: self.boundary}, again=True)
        reached = visited & ~self.blocked
        self.reached: BoolArray = reached

    @cached_property
    def _inner(self) -> tuple[AnyArray, AnyArray]:
        """Nodes that only the suspects keep alive, and their sizes."""
        nodes = np.flatnonzero(self.reached)
        return nodes, self.graph.snapshot.node_size[nodes].astype(np.int64)

    @cached_property
    def total(self) -> int:
        """Bytes that only the suspects keep alive."""
        return int(self._inner[1].sum())

    def retained_size(self, group: AnyArray) -> int:
        """Bytes that become unreachable when no path may enter the group."""
        visited = self.blocked.copy()
        visited[group] = True
        boundary = self.boundary[~visited[self.boundary]]
        walk = Walk(self.graph, self.graph.strong, visited=visited, deadline=self.deadline)
        walk.run({0: boundary})
        visited[group] = False
        nodes, sizes = self._inner
        return int(sizes[~visited[nodes]].sum())

    def chain(self, node: int) -> tuple[list[int], int]:
        """Edges that lead to a node, and the node they start at.

        Of a very long chain the middle is left out: the first 400 and the last 200 remain.
        """
        edges: list[int] = []
        parent, above = self._parents
        while True:
            known = self._heads.get(node)
            if known is not None:
                head, start = known
                return (head + edges[:_TAIL][::-1]), start
            edge = parent[node]
            if edge == NO_EDGE:
                break
            edges.append(edge)
            up = above[node]
            node = up if up >= 0 else self.graph.source(edge)
        edges.reverse()
        if len(edges) <= _HEAD + _TAIL:
            return edges, node
        # Other long chains mostly share their way up with this one: climb it only once.
        head = edges[:_HEAD]
        for at in range(_HEAD, len(edges), _EVERY):
            self._heads[int(self.graph.to[edges[at]])] = (head, node)
        return head + edges[-_TAIL:], node

    def above(self, node: int) -> int:
        """The node a node is reached from; -1 for those paths start at."""
        parent, above = self._parents
        if parent[node] == NO_EDGE:
            return -1
        up = above[node]
        return up if up >= 0 else self.graph.source(parent[node])

    @cached_property
    def _parents(self) -> tuple[memoryview, memoryview]:
        """Parent edges, and parent nodes where only suspects lead (else -1), to climb fast."""
        above = np.full(self.graph.node_count, -1, dtype=np.int32)
        inner = np.flatnonzero(self.reached & (self.parent != NO_EDGE))
        above[inner] = self.graph.sources(self.parent[inner])
        return as_view(self.parent), as_view(above)

    def depth(self, nodes: AnyArray) -> AnyArray:
        """How far each node is from the start of its path, up to a limit."""
        graph = self.graph
        depth = np.zeros(nodes.size, dtype=np.int32)
        at = np.array(nodes, dtype=np.int64)
        alive = np.arange(nodes.size)
        for _ in range(200):
            edges = self.parent[at[alive]]
            more = edges != NO_EDGE
            alive = alive[more]
            if not alive.size:
                break
            at[alive] = graph.sources(edges[more])
            depth[alive] += 1
        return depth
