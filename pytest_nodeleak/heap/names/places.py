"""Closures without a name, by where they were written: ``() app.js:12``."""

from __future__ import annotations

import numpy as np

from ..graph.graph import Graph
from ..model.arrays import AnyArray, distinct
from .scopes import Scopes

__all__ = ["closures_by_place", "scopes_of"]


def scopes_of(graph: Graph) -> Scopes:
    """The scopes of a graph, built once."""
    scopes = graph.__dict__.get("_scopes")
    if not isinstance(scopes, Scopes):
        scopes = graph.__dict__["_scopes"] = Scopes(graph)
    return scopes


def closures_by_place(graph: Graph, nodes: AnyArray | None) -> dict[str, AnyArray]:
    """Anonymous closures (default: all) by function; unknown places stay together."""
    snapshot = graph.snapshot
    if nodes is None:
        unnamed = np.zeros(snapshot.node_count, dtype=bool)
        for index in snapshot.strings.find(""):
            unnamed |= snapshot.node_name == index
        unnamed &= snapshot.node_type == snapshot.layout.node_type("closure")
        nodes = np.flatnonzero(unnamed)
    shared = np.full(nodes.size, -1, dtype=np.int64)
    edges = graph.edges_from(nodes)
    internal = snapshot.layout.edge_type("internal")
    for index in snapshot.strings.find("shared"):
        hit = edges[(graph.edge_name[edges] == index) & (graph.edge_type[edges] == internal)]
        owners, functions = graph.ends(hit)
        shared[nodes.searchsorted(owners)] = functions
    groups: dict[str, list[AnyArray]] = {}
    scopes = scopes_of(graph)
    for function in distinct(shared):
        members = nodes[shared == function]
        place = scopes.place_of_closure(int(members[0])) if function >= 0 else ""
        name = f"() {place}" if place else "(anonymous closure)"
        groups.setdefault(name, []).append(members)
    return {name: np.sort(np.concatenate(parts)) for name, parts in groups.items()}
