"""Allocating functions in the author's words: file, line and name through source maps."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from ...base.errors import TargetError
from ...base.frames import CallFrame
from ...judge.ledger import Allocations, Growing
from ...judge.verdict import AllocationSite, LeakingConstructor
from ...node.heaps.heap import NodeHeap
from ...node.probes.scripts import Script
from ...sources import Frame, Sources, display, frame_of, own_first, project_of
from .attribution import site_of
from .explain import Findings
from .lines import Lines
from .retainers import Retainers

if TYPE_CHECKING:
    from ...heap import RetainingPath

__all__ = ["Places"]

MOST_ROWS = 12
MOST_SITES = 8
MOST_FRAMES = 8
MOST_SIZES = 8
#: whose functions come first
_ORIGINS = {"program": 0, "package": 1}


class Places:
    """Shows the places of one program, whose folder paths are seen from."""

    def __init__(self, heap: NodeHeap, script: str, growing: Sequence[Growing]) -> None:
        self._folder = project_of(script)
        self._growing = growing
        self._sources = Sources(self._folder)
        self._scripts: dict[int, Script] = {}
        with contextlib.suppress(TargetError):  # it died of what it allocated
            self._scripts = heap.scripts()
        # Loaders keep maps in memory: the engine was told where, in the text that it runs.
        for loaded in self._scripts.values():
            if loaded.map_url and not loaded.url.startswith("node:"):
                self._sources.add_map_url(loaded.url, loaded.map_url)
        self._lines = Lines(heap, self._scripts)
        self._retainers = Retainers(self._scripts, self._sources, self._lines)
        # What V8 calls a row, and the frames behind the places that are shown of a site.
        self._engines: dict[LeakingConstructor, LeakingConstructor] = {}
        self._calls: dict[AllocationSite, list[_Call]] = {}

    def named(self, findings: Findings) -> tuple[LeakingConstructor, ...]:
        """The rows by the names that their author gave them, and where they are defined.

        What keeps them is in the author's words as well.
        """
        return tuple(self._named(self._retained(r, findings.paths)) for r in findings.constructors)

    def _named(self, row: LeakingConstructor) -> LeakingConstructor:
        place = row.defined_at
        if place is None:
            return row
        number, line, column = map(int, place.split(":"))
        script = self._scripts.get(number)
        if script is None or not script.url:
            return replace(row, defined_at=None)
        call = CallFrame(row.name, script.url, line + 1, column + 1)
        frame = self._frame(call)
        where = display(frame, self._folder).removeprefix(f"{frame.function} (").removesuffix(")")
        original = self._sources.original(script.url, line, column)
        name = original.name if original is not None and original.name else row.name
        named = replace(row, name=name, defined_at=where)
        self._engines[named] = row
        return named

    def _retained(
        self, row: LeakingConstructor, paths: Mapping[str, RetainingPath]
    ) -> LeakingConstructor:
        path, owner = paths.get(" -> ".join(row.retaining_path)), paths.get(row.owner or "")
        steps = self._retainers.steps(path) if path is not None else row.retaining_path
        where = " -> ".join(self._retainers.steps(owner)) if owner is not None else row.owner
        return replace(row, retaining_path=steps, owner=where)

    def sites(self) -> tuple[AllocationSite, ...]:
        """The call stacks of what grows, those that end in the program's own functions first."""
        first = sorted(self._growing, key=lambda growing: _ORIGINS.get(_origin(growing), 2))
        return tuple(self._site(growing) for growing in first[:MOST_SITES])

    def rows(self, windows: Sequence[float]) -> tuple[LeakingConstructor, ...]:
        """The allocating functions as rows, where no snapshot gives the constructors."""
        rows = [self._row(growing, windows) for growing in self._growing[:MOST_ROWS]]
        # A class is a better name than the function that fills it, however much that allocates.
        return tuple(sorted(rows, key=lambda row: not row.name[:1].isupper()))

    def _site(self, growing: Growing) -> AllocationSite:
        allocations = growing.allocations
        calls = _own_calls(allocations)
        frames = [self._frame(call.frame) for call in calls]
        each = growing.per_iteration / max(sum(allocations.counts), 1)
        site = AllocationSite(
            sum(allocations.sizes),
            tuple(display(frame, self._folder) for frame in frames[:MOST_FRAMES]),
            per_iteration=growing.per_iteration,
            by_size=tuple((size, count * each) for size, count in allocations.by_size[:MOST_SIZES]),
            own=min(own_first(frames), MOST_FRAMES - 1),
        )
        self._calls[site] = calls
        return site

    def attributed(
        self, rows: Sequence[LeakingConstructor], sites: Sequence[AllocationSite]
    ) -> tuple[LeakingConstructor, ...]:
        """``rows`` with ``allocated_at``, where the survivors of one of ``sites`` can be theirs."""
        found = []
        for at, row in enumerate(rows):
            makes = partial(self._makes, row)
            where = None if row.allocated_at else site_of(row, sites, makes, is_worst=at == 0)
            line = "" if where is None else self._line(row, *where)
            found.append(replace(row, allocated_at=line) if line else row)
        return tuple(found)

    def _makes(self, row: LeakingConstructor, site: AllocationSite) -> bool:
        frame = self._calls[site][site.own].frame
        engines = self._engines.get(row, row)
        closure = _closure(engines, self._lines.number(frame.url))
        return self._lines.are_made_in(frame, engines.name, closure)

    def _line(self, row: LeakingConstructor, site: AllocationSite, at: int) -> str:
        """Frame ``at`` of the site, with the line on which it allocates what ``row`` counts.

        Where the text does not tell, or tells of several, with that where the function begins.
        """
        call = self._calls[site][at]
        engines = self._engines.get(row, row)
        places = self._lines.made_in(
            call.frame,
            engines.name,
            call.callee,
            _closure(engines, self._lines.number(call.frame.url)),
        )
        begin = self._frame(call.frame)
        frames = [self._frame(place) for place in places]
        lines = {(frame.file, frame.line) for frame in frames}
        if len(lines) != 1 or frames[0].file != begin.file:
            return site.stack[at]
        return display(replace(frames[0], function=begin.function), self._folder)

    def _row(self, growing: Growing, windows: Sequence[float]) -> LeakingConstructor:
        allocations = growing.allocations
        site = self._site(growing)
        # The last window is counted later than the others, and not of what is gone by then.
        pairs = zip(allocations.counts, windows, strict=False)
        row = LeakingConstructor(
            name=_class_of(allocations) or self._frame(allocations.function).function,
            per_iteration=growing.per_iteration,
            count=sum(allocations.counts),
            shallow_size=sum(allocations.sizes),
            per_window=tuple(count / n for count, n in pairs),
            kind="function",
        )
        return replace(row, allocated_at=self._line(row, site, site.own))

    def _frame(self, frame: CallFrame) -> Frame:
        call: dict[str, Any] = {
            "functionName": frame.function,
            "url": frame.url,
            "lineNumber": frame.line - 1,
            "columnNumber": frame.column - 1,
        }
        return frame_of(call, self._sources)


def _origin(growing: Growing) -> str:
    return growing.allocations.function.origin


class _Call(NamedTuple):
    """A frame, and the function that it has called on the way to the allocation; "": none."""

    frame: CallFrame
    callee: str


def _own_calls(allocations: Allocations) -> list[_Call]:
    """The frames of the program and its packages, innermost first; Node's if there are none."""
    stack = (*allocations.place, *allocations.callers)
    calls = [
        _Call(frame, stack[at - 1].function if at else "")
        for at, frame in enumerate(stack)
        if frame.is_own
    ]
    return calls or [_Call(allocations.function, "")]


def _closure(row: LeakingConstructor, script: int | None) -> tuple[int, int] | None:
    """Line and column, from 0, of a leaking function that is defined in ``script``."""
    if row.kind != "closure" or not row.defined_at or script is None:
        return None
    number, line, column = map(int, row.defined_at.split(":"))
    return (line, column) if number == script else None


def _class_of(allocations: Allocations) -> str:
    """The class whose constructor allocates; "" if no such frame is there.

    A constructor is called as its class is, and by convention that begins with a capital.
    """
    name = allocations.function.function
    return name if name[:1].isupper() and name.isidentifier() else ""
