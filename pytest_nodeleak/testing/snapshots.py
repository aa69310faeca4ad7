"""Builds heap snapshots by hand, for tests: of this package and of yours.

::

    build = SnapshotBuilder()
    cache = build.object("Map")
    build.edge(build.root, cache, "element", 1)
    text = build.json()

No Node.js is involved, and nothing of pytest.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["BuiltNode", "SnapshotBuilder"]

NODE_FIELDS = (
    "type",
    "name",
    "id",
    "self_size",
    "edge_count",
    "trace_node_id",
    "detachedness",
)
NODE_TYPES = (
    "hidden",
    "array",
    "string",
    "object",
    "code",
    "closure",
    "regexp",
    "number",
    "native",
    "synthetic",
    "concatenated string",
    "sliced string",
    "symbol",
    "bigint",
    "object shape",
)
EDGE_TYPES = ("context", "element", "property", "internal", "hidden", "shortcut", "weak")
LOCATION_FIELDS = ("object_index", "script_id", "line", "column")


@dataclass
class BuiltNode:
    """One node; ``edges`` are (type, name or index, number of the target node)."""

    kind: str
    name: str
    id: int
    size: int
    detachedness: int = 0
    edges: list[tuple[str, str | int, int]] = field(default_factory=list)


class SnapshotBuilder:
    """A snapshot that is put together node by node.

    Nodes are numbered from 0, which is the root. Ids are given out in order, odd as V8's
    for objects on its heap; pass ``id`` to choose one. ``node_fields``, ``node_types``,
    ``edge_fields`` and ``edge_types`` set the layout, which the text follows.
    """

    def __init__(
        self,
        *,
        node_fields: tuple[str, ...] = NODE_FIELDS,
        node_types: tuple[str, ...] = NODE_TYPES,
        edge_fields: tuple[str, ...] = ("type", "name_or_index", "to_node"),
        edge_types: tuple[str, ...] = EDGE_TYPES,
        location_fields: tuple[str, ...] = LOCATION_FIELDS,
    ) -> None:
        self.node_fields = node_fields
        self.node_types = node_types
        self.edge_fields = edge_fields
        self.edge_types = edge_types
        self.location_fields = location_fields
        self.nodes: list[BuiltNode] = []
        self.locations: list[tuple[int, int, int, int]] = []
        self.samples: list[tuple[int, int]] = []  # microseconds, last id given out
        self._next_id = 1
        self.root = self.node("synthetic", "", size=0)

    def __repr__(self) -> str:
        edges = sum(len(node.edges) for node in self.nodes)
        return f"<SnapshotBuilder {len(self.nodes)} nodes, {edges} edges>"

    @property
    def next_id(self) -> int:
        """The id that the next node gets; set it to leave a gap."""
        return self._next_id

    @next_id.setter
    def next_id(self, value: int) -> None:
        self._next_id = value

    def node(self, kind: str, name: str, *, size: int = 16, id: int | None = None) -> int:
        """Add a node and give its number; ``size`` is in bytes."""
        if id is None:
            id = self._next_id
            self._next_id += 2
        self.nodes.append(BuiltNode(kind, name, id, size))
        return len(self.nodes) - 1

    def object(self, name: str, *, size: int = 32, id: int | None = None) -> int:
        """Add an object of a class."""
        return self.node("object", name, size=size, id=id)

    def string(self, text: str, *, size: int = 24, id: int | None = None) -> int:
        """Add a string."""
        return self.node("string", text, size=size, id=id)

    def edge(self, source: int, target: int, kind: str, name: str | int) -> None:
        """Add an edge; element and hidden edges have a number for a name."""
        self.nodes[source].edges.append((kind, name, target))

    def locate(self, node: int, script_id: int, line: int, column: int) -> None:
        """Give a closure, or an object's constructor, its place; lines count from 0."""
        self.locations.append((node, script_id, line, column))

    def array(self, holder: int, name: str, *, kind: str = "property", size: int = 1024) -> int:
        """Add an Array held by ``holder``, with a backing store of ``size`` bytes."""
        array = self.object("Array")
        self.edge(holder, array, kind, name)
        store = self.node("array", "(object elements)", size=size)
        self.edge(array, store, "internal", "elements")
        return array

    def push(self, array: int, item: int) -> None:
        """Put an object into an Array made by :meth:`array`, as V8 shows it: two edges."""
        slot = sum(kind == "element" for kind, _, _ in self.nodes[array].edges)
        store = next(to for kind, name, to in self.nodes[array].edges if name == "elements")
        self.edge(array, item, "element", slot)
        self.edge(store, item, "internal", str(slot))

    def collection(self, holder: int, name: str, class_name: str = "Map", buckets: int = 64) -> int:
        """Add a Map or Set held by ``holder``, with room for two entries per bucket."""
        collection = self.object(class_name)
        self.edge(holder, collection, "property", name)
        per_entry = 3 if class_name == "Map" else 2
        slots = 3 + buckets + 2 * buckets * per_entry
        table = self.node("array", "", size=16 + 8 * slots)
        self.edge(table, self.node("object shape", "system / Map"), "internal", "map")
        self.edge(collection, table, "internal", "table")
        return collection

    def put(self, collection: int, at: int, *objects: int | None) -> None:
        """Entry number ``at`` of a Map (key, value) or Set (value); None: a small integer."""
        table = next(to for _, name, to in self.nodes[collection].edges if name == "table")
        slots = (self.nodes[table].size - 16) // 8 - 3
        per_entry = len(objects) + 1
        first = 3 + slots // (1 + 2 * per_entry) + per_entry * at
        for slot, target in enumerate(objects, first):
            if target is not None:
                self.edge(table, target, "internal", str(slot))

    def map_entry(self, table: int, key: int, value: int) -> None:
        """Add a WeakMap's pair: the table holds the key weakly, each holds the value."""
        keys, values, tables = (self.nodes[number] for number in (key, value, table))
        pair = (
            f"part of key ({keys.name} @{keys.id}) -> value ({values.name} @{values.id}) "
            f"pair in WeakMap (table @{tables.id})"
        )
        self.edge(table, key, "weak", str(len(tables.edges)))
        self.edge(key, value, "internal", f"{len(keys.edges)} / {pair}")
        self.edge(table, value, "internal", f"{len(tables.edges)} / {pair}")

    def module(self, path: str, *, function: str = "") -> int:
        """Add a module's Context, whose variables are ``context`` edges; give its number.

        It comes with the Script, the SharedFunctionInfo and the ScopeInfo that connect
        it with ``path``.
        """
        script = self.node("code", path)
        info = self.node("code", "system / ScopeInfo")
        shared = self.node("code", function)
        self.edge(shared, info, "internal", "name_or_scope_info")
        self.edge(shared, script, "internal", "script")
        context = self.object("system / Context")
        self.edge(context, info, "internal", "scope_info")
        self.edge(self.root, context, "element", len(self.nodes[self.root].edges))
        return context

    def closure(self, name: str, context: int, *, path: str, line: int, script_id: int = 1) -> int:
        """Add a function written at ``line`` (from 1) of ``path``, made in ``context``."""
        script = self.node("code", path)
        shared = self.node("code", name)
        self.edge(shared, script, "internal", "script")
        closure = self.node("closure", name, size=64)
        self.edge(closure, shared, "internal", "shared")
        self.edge(closure, context, "internal", "context")
        self.locate(closure, script_id, line - 1, 0)
        return closure

    def document(self) -> dict[str, Any]:
        """The snapshot as the decoded JSON document."""
        strings: dict[str, int] = {"<dummy>": 0}

        def number(text: str) -> int:
            return strings.setdefault(text, len(strings))

        width = len(self.node_fields)
        nodes: list[int] = []
        edges: list[int] = []
        for node in self.nodes:
            fields = {
                "type": self.node_types.index(node.kind),
                "name": number(node.name),
                "id": node.id,
                "self_size": node.size,
                "edge_count": len(node.edges),
                "detachedness": node.detachedness,
            }
            nodes += [fields.get(name, 0) for name in self.node_fields]
            for kind, name, target in node.edges:
                parts = {
                    "type": self.edge_types.index(kind),
                    "name_or_index": name if isinstance(name, int) else number(name),
                    "to_node": target * width,
                }
                edges += [parts.get(name, 0) for name in self.edge_fields]
        locations: list[int] = []
        for node_number, script, line, column in self.locations:
            where = {
                "object_index": node_number * width,
                "script_id": script,
                "line": line,
                "column": column,
            }
            locations += [where.get(name, 0) for name in self.location_fields]
        meta = {
            "node_fields": list(self.node_fields),
            "node_types": [
                list(self.node_types) if name == "type" else "number" for name in self.node_fields
            ],
            "edge_fields": list(self.edge_fields),
            "edge_types": [
                list(self.edge_types) if name == "type" else "string_or_number"
                for name in self.edge_fields
            ],
            "location_fields": list(self.location_fields),
            "sample_fields": ["timestamp_us", "last_assigned_id"],
        }
        return {
            "snapshot": {
                "meta": meta,
                "node_count": len(self.nodes),
                "edge_count": sum(len(node.edges) for node in self.nodes),
                "trace_function_count": 0,
            },
            "nodes": nodes,
            "edges": edges,
            "trace_function_infos": [],
            "trace_tree": [],
            "samples": [number for sample in self.samples for number in sample],
            "locations": locations,
            "strings": list(strings),
        }

    def json(self, *, rows: bool = True) -> str:
        """The text as V8 writes it: up to Node 22 each row on its own line (``rows``)."""
        document = self.document()
        parts: list[str] = []
        widths = {
            "nodes": len(self.node_fields),
            "edges": len(self.edge_fields),
            "locations": len(self.location_fields),
        }
        for key, value in document.items():
            if key in widths:
                text = _rows(value, widths[key]) if rows else ",".join(map(str, value))
                parts.append(f'"{key}":[{text}]')
            elif key == "strings":
                text = ",\n".join(json.dumps(item) for item in value)
                parts.append(f'"{key}":[{text}]')
            else:
                parts.append(f'"{key}":{json.dumps(value, separators=(",", ":"))}')
        return "{" + ",\n".join(parts) + "}"

    def write(self, path: str | Path) -> Path:
        """Write the text to a file and give its path."""
        target = Path(path)
        target.write_text(self.json(), encoding="utf-8")
        return target


def _rows(values: list[int], width: int) -> str:
    lines = [
        ",".join(map(str, values[start : start + width])) for start in range(0, len(values), width)
    ]
    return "\n,".join(lines) + ("\n" if lines else "")
