"""Why survivors are alive: retained size, retaining path and owner of each row.

One walk from the root that does not go through any survivor marks what stays alive
without them; all that is left is small, so that each row's own retained size needs only
a walk within the rest. A second walk starts at the variables of modules, so that paths
begin where the program's author can recognise them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Literal

import numpy as np

from ...base.deadline import Deadline
from ..graph.graph import graph_of
from ..graph.walk import NO_EDGE
from ..model.arrays import AnyArray, BoolArray
from ..model.snapshot import HeapSnapshot
from ..names.describe import describe_path
from ..names.paths import RetainingPath
from ..names.places import scopes_of
from ..names.scopes import is_user_script
from .growth import ConstructorGrowth, Owner
from .owner import OwnerFinder
from .passages import Wanted, without_passages
from .retention import Retention

__all__ = ["Explainer", "Origin"]

Origin = Literal["program", "package", ""]

_SAMPLED = 400
#: the nearest are few if there are so many times more survivors
FEW = 8


class Explainer:
    """Answers for one snapshot with edges; ``max_odd_ids`` are those of all of a difference."""

    def __init__(self, snapshot: HeapSnapshot, max_odd_ids: tuple[int, ...]) -> None:
        self.snapshot = snapshot
        self.graph = graph_of(snapshot)
        self.max_odd_ids = max_odd_ids

    def explain(
        self,
        rows: Sequence[ConstructorGrowth],
        groups: Sequence[AnyArray],
        *,
        deadline: Deadline | None = None,
        paths_per_row: int = 1,
        expected: Sequence[float] = (),
        until: Sequence[int] = (),
        gained: Mapping[int, int] = MappingProxyType({}),
    ) -> tuple[ConstructorGrowth, ...]:
        """Copies of ``rows``, whose nodes are ``groups``, with everything filled in.

        ``expected`` says how many entries a container must have if all of a row is kept in it,
        ``gained`` how many more those have, by id, of which that is known; retained sizes are then
        of what is new, too, of ids ``until`` that of the row.
        """
        ids = [(self.max_odd_ids[0], last) for last in until] if expected else [None] * len(rows)

        def explained(avoided: BoolArray | None) -> tuple[ConstructorGrowth, ...]:
            return self._explain_all(rows, groups, deadline, paths_per_row, ids, avoided)

        found = explained(None)
        if not expected:
            return found
        wanted = [Wanted(most, group.size) for most, group in zip(expected, groups, strict=True)]
        return without_passages(self.graph, found, wanted, gained, explained)

    def _explain_all(
        self,
        rows: Sequence[ConstructorGrowth],
        groups: Sequence[AnyArray],
        deadline: Deadline | None,
        paths_per_row: int,
        ids: Sequence[tuple[int, int] | None],
        avoided: BoolArray | None,
    ) -> tuple[ConstructorGrowth, ...]:
        """The same, by ways that avoid what is marked; sizes, where nothing is, of ``ids``."""
        if not any(group.size for group in groups):
            return tuple(rows)
        retention = Retention(self.graph, groups, deadline, avoided)
        owners = OwnerFinder(self.graph, retention, self.max_odd_ids)
        result: list[ConstructorGrowth] = []
        for row, group, new in zip(rows, groups, ids, strict=True):
            if deadline is not None:
                deadline.check("explaining what survived")
            found = self._explain(row, group, retention, owners, paths_per_row)
            if group.size and avoided is None:  # no way changes what a row retains
                found = replace(found, retained_size=retention.retained_size(group, new))
            result.append(found)
            self.snapshot.release()
        return tuple(result)

    def origin(self, nodes: AnyArray) -> Origin:
        """Who wrote a class: the program itself, a package it uses, or ("") Node, V8 or unknown."""
        if not nodes.size:
            return ""
        script = scopes_of(self.graph).script_of_constructor(int(nodes[-1]))
        if not is_user_script(script):
            return ""
        return "package" if "node_modules" in re.split(r"[/\\]", script) else "program"

    def path_to(self, object_id: int, deadline: Deadline | None = None) -> RetainingPath | None:
        """The retaining path of one object of the last snapshot; None if nothing keeps it."""
        nodes = np.flatnonzero(self.snapshot.node_id == object_id)
        if not nodes.size:
            return None
        retention = Retention(self.graph, [nodes[:1]], deadline)
        chain, start = retention.chain(int(nodes[0]))
        return describe_path(self.graph, chain, start) if chain else None

    def _explain(
        self,
        row: ConstructorGrowth,
        group: AnyArray,
        retention: Retention,
        owners: OwnerFinder,
        paths_per_row: int,
    ) -> ConstructorGrowth:
        if not group.size:
            return row
        step = max(1, group.size // _SAMPLED)
        sample = group[::step]
        by_owner = owners.sort(sample)
        if (avoided := retention.avoided) is not None:  # the few elsewhere as well tell more
            by_owner.sort(key=lambda found: found[0] >= 0 and bool(avoided[found[0]]))
        self.snapshot.release()
        paths: list[RetainingPath] = []
        owner: Owner | None = None
        for holder, members in by_owner[: max(1, paths_per_row)]:
            example = _typical(retention.depth(members), members)
            chain, start = retention.chain(example)
            if not chain and retention.parent[example] == NO_EDGE and start == example:
                continue
            self.snapshot.release()
            paths.append(describe_path(self.graph, chain, start))
            self.snapshot.release()
            if owner is None and holder >= 0:
                owner = owners.describe(holder, example, len(members) / sample.size, members)
        where = self._definition(row, group)
        self.snapshot.release()
        return replace(
            row,
            retaining_path=paths[0] if paths else None,
            other_paths=tuple(paths[1:]),
            owner=owner,
            defined_at=where[0],
            place=where[1],
            samples=self._samples(row, sample),
        )

    def _definition(self, row: ConstructorGrowth, group: AnyArray) -> tuple[str | None, str | None]:
        if row.kind not in ("object", "closure"):
            return None, None
        scopes = scopes_of(self.graph)
        found: Counter[tuple[int, int, int]] = Counter()
        for node in group[:: max(1, group.size // 20)].tolist():
            where = scopes.location_of(node)
            if where is not None:
                found[where] += 1
        if not found:
            return None, None
        (script, line, column), _ = found.most_common(1)[0]
        place = None
        if row.kind == "closure":
            place = scopes.place_of_closure(int(group[0])) or None
        return f"{script}:{line}:{column}", place

    def _samples(self, row: ConstructorGrowth, sample: AnyArray) -> tuple[str, ...]:
        if row.kind != "string":
            return ()
        from ..names.patterns import mask

        seen = dict.fromkeys(mask(self.snapshot.name_of(int(node))) for node in sample[:50])
        return tuple(seen)[:5]


def _typical(depth: AnyArray, nodes: AnyArray) -> int:
    """The middle one of the nodes that are closest to the start of their paths, if they are many.

    Of a list that grows at its head the closest is the newest, and what holds it keeps no other.
    """
    nearest = nodes[depth == depth.min()]
    if FEW * nearest.size <= nodes.size:
        nearest = nodes[depth == np.sort(depth)[depth.size // 2]]
    return int(nearest[nearest.size // 2])
