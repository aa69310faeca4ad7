"""From edges to words: what a chain of nodes means to the one who wrote the program."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..graph.graph import Graph
from .blocks import variable_of_block
from .exports import exports_of
from .keys import DATA, shown_key
from .paths import PathStep, RetainingPath, Variable, fold_repeats
from .places import scopes_of

__all__ = ["BACKING_EDGES", "describe_path"]

# Internal edges that lead from an object to the store of its own content.
BACKING_EDGES = frozenset(
    {
        "elements",
        "properties",
        "table",
        "backing_store",
        "target",
        "parameters_and_registers",
        "context",
        "extension",
        "previous",
        "bindings",
        "hash",
    }
)
_COLLECTIONS = ("Map", "Set", "WeakMap", "WeakSet")
_MANY_KEYS = 48
_NUMBERED = re.compile(r"-?\d+")
# Node 12 writes "key Object in WeakMap", later versions tell the whole pair.
_PAIR = re.compile(r"key \(?(?P<key>.*?)(?: @\d+\) -> value| in WeakMap)")
# of V8, which cuts what is longer
_LONGEST_NAME = 1024
_SYMBOL = re.compile(r"<symbol (.*)>")


@dataclass(frozen=True)
class _Hop:
    """One edge of the chain: from ``source`` to ``target``."""

    kind: str
    name: str
    source: int
    target: int


def describe_path(graph: Graph, chain: list[int], start: int) -> RetainingPath:
    """Words for the edges of ``chain``, which lead from node ``start`` to the object."""
    snapshot = graph.snapshot
    hops: list[_Hop] = []
    at = start
    for edge in chain:
        kind = snapshot.layout.edge_types[int(graph.edge_type[edge])]
        number = int(graph.edge_name[edge])
        name = str(number) if kind in ("element", "hidden") else snapshot.strings[number]
        target = int(graph.to[edge])
        source = graph.source(edge)
        if source != at:
            hops.append(_Hop("gap", "", at, source))
        hops.append(_Hop(kind, name, source, target))
        at = target
    raw = [("", _label(graph, start))]
    raw += [(f"{hop.kind}:{hop.name}", _label(graph, hop.target)) for hop in hops]
    steps = _Words(graph, hops, start).steps()
    return RetainingPath(tuple(steps), tuple(raw))


def _label(graph: Graph, node: int) -> str:
    snapshot = graph.snapshot
    if snapshot.kind_of(node).endswith("string"):
        return f"({snapshot.kind_of(node)}) @{int(snapshot.node_id[node])}"
    return f"{snapshot.name_of(node)} @{int(snapshot.node_id[node])}"


class _Words:
    def __init__(self, graph: Graph, hops: list[_Hop], start: int) -> None:
        self.graph = graph
        self.snapshot = graph.snapshot
        self.scopes = scopes_of(graph)
        self.exports = exports_of(graph)
        self.hops = hops
        self.start = start

    def steps(self) -> list[PathStep]:
        hops = self.hops
        begin = self._begin()
        steps: list[PathStep] = []
        if not self._anchored(begin):
            first = hops[begin].source if hops else self.start
            steps.append(self._step(self._root_text(first), first))
        at = begin
        while at < len(hops):
            used, text = self._phrase(at)
            target = hops[at + used - 1].target
            if text is not None:
                last = at + used == len(hops)
                if not last and " in " not in text and text != self._name(target):
                    text += self._suffix(target)
                steps.append(self._step(text, target, self._declared(hops[at])))
            at += used
        return fold_repeats(steps)

    def _begin(self) -> int:
        """Where the story starts: the last module variable, global or timer on the way."""
        begin = 0
        for at in range(len(self.hops) - 1, -1, -1):
            if self._anchored(at):
                return at
            if not begin and self.snapshot.kind_of(self.hops[at].source) == "synthetic":
                begin = at
        return begin

    def _anchored(self, at: int) -> bool:
        if not self.hops:
            return False
        hop = self.hops[at]
        if self.exports.variable_of(hop.source) is not None:
            return True
        if hop.kind == "context" and self.scopes.is_context(hop.source):
            return self.scopes.scope_of(hop.source).module_level
        if hop.kind == "hidden" and self._block_variable(hop):
            return self.scopes.scope_of(hop.source).module_level
        if self._class(hop.target) in ("Timeout", "Immediate") and hop.kind == "property":
            return hop.name not in ("timeout", "timer") and self._class(hop.source) in (
                "TimersList",
                "Timeout",
                "ImmediateList",
                "Immediate",
                "Array",
            )
        return hop.kind == "property" and self._is_global(hop.source)

    def _is_global(self, node: int) -> bool:
        name = self._name(node).rstrip("*")
        return name in ("global", "Window") or name.startswith(("global / ", "Window / "))

    def _class(self, node: int) -> str:
        return self.snapshot.name_of(node) if self.snapshot.kind_of(node) == "object" else ""

    def _declared(self, hop: _Hop) -> Variable | None:
        """The variable that a hop goes through."""
        exported = self.exports.variable_of(hop.source)
        if exported is not None:
            name, context = exported.name, exported.context
        elif hop.kind == "context":
            name, context = hop.name, hop.source
        elif hop.kind == "hidden" and self.scopes.is_context(hop.source):
            name = variable_of_block(self.graph, self.scopes, hop.source, int(hop.name))
            context = hop.source
        else:
            return None
        if context is None or not name:
            return None
        scope = self.scopes.scope_of(context)
        closure = self.scopes.closure_of_context(context)
        seen_from = None if closure is None else self.scopes.location_of(closure)
        once = not self.scopes.is_entered_again(context)
        return Variable(name, str(scope), scope.script, seen_from, once)

    def _step(self, text: str, node: int, variable: Variable | None = None) -> PathStep:
        snapshot = self.snapshot
        kind = snapshot.kind_of(node)
        script, line = "", None
        spot = self.scopes.location_of(node)
        if kind == "closure":
            script = self.scopes.script_of_closure(node)
            line = None if spot is None else spot[1] + 1
        elif kind == "object" and self.scopes.is_context(node):
            scope = self.scopes.scope_of(node)
            script, line = scope.script, scope.line
        name = f"({kind})" if kind.endswith("string") else snapshot.name_of(node)
        return PathStep(text, name, kind, int(snapshot.node_id[node]), script, line, spot, variable)

    def _suffix(self, node: int) -> str:
        """`` (Array)`` after a step that leads to an object worth naming."""
        snapshot = self.snapshot
        kind = snapshot.kind_of(node)
        if kind == "closure":
            place = self.scopes.place_of_closure(node)
            return f" ({snapshot.name_of(node)}(){' ' + place if place else ''})"
        if kind in ("object", "native"):
            name = snapshot.name_of(node)
            return "" if name in ("Object", "system / Context") else f" ({name})"
        return f" ({kind})" if kind in ("regexp", "symbol", "bigint") else ""

    def _root_text(self, node: int) -> str:
        snapshot = self.snapshot
        if node == snapshot.root:
            return "(root)"
        if self.scopes.is_context(node):
            return str(self.scopes.scope_of(node))
        return snapshot.name_of(node) + ("()" if snapshot.kind_of(node) == "closure" else "")

    def _phrase(self, at: int) -> tuple[int, str | None]:
        """How many hops are said at once, and what is said (None: nothing)."""
        hops = self.hops
        hop = hops[at]
        following = hops[at + 1] if at + 1 < len(hops) else None
        exported = self.exports.variable_of(hop.source)
        if exported is not None:
            return 1, f"{exported.name}{self._suffix(hop.target)} in {exported.module}"
        if hop.kind == "gap":
            return 1, "… (and so on)"
        if hop.kind == "context":
            return 1, self._variable(hop)
        if self._anchored(at) and self._class(hop.target) in ("Timeout", "Immediate"):
            return 1, "timer" if self._class(hop.target) == "Timeout" else "setImmediate"
        if hop.kind == "property":
            if hop.name in ("_events", "<symbol kEvents>", "<symbol events.kEvents>"):
                return self._listener(at)
            if self._is_global(hop.source) and at == self._begin():
                return 1, f"global{_property(hop.name)}"
            if self._is_dictionary(hop.source):
                return 1, "[key]"
            return 1, _property(hop.name)
        if hop.kind != "internal" and self.snapshot.kind_of(hop.source) == "synthetic":
            return 1, self._name(hop.target)
        if hop.kind == "element":
            return 1, "[n]"
        if hop.kind == "internal":
            return self._internal(hop, following)
        if hop.kind == "hidden":
            return 1, self._block_variable(hop) or self._hidden(hop)
        if hop.kind == "shortcut":
            return 1, hop.name
        return 1, f"({hop.kind} {hop.name})"

    def _is_dictionary(self, node: int) -> bool:
        """Whether a plain object has so many properties that its keys are data."""
        if self._class(node) != "Object":
            return False
        return len(self.snapshot.edges_of(node)) > _MANY_KEYS

    def _variable(self, hop: _Hop) -> str:
        scope = self.scopes.scope_of(hop.source)
        return f"{hop.name}{self._suffix(hop.target)} in {scope}"

    def _block_variable(self, hop: _Hop) -> str:
        if not self.scopes.is_context(hop.source):
            return ""
        name = variable_of_block(self.graph, self.scopes, hop.source, int(hop.name))
        scope = self.scopes.scope_of(hop.source)
        return f"{name}{self._suffix(hop.target)} in {scope}" if name else ""

    def _listener(self, at: int) -> tuple[int, str]:
        hops = self.hops
        used, event = 1, ""
        if at + 1 < len(hops) and hops[at + 1].kind == "property":
            used, event = 2, hops[at + 1].name
            if at + 2 < len(hops) and hops[at + 2].kind == "element":
                used = 3
        elif at + 1 < len(hops) and hops[at + 1].name == "table":
            used = 3 if at + 2 < len(hops) else 2
        return used, f"listener of {event!r}" if event else "listeners"

    def _internal(self, hop: _Hop, following: _Hop | None) -> tuple[int, str | None]:
        pair = _PAIR.search(hop.name[:_LONGEST_NAME])
        if pair:
            return 1, f"WeakMap value of this {pair.group('key')}"
        owner = self._class(hop.source)
        if hop.name == "table" and following is not None:
            entry = {"Map": "Map entry", "Set": "Set entry"}.get(owner, f"{owner} entry")
            return 2, entry
        if hop.name in ("elements", "properties") and following is not None:
            return 2, "[n]" if hop.name == "elements" else "(property)"
        if hop.name == "parameters_and_registers" and following is not None:
            return 2, "local variable of the suspended function"
        if hop.name == "bound_this":
            return 1, "bound this"
        if hop.name in ("bound_function", "bound_arguments", "bindings"):
            return 1, "bound function" if hop.name == "bound_function" else "bound argument"
        if hop.name in ("reactions_or_result", "fulfill_handler", "reject_handler"):
            return 1, "promise reaction"
        if hop.name in ("context", "previous", "extension", "global_object", "native_context"):
            return 1, None
        if hop.name in ("map", "shared", "feedback_cell", "code", "script"):
            return 1, f"({hop.name})"
        if _NUMBERED.fullmatch(hop.name):
            kind = self.snapshot.kind_of(hop.source)
            if kind == "synthetic" or self.snapshot.kind_of(hop.target) == "synthetic":
                return 1, self.snapshot.name_of(hop.target)
            if self._name(hop.target) == "system / PromiseReaction":
                return 1, "promise reaction"
            return 1, "[n]" if kind == "array" else "(internal)"
        return 1, f"({hop.name})"

    def _name(self, node: int) -> str:
        return self.snapshot.name_of(node)

    def _hidden(self, hop: _Hop) -> str | None:
        target, source = self._name(hop.target), self._name(hop.source)
        if source == "system / JSProxy":
            return "proxy target"
        if target == "system / WeakCell":
            return None
        if source == "system / WeakCell":
            return "held value of the registry"
        if target == "system / PromiseReaction":
            return (
                None if self._name(hop.source) == "system / PromiseReaction" else "promise reaction"
            )
        if self._name(hop.source) == "system / PromiseReaction":
            return "handler" if self.snapshot.kind_of(hop.target) == "closure" else "its promise"
        if self._class(hop.source) == "Promise":
            return "promise result"
        return "(internal)"


def _property(name: str) -> str:
    symbol = _SYMBOL.fullmatch(name)
    if symbol:
        return f"[{symbol.group(1)}]"
    shown = shown_key(name)
    return shown if shown == DATA else f".{shown}"
