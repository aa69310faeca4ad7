"""V8's sampling heap profiler: what is alive of all that was allocated since it was started.

At an interval of 1 byte it records every allocation, so that survivors are counted exactly, on a
heap of any size and without a walk over it. It costs about 3 microseconds per allocated object.
"""

from __future__ import annotations

import functools
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ...base.errors import ProtocolError, TargetError
from ...base.frames import CallFrame, frame_of

__all__ = [
    "AliveSamples",
    "ClosedWindow",
    "Sampler",
    "SamplingSession",
    "Stack",
    "alive_samples",
    "true_size",
]

_DEPTH = 24
#: sizes, in intervals, that are always recorded and stand for themselves
MOST_SCALED = 8

#: call frames, innermost first
Stack = tuple[CallFrame, ...]


class _Commands(Protocol):
    def command(
        self, method: str, params: dict[str, Any] | None = None, *, doing: str = ""
    ) -> dict[str, Any]: ...


@dataclass(frozen=True)
class AliveSamples:
    """The live allocations: call stacks, innermost frame first, by number; and each one's facts.

    ``samples`` are tuples (size in bytes, number of the stack, ordinal): ordinals rise in the order
    of allocation.
    """

    stacks: dict[int, Stack]
    samples: tuple[tuple[int, int, int], ...]

    @property
    def newest(self) -> int:
        """The highest ordinal; 0 if nothing is alive."""
        return max((ordinal for _, _, ordinal in self.samples), default=0)

    def survivors(self, after: int, until: int) -> dict[Stack, Counter[int]]:
        """For each stack how many live allocations of each size have an ordinal in the range."""
        by_number: dict[int, Counter[int]] = {}
        for size, stack, ordinal in self.samples:
            if after < ordinal <= until:
                sizes = by_number.get(stack)
                if sizes is None:
                    sizes = by_number[stack] = Counter()
                sizes[size] += 1
        found: dict[Stack, Counter[int]] = {}
        for number, sizes in by_number.items():
            found.setdefault(self.stacks[number], Counter()).update(sizes)
        return found


class Sampler:
    """The sampling profiler of one heap."""

    def __init__(self, heap: _Commands, interval: int = 1) -> None:
        self._heap = heap
        self._interval = interval

    def start(self) -> None:
        """Record from now on."""
        self._heap.command(
            "HeapProfiler.startSampling",
            {"samplingInterval": self._interval, "stackDepth": _DEPTH},
            doing="allocations were to be counted",
        )

    def stop(self) -> None:
        """Record no more; the ids of heap objects begin anew."""
        # stopSampling would make, and send, the whole profile once more.
        self._heap.command("HeapProfiler.disable", doing="counting allocations ended")

    def read(self) -> AliveSamples:
        """What is alive now; force GC before."""
        try:
            reply = self._heap.command(
                "HeapProfiler.getSamplingProfile", doing="live allocations were read"
            )
        except ProtocolError:
            raise TargetError(
                "the program has stopped V8's sampling heap profiler, by which allocations were "
                "being counted: it uses that profiler itself (inspector.Session); leave that out "
                "while it is measured"
            ) from None
        return alive_samples(reply["profile"], self._interval)


@dataclass(frozen=True)
class ClosedWindow:
    """Survivors of a window that another one followed, by stack and size."""

    iterations: float
    survivors: dict[Stack, Counter[int]]

    def reduced(
        self, before: Sequence[ClosedWindow], after: Sequence[ClosedWindow]
    ) -> ClosedWindow:
        """With as much less of each stack and size as later windows had ``after`` than ``before``.

        Of sizes that these had not, as much less as of all of the stack.
        """
        survivors = {}
        for stack, sizes in self.survivors.items():
            had, has = _alive_of(stack, before), _alive_of(stack, after)
            of_all = _share(had.total(), has.total(), 1.0)
            survivors[stack] = Counter(
                {size: round(n * _share(had[size], has[size], of_all)) for size, n in sizes.items()}
            )
        return ClosedWindow(self.iterations, survivors)


def _alive_of(stack: Stack, windows: Sequence[ClosedWindow]) -> Counter[int]:
    return sum((window.survivors.get(stack, Counter()) for window in windows), Counter[int]())


def _share(had: int, has: int, otherwise: float) -> float:
    return has / had if had else otherwise


class SamplingSession:
    """Begins with its making and goes on to :meth:`end`; a window is a range of allocations."""

    def __init__(self, heap: _Commands, interval: int) -> None:
        self._sampler = Sampler(heap, interval)
        self._sampler.start()
        self._marks = [0]
        self._counts: list[float] = []
        self._alive: AliveSamples | None = None

    def __repr__(self) -> str:
        return f"<SamplingSession of {len(self._counts)} windows>"

    @property
    def counts(self) -> list[float]:
        """Iterations of its windows, the last one, which none has followed yet, included."""
        return self._counts

    def close_window(self, iterations: float) -> None:
        """What was allocated since the last window is one; force GC before."""
        self.read()
        assert self._alive is not None
        self._counts.append(iterations)
        self._marks.append(max(self._alive.newest, self._marks[-1]))

    def close_empty_window(self, iterations: float) -> None:
        """The same where nothing was allocated since: the profiler need not be asked."""
        if self._alive is None:
            self._alive = AliveSamples({}, ())
        self._counts.append(iterations)
        self._marks.append(self._marks[-1])

    def read(self) -> None:
        """See again what is alive; force GC before."""
        self._alive = self._sampler.read()

    def windows(self, *, last: bool = False) -> list[ClosedWindow]:
        """Those that another one followed, with what is alive of them; the ``last`` one, too."""
        if self._alive is None:
            return []
        marks = self._marks
        return [
            ClosedWindow(self._counts[at], self._alive.survivors(marks[at], marks[at + 1]))
            for at in range(len(self._counts) - (not last))
        ]

    def end(self) -> None:
        """Stop the profiler, which ends the ids of heap objects as well."""
        self._sampler.stop()


@functools.lru_cache(maxsize=4096)
def true_size(told: int, interval: int) -> int:
    """Bytes of a sampled object, of which the inspector tells a multiple.

    It stands for those that were not recorded: its size times 1 / (1 - exp(-size / interval)),
    rounded. Where several sizes would tell the same, the middle one is given.
    """
    if interval <= 1 or told > MOST_SCALED * interval:
        return told
    fitting = [
        size
        for size in range(8, told + 1, 8)
        if size * int(1 / (1 - math.exp(-size / interval)) + 0.5) == told
    ]
    return fitting[len(fitting) // 2] if fitting else told


def alive_samples(profile: dict[str, Any], interval: int = 1) -> AliveSamples:
    """A profile of the inspector in our form; samples whose stack it lacks have an empty one."""
    stacks = dict(_stacks(profile["head"]))
    samples = tuple(
        (true_size(int(item["size"]), interval), int(item["nodeId"]), int(item["ordinal"]))
        for item in profile["samples"]
    )
    for _, number, _ in samples:
        stacks.setdefault(number, ())
    return AliveSamples(stacks, samples)


def _stacks(head: dict[str, Any]) -> Iterator[tuple[int, Stack]]:
    """Every node's number and stack; the root stands for no function."""
    waiting: list[tuple[dict[str, Any], Stack]] = [(child, ()) for child in head["children"]]
    while waiting:  # deep stacks: no recursion
        node, callers = waiting.pop()
        stack = (frame_of(node["callFrame"]), *callers)
        yield int(node["id"]), stack
        waiting.extend((child, stack) for child in node["children"])
