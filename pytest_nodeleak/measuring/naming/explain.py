"""After a leak: the leaking constructors in the order a reader wants, with paths and sizes."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ...base.deadline import Deadline
from ...base.errors import DeadlineExceeded
from ...base.units import format_bytes, format_rate
from ...judge.bounds import DeclaredBound, Filling
from ...judge.evidence import Evidence, Judgement, Suspect
from ...judge.nothing_grows import SLOT
from ...judge.suspects import distinctiveness
from ...judge.thresholds import THRESHOLDS
from ...judge.trend import deltas, robust_slope
from ...judge.verdict import LeakingConstructor
from .fillings import fillings_of, preallocated

if TYPE_CHECKING:
    from ...heap import Buffer, ConstructorGrowth, RetainingPath, SlotGrowth, SnapshotDiff

__all__ = ["Findings", "find_culprits"]

MOST_ROWS = 12
#: how a path begins to what only V8's table of strings holds
STRING_TABLE = ("(Internalized strings)",)
MOST_INTERNALS = 6
#: pieces of memory outside the heap: where one grows, it is the largest of the new ones
MOST_BUFFERS = 1
#: size of a store that is made anew, as a multiple of its last step: a half more is a third of it
STEPS_OF_SIZE = 3.5
#: by how many a counter of Node rises before it is worth a line
LEAST_COUNT = 5
#: bytes of RSS that are worth one, if the heap did not grow as much
MUCH_OUTSIDE = 16_000_000
#: characters of a string that are shown
LONGEST_TEXT = 200
#: times the pace of earlier windows above which what the last one has is not what stays
YOUNG = 2


@dataclass(frozen=True)
class Findings:
    """The leaking constructors, worst first, those in V8's own groups, and further facts.

    ``preallocated`` is the store that the growth fills, if it was made for more; ``fillings`` are
    the containers that gain objects. ``paths`` are those of the constructors, and to their owners,
    by their texts.
    """

    constructors: tuple[LeakingConstructor, ...] = ()
    internals: tuple[LeakingConstructor, ...] = ()
    facts: tuple[str, ...] = ()
    preallocated: DeclaredBound | None = None
    fillings: tuple[Filling, ...] = ()
    paths: Mapping[str, RetainingPath] = field(default_factory=dict)

    def only_in(self, containers: Sequence[str]) -> Findings:
        """Without what piles up elsewhere than in ``containers``, if something does in them."""
        rows = tuple(r for r in self.constructors if (r.owner or "").startswith(tuple(containers)))
        return replace(self, constructors=rows) if containers and rows else self

    @property
    def engines_own(self) -> str:
        """What V8 keeps that nothing of the program holds; "" if there is more to it.

        Node 26.10 keeps the texts of computed keys in its string table for ever.
        """
        rows = (*self.constructors, *self.internals)
        if not rows or not all(row.retaining_path[:1] == STRING_TABLE for row in rows):
            return ""
        pace = format_rate(sum(row.per_iteration for row in rows))
        return (
            f"V8 keeps +{pace} strings in its own string table, which nothing of the program holds"
        )


def find_culprits(
    diff: SnapshotDiff | None,
    judgement: Judgement,
    evidence: Evidence,
    deadline: Deadline,
    *,
    show_strings: bool = False,
) -> Findings:
    """Name what grew, with sizes and paths, as far as ``deadline`` allows.

    ``show_strings``: what strings say is no secret.
    """
    facts = tuple(_counter_facts(evidence))
    if diff is None:
        return Findings(facts=facts)
    things = [s for s in judgement.suspects if not s.is_value]
    values = [s for s in judgement.suspects if s.is_value]
    # Bare values are the finding only where nothing else grows.
    chosen, rest = (things, values) if things else (values, [])
    counted = max((g.per_iteration for g in judgement.growing), default=math.inf)
    chosen = [_without_young(s, evidence.windows, counted) for s in chosen]
    rank = {s: _rank(s.row, diff) for s in chosen}
    chosen = sorted(chosen, key=lambda s: (rank[s], -_growth_in_bytes(s)))[:MOST_ROWS]
    older = {(s.row.kind, s.row.name) for s in chosen if len(s.growth) < len(evidence.windows)}
    explained: dict[tuple[str, str], ConstructorGrowth] = {}
    try:
        for row in diff.explain(
            [s.row for s in chosen],
            deadline=deadline,
            older=older,
            expected=[s.per_iteration * evidence.total_iterations for s in chosen],
        ):
            explained[row.name, row.kind] = row
    except DeadlineExceeded:  # on a huge heap: the names are worth more than nothing
        seconds = f"{deadline.seconds:g} s" if deadline.seconds else "the time"
        facts += (f"no paths and retained sizes: {seconds} for them were over; raise `explain`",)
    pairs = [(s, explained.get((s.row.name, s.row.kind), s.row)) for s in chosen]
    pairs.sort(key=lambda p: (rank[p[0]], -(p[1].retained_size or p[1].shallow_size)))
    rows = [
        replace(
            _constructor(suspect, row, evidence), texts=_texts(diff.texts_of(row), show_strings)
        )
        for suspect, row in pairs
    ]
    grown = sum(growing.bytes_per_iteration for growing in judgement.growing)
    grown = grown or sum(s.row.shallow_size for s in chosen) / (sum(evidence.windows) or 1)
    fillings = tuple(fillings_of(pairs, evidence.total_iterations, grown))
    stores = [
        (_slots(slots, evidence), _path_to(slots.owner_id, diff, deadline))
        for slots in judgement.slots[:MOST_ROWS]
    ]
    if judgement.off_heap and not rows:
        buffers = _grown_buffers(diff, evidence)[:MOST_BUFFERS]
        rows_of = [_piece(buffer, "buffer", judgement.off_heap) for buffer in buffers]
        ways = [_path_to(buffer.object_id, diff, deadline) for buffer in buffers]
        stores += zip(rows_of, ways, strict=True)
    longest = diff.longest_string if judgement.text else None
    if longest is not None:
        piece = _piece(longest, "text", judgement.text)
        stores.append((piece, _path_to(longest.object_id, diff, deadline)))
    rows += [replace(row, retaining_path=_steps(path)) for row, path in stores]
    return Findings(
        constructors=tuple(rows),
        internals=tuple(
            _constructor(s, s.row, evidence)
            for s in sorted(rest, key=_growth_in_bytes, reverse=True)[:MOST_INTERNALS]
        ),
        facts=facts,
        preallocated=preallocated([row for _, row in pairs], fillings),
        fillings=fillings,
        paths=_by_text(
            *(path for _, path in stores),
            *(row.retaining_path for _, row in pairs),
            *(row.owner.path for _, row in pairs if row.owner is not None),
        ),
    )


def _by_text(*paths: RetainingPath | None) -> Mapping[str, RetainingPath]:
    return {str(path): path for path in paths if path is not None}


def _without_young(suspect: Suspect, windows: Sequence[float], counted: float) -> Suspect:
    """Without the last window where that has far more: a batch, which will be let go of.

    A leak that comes in bursts has as many in all as were ``counted`` per iteration before, and as
    the population has grown by.
    """
    *growth, last = suspect.row.survivors
    alive, span = sum(suspect.row.survivors), sum(windows) or 1
    if _surely(alive) / span <= counted and alive / span <= YOUNG * suspect.per_iteration:
        return suspect
    least = _surely(last)
    rate = sum(growth) / (sum(windows[: len(growth)]) or 1)
    if sum(growth) < THRESHOLDS.no_chance or least <= rate * windows[len(growth)]:
        return suspect
    return replace(suspect, growth=tuple(growth), per_iteration=rate)


def _surely(count: int) -> float:
    """What a count is at least, but for two of its standard deviations."""
    return count - 2 * math.sqrt(count)


def _counter_facts(evidence: Evidence) -> Iterator[str]:
    """What grew with it and has no constructor: contexts, resources of Node, memory of threads."""
    samples = evidence.series.samples
    iterations = evidence.series.iterations
    contexts = [s.contexts for s in samples]
    slope = robust_slope(iterations, contexts)
    if contexts[-1] - contexts[0] >= LEAST_COUNT and slope >= THRESHOLDS.least_rate:
        yield f"live contexts (vm): +{format_rate(slope)} per {evidence.unit}"
    span = max(iterations[-1] - iterations[0], 1)
    resources = [
        f"{kind} +{format_rate(count / span)}"
        for kind, count in sorted(evidence.resources.items(), key=lambda item: -item[1])
        if count >= LEAST_COUNT and count / span >= THRESHOLDS.least_rate
    ]
    if resources:
        yield f"active resources: {', '.join(resources)} per {evidence.unit}"
    outside = evidence.rounds_total_growth - evidence.rounds_growth
    if evidence.outside is None and outside > max(MUCH_OUTSIDE, evidence.rounds_growth):
        pace = format_bytes(outside / max(evidence.rounds_iterations, 1))
        yield f"outside the heap: +{pace} of RSS per {evidence.unit} during the rounds"


def _rank(row: ConstructorGrowth, diff: SnapshotDiff) -> int:
    origin = diff.origin(row) if row.kind in ("object", "closure") else None
    return distinctiveness(row.name, row.kind, origin)


def _growth_in_bytes(suspect: Suspect) -> float:
    return float(suspect.row.sizes[-1] - suspect.row.sizes[0])


def _constructor(
    suspect: Suspect, row: ConstructorGrowth, evidence: Evidence
) -> LeakingConstructor:
    # What has to outlive one window more is not counted in the last.
    windows = evidence.windows[: len(suspect.growth)]
    count, new = sum(suspect.growth), sum(row.survivors[: len(suspect.growth)])
    # Of those that survived a cache keeps some only until others come: bytes are of what stays.
    share = min(1.0, count / new) if new else 1.0
    return LeakingConstructor(
        name=row.name,
        per_iteration=suspect.per_iteration,
        count=count,
        shallow_size=round(share * row.shallow_size),
        retained_size=None if row.retained_size is None else round(share * row.retained_size),
        retaining_path=_steps(row.retaining_path),
        allocated_at=None,
        owner=None if row.owner is None else str(row.owner),
        # On a busy machine a window may end before its first iteration has.
        per_window=tuple(g / n if n else 0.0 for g, n in zip(suspect.growth, windows, strict=True)),
        internal=row.internal,
        kind=row.kind,
        defined_at=row.defined_at,
    )


def _texts(texts: Sequence[str], shown: bool) -> tuple[str, ...]:
    from ...heap import outline  # numpy: not needed for a program that is steady

    return tuple(dict.fromkeys(text[:LONGEST_TEXT] if shown else outline(text) for text in texts))


def _slots(slots: SlotGrowth, evidence: Evidence) -> LeakingConstructor:
    pace = slots.growth / (sum(evidence.windows) or 1)
    row = _store(slots.owner_name, pace, slots.growth)
    paces = tuple(g / n for g, n in zip(slots.gained, evidence.windows, strict=True))
    return replace(row, per_window=paces)


def _store(name: str, per_iteration: float, slots: int) -> LeakingConstructor:
    return LeakingConstructor(
        name=name,
        per_iteration=per_iteration,
        count=slots,
        shallow_size=SLOT * slots,
        retained_size=SLOT * slots,
        kind="container",
    )


def _grown_buffers(diff: SnapshotDiff, evidence: Evidence) -> list[Buffer]:
    """Those that are new; else those that may be what external memory took its last step for."""
    step = max(deltas([sample.external for sample in evidence.series.samples]))
    new = [buffer for buffer in diff.buffers if buffer.is_new]
    return new or [b for b in diff.buffers if step <= b.bytes <= STEPS_OF_SIZE * step]


def _piece(piece: Buffer, kind: str, per_iteration: float) -> LeakingConstructor:
    """The row of a piece of memory that becomes larger, by so many bytes per iteration."""
    row = _store(piece.name, per_iteration, 1)
    return replace(row, kind=kind, shallow_size=piece.bytes, retained_size=piece.bytes)


def _path_to(object_id: int, diff: SnapshotDiff, deadline: Deadline) -> RetainingPath | None:
    with contextlib.suppress(DeadlineExceeded):
        return diff.path_to(object_id, deadline)
    return None


def _steps(path: RetainingPath | None) -> tuple[str, ...]:
    return () if path is None else tuple(str(step) for step in path.steps)
