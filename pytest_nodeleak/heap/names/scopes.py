"""Functions, scopes and scripts: which source a closure or a Context belongs to.

A closure leads to its SharedFunctionInfo (edge ``shared``), that to the Script
(``script``), whose node's name is the URL. A Context has a ScopeInfo (``scope_info``),
which the SharedFunctionInfo of the function it belongs to has too
(``name_or_scope_info``): so a variable's scope gets its function's name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from ..model.arrays import IntMap, IntpArray

if TYPE_CHECKING:
    from ..graph.graph import Graph

__all__ = ["Scope", "Scopes", "is_driver_script", "is_user_script", "short_name"]

_EDGES = ("name_or_scope_info", "shared", "context", "previous", "scope_info")
_SCRIPT_EDGES = ("script", "script_or_debug_info")
_DRIVER = re.compile(r"pytest_nodeleak/(node|inspector)/|nodeleak[-_]driver|^nodeleak:")
_UNNAMED = ("", "(shared function info)", "system / SharedFunctionInfo")


@dataclass(frozen=True)
class Scope:
    """Where the variables of a Context live; ``script`` is the URL, lines count from 1."""

    script: str
    function: str
    line: int | None
    module_level: bool

    def __str__(self) -> str:
        place = short_name(self.script) or "(unknown script)"
        if self.module_level:
            return f"module {place}"
        if self.line is not None:
            place = f"{place}:{self.line}"
        return f"scope of {self.function or 'anonymous function'} ({place})"


def short_name(script: str) -> str:
    """Last part of a script's path; internal modules keep theirs (``node:internal/timers``)."""
    if script.startswith("node:"):
        return script
    return script.rsplit("/", 1)[-1].rsplit("\\", 1)[-1]


def is_user_script(script: str) -> bool:
    """Whether a script is the user's (or a package's) rather than Node's own or ours."""
    if not script or is_driver_script(script) or script.startswith("node:"):
        return False
    if "/" not in script and "\\" not in script:
        return not script.endswith(".js") or script.startswith("evalmachine")
    return not script.startswith("internal/")


def is_driver_script(script: str) -> bool:
    """Whether a script is this tool's own driver."""
    return bool(_DRIVER.search(script.replace("\\", "/")))


class Scopes:
    """Lookups from closures and Contexts to functions and scripts, built once per graph."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._snapshot = graph.snapshot
        self._scopes: dict[int, Scope] = {}
        self._scripts: dict[int, str] = {}

    @cached_property
    def _edges(self) -> dict[str, IntpArray]:
        return self._graph.edges_named("internal", *_EDGES)

    @cached_property
    def _function_of_scope_info(self) -> IntMap:
        edges = self._edges["name_or_scope_info"][::-1]
        functions, infos = self._graph.ends(edges)
        return IntMap(infos, functions)

    @cached_property
    def _locations(self) -> IntMap:
        """From nodes that have a location to the row of each."""
        nodes = self._snapshot.locations.get("node", np.empty(0, dtype=np.uint32))
        return IntMap(nodes, np.arange(nodes.size))

    @cached_property
    def _closures_by_shared(self) -> IntMap:
        """One closure of each SharedFunctionInfo, for the line of its function."""
        edges = self._edges["shared"]
        closures, functions = self._graph.ends(edges)
        return IntMap(functions, closures)

    def target(self, node: int, *names: str) -> int | None:
        """Target of the first internal edge of ``node`` with one of these names."""
        graph, snapshot = self._graph, self._snapshot
        internal = snapshot.layout.edge_type("internal")
        for edge in snapshot.edges_of(node):
            if graph.edge_type[edge] == internal and (
                snapshot.strings[int(graph.edge_name[edge])] in names
            ):
                return int(graph.to[edge])
        return None

    def is_context(self, node: int) -> bool:
        """Whether a node is a Context, which holds the variables of a scope."""
        return self._snapshot.name_of(node) == "system / Context"

    def script_of_function(self, shared: int) -> str:
        """URL of the script of a SharedFunctionInfo; ``""`` if it is not known."""
        known = self._scripts.get(shared)
        if known is None:
            script = self.target(shared, *_SCRIPT_EDGES)
            if script is not None and self._snapshot.name_of(script) == "system / DebugInfo":
                script = self.target(script, "script", "shared")
            name = self._snapshot.name_of(script) if script is not None else ""
            if name.startswith(("system / ", "(")):
                name = self._script_name(script)
            known = self._scripts[shared] = name
        return known

    def _script_name(self, script: int | None) -> str:
        text = self.target(script, "name") if script is not None else None
        if text is None or self._snapshot.kind_of(text) not in ("string", "concatenated string"):
            return ""
        name = self._snapshot.name_of(text)
        return "" if name.startswith("(") else name

    def location_of(self, node: int) -> tuple[int, int, int] | None:
        """Script id, line and column (from 0) of a closure, or of an object's constructor."""
        row = self._locations.get(node)
        if row is None:
            return None
        where = self._snapshot.locations
        return int(where["script"][row]), int(where["line"][row]), int(where["column"][row])

    def script_of_closure(self, node: int) -> str:
        """URL of the script a closure was written in; ``""`` if it is not known."""
        shared = self.target(node, "shared")
        return "" if shared is None else self.script_of_function(shared)

    def place_of_closure(self, node: int) -> str:
        """``app.js:12`` for a closure, as far as it is known.

        What ``eval``, ``new Function`` and ``vm`` compile is in a script without a name for each.
        """
        script = short_name(self.script_of_closure(node))
        where = self.location_of(node)
        if where is None:
            return script
        return f"{script or 'nameless script'}:{where[1] + 1}"

    @cached_property
    def _closure_of_script(self) -> IntMap:
        """One closure with a location for each script id."""
        where = self._snapshot.locations
        none = np.empty(0, dtype=np.uint32)
        nodes, scripts = where.get("node", none), where.get("script", none)
        closure = self._snapshot.layout.node_type("closure")
        mine = self._snapshot.node_type[nodes] == closure
        return IntMap(scripts[mine], nodes[mine])

    def script_of_constructor(self, node: int) -> str:
        """URL of the script that an object's constructor, or a closure, was written in.

        ``""`` if it is not known: the engine's own classes have no location.
        """
        where = self.location_of(node)
        closure = None if where is None else self._closure_of_script.get(where[0])
        return "" if closure is None else self.script_of_closure(closure)

    def scope_of(self, context: int) -> Scope:
        """The scope whose variables a Context holds."""
        known = self._scopes.get(context)
        if known is None:
            known = self._scopes[context] = self._find_scope(context)
        return known

    def _find_scope(self, context: int) -> Scope:
        info = self.target(context, "scope_info")
        previous = self.target(context, "previous")
        outermost = previous is None or not self.is_context(previous)
        shared = None if info is None else self._function_of_scope_info.get(info)
        if shared is None:
            # A block, or a function whose code was flushed: ask a closure made in it.
            script = self._script_from_closures(context)
            once = info is None or not self._shares_info(info)
            if not outermost and previous is not None:
                outer = self.scope_of(previous)
                once = info is not None and once and outer.module_level
                return Scope(script or outer.script, outer.function, outer.line, once)
            return Scope(script, "", None, once)
        name = self._snapshot.name_of(shared)
        function = "" if name in _UNNAMED else name
        if function and self._shares_info(info):
            outermost = False  # of a module that has no Context itself
        closure = self._closures_by_shared.get(shared)
        where = None if closure is None else self.location_of(closure)
        line = None if where is None else where[1] + 1
        return Scope(self.script_of_function(shared), function, line, outermost)

    def is_entered_again(self, context: int) -> bool:
        """Whether there are several Contexts of its scope."""
        return self._shares_info(self.target(context, "scope_info"))

    def _shares_info(self, info: int | None) -> bool:
        """Whether several Contexts have one ScopeInfo: what is entered again is no module."""
        return info is not None and info in self._shared_infos

    @cached_property
    def _shared_infos(self) -> frozenset[int]:
        infos, counts = np.unique(self._graph.to[self._edges["scope_info"]], return_counts=True)
        return frozenset(infos[counts > 1].tolist())

    @cached_property
    def _closure_of_context(self) -> IntMap:
        edges = self._edges["context"]
        owners, contexts = self._graph.ends(edges)
        closure = self._snapshot.layout.node_type("closure")
        mine = self._snapshot.node_type[owners] == closure
        return IntMap(contexts[mine], owners[mine])

    def closure_of_context(self, context: int) -> int | None:
        """A closure that sees the variables of a Context."""
        return self._closure_of_context.get(context)

    def _script_from_closures(self, context: int) -> str:
        closure = self._closure_of_context.get(context)
        return "" if closure is None else self.script_of_closure(closure)

    @cached_property
    def module_contexts(self) -> IntpArray:
        """Contexts with the top-level variables of a module or script."""
        snapshot, graph = self._snapshot, self._graph
        names = snapshot.strings.find("system / Context")
        kind = snapshot.layout.node_type("object")
        contexts = snapshot.nodes_where(
            lambda part: (
                np.isin(snapshot.node_name[part], names) & (snapshot.node_type[part] == kind)
            )
        )
        is_context = np.zeros(snapshot.node_count, dtype=bool)
        is_context[contexts] = True
        edges = self._edges["previous"]
        owners, outer = graph.ends(edges)
        inner = owners[is_context[owners] & is_context[outer]]
        is_context[inner] = False
        outermost = contexts[is_context[contexts]]
        return outermost[[self.scope_of(int(context)).module_level for context in outermost]]
