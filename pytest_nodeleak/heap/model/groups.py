"""The nodes of a snapshot by the rows they belong to."""

from __future__ import annotations

import numpy as np

from .arrays import AnyArray
from .classes import NAMED_KINDS, ClassKey, group_key
from .snapshot import HeapSnapshot

__all__ = ["group_nodes"]


def group_nodes(
    snapshot: HeapSnapshot, nodes: AnyArray | None = None
) -> list[tuple[ClassKey, AnyArray]]:
    """Nodes (default: all) by row: pairs of key and node numbers in ascending order."""
    types = snapshot.node_type if nodes is None else snapshot.node_type[nodes]
    groups: dict[ClassKey, list[AnyArray]] = {}
    for number, kind in enumerate(snapshot.types):
        members = np.flatnonzero(types == number)
        if nodes is not None:
            members = nodes[members]
        if not members.size:
            continue
        if kind not in NAMED_KINDS:
            groups.setdefault(group_key(kind, ""), []).append(members)
            continue
        names = snapshot.node_name[members]
        order = np.argsort(names, kind="stable")
        ordered = names[order]
        starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
        for start, part in zip(starts, np.split(members[order], starts[1:]), strict=True):
            key = group_key(kind, snapshot.strings[int(ordered[start])])
            groups.setdefault(key, []).append(part)
    return [
        (key, parts[0] if len(parts) == 1 else np.sort(np.concatenate(parts)))
        for key, parts in groups.items()
    ]
