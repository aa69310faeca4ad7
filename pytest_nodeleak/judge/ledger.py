"""Survivors by allocating function, and the judgement on them. Pure.

A window is a range of the program's allocations. What of it is alive after a later window has ended
has stayed; what a leak keeps, it keeps of every window alike. What fills up keeps less of later
windows, what replaces its content less of earlier ones.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from ..base.frames import CallFrame, Place, place_of
from .thresholds import THRESHOLDS
from .trend import rates, steady_rate

__all__ = [
    "Allocations",
    "Growing",
    "growing_among",
    "merge_windows",
]


@dataclass(frozen=True)
class Allocations:
    """What one place allocated in each of the ``windows`` and is alive: how many of each size.

    ``place`` has the allocating function first, its callers after it, down to the program's own
    innermost function; ``callers`` go on from there. Sizes are in bytes. ``of_size``: what else
    the place allocates is left out.
    """

    place: Place
    callers: tuple[CallFrame, ...]
    windows: tuple[Mapping[int, int], ...]
    of_size: int | None = None

    @cached_property
    def counts(self) -> tuple[int, ...]:
        """Survivors of each window."""
        return tuple(sum(window.values()) for window in self.windows)

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """Their bytes."""
        return tuple(sum(size * count for size, count in window.items()) for window in self.windows)

    @cached_property
    def by_size(self) -> tuple[tuple[int, int], ...]:
        """The bytes of an object and how many such there are, the most common size first."""
        return tuple(sum(map(Counter, self.windows), Counter[int]()).most_common())

    def only(self, size: int) -> Allocations:
        """Those of one size."""
        windows = tuple({size: window.get(size, 0)} for window in self.windows)
        return replace(self, windows=windows, of_size=size)

    def until(self, end: int) -> Allocations:
        """Those of the windows before ``end``."""
        return replace(self, windows=(*self.windows[:end], *({} for _ in self.windows[end:])))

    def since(self, start: int) -> Allocations:
        """Those of the windows from ``start`` on."""
        return replace(self, windows=(*({} for _ in range(start)), *self.windows[start:]))

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

    ``steady`` if at one pace; ``few`` if they are so few that more windows should tell.
    """

    allocations: Allocations
    per_iteration: float
    bytes_per_iteration: float
    steady: bool
    few: bool


#: survivors that come at once, of which a window has none by no other chance: 300 rows each second
LUMP = 8
#: lumps of a window at most, where others have none
MOST_LUMPS = 4.5
#: share of a lump by which others may differ from a multiple of it
LUMP_REST = 0.25
#: standard deviations of counts that are no chance
SURELY = 3.0
#: windows that must have kept as much each, how many times that younger ones have, and how many
#: say nothing where those before them have none
LEAST_OLD, YOUNG, LATEST = 4, 2, 2
#: rare things to be expected in a window that has none of them by chance
NONE_BY_CHANCE = 3.0


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
    return tuple(Allocations(place, callers[place], tuple(rows)) for place, rows in found.items())


def growing_among(
    rows: Sequence[Allocations],
    windows: Sequence[float],
    interval: int = 1,
    *,
    timed: bool = False,
    ended: bool = False,
    compiled: bool = False,
    before: Sequence[Growing] = (),
) -> tuple[Growing, ...]:
    """The places that leave survivors of every window behind, those of most bytes first.

    Where no single path through Node to a function of the program is one of them, all paths to it
    may be: their sum is looked at as well. ``interval`` is the profiler's, in bytes: above 1 it
    records an object of s bytes with probability 1 - exp(-s / interval). ``timed``: windows are
    time, of which the profiler takes its share; ``ended``: no more of them come. ``compiled``: V8's
    compilers are on, and may put a function into its caller meanwhile; then what is allocated below
    a caller is looked at as well. Sizes told apart ``before`` are looked at by themselves again.
    """

    def growing_of(row: Allocations) -> Growing | None:
        if timed and len(row.counts) >= LEAST_OLD + LATEST and not any(row.counts[:-LATEST]):
            return None
        old = _old_enough(row.counts, windows) if timed or ended else 0
        if not old:
            return _growing(row, windows, interval, timed, *least)
        first = replace(row, windows=row.windows[:old])  # the others will be let go of yet
        found = _growing(first, windows[:old], interval, timed, *least)
        return found and replace(found, allocations=row.until(old))

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
    if not any(growing.steady for growing in found):
        told = {(g.allocations.place, g.allocations.of_size) for g in before}
        sizes = [g for row in rows for part in _apart(row, told) if (g := growing_of(part))]
        apart = {g.allocations.place: g for g in sizes if g.steady and not g.few}
        found = [g for g in found if g.allocations.place not in apart] + [*apart.values()]
    if compiled and not any(growing.steady for growing in found):
        below = [g for parts in _below(rows) if (g := growing_of(parts)) and g.steady]
        # Of a chain of callers the innermost: what it allocates, the others do as well.
        found += sorted(below, key=lambda g: g.bytes_per_iteration)[:1]
    return tuple(sorted(found, key=lambda g: -g.bytes_per_iteration))


def _apart(row: Allocations, told: Container[tuple[Place, int | None]]) -> Iterator[Allocations]:
    """The sizes of which a place's survivors come in another way than all of them, beyond chance.

    By their chi-squared, or as they were ``told`` before. A function that keeps one thing for ever
    may refill a cache as well.
    """
    if not row.is_own or len(row.by_size) < 2:
        return
    share = {size: count / sum(row.counts) for size, count in row.by_size}
    seen = sum(map(bool, row.counts))
    for size in share:
        part = row.only(size)
        pairs = [(n * share[size], k) for n, k in zip(row.counts, part.counts, strict=True) if n]
        differs = sum((k - mean) ** 2 / mean for mean, k in pairs)
        if (row.place, size) in told or differs > seen + SURELY * math.sqrt(2 * seen):
            yield part


def _below(rows: Sequence[Allocations]) -> Iterator[Allocations]:
    """What is allocated in and below each function of the program that is in several stacks."""
    found: dict[CallFrame, list[Allocations]] = {}
    for row in rows:
        for frame in dict.fromkeys((*row.place, *row.callers)):
            if frame.is_own:
                found.setdefault(frame, []).append(row)
    return (_sum(frame, parts) for frame, parts in found.items() if len(parts) > 1)


def _sum(function: CallFrame, parts: Sequence[Allocations]) -> Allocations:
    windows = zip(*(part.windows for part in parts), strict=True)
    merged = tuple(sum(map(Counter, window), Counter[int]()) for window in windows)
    return Allocations((function,), parts[0].callers, merged)


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
        row = row.since(start)
    total, span = sum(row.counts), sum(windows[start:])
    if not total:
        return None
    seen = 1.0 if interval <= 1 else 1 - math.exp(-max(row.object_size, 1) / interval)
    few = total / lump < (THRESHOLDS.few_own if row.is_own else THRESHOLDS.few_of_node)
    by_chance = total < THRESHOLDS.no_chance if row.is_own else few
    if total / span / seen < (least_by_chance if by_chance else least):
        return None
    counts, spans = row.counts[start:], windows[start:]
    is_steady = _same_halves if timed else steady_rate
    return Growing(
        row,
        total / span / seen,
        sum(row.sizes) / span / seen,
        steady=is_steady([n / lump for n in counts], spans),
        few=few or (start > 0 and len(counts) < 2),
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


def _old_enough(counts: Sequence[int], windows: Sequence[float]) -> int:
    """Windows, from the oldest, that are level, where all younger ones have far more; 0: none.

    What a program keeps for some seconds is not worked off while it is watched, or is slow.
    """
    pace = rates(counts, windows)
    for old in range(len(counts) - 1, LEAST_OLD - 1, -1):
        early, late = slice(0, old // 2), slice((old + 1) // 2, old)
        usual = sum(counts[early]) / max(sum(windows[early]), 1e-9) * sum(windows[late])
        is_level = abs(sum(counts[late]) - usual) <= SURELY * math.sqrt(usual)
        if is_level and sum(counts[:old]) >= THRESHOLDS.few_of_node:
            most = max(pace[:old])
            return old if all(each > YOUNG * most for each in pace[old:]) else 0
    return 0


def _same_halves(counts: Sequence[float], spans: Sequence[float]) -> bool:
    pace = rates(counts, spans)
    half = len(pace) // 2
    early, late = sum(pace[:half]) / max(half, 1), sum(pace[half:]) / (len(pace) - half)
    return min(early, late) >= THRESHOLDS.same_timed * max(early, late)
