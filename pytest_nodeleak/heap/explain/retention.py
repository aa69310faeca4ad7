"""What survivors keep alive, and the way from a root to each of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from ...base.deadline import Deadline
from ..graph.graph import Graph
from ..graph.walk import NO_EDGE, Walk
from ..model.arrays import AnyArray, BoolArray, as_view
from .roots import path_sources, unpreferred_nodes

__all__ = ["Retention"]

# Edges kept at both ends of a chain, and how far apart its marks for later climbs are.
_HEAD, _TAIL, _EVERY = 400, 200, 1024


class Retention:
    """The part of the heap that only survivors keep alive, with the way to each node.

    No way leads through nodes that are ``avoided``, if there is another.
    """

    def __init__(
        self,
        graph: Graph,
        groups: Sequence[AnyArray],
        deadline: Deadline | None,
        avoided: BoolArray | None = None,
    ) -> None:
        self.graph = graph
        self.avoided = avoided
        self.deadline = deadline
        self._heads: dict[int, tuple[list[int], int]] = {}
        suspect = np.zeros(graph.node_count, dtype=bool)
        for group in groups:
            suspect[group] = True
        self.parent: AnyArray = np.empty(graph.node_count, dtype=np.uint32)
        outside = Walk(graph, graph.strong, stop=suspect, parent=self.parent, deadline=deadline)
        outside.run({0: np.array([graph.snapshot.root])})
        self.blocked: BoolArray = outside.visited & ~suspect
        self.boundary: AnyArray = np.flatnonzero(outside.visited & suspect)
        del outside
        self.parent.fill(NO_EDGE)
        self._find_ways(suspect)
        del suspect
        visited = self.blocked.copy()
        visited[self.boundary] = True
        self._walk_on(visited, self.parent, self.boundary)
        self.reached: BoolArray = visited & ~self.blocked
        self.parent = graph.snapshot.kept.moved(self.parent)
        # The parents of walks that are only asked what they reach.
        self._scratch = np.empty(graph.node_count, dtype=np.uint32)
        graph.snapshot.release()

    def _find_ways(self, suspect: BoolArray) -> None:
        """Set the parents of all nodes on the best ways to the boundary."""
        graph, strong = self.graph, self.graph.strong
        bookkeeping = unpreferred_nodes(graph)
        if self.avoided is not None:
            bookkeeping |= self.avoided
        # First without the engine's own bookkeeping, which a reader does not understand.
        visited = bookkeeping.copy()
        preferred = Walk(
            graph,
            strong,
            stop=suspect,
            visited=visited,
            parent=self.parent,
            enough=self.boundary.size,
            deadline=self.deadline,
        )
        preferred.run(path_sources(graph, self.blocked))
        if preferred.stopped == self.boundary.size:
            return
        # Then through it, to what nothing else leads to.
        visited &= ~bookkeeping
        rest = Walk(
            graph,
            strong,
            stop=suspect,
            visited=visited,
            parent=self.parent,
            enough=self.boundary.size - preferred.stopped,
            deadline=self.deadline,
        )
        entered = [np.empty(0, dtype=np.intp)]
        for part in graph.edge_blocks():
            to = graph.to[part]
            edges = np.flatnonzero(strong[part] & bookkeeping[to] & ~visited[to]) + part.start
            origins = graph.sources(edges)
            entered.append(rest.cross(edges[visited[origins] & ~suspect[origins]]))
        rest.run({0: np.concatenate(entered)}, again=True)

    def _walk_on(self, visited: BoolArray, parent: AnyArray, sources: AnyArray) -> None:
        """Mark what ``sources``, visited or not, lead to."""
        walk = Walk(
            self.graph, self.graph.strong, visited=visited, parent=parent, deadline=self.deadline
        )
        walk.run({0: sources}, again=True)

    @cached_property
    def _inner(self) -> tuple[AnyArray, AnyArray]:
        """Nodes that only the suspects keep alive, and their sizes."""
        nodes = np.flatnonzero(self.reached)
        return nodes, self.graph.snapshot.node_size[nodes].astype(np.int64)

    @cached_property
    def total(self) -> int:
        """Bytes that only the suspects keep alive."""
        return int(self._inner[1].sum())

    def retained_size(self, group: AnyArray, new: tuple[int, int] | None = None) -> int:
        """Bytes that become unreachable when no path may enter the group.

        ``new``: of objects with an id above the first and up to the second alone. The newest of a
        list that grows at its head keeps all the older ones, which it did not add; the oldest of
        one that grows at its end those that came after the window.
        """
        visited = self.blocked.copy()
        visited[group] = True
        boundary = self.boundary[~visited[self.boundary]]
        self._walk_on(visited, self._scratch, boundary)
        visited[group] = False
        nodes, sizes = self._inner
        freed = ~visited[nodes]
        if new is not None:
            ids = self.graph.snapshot.node_id[nodes]
            freed &= ((ids > new[0]) & (ids <= new[1])) | (ids % 2 == 0)
        return int(sizes[freed].sum())

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
        snapshot = self.graph.snapshot
        column = snapshot.kept.column(np.int32, self.graph.node_count)
        for part in snapshot.node_blocks():
            above = np.full(part.stop - part.start, -1, dtype=np.int32)
            inner = np.flatnonzero(self.reached[part] & (self.parent[part] != NO_EDGE))
            above[inner] = self.graph.sources(self.parent[part][inner])
            column.append(above)
        return as_view(self.parent), as_view(column.finish())

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
