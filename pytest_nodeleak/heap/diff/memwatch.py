"""A comparison in the figures of memwatch's ``HeapDiff``, for those who come from there."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from .changes import ClassChange, added_up

__all__ = ["heap_diff"]

# What it calls all nodes of a type. Objects go by their class; what is neither is counted in the
# sums, and has no line.
_WHAT = {
    "array": "Array",
    "string": "String",
    "code": "Code",
    "closure": "Closure",
    "regexp": "RegExp",
    "number": "Number",
    "native": "Native",
}
_KB, _MB = 1024, 1024 * 1024


def heap_diff(
    nodes: tuple[int, int], sizes: tuple[int, int], by_type: Iterable[tuple[str, ClassChange]]
) -> dict[str, Any]:
    """``before``, ``after`` and ``change``, sizes in bytes and as text (kb of 1,024 B).

    ``nodes`` and ``sizes``: of both heaps; ``by_type``: changes with V8's node type. Its own
    object, which is a node of its snapshots, is in none of ours.
    """
    by_type = tuple(by_type)
    nodes_before, nodes_after = nodes
    before, after = sizes
    changes = [change for _, change in by_type]
    return {
        "before": {"nodes": nodes_before, **_sized(before)},
        "after": {"nodes": nodes_after, **_sized(after)},
        "change": {
            **_sized(after - before),
            "freed_nodes": sum(change.deleted for change in changes),
            "allocated_nodes": sum(change.new for change in changes),
            "details": _details(by_type),
        },
    }


def _details(by_type: Iterable[tuple[str, ClassChange]]) -> list[dict[str, Any]]:
    named = (
        (what, change)
        for kind, change in by_type
        if (what := change.name if kind == "object" else _WHAT.get(kind)) is not None
    )
    return [
        {"what": what, **_sized(change.size_delta), "+": change.new, "-": change.deleted}
        for what, change in sorted(added_up(named).items())
    ]


def _sized(size: int) -> dict[str, Any]:
    return {"size_bytes": size, "size": _text(size)}


def _text(size: int) -> str:
    for unit, name in ((_MB, "mb"), (_KB, "kb")):
        if abs(size) > unit:
            # Halves are rounded away from zero there.
            hundredths = math.copysign(math.floor(abs(size) / unit * 100 + 0.5), size)
            return f"{hundredths / 100:g} {name}"
    return f"{size} bytes"
