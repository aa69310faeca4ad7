"""Variables of blocks (``if``, ``try``, ``for``), whose slots V8 writes to snapshots without names.

It numbers them instead, and so it does the names in the block's ScopeInfo, both in the order of
declaration. Small integers have no edge and take no number, so that the two may not match: then
functions and classes, which carry the names of their variables, tell where the others can be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .scopes import Scopes

if TYPE_CHECKING:
    from ..graph.graph import Graph

__all__ = ["variable_of_block"]

#: names that a slot may have before none of them is told
_MOST = 3


def variable_of_block(graph: Graph, scopes: Scopes, context: int, number: int) -> str:
    """``seen``, or ``seen or limit`` if either may be meant, or ``""``.

    ``number`` is that of the hidden edge of a Context.
    """
    info = scopes.target(context, "scope_info")
    if info is None:
        return ""
    snapshot = graph.snapshot
    listed = sorted(_numbered(graph, info).items())
    # Behind the names there may be the ScopeInfo of the scope around.
    names = [snapshot.name_of(node) for _, node in listed if snapshot.kind_of(node) == "string"]
    if [at for at, _ in listed[: len(names)]] != list(range(len(names))):
        return ""
    slots = _numbered(graph, context)
    without_edge = len(names) - (max(slots, default=-1) + 1)
    if number not in slots or without_edge < 0:
        return ""
    first, last = 0, without_edge  # slots before that may be missing
    for at, node in slots.items():
        name = snapshot.name_of(node)
        if snapshot.kind_of(node) == "closure" and names.count(name) == 1:
            missing = names.index(name) - at
            if at <= number:
                first = max(first, missing)
            if at >= number:
                last = min(last, missing)
    candidates = names[number + first : number + last + 1]
    return " or ".join(candidates) if len(candidates) <= _MOST else ""


def _numbered(graph: Graph, node: int) -> dict[int, int]:
    """Targets of the hidden edges of a node by their numbers."""
    snapshot = graph.snapshot
    hidden = snapshot.layout.edge_type("hidden")
    return {
        int(graph.edge_name[edge]): int(graph.to[edge])
        for edge in snapshot.edges_of(node)
        if graph.edge_type[edge] == hidden
    }
