"""Survivors by allocating function, and the judgement on them. Pure.

A window is a range of the program's allocations. What of it is alive after a later window has ended
has stayed; what a leak keeps, it keeps of every window alike. What fills up keeps less of later
windows, what replaces its content less of earlier ones.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ..base.frames import CallFrame
from .thresholds import THRESHOLDS
from .trend import rates, steady_rate

__all__ = [
    "Allocations",
    "Growing",
    "all_counts",
    "growing_among",
    "has_ended",
    "merge_windows",
    "place_of",
    "seen_last",
    "slow_down",
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


#: standard deviations of counts that are no chance
SURELY = 3.0
#: the driver's functions that call the workload, and plant for a self-check; what stands for them
DRIVERS_CALLS = ("work", "plant")
INLINED = CallFrame("(the workload)", "", 0, 0)


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
    total, span = sum(row.counts), sum(windows)
    if not total or not span or not row.counts[-1]:
        return None
    seen = 1.0 if interval <= 1 else 1 - math.exp(-max(row.object_size, 1) / interval)
    few = total < (THRESHOLDS.few_own if row.is_own else THRESHOLDS.few_of_node)
    by_chance = total < THRESHOLDS.no_chance if row.is_own else few
    if total / span / seen < (least_by_chance if by_chance else least):
        return None
    pace = rates(row.counts, windows)
    fading = pace[-1] / max(pace[:-1]) if len(pace) > 1 and max(pace[:-1]) else 1.0
    # A share is only as good as the counts behind it: rare things scatter.
    if fading * (1 + 2 / math.sqrt(row.counts[-1])) < THRESHOLDS.faded:
        return None
    return Growing(
        row,
        total / span / seen,
        sum(row.sizes) / span / seen,
        steady=_same_halves(pace) if timed else steady_rate(row.counts, windows),
        few=few,
        fading=fading,
    )


def seen_last(proven: Sequence[Growing], now: Sequence[Growing]) -> tuple[Growing, ...]:
    """What is ``proven``, as it was counted last, and what else grows ``now``.

    What is too rare to prove anything by itself may allocate what is proven elsewhere.
    """
    places = {g.allocations.place: g for g in now}
    known = [places.get(g.allocations.place, g) for g in proven]
    also = (g for g in now if g.steady or not proven)
    return (*known, *(g for g in also if g not in known))


def all_counts(growing: Sequence[Growing]) -> tuple[int, ...]:
    """Survivors of each window, of all that is growing."""
    return tuple(map(sum, zip(*(g.allocations.counts for g in growing), strict=True)))


def has_ended(growing: Sequence[Growing], since: Sequence[Allocations], iterations: float) -> bool:
    """Whether of so many later ``iterations`` far less is there than what is growing adds in them.

    ``since`` is all that is alive of these, however young.
    """
    functions = {g.allocations.function for g in growing}
    there = sum(sum(row.counts) for row in since if row.function in functions)
    counted = sum(sum(g.allocations.counts) for g in growing)
    pace = sum(g.per_iteration for g in growing)
    # Counts of rare things scatter.
    least = pace * max(0.0, 1 - SURELY / math.sqrt(max(counted, 1)))
    return there + SURELY * math.sqrt(there) < THRESHOLDS.fading * least * iterations


def slow_down(growing: Sequence[Growing], windows: Sequence[float]) -> bool:
    """Whether all that grows comes at a slower pace in each third of the windows, beyond chance.

    So do the keys of a bounded world, asked for at random. What leaks keeps its pace.
    """
    thirds = _thirds(windows)
    return bool(growing) and bool(thirds) and all(_slows_down(g, windows, thirds) for g in growing)


def _thirds(windows: Sequence[float]) -> list[slice]:
    """The windows in three parts of about as much work each; none if there are too few."""
    ends, done, total = [0], 0.0, sum(windows)
    for at, n in enumerate(windows, 1):
        done += n
        if done >= total * len(ends) / 3:
            ends.append(at)
    parts = [slice(*pair) for pair in pairwise(ends)]
    return parts if len(parts) == 3 else []


def _slows_down(growing: Growing, windows: Sequence[float], thirds: Sequence[slice]) -> bool:
    counts = [sum(growing.allocations.counts[part]) for part in thirds]
    spans = [sum(windows[part]) for part in thirds]
    first, middle, last = rates(counts, spans)
    error = math.hypot(
        *(math.sqrt(count) / span for count, span in zip(counts, spans, strict=True))
    )
    surely = first - last > SURELY * error and last < THRESHOLDS.agreement * middle
    return not growing.steady and first > middle and surely


def _same_halves(pace: Sequence[float]) -> bool:
    half = len(pace) // 2
    early, late = sum(pace[:half]) / max(half, 1), sum(pace[half:]) / (len(pace) - half)
    return min(early, late) >= THRESHOLDS.same_timed * max(early, late)
