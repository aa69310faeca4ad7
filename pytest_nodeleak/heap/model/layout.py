"""What a snapshot's own header says about the rows that follow.

Nothing here depends on a Node.js version: field positions and type names are looked
up in ``snapshot.meta``, so captures of V8 3 to 14 and of Chrome read alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

__all__ = ["SAMPLE_FIELDS", "Layout", "LayoutError", "parse_layout"]

SAMPLE_FIELDS = ("timestamp_us", "last_assigned_id")

# A header that asks for more rows than this cannot be meant: ids are 32 bits wide.
_MOST_ROWS = 1 << 32


class LayoutError(ValueError):
    """The header lacks something that the rows cannot be read without."""


@dataclass(frozen=True)
class Layout:
    """Positions and names, taken from ``snapshot.meta``; positions are -1 if absent."""

    node_fields: tuple[str, ...]
    node_types: tuple[str, ...]
    edge_fields: tuple[str, ...]
    edge_types: tuple[str, ...]
    location_fields: tuple[str, ...]
    node_count: int
    edge_count: int
    root_index: int
    extra_native_bytes: int
    sample_fields: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return (
            f"<Layout {self.node_count} nodes of {len(self.node_fields)} fields, "
            f"{self.edge_count} edges of {len(self.edge_fields)}>"
        )

    def with_types(self, count: int) -> Layout:
        """The same with names for so many node types: those not listed are unknown."""
        more = range(len(self.node_types), count)
        names = tuple(f"unknown type {number}" for number in more)
        return replace(self, node_types=self.node_types + names) if names else self

    @property
    def has_samples(self) -> bool:
        """Whether a timeline of ids can be in the file."""
        return all(field in self.sample_fields for field in SAMPLE_FIELDS)

    @property
    def least_bytes(self) -> int:
        """What the rows take in a file at least: no number less than two, with its comma."""
        nodes = self.node_count * len(self.node_fields)
        return 2 * (nodes + self.edge_count * len(self.edge_fields))

    def node_at(self, field: str) -> int:
        """Position of ``field`` within a node's row, or -1."""
        return _position(self.node_fields, field)

    def edge_at(self, field: str) -> int:
        """Position of ``field`` within an edge's row, or -1."""
        return _position(self.edge_fields, field)

    def location_at(self, field: str) -> int:
        """Position of ``field`` within a location's row, or -1."""
        return _position(self.location_fields, field)

    def node_type(self, name: str) -> int:
        """Number of the node type called ``name``; -1, which no node has, if unknown."""
        return _position(self.node_types, name)

    def edge_type(self, name: str) -> int:
        """Number of the edge type called ``name``; -1, which no edge has, if unknown."""
        return _position(self.edge_types, name)


def _position(names: tuple[str, ...], name: str) -> int:
    try:
        return names.index(name)
    except ValueError:
        return -1


def parse_layout(snapshot: Any) -> Layout:
    """Build a :class:`Layout` from the decoded value of the key ``snapshot``.

    Raises LayoutError when a field is missing that the reader needs.
    """
    if not isinstance(snapshot, Mapping):
        raise LayoutError("the header is not an object")
    meta = snapshot.get("meta")
    if not isinstance(meta, Mapping):
        raise LayoutError("the header has no 'meta'")
    node_fields = _names(meta, "node_fields")
    edge_fields = _names(meta, "edge_fields")
    layout = Layout(
        node_fields=node_fields,
        node_types=_first_enum(meta, "node_types", node_fields, "type"),
        edge_fields=edge_fields,
        edge_types=_first_enum(meta, "edge_types", edge_fields, "type"),
        location_fields=_names(meta, "location_fields") if "location_fields" in meta else (),
        sample_fields=_names(meta, "sample_fields") if "sample_fields" in meta else (),
        node_count=_count(snapshot, "node_count"),
        edge_count=_count(snapshot, "edge_count"),
        root_index=_count(snapshot, "root_index") if "root_index" in snapshot else 0,
        extra_native_bytes=(
            _count(snapshot, "extra_native_bytes") if "extra_native_bytes" in snapshot else 0
        ),
    )
    for field in ("type", "name", "id", "self_size", "edge_count"):
        if field not in node_fields:
            raise LayoutError(f"meta.node_fields has no {field!r}")
    for field in ("type", "name_or_index", "to_node"):
        if field not in edge_fields:
            raise LayoutError(f"meta.edge_fields has no {field!r}")
    width = len(node_fields)
    if layout.node_count and layout.root_index >= layout.node_count * width:
        raise LayoutError(f"root_index {layout.root_index} is outside of the nodes")
    if layout.root_index % width:
        raise LayoutError(f"root_index {layout.root_index} is not the start of a node")
    return layout


def _names(meta: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = meta.get(key)
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise LayoutError(f"meta.{key} is not a list of names")
    return tuple(value)


def _first_enum(
    meta: Mapping[str, Any], key: str, fields: tuple[str, ...], field: str
) -> tuple[str, ...]:
    """The list of names of an enumerated field.

    ``*_types`` can be longer than ``*_fields`` and holds one list per enumerated field,
    so the list is taken at the field's own position, and only there.
    """
    value = meta.get(key)
    at = _position(fields, field)
    if not isinstance(value, list) or not 0 <= at < len(value):
        raise LayoutError(f"meta.{key} has no entry for {field!r}")
    names = value[at]
    if not isinstance(names, list) or not all(isinstance(item, str) for item in names):
        raise LayoutError(f"meta.{key}[{at}] is not a list of names")
    if not 0 < len(names) <= 255:
        raise LayoutError(f"meta.{key}[{at}] has {len(names)} names")
    return tuple(names)


def _count(snapshot: Mapping[str, Any], key: str) -> int:
    value = snapshot.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < _MOST_ROWS:
        raise LayoutError(f"{key} is {value!r}, not a count")
    return value
