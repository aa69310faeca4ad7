"""One accepted leak, and how a verdict's leaks are named so that another run finds them again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from ..judge.verdict import LeakingConstructor, Verdict

__all__ = ["MEMORY", "Entry", "Key", "leaks_of"]

#: stands for a leak of which no constructor is known: memory outside the heap, or only bytes
MEMORY = "(memory)"
_NUMBERS = re.compile(r"^(worker|child) \d+")
_GROUP = re.compile(r"@[^\[\]:/]+$")
_NODE = re.compile(r"(?:^|(?<=-))(?:node[-_ ]?v?\d+(?:\.\d+)*|v?\d+\.\d+\.\d+)(?:-|$)")

#: test, number of the measurement in it, heap, constructor
Key = tuple[str, int, str, str]


@dataclass(frozen=True)
class Entry:
    """An accepted leak. Rates are per iteration: objects (None: not counted) and bytes.

    ``expires`` is the last day on which it is accepted; None: for ever.
    """

    test: str
    measurement: int
    heap: str
    leaks: str
    per_iteration: float | None
    bytes_per_iteration: float
    reason: str = ""
    expires: date | None = None

    @property
    def key(self) -> Key:
        return (self.test, self.measurement, self.heap, self.leaks)


def leaks_of(nodeid: str, number: int, verdict: Verdict) -> list[Entry]:
    """What leaks in the ``number``-th (from 1) measurement of a test, as entries without reason.

    Neither numbers of threads and processes nor a version of Node in the node id are in them.
    What is kept alive by objects of another row belongs to that row.
    """
    if verdict.outcome != "leak":
        return []
    test, heap = _stable_id(nodeid), _NUMBERS.sub(r"\1", verdict.heap)
    rows = verdict.constructors or verdict.internals
    leaders = [row for row in rows if not _is_part(row, rows)] or list(rows)
    if not leaders:
        return [Entry(test, number, heap, MEMORY, None, _short(_bytes(verdict)))]
    found: dict[str, Entry] = {}
    for row in leaders:
        if row.name not in found:
            size = row.retained_size or row.shallow_size
            per = _short(row.per_iteration)
            held = _short(size / max(row.count, 1) * row.per_iteration)
            found[row.name] = Entry(test, number, heap, row.name, per, held)
    return list(found.values())


def _is_part(row: LeakingConstructor, rows: Sequence[LeakingConstructor]) -> bool:
    others = {f"({other.name})" for other in rows if other.name != row.name}
    return any(step.endswith(tuple(others)) for step in row.retaining_path if others)


def _bytes(verdict: Verdict) -> float:
    first, last = verdict.series.samples[0], verdict.series.samples[-1]
    inside = last.heap_used + last.external - first.heap_used - first.external
    done = max(last.iterations - first.iterations, 1)
    return max(inside, last.rss - first.rss, 0) / done


def _short(number: float) -> float:
    """Three digits: more would only make lines of the file change."""
    return float(f"{number:.3g}")


def _stable_id(nodeid: str) -> str:
    nodeid = _GROUP.sub("", nodeid)  # of xdist's loadgroup
    name, bracket, parameters = nodeid.partition("[")
    if not bracket:
        return nodeid
    kept = _NODE.sub("", parameters.removesuffix("]")).strip("-")
    return f"{name}[{kept}]" if kept else name
