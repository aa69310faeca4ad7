"""Why survivors are alive: retained size, retaining path and owner of each row.

One walk from the root that does not go through any survivor marks what stays alive
without them; all that is left is small, so that each row's own retained size needs only
a walk within the rest. A second walk starts at the variables of modules, so that paths
begin where the program's author can recognise them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from ..deadline import Deadline
from .arrays import AnyArray, BoolArray
from .describe import describe_path
from .graph import NO_EDGE, Graph, Walk, as_view
from .growth import ConstructorGrowth, Owner
from .owner import OwnerFinder
from .paths import RetainingPath
from .places import scopes_of
from .roots import path_sources, unpreferred_edges

if TYPE_CHECKING:
    from .diff import SnapshotDiff

__all__ = ["Explainer"]

_SAMPLED = 1000


class Explainer:
    """Answers for one difference; keeps what several questions share."""

    def __init__(self, diff: SnapshotDiff) -> None:
        self.diff = diff
        self.graph: Graph = diff.last.graph
        self.snapshot = diff.last

    def explain(
        self,
        rows: Sequence[ConstructorGrowth],
        *,
        deadline: Deadline | None = None,
        paths_per_row: int = 1,
    ) -> tuple[ConstructorGrowth, ...]:
        """Copies of ``rows`` with everything filled in."""
        groups = [self.diff.nodes_of(row) for row in rows]
        if not any(group.size for group in groups):
            return tuple(rows)
        inside = _Inside(self.graph, groups, deadline)
        owners = OwnerFinder(self.graph, inside, self.diff.max_odd_ids)
        result: list[ConstructorGrowth] = []
        for row, group in zip(rows, groups, strict=True):
            if deadline is not None:
                deadline.check("explaining what survived")
            result.append(self._explain(row, group, inside, owners, paths_per_row))
        return tuple(result)

    def _explain(
        self,
        row: ConstructorGrowth,
        group: AnyArray,
        inside: _Inside,
        owners: OwnerFinder,
        paths_per_row: int,
    ) -> ConstructorGrowth:
        if not group.size:
            return row
        step = max(1, group.size // _SAMPLED)
        sample = group[::step]
        by_owner = owners.sort(sample)
        paths: list[RetainingPath] = []
        owner: Owner | None = None
        for holder, members in by_owner[: max(1, paths_per_row)]:
            example = _typical(inside.depth(members), members)
            chain, start = inside.chain(example)
            if not chain and inside.parent[example] == NO_EDGE and start == example:
                continue
            paths.append(describe_path(self.graph, chain, start))
            if owner is None and holder >= 0:
                owner = owners.describe(holder, example, len(members) / sample.size)
        where = self._definition(row, group)
        return replace(
            row,
            retained_size=inside.retained_size(group),
            retaining_path=paths[0] if paths else None,
            other_paths=tuple(paths[1:]),
            owner=owner,
            defined_at=where[0],
            place=where[1],
            samples=self._samples(row, sample),
        )

    def _definition(self, row: ConstructorGrowth, group: AnyArray) -> tuple[str | None, str | None]:
        if row.kind not in ("object", "closure"):
            return None, None
        scopes = scopes_of(self.graph)
        found: Counter[tuple[int, int, int]] = Counter()
        for node in group[:: max(1, group.size // 20)].tolist():
            where = scopes.location_of(node)
            if where is not None:
                found[where] += 1
        if not found:
            return None, None
        (script, line, column), _ = found.most_common(1)[0]
        place = None
        if row.kind == "closure":
            place = scopes.place_of_closure(int(group[0])) or None
        return f"{script}:{line}:{column}", place

    def _samples(self, row: ConstructorGrowth, sample: AnyArray) -> tuple[str, ...]:
        if row.kind != "string":
            return ()
        from .patterns import mask

        seen = dict.fromkeys(mask(self.snapshot.name_of(int(node))) for node in sample[:50])
        return tuple(seen)[:5]


class _Inside:
    """The part of the heap that only survivors keep alive, with the way to each node."""

    def __init__(self, graph: Graph, groups: Sequence[AnyArray], deadline: Deadline | None) -> None:
        self.graph = graph
        self.deadline = deadline
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
        allowed = unpreferred_edges(graph)
        np.logical_not(allowed, out=allowed)
        allowed &= strong
        preferred = Walk(graph, allowed, stop=suspect, deadline=deadline)
        sources = path_sources(graph, self.outside)
        preferred.run(sources)
        self.parent: AnyArray = preferred.parent
        rest = Walk(
            graph,
            strong,
            stop=suspect,
            visited=preferred.visited,
            parent=self.parent,
            deadline=deadline,
        )
        reached = np.flatnonzero(preferred.visited & ~suspect)
        rest.run({0: np.concatenate((reached, root))}, again=True)
        self.boundary: AnyArray = np.flatnonzero(suspect & rest.visited)
        self.blocked: BoolArray = self.outside & ~suspect
        self.suspect = suspect
        self._walk_rest(preferred.visited)

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
    def total(self) -> int:
        """Bytes that only the suspects keep alive."""
        return self._bytes(self.reached)

    def _bytes(self, mask: BoolArray) -> int:
        return int(self.graph.snapshot.node_size[mask].sum(dtype=np.int64))

    def retained_size(self, group: AnyArray) -> int:
        """Bytes that become unreachable when no path may enter the group."""
        visited = self.blocked.copy()
        visited[group] = True
        boundary = self.boundary[~visited[self.boundary]]
        walk = Walk(self.graph, self.graph.strong, visited=visited, deadline=self.deadline)
        walk.run({0: boundary})
        visited[group] = False
        return self.total - self._bytes(visited & ~self.blocked)

    def chain(self, node: int) -> tuple[list[int], int]:
        """Edges that lead to a node, and the node they start at."""
        edges: list[int] = []
        parent, above = self._parents
        while True:
            edge = parent[node]
            if edge == NO_EDGE:
                return edges[::-1], node
            edges.append(edge)
            up = above[node]
            node = up if up >= 0 else self.graph.source(edge)

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


def _typical(depth: AnyArray, nodes: AnyArray) -> int:
    """The middle one of the nodes that are closest to the start of their paths."""
    nearest = nodes[depth == depth.min()]
    return int(nearest[nearest.size // 2])
