"""Where retaining paths start, in the order in which a reader wants them."""

from __future__ import annotations

import numpy as np

from ..graph.graph import Graph
from ..model.arrays import AnyArray, BoolArray, distinct
from ..names.places import scopes_of
from ..names.scopes import is_driver_script, is_user_script

__all__ = ["path_sources", "unpreferred_nodes"]

# Levels at which a kind of start joins the walk: a path may be this much longer when it
# begins at something the author wrote.
_USER_MODULE = 0
_GLOBAL = 1
_NODE_MODULE = 5
_SYSTEM = 30
_DRIVER = 1 << 29
_LAST = 1 << 30
# Contexts looked at before columns are let go.
_FEW = 64

# Engine objects that hold user objects without the program saying so.
_ENGINE = (
    "system / Map",
    "system / DescriptorArray",
    "system / TransitionArray",
    "system / PrototypeInfo",
    "system / FunctionTemplateInfo",
    "system / ObjectTemplateInfo",
    "system / SharedFunctionInfo",
    "system / FeedbackVector",
    "system / FeedbackCell",
    "system / AllocationSite",
    "system / WeakFixedArray",
    "system / WeakArrayList",
    "system / Script",
    "system / EnumCache",
    "system / PropertyCell",
    "(Stack roots)",
    "(Handle scope)",
    "(Identity map)",
    "(Debugger)",
    "(Compilation cache)",
    "(Thread manager)",
    "(Relocatable)",
    "(Startup object cache)",
    "(Internalized strings)",
)


def path_sources(graph: Graph, alive: BoolArray) -> dict[int, AnyArray]:
    """Nodes by the level at which they join; only those in ``alive``."""
    snapshot = graph.snapshot
    scopes = scopes_of(graph)
    user: list[int] = []
    node: list[int] = []
    driver: list[int] = []
    for number, context in enumerate(scopes.module_contexts.tolist()):
        if not alive[context]:
            continue
        if not number % _FEW:
            snapshot.release()
        script = scopes.scope_of(context).script
        if is_driver_script(script):
            driver.append(context)
        elif is_user_script(script):
            user.append(context)
        else:
            node.append(context)
    snapshot.release()
    groups = {
        _USER_MODULE: np.array(user, dtype=np.intp),
        _GLOBAL: _globals(graph, alive),
        _NODE_MODULE: np.array(node, dtype=np.intp),
        _SYSTEM: _system_roots(graph, alive),
        _DRIVER: np.array(driver, dtype=np.intp),
        _LAST: np.array([snapshot.root], dtype=np.intp),
    }
    return {level: nodes for level, nodes in groups.items() if nodes.size}


def _globals(graph: Graph, alive: BoolArray) -> AnyArray:
    """The main global objects; those of other vm contexts are what a program may leak."""
    snapshot = graph.snapshot
    root = graph.edges_from(np.array([snapshot.root]))
    found = graph.to[root[graph.edge_type[root] == max(0, snapshot.layout.edge_type("shortcut"))]]
    native = set(snapshot.strings.find("system / NativeContext"))
    of_native = [node for node in found.tolist() if int(snapshot.node_name[node]) in native]
    if of_native:
        edges = graph.edges_from(np.array(of_native))
        names = snapshot.strings.find("extension") + snapshot.strings.find("global_proxy_object")
        names += snapshot.strings.find("global_object")
        found = np.concatenate((found, graph.to[edges[np.isin(graph.edge_name[edges], names)]]))
    found = distinct(found).astype(np.intp)
    found = found[snapshot.node_type[found] == snapshot.layout.node_type("object")]
    kept: AnyArray = found[alive[found]]
    snapshot.release()
    return kept


def _system_roots(graph: Graph, alive: BoolArray) -> AnyArray:
    """Roots that say something: native objects and handles, not stacks or caches."""
    snapshot = graph.snapshot
    found: list[int] = []
    root = graph.edges_from(np.array([snapshot.root]))
    for edge in root.tolist():
        child = int(graph.to[edge])
        if snapshot.name_of(child) == "(GC roots)":
            for inner in snapshot.edges_of(child):
                name = snapshot.name_of(int(graph.to[inner]))
                if name in ("(Global handles)", "(Eternal handles)", "(Traced handles)"):
                    found.append(int(graph.to[inner]))
        elif snapshot.name_of(child).startswith("Node / "):
            found.append(child)
    nodes = np.array(sorted(set(found)), dtype=np.intp)
    kept: AnyArray = nodes[alive[nodes]]
    return kept


def unpreferred_nodes(graph: Graph) -> BoolArray:
    """The engine's own bookkeeping, which a reader would rather not see."""
    snapshot = graph.snapshot
    named = np.zeros(len(snapshot.strings), dtype=bool)
    for name in _ENGINE:
        named[snapshot.strings.find(name)] = True
    # A string or function may bear such a name, too; only V8's own nodes are meant.
    others = [snapshot.layout.node_type(kind) for kind in ("string", "closure", "object")]
    code = snapshot.layout.node_type("code")
    engine = np.empty(snapshot.node_count, dtype=bool)
    for part in snapshot.node_blocks():
        kinds = snapshot.node_type[part]
        marks = named.take(snapshot.node_name[part])
        for kind in others:
            marks &= kinds != kind
        marks |= kinds == code
        engine[part] = marks
    return engine
