"""GC runs of a heap, their statistics, and a heap that grows from one to the next."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal

from ...base.errors import PolicyError
from ...base.units import format_bytes, format_count, parse_bytes

__all__ = [
    "GcKind",
    "GcRun",
    "GcStats",
    "GcTotal",
    "Growing",
    "HeapGrowth",
    "growth_listener",
    "parse_runs",
]

GcKind = Literal["minor", "major", "incremental", "weak callbacks"]

# As perf_hooks numbers them. Of two kinds of young collections V8 has one or the other.
_KINDS: dict[int, GcKind] = {
    1: "minor",
    2: "minor",
    4: "major",
    8: "incremental",
    16: "weak callbacks",
}
_FORCED = 4
#: single runs that are kept; totals are of all
MOST_KEPT = 10_000


@dataclass(frozen=True)
class GcRun:
    """One run of the collector.

    ``at``: seconds from the start of its process, or worker thread, to that of the run;
    ``pause_ms``: milliseconds in which JavaScript stood still; ``heap_used``: bytes right after
    it; ``forced``: somebody asked for it, we or the program.
    """

    kind: GcKind
    at: float
    pause_ms: float
    heap_used: int
    forced: bool = False


@dataclass
class GcTotal:
    """All runs of one kind: how many, and the milliseconds they took."""

    runs: int = 0
    pause_ms: float = 0.0
    longest_ms: float = 0.0

    def add(self, run: GcRun) -> None:
        """Count one more."""
        self.runs += 1
        self.pause_ms += run.pause_ms
        self.longest_ms = max(self.longest_ms, run.pause_ms)


@dataclass
class GcStats:
    """What the collector has done since ``on_gc``.

    ``runs``: the last 10,000, in order; ``kinds``: totals of all, by kind; ``missed``: runs that
    were not counted, because nobody asked for too long.
    """

    runs: deque[GcRun] = field(default_factory=lambda: deque(maxlen=MOST_KEPT))
    kinds: dict[GcKind, GcTotal] = field(default_factory=dict)
    missed: int = 0

    @property
    def pause_ms(self) -> float:
        """Milliseconds of all runs together."""
        return sum(total.pause_ms for total in self.kinds.values())

    @property
    def heap_used(self) -> tuple[int, ...]:
        """Bytes after each major run."""
        return tuple(run.heap_used for run in self.runs if run.kind == "major")

    def add(self, run: GcRun) -> None:
        """Count one more."""
        self.runs.append(run)
        self.kinds.setdefault(run.kind, GcTotal()).add(run)

    def __str__(self) -> str:
        lines = [f"{'GC':<14} {'runs':>8} {'pause':>12} {'longest':>12}"]
        lines += [
            f"{kind:<14} {total.runs:>8,} {total.pause_ms:>9,.1f} ms {total.longest_ms:>9,.1f} ms"
            for kind, total in self.kinds.items()
        ]
        heaps = self.heap_used
        if heaps:
            lines.append(
                f"heap after major runs: {format_bytes(heaps[0])} -> {format_bytes(heaps[-1])}"
            )
        if self.missed:
            lines.append(f"{format_count(self.missed)} runs were missed")
        return "\n".join(lines)


@dataclass(frozen=True)
class HeapGrowth:
    """The heap was larger after each of ``runs`` major GC runs than after the one before.

    ``start`` and ``end`` in seconds as of :class:`GcRun`; ``before`` and ``after`` in bytes.
    """

    runs: int
    start: float
    end: float
    before: int
    after: int

    @property
    def growth(self) -> int:
        """Bytes."""
        return self.after - self.before

    @property
    def bytes_per_hour(self) -> float:
        """As memwatch tells it; 0 if no time went by."""
        seconds = self.end - self.start
        return self.growth / seconds * 3600 if seconds > 0 else 0.0

    def __str__(self) -> str:
        return (
            f"heap growth over {self.runs} consecutive GCs ({self.end - self.start:.1f} s): "
            f"{format_bytes(self.before)} -> {format_bytes(self.after)}, "
            f"{format_bytes(self.bytes_per_hour)} per hour"
        )


class Growing:
    """Looks for a heap that is larger after every major run, as memwatch did.

    Minor runs leave garbage of older objects: their heaps say nothing.
    """

    def __init__(self, runs: int, at_least: float) -> None:
        """``runs`` rises one after the other, by ``at_least`` bytes together."""
        self._wanted = runs
        self._at_least = at_least
        self._rise: list[GcRun] = []

    def seen(self, run: GcRun) -> HeapGrowth | None:
        """What the rise amounts to if this run completes one; then the next one begins."""
        if run.kind != "major":
            return None
        rise = self._rise
        if rise and run.heap_used <= rise[-1].heap_used:
            rise.clear()
        rise.append(run)
        first, rises = rise[0], len(rise) - 1
        if rises < self._wanted or run.heap_used - first.heap_used < self._at_least:
            return None
        self._rise = [run]
        return HeapGrowth(rises, first.at, run.at, first.heap_used, run.heap_used)


def growth_listener(
    callback: Callable[[HeapGrowth], object], runs: object, at_least: object
) -> Callable[[GcRun], None]:
    """Calls ``callback`` when the heap has grown. Raises PolicyError for what is no number."""
    if isinstance(runs, bool) or not isinstance(runs, int) or runs < 1:
        raise PolicyError(f"on_growth(runs={runs!r}): it is a number of GC runs from 1, such as 5")
    try:
        size = parse_bytes(at_least)
    except ValueError as error:
        raise PolicyError(f"on_growth(at_least={at_least!r}): {error}") from None
    growing = Growing(runs, size)

    def listen(run: GcRun) -> None:
        growth = growing.seen(run)
        if growth is not None:
            callback(growth)

    return listen


def parse_runs(text: str) -> tuple[int, list[GcRun]]:
    """Runs that were dropped so far, and the runs, of what the driver tells."""
    dropped, *lines = text.split("\n")
    return int(dropped), list(_runs(line for line in lines if line))


def _runs(lines: Iterable[str]) -> Iterable[GcRun]:
    for line in lines:
        kind, flags, start, pause, heap = line.split()
        yield GcRun(
            _KINDS.get(int(kind), "major"),
            float(start) / 1000,
            float(pause),
            int(heap),
            bool(int(flags) & _FORCED),
        )
