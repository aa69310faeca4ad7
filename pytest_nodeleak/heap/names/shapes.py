"""Plain objects by their property names: ``{id, text}``.

The names come from the hidden class (edges ``map``, ``descriptors``), which lists them
all and in order. Property edges, which DevTools goes by, exist only for values that are
objects on the heap: small integers have none. Objects in dictionary mode have no
descriptors; their property edges must do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..model.arrays import AnyArray, BoolArray
from ..model.strings import slot_number
from .keys import shown_key

if TYPE_CHECKING:
    from ..graph.graph import Graph

__all__ = ["Shapes", "plain_objects"]

_LONGEST = 100
# Objects in dictionary mode are looked at one by one, so no more than these.
_MOST_DICTIONARIES = 5_000


def plain_objects(graph: Graph) -> BoolArray:
    """Which nodes are objects whose class is ``Object``."""
    snapshot = graph.snapshot
    plain = np.zeros(snapshot.node_count, dtype=bool)
    for part in snapshot.node_blocks():
        for index in snapshot.strings.find("Object"):
            plain[part] |= snapshot.node_name[part] == index
        plain[part] &= snapshot.node_type[part] == snapshot.layout.node_type("object")
    return plain


class Shapes:
    """Shapes of the plain objects of one snapshot; remembers those of hidden classes."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._snapshot = graph.snapshot
        self._by_map: dict[int, str | None] = {}
        self._depths: dict[int, int] = {}
        self._keys_of: dict[int, list[str]] = {}
        layout = self._snapshot.layout
        self._internal = layout.edge_type("internal")
        self._property = layout.edge_type("property")

    def group(self, nodes: AnyArray) -> dict[str, AnyArray]:
        """Plain objects, ascending, by shape; ``"Object"`` holds those whose shape is not known."""
        graph = self._graph
        maps = np.full(nodes.size, -1, dtype=np.int32)
        edges = graph.edges_from(nodes)
        for index in self._snapshot.strings.find("map"):
            hit = edges[graph.edge_name[edges] == index]
            hit = hit[graph.edge_type[hit] == self._internal]
            owners, hidden_classes = graph.ends(hit)
            maps[nodes.searchsorted(owners)] = hidden_classes
        order = np.argsort(maps, kind="stable")
        ordered = maps[order]
        starts = np.flatnonzero(np.r_[nodes.size > 0, ordered[1:] != ordered[:-1]])
        result: dict[str, list[AnyArray]] = {}
        for start, part in zip(starts, np.split(nodes[order], starts[1:]), strict=False):
            shape = self._shape_of_map(int(ordered[start]))
            if shape is not None:
                result.setdefault(shape, []).append(part)
            else:
                for text, members in self._dictionaries(part).items():
                    result.setdefault(text, []).append(members)
        return {text: np.sort(np.concatenate(parts)) for text, parts in result.items()}

    def _shape_of_map(self, map_node: int) -> str | None:
        if map_node < 0:
            return None
        if map_node not in self._by_map:
            self._by_map[map_node] = self._read_map(map_node)
        return self._by_map[map_node]

    def _read_map(self, map_node: int) -> str | None:
        descriptors = self._internal_target(map_node, "descriptors")
        if descriptors is None:
            return None
        # Hidden classes on one chain of transitions share their descriptors: a class owns
        # as many of them as it is steps away from the chain's start.
        depth = self._depth(map_node)
        if descriptors not in self._keys_of:
            self._keys_of[descriptors] = self._shown_keys(descriptors)
        keys = self._keys_of[descriptors]
        return _text(keys[:depth] if depth else keys) if keys else None

    def _depth(self, map_node: int) -> int:
        """Steps to the start of the chain, of which each hidden class is passed once in all."""
        way: list[int] = []
        at: int | None = map_node
        while at is not None and at not in self._depths:
            way.append(at)
            self._depths[at] = 0  # should the chain come back to it
            at = self._internal_target(at, "back_pointer")
        depth = -1 if at is None else self._depths[at]
        for node in reversed(way):
            depth += 1
            self._depths[node] = depth
        return self._depths[map_node]

    def _shown_keys(self, descriptors: int) -> list[str]:
        graph, snapshot = self._graph, self._snapshot
        found: list[tuple[int, str]] = []
        for edge in snapshot.edges_of(descriptors):
            if graph.edge_type[edge] != self._internal:
                continue
            slot = slot_number(snapshot.strings[int(graph.edge_name[edge])])
            if slot < 0 or slot % 3:
                continue
            key = int(graph.to[edge])
            kind = snapshot.kind_of(key)
            if kind == "string":
                found.append((slot, snapshot.name_of(key)))
            elif kind == "symbol":
                found.append((slot, f"[{snapshot.name_of(key)}]"))
        return [shown_key(key) for _, key in sorted(found)]

    def _internal_target(self, node: int, name: str) -> int | None:
        graph, snapshot = self._graph, self._snapshot
        for edge in snapshot.edges_of(node):
            if graph.edge_type[edge] == self._internal and (
                snapshot.strings[int(graph.edge_name[edge])] == name
            ):
                return int(graph.to[edge])
        return None

    def _dictionaries(self, nodes: AnyArray) -> dict[str, AnyArray]:
        graph, snapshot = self._graph, self._snapshot
        if nodes.size > _MOST_DICTIONARIES:
            return {"Object": nodes}
        groups: dict[str, list[int]] = {}
        for node in nodes.tolist():
            keys = [
                snapshot.strings[int(graph.edge_name[edge])]
                for edge in snapshot.edges_of(node)
                if graph.edge_type[edge] == self._property
            ]
            keys = [shown_key(key) for key in sorted(keys) if key != "__proto__"]
            groups.setdefault(_text(keys) if keys else "Object", []).append(node)
        return {text: np.array(members, dtype=np.intp) for text, members in groups.items()}


def _text(keys: list[str]) -> str:
    """Of as many keys, as they are shown."""
    shown: list[str] = []
    length = 0
    for key in dict.fromkeys(keys):  # those that are data are one
        length += len(key) + 2
        if length > _LONGEST and shown:
            return f"{{{', '.join(shown)}, … {len(keys)} properties}}"
        shown.append(key)
    return f"{{{', '.join(shown)}}}"
