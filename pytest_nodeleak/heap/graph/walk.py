"""Breadth-first walks over the edges of a snapshot.

A walk goes by whole levels with numpy; while the frontier is narrow (a linked list has
one node per level) plain Python takes over. Nothing recurses.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np

from ...base.deadline import Deadline
from ..model.arrays import AnyArray, BoolArray, IntpArray, UInt32Array, as_view, ranges

__all__ = ["NO_EDGE", "Adjacency", "Walk"]

NO_EDGE = 0xFFFFFFFF

# Frontiers with fewer edges than this are walked in Python: a numpy level costs as much.
_NARROW = 96
_BLOCK_EDGES = 1 << 15
_BLOCK_NODES = 1 << 15
_WIDE = 1 << 12


class Adjacency(Protocol):
    """What a walk needs of a graph: edges in node order, those of node i from ``first[i]`` on."""

    node_count: int
    first: UInt32Array
    to: UInt32Array

    def release(self) -> None:
        """Let the columns leave the resident set."""
        ...


class Walk:
    """One breadth-first walk; ``visited`` and ``parent`` hold what it found.

    ``parent[i]`` is the edge over which node i was first reached, NO_EDGE for sources and
    for nodes not reached. Nodes in ``stop`` are reached but not gone through; ``stopped``
    counts them, and with ``enough`` of them the walk ends. Mark nodes as visited beforehand
    to keep the walk out of them.
    """

    def __init__(
        self,
        graph: Adjacency,
        allowed: BoolArray,
        *,
        stop: BoolArray | None = None,
        visited: BoolArray | None = None,
        parent: AnyArray | None = None,
        enough: int | None = None,
        deadline: Deadline | None = None,
    ) -> None:
        self.graph = graph
        self.allowed = allowed
        self.stop = stop
        n = graph.node_count
        self.visited = np.zeros(n, dtype=bool) if visited is None else visited
        self.parent = np.full(n, NO_EDGE, dtype=np.uint32) if parent is None else parent
        self.enough = enough
        self.deadline = deadline
        self.stopped = 0
        self._crossed = 0  # edges since columns were let go

    def run(
        self,
        sources: Mapping[int, AnyArray],
        *,
        distance: AnyArray | None = None,
        again: bool = False,
    ) -> None:
        """Walk from ``sources``, each group of which joins at its level.

        A group whose level comes after the walk would have ended joins then. ``distance``,
        if given, gets each reached node's level. With ``again`` sources that are visited
        already are gone through once more (to use a wider ``allowed``).
        """
        waiting = sorted(sources.items())
        level = 0
        frontier: AnyArray = np.empty(0, dtype=np.intp)
        while (frontier.size or waiting) and self.stopped != self.enough:
            if self.deadline is not None:
                self.deadline.check("walking the heap")
            if waiting and (waiting[0][0] <= level or not frontier.size):
                at, nodes = waiting.pop(0)
                level = max(level, at)
                new = nodes if again else nodes[~self.visited[nodes]]
                self.visited[new] = True
                if distance is not None:
                    distance[new] = level
                new = self._passed(new)
                frontier = np.concatenate((frontier, new)) if frontier.size else new
                continue
            if frontier.size < _NARROW and self._degree(frontier) < _NARROW:
                until = waiting[0][0] if waiting else None
                frontier, level = self._narrow(frontier, level, until, distance)
                continue
            level += 1
            frontier = self._level(frontier, level, distance)

    def _degree(self, frontier: AnyArray) -> int:
        first = self.graph.first
        return int((first[frontier + 1] - first[frontier]).sum(dtype=np.int64))

    def _level(self, frontier: AnyArray, level: int, distance: AnyArray | None) -> AnyArray:
        """Reach all nodes one step from ``frontier``; gives those to go on from."""
        first = self.graph.first
        found: list[AnyArray] = []
        # A part at a time: flat memory, and what is made stays in the processor's cache.
        for start in range(0, frontier.size, _BLOCK_NODES):
            nodes = frontier[start : start + _BLOCK_NODES]
            low = first.take(nodes).astype(np.int64)
            counts = first.take(nodes + 1) - low
            ends = np.cumsum(counts)
            for begin in range(0, int(ends[-1]), _BLOCK_EDGES):
                new = self.cross(_part(low, counts, ends, begin))
                if distance is not None:
                    distance[new] = level
                found.append(self._passed(new).astype(np.uint32))
                self._release_at_times(int(ends[-1]) - begin)
        if not found:
            return np.empty(0, dtype=np.uint32)
        reached = found[0] if len(found) == 1 else np.concatenate(found)
        if reached.size > _WIDE:
            reached.sort()  # in the order of the columns: a part of it needs but a part of them
        return reached

    def _passed(self, new: AnyArray) -> AnyArray:
        """Of the nodes just reached those to go on from."""
        if self.stop is None:
            return new
        passed: AnyArray = new[~self.stop.take(new)]
        self.stopped += new.size - passed.size
        return passed

    def _release_at_times(self, edges: int) -> None:
        """Let columns go when a block of edges was crossed since the last time."""
        self._crossed += min(edges, _BLOCK_EDGES)
        if self._crossed >= _BLOCK_EDGES:
            self._crossed = 0
            self.graph.release()

    def cross(self, edges: AnyArray) -> AnyArray:
        """Reach the targets of ``edges`` that are allowed and were not visited; gives them."""
        to = self.graph.to.take(edges)
        open_ = self.allowed.take(edges)
        open_ &= ~self.visited.take(to)
        new = np.flatnonzero(open_)
        edges, to = edges.take(new).astype(np.uint32), to.take(new).astype(np.intp)
        # Of several edges to one node the first counts: written last, backwards.
        self.parent[to[::-1]] = edges[::-1]
        winners: AnyArray = to[self.parent.take(to) == edges]
        self.visited[winners] = True
        return winners

    def _narrow(
        self, frontier: AnyArray, level: int, until: int | None, distance: AnyArray | None
    ) -> tuple[AnyArray, int]:
        """Go on in Python until the frontier is wide, empty, or a source is due."""
        first = as_view(self.graph.first)
        to = as_view(self.graph.to)
        allowed = as_view(self.allowed)
        visited = as_view(self.visited)
        parent = as_view(self.parent)
        stop = None if self.stop is None else as_view(self.stop)
        steps = as_view(distance) if distance is not None else None
        now = frontier.tolist()
        while now and level != until:
            following: list[int] = []
            level += 1
            for node in now:
                for edge in range(first[node], first[node + 1]):
                    target = to[edge]
                    if visited[target] or not allowed[edge]:
                        continue
                    visited[target] = True
                    parent[target] = edge
                    if steps is not None:
                        steps[target] = level
                    if stop is None or not stop[target]:
                        following.append(target)
                    else:
                        self.stopped += 1
            now = following
            if not level & 0xFFF:
                self.graph.release()
                if self.deadline is not None:
                    self.deadline.check("walking the heap")
            if len(now) > _NARROW or self.stopped == self.enough:
                break
        return np.array(now, dtype=np.intp), level


def _part(low: AnyArray, counts: AnyArray, ends: AnyArray, begin: int) -> IntpArray:
    """Of edges that begin at ``low`` and are ``counts`` in number: those of one block."""
    stop = min(begin + _BLOCK_EDGES, int(ends[-1]))
    first = int(ends.searchsorted(begin, side="right"))
    last = int(ends.searchsorted(stop)) + 1
    low, counts = low[first:last].copy(), counts[first:last].copy()
    passed = begin - int(ends[first] - counts[0])
    low[0] += passed
    counts[0] -= passed
    counts[-1] -= int(ends[last - 1]) - stop
    return ranges(low, counts)
