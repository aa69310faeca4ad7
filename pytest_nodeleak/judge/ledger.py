"""Survivors by allocating function, and the judgement on them. Pure.

A window is a range of the program's allocations. What of it is alive after a later window has ended
has stayed; what a leak keeps, it keeps of every window alike. What fills up keeps less of later
windows, what replaces its content less of earlier ones.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ..base.frames import CallFrame
from .thresholds import THRESHOLDS
from .trend import rates, steady_rate

__all__ = [
    "Allocations",
    "Growing",
    "growing_among",
    "merge_windows",
    "place_of",
]


#: a place in the program: its own innermost function and what that called, innermost first
Place = tuple[CallFrame, ...]


@dataclass(frozen=True)
class Allocations:
    """What one place allocated in each window and is still alive: how many, and their bytes.

    ``place`` has the allocating function first, its callers after it, down to the program's own
    innermost function; ``callers`` go on from there. ``by_size`` has the bytes of an object and how
    many such there are, the most common size first.
    """

    place: Place
    callers: tuple[CallFrame, ...]
    counts: tuple[int, ...]
    sizes: tuple[int, ...]
    by_size: tuple[tuple[int, int], ...]

    @property
    def object_size(self) -> int:
        """Bytes of most of the objects."""
        return self.by_size[0][0] if self.by_size else 0

    @property
    def function(self) -> CallFrame:
        """The program's own function; Node's where there is none."""
        return self.place[-1]

    @property
    def is_own(self) -> bool:
        return self.function.is_own

    def is_in(self, function: str) -> bool:
        """Whether Node's ``function`` is on the way from the program's own to the allocation."""
        return any(f.function == function and f.origin == "node" for f in self.place)

    def __str__(self) -> str:
        return self.function.function or "(anonymous)"


@dataclass(frozen=True)
class Growing:
    """A place whose survivors came in every window.

    ``steady`` if at one pace; ``few`` if they are so few that more windows should tell; ``fading``
    is the last window's rate as a share of the highest before.
    """

    allocations: Allocations
    per_iteration: float
    bytes_per_iteration: float
    steady: bool
    few: bool
    fading: float


#: the driver's functions that call the workload, and plant for a self-check; what stands for them
DRIVERS_CALLS = ("work", "plant")
INLINED = CallFrame("(the workload)", "", 0, 0)


#: survivors that come at once, of which a window has none by no other chance: 300 rows each second
LUMP = 8
#: lumps of a window at most, where others have none
MOST_LUMPS = 4.5
#: share of a lump by which others may differ from a multiple of it
LUMP_REST = 0.25
#: rare things to be expected in a window that has none of them by chance
NONE_BY_CHANCE = 3.0


def place_of(stack: Sequence[CallFrame]) -> tuple[Place, tuple[CallFrame, ...]] | None:
    """The place and the callers of a stack (innermost first); None for what is not the program's.

    Left out are the driver, the builtins that it calls itself, and V8's own roots. What the driver
    calls is the workload's, though: a compiler may have put it into the caller.
    """
    own: list[CallFrame] = []
    caller = ""
    for frame in stack:
        if frame.origin == "driver":
            caller = frame.function
            break
        own.append(frame)
    if all(frame.origin == "engine" for frame in own):
        return ((*own, INLINED), ()) if caller in DRIVERS_CALLS else None
    for at, frame in enumerate(own):
        if frame.is_own:
            return tuple(own[: at + 1]), tuple(own[at + 1 :])
    return tuple(own), ()


def merge_windows(
    windows: Sequence[Mapping[tuple[CallFrame, ...], Counter[int]]],
) -> tuple[Allocations, ...]:
    """The survivors of each window, by stack and size, put together by place."""
    found: dict[Place, list[Counter[int]]] = {}
    callers: dict[Place, tuple[CallFrame, ...]] = {}
    for at, window in enumerate(windows):
        for stack, sizes in window.items():
            where = place_of(stack)
            if where is None:
                continue
            place, above = where
            callers.setdefault(place, above)
            found.setdefault(place, [Counter() for _ in windows])[at].update(sizes)
    return tuple(_allocations(place, callers[place], rows) for place, rows in found.items())


def _allocations(
    place: Place, callers: tuple[CallFrame, ...], rows: Sequence[Counter[int]]
) -> Allocations:
    merged: Counter[int] = sum(rows, Counter())
    return Allocations(
        place,
        callers,
        tuple(row.total() for row in rows),
        tuple(sum(size * count for size, count in row.items()) for row in rows),
        tuple(merged.most_common()),
    )


def growing_among(
    rows: Sequence[Allocations],
    windows: Sequence[float],
    interval: int = 1,
    *,
    timed: bool = False,
    compiled: bool = False,
) -> tuple[Growing, ...]:
    """The places that leave survivors of every window behind, those of most bytes first.

    Where no single path through Node to a function of the program is one of them, all paths to it
    may be: their sum is looked at as well. ``interval`` is the profiler's, in bytes: above 1 it
    records an object of s bytes with probability 1 - exp(-s / interval). ``timed``: windows are
    time, of which the profiler takes its share. ``compiled``: V8's compilers are on, and may put a
    function into its caller meanwhile; then what is allocated below a caller is looked at as well.
    """

    def growing_of(row: Allocations) -> Growing | None:
        return _growing(row, windows, interval, timed, *least)

    least = (THRESHOLDS.least_rate, THRESHOLDS.least_rate_many)
    if compiled:
        least = (THRESHOLDS.least_rate_compiled,) * 2
    found = [growing for row in rows if (growing := growing_of(row))]
    together: dict[CallFrame, list[Allocations]] = {}
    for row in rows:
        if row.is_own:
            together.setdefault(row.function, []).append(row)
    for function, parts in together.items():
        mine = [growing for growing in found if growing.allocations.function == function]
        if len(parts) < 2 or any(growing.steady for growing in mine):
            continue
        whole = growing_of(_sum(function, parts))
        if whole is not None and (whole.steady or not mine):
            found = [growing for growing in found if growing not in mine] + [whole]
    if compiled and not any(growing.steady for growing in found):
        below = [g for parts in _below(rows) if (g := growing_of(parts)) and g.steady]
        # Of a chain of callers the innermost: what it allocates, the others do as well.
        found += sorted(below, key=lambda g: g.bytes_per_iteration)[:1]
    return tuple(sorted(found, key=lambda g: -g.bytes_per_iteration))


def _below(rows: Sequence[Allocations]) -> Iterator[Allocations]:
    """What is allocated in and below each function of the program that is in several stacks."""
    found: dict[CallFrame, list[Allocations]] = {}
    for row in rows:
        for frame in dict.fromkeys((*row.place, *row.callers)):
            if frame.is_own:
                found.setdefault(frame, []).append(row)
    return (_sum(frame, parts) for frame, parts in found.items() if len(parts) > 1)


def _sum(function: CallFrame, parts: Sequence[Allocations]) -> Allocations:
    by_size: Counter[int] = Counter()
    for part in parts:
        by_size.update(dict(part.by_size))
    return Allocations(
        (function,),
        parts[0].callers,
        tuple(map(sum, zip(*(part.counts for part in parts), strict=True))),
        tuple(map(sum, zip(*(part.sizes for part in parts), strict=True))),
        tuple(by_size.most_common()),
    )


def _growing(
    row: Allocations,
    windows: Sequence[float],
    interval: int,
    timed: bool,
    least_by_chance: float,
    least: float,
) -> Growing | None:
    lump = _lump(row.counts)
    if not any(windows) or (lump == 1 and not row.counts[-1]):
        return None
    start = _when_it_filled(row.counts, windows, lump)
    if start:  # what goes on after that is growth of its own
        row = replace(row, counts=_later(row.counts, start), sizes=_later(row.sizes, start))
    total, span = sum(row.counts), sum(windows[start:])
    if not total:
        return None
    seen = 1.0 if interval <= 1 else 1 - math.exp(-max(row.object_size, 1) / interval)
    few = total / lump < (THRESHOLDS.few_own if row.is_own else THRESHOLDS.few_of_node)
    by_chance = total < THRESHOLDS.no_chance if row.is_own else few
    if total / span / seen < (least_by_chance if by_chance else least):
        return None
    counts, spans = row.counts[start:], windows[start:]
    pace = rates(counts, spans)
    return Growing(
        row,
        total / span / seen,
        sum(row.sizes) / span / seen,
        steady=_same_halves(pace) if timed else steady_rate([n / lump for n in counts], spans),
        few=few or (start > 0 and len(counts) < 2),
        fading=pace[-1] / max(pace[:-1]) if len(pace) > 1 and max(pace[:-1]) else 1.0,
    )


def _lump(counts: Sequence[int]) -> int:
    """How many come at a time, where windows have either none or a multiple of so many; else 1.

    A timer, a batch or a report leaves them behind: rare, and many at once.
    """
    some = [count for count in counts if count]
    if len(some) < 2 or len(some) == len(counts) or min(some) < LUMP:
        return 1
    lump = min(some)
    if max(some) > MOST_LUMPS * lump:
        return 1
    rest = max(abs(count - round(count / lump) * lump) for count in some)
    return lump if rest <= LUMP_REST * lump else 1


def _when_it_filled(counts: Sequence[int], windows: Sequence[float], lump: int) -> int:
    """The window from which on far less was left behind than in one before: it was full then."""
    start = 0
    for at, pace in enumerate(rates(counts[:-1], windows[:-1]), 1):
        later, span = sum(counts[at:]), sum(windows[at:])
        # A share is only as good as the counts behind it: rare things scatter.
        if lump == 1:
            filled = later + 2 * math.sqrt(later) < THRESHOLDS.faded * pace * span
        else:
            before = sum(counts[:at]) / (sum(windows[:at]) or 1)
            filled = not later and before * span > NONE_BY_CHANCE * lump
        if filled:
            start = at
    return start


def _later(values: Sequence[int], start: int) -> tuple[int, ...]:
    return (*(0 for _ in values[:start]), *values[start:])


def _same_halves(pace: Sequence[float]) -> bool:
    half = len(pace) // 2
    early, late = sum(pace[:half]) / max(half, 1), sum(pace[half:]) / (len(pace) - half)
    return min(early, late) >= THRESHOLDS.same_timed * max(early, late)
