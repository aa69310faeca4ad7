"""Dominators and retained sizes of single objects, with DevTools' accounting.

For all nodes at once, in plain Python: seconds for a heap of 100,000 nodes. What a
difference needs takes the shorter way of ``retention``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..model.arrays import AnyArray, BoolArray, Int64Array, distinct
from ..model.classes import devtools_name
from .graph import Graph, graph_of
from .walk import Walk

if TYPE_CHECKING:
    from ..model.snapshot import HeapSnapshot

__all__ = ["ClassAccount", "DominatorTree", "class_accounts", "essential_edges", "owned_sizes"]


@dataclass(frozen=True)
class ClassAccount:
    """One class as DevTools' Summary view has it; sizes in bytes."""

    count: int
    shallow_size: int
    retained_size: int


class DominatorTree:
    """Immediate dominators over the edges in ``allowed``.

    ``parent[i]`` is the immediate dominator of node i; the root's is the root, and so is
    that of nodes that no path leads to.
    """

    def __init__(self, graph: Graph, allowed: BoolArray) -> None:
        self.graph = graph
        self.root = graph.snapshot.root
        self._allowed = allowed
        # In the order in which a depth-first walk comes to them: the nodes, and the place
        # within this order of the one each is come to from.
        self.top_down: list[int] = []
        self._above: list[int] = []
        self._walk()
        self.parent = self._find()

    def _walk(self) -> None:
        """Depth first from the root; then from what nothing holds; then what is left."""
        first, to = self.graph.first.tolist(), self.graph.to.tolist()
        allowed = self._allowed.tolist()
        n = self.graph.node_count
        place = [-1] * n
        following = first[:n]
        order, above = self.top_down, self._above
        held = np.zeros(n, dtype=bool)
        held[self.graph.to[self._allowed]] = True
        self._starts: list[int] = []
        for start in (self.root, *np.flatnonzero(~held).tolist()):
            if place[start] >= 0:
                continue
            self._starts.append(start)
            place[start] = len(order)
            order.append(start)
            above.append(0)
            stack = [start]
            while stack:
                node = stack[-1]
                edge, end = following[node], first[node + 1]
                while edge < end and (not allowed[edge] or place[to[edge]] >= 0):
                    edge += 1
                following[node] = edge + 1
                if edge >= end:
                    stack.pop()
                    continue
                target = to[edge]
                place[target] = len(order)
                order.append(target)
                above.append(place[node])
                stack.append(target)
        # Cycles that nothing leads to: each of their nodes by itself, as DevTools does.
        for node in range(n):
            if place[node] < 0:
                self._starts.append(node)
                place[node] = len(order)
                order.append(node)
                above.append(0)
        self._place = place

    def _find(self) -> list[int]:
        """Semi-dominators from the last node to the first, then the nearest common ones.

        The method of Georgiadis and Tarjan (SEMI-NCA): numbers below are places in the
        depth-first order.
        """
        n = self.graph.node_count
        order, place = self.top_down, self._place
        before, sources = self._predecessors()
        starts = {place[start] for start in self._starts}
        semi = list(range(n))
        label = list(range(n))
        ancestor = self._above[:]  # shortened as paths are followed
        for number in range(n - 1, 0, -1):
            node = order[number]
            best = 0 if number in starts else self._above[number]
            for slot in range(before[node], before[node + 1]):
                at = place[sources[slot]]
                if at > number and ancestor[at] > number:
                    # Nodes after this one form a forest; point all on the way to its root.
                    way = []
                    while ancestor[at] > number:
                        way.append(at)
                        at = ancestor[at]
                    least = label[at]
                    top = ancestor[at]
                    for passed in reversed(way):
                        ancestor[passed] = top
                        if semi[least] < semi[label[passed]]:
                            label[passed] = least
                        else:
                            least = label[passed]
                    at = way[0]
                other = semi[label[at]] if at > number else at
                best = min(best, other)
            semi[number] = best
        dominator = [0] * n
        for number in range(1, n):
            candidate = self._above[number]
            while candidate > semi[number]:
                candidate = dominator[candidate]
            dominator[number] = candidate
        parent = [self.root] * n
        for number, node in enumerate(order):
            parent[node] = order[dominator[number]]
        return parent

    def _predecessors(self) -> tuple[list[int], list[int]]:
        """Where each node's predecessors begin, and the predecessors."""
        edges = np.flatnonzero(self._allowed)
        sources = self.graph.sources(edges)
        targets = self.graph.to[edges].astype(np.int64)
        by_target = np.argsort(targets, kind="stable")
        before = np.searchsorted(targets[by_target], np.arange(self.graph.node_count + 1))
        return before.tolist(), sources[by_target].tolist()

    def retained_sizes(self, sizes: AnyArray) -> Int64Array:
        """Bytes that each node keeps alive, itself included."""
        total = sizes.astype(np.int64).tolist()
        for node in reversed(self.top_down[1:]):
            total[self.parent[node]] += total[node]
        return np.array(total, dtype=np.int64)


def essential_edges(graph: Graph) -> BoolArray:
    """Strong edges without those from objects outside of the page to objects inside.

    Inside is all that the root's shortcuts, which are the global objects, lead to.
    """
    snapshot = graph.snapshot
    layout = snapshot.layout
    weak = layout.edge_type("weak")
    walk = Walk(graph, np.asarray(graph.edge_type != (weak if weak >= 0 else 255)))
    root = graph.edges_from(np.array([snapshot.root]))
    shortcuts = root[graph.edge_type[root] == layout.edge_type("shortcut")]
    walk.run({0: distinct(graph.to[shortcuts]).astype(np.intp)})
    origins = graph.sources(np.arange(graph.to.size))
    crossing = walk.visited[graph.to] & ~walk.visited[origins] & (origins != snapshot.root)
    itself = origins == graph.to
    result: BoolArray = graph.strong & ~crossing & ~itself
    return result


def owned_sizes(snapshot: HeapSnapshot) -> Int64Array:
    """Own sizes after arrays and hidden nodes with one owner gave theirs to it.

    So DevTools counts the elements of an Array as the Array's own size.
    """
    graph = graph_of(snapshot)
    n = graph.node_count
    types = snapshot.types
    kinds = [types[number] for number in snapshot.node_type.tolist()]
    external = set(snapshot.strings.find("system / ExternalStringData"))
    names = snapshot.node_name.tolist()
    nobody, several = -1, -2
    owner = [
        nobody
        if kinds[node] in ("hidden", "array")
        or (kinds[node] == "native" and names[node] in external)
        else node
        for node in range(n)
    ]
    first, to = graph.first.tolist(), graph.to.tolist()
    weak = snapshot.layout.edge_type("weak")
    edge_type = graph.edge_type.tolist()
    work = [node for node in range(n) if owner[node] == node]
    while work:
        node = work.pop()
        mine = owner[node]
        for edge in range(first[node], first[node + 1]):
            if edge_type[edge] == weak:
                continue
            target = to[edge]
            theirs = owner[target]
            if theirs == nobody:
                owner[target] = mine
                work.append(target)
            elif theirs not in (target, mine, several):
                owner[target] = several
                work.append(target)
    sizes = snapshot.node_size.astype(np.int64)
    given = sizes.tolist()
    for node, holder in enumerate(owner):
        if holder in (nobody, several, node) or kinds[holder] == "synthetic":
            continue
        sizes[node] = 0
        sizes[holder] += given[node]
    return sizes


def class_accounts(snapshot: HeapSnapshot) -> dict[str, ClassAccount]:
    """Count, shallow and retained size by class name as DevTools' Summary view has them.

    A class's retained size is the sum over its members that no other member dominates;
    classes of one name at different places are told apart for that, then added.
    """
    sizes = owned_sizes(snapshot)
    tree = DominatorTree(graph_of(snapshot), essential_edges(graph_of(snapshot)))
    retained = tree.retained_sizes(sizes).tolist()
    keys = _class_keys(snapshot)
    names: dict[str, list[int]] = {}
    # Classes on the way from the root to each node: shared with the dominator's if the
    # node adds none.
    above: list[frozenset[tuple[str, object]]] = [frozenset()] * snapshot.node_count
    own = sizes.tolist()
    for node in tree.top_down:
        passed = above[tree.parent[node]] if node != tree.root else frozenset()
        key = keys[node]
        if own[node]:
            # DevTools does not count what has no size, or has given it away.
            total = names.setdefault(key[0], [0, 0, 0])
            total[0] += 1
            total[1] += own[node]
            if key not in passed:
                total[2] += retained[node]
                passed = passed | {key}
        above[node] = passed
    return {name: ClassAccount(*total) for name, total in names.items()}


def _class_keys(snapshot: HeapSnapshot) -> list[tuple[str, object]]:
    places: dict[int, tuple[int, ...]] = {}
    where = snapshot.locations
    if where:
        triples = np.stack((where["script"], where["line"], where["column"]), axis=1).tolist()
        nodes = where["node"].tolist()
        places = {node: tuple(place) for node, place in zip(nodes, triples, strict=True)}
    types = snapshot.types
    keys: list[tuple[str, object]] = []
    known: dict[tuple[int, int], str] = {}
    pairs = zip(snapshot.node_type.tolist(), snapshot.node_name.tolist(), strict=True)
    for node, (kind, name) in enumerate(pairs):
        text = known.get((kind, name))
        if text is None:
            text = devtools_name(types[kind], snapshot.strings[name])
            known[kind, name] = text
        keys.append((text, places.get(node) if types[kind] == "object" else None))
    return keys
