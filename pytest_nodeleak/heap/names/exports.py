"""Exported variables of ES modules, which live in Cells instead of the module's Context."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..model.strings import slot_number
from .places import scopes_of

if TYPE_CHECKING:
    from ..graph.graph import Graph

__all__ = ["Exported", "exports_of"]


@dataclass(frozen=True)
class Exported:
    """An exported variable; ``module`` reads ``module app.mjs``, ``context`` is that of it."""

    name: str
    module: str
    context: int | None


class Exports:
    """Finds the name under which a Cell is exported; remembers what it found."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._snapshot = graph.snapshot
        self._known: dict[int, Exported | None] = {}
        self._cells = set(graph.snapshot.strings.find("system / Cell"))

    def variable_of(self, node: int) -> Exported | None:
        """The exported variable that a Cell holds; None for all other nodes."""
        if int(self._snapshot.node_name[node]) not in self._cells:
            return None
        if node not in self._known:
            self._known[node] = self._find(node)
        return self._known[node]

    def _find(self, cell: int) -> Exported | None:
        """The table of a module's exports lists each name just before its Cell."""
        graph, snapshot = self._graph, self._snapshot
        internal = snapshot.layout.edge_type("internal")
        into = graph.edges_into(np.array([cell]))
        for edge in into[graph.edge_type[into] == internal].tolist():
            table = int(graph.sources(np.array([edge]))[0])
            if snapshot.kind_of(table) != "array":
                continue
            slot = slot_number(snapshot.strings[int(graph.edge_name[edge])])
            if slot < 1:
                continue
            for other in snapshot.edges_of(table):
                if graph.edge_type[other] != internal:
                    continue  # it may have a number for a name
                key = int(graph.to[other])
                if snapshot.strings[int(graph.edge_name[other])] == str(slot - 1) and (
                    snapshot.kind_of(key) == "string"
                ):
                    context = self._context_of(table)
                    scope = None if context is None else scopes_of(graph).scope_of(context)
                    return Exported(snapshot.name_of(key), str(scope or "a module"), context)
        return None

    def _context_of(self, table: int) -> int | None:
        """That of the module whose exports are in ``table``."""
        graph, snapshot = self._graph, self._snapshot
        scopes = scopes_of(graph)
        modules = graph.sources(graph.edges_into(np.array([table])))
        for module in modules.tolist():
            if snapshot.name_of(module) != "system / SourceTextModule":
                continue
            for context in graph.sources(graph.edges_into(np.array([module]))).tolist():
                if scopes.is_context(context):
                    return int(context)
        return None


def exports_of(graph: Graph) -> Exports:
    """The exports of a graph, built once."""
    exports = graph.__dict__.get("_exports")
    if not isinstance(exports, Exports):
        exports = graph.__dict__["_exports"] = Exports(graph)
    return exports
