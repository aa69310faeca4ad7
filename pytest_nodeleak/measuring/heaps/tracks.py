"""The samples of one heap. One that rests is not read anew: a pool of idle threads costs little."""

from __future__ import annotations

import time
from dataclasses import replace

from ...base.errors import NodeLeakError, TargetStuckError
from ...base.samples import Sample, Series
from ...node.heaps.heap import NodeHeap

__all__ = ["Track"]

#: looks, and how often GC is forced in readings, that leave traces of the driver in a heap
WARM_LOOKS = 10
WARM_READINGS = (0, 0, 2)
#: bytes of its heap by which a thread may differ from one that does nothing but answer us: a
#: message that it gets takes 48 at least, and its answers differ by a word at times
NOTHING = 16
#: readings in a row before which a heap was at work, after which as many are taken unasked
AT_WORK = 3
#: looks until an answer of ours is known to take as many bytes as the one before
MOST_LOOKS = 8


class Track:
    """One heap and its samples; ``ended`` once it is gone, or so busy that it is ``silent``.

    ``rested``: nothing was allocated in it between the last two samples but our own answers.
    """

    def __init__(self, heap: NodeHeap) -> None:
        self.heap = heap
        self.name = heap.name
        self.samples: list[Sample] = []
        self.ended = False
        self.silent = False
        self.rested = False
        #: seconds that a reading took last
        self.seconds = 0.0
        self._last: Sample | None = None
        self._usage = Usage()

    def __repr__(self) -> str:
        return f"<Track {self.name}, {len(self.samples)} samples>"

    @property
    def series(self) -> Series:
        return Series(tuple(self.samples))

    def warm_up(self) -> None:
        """Readings that are no samples: the first ones leave traces of the driver in it."""
        try:
            for _ in range(WARM_LOOKS):
                self.heap.usage()
            for settle in WARM_READINGS:
                began = time.monotonic()
                self._last = self.heap.memory(settle=settle)
                self.seconds = time.monotonic() - began
            self._usage.begin(self.heap)
        except NodeLeakError as error:
            self.lose(error)

    def read(self, seconds: float, settle: int = 2) -> None:
        """Force GC there and take a sample; where it has ended or does not answer, note that."""
        began = time.monotonic()
        try:
            sample = self._sample(settle)
        except NodeLeakError as error:
            if self.heap.kind == "main":
                raise
            self.lose(error)
        else:
            self.samples.append(replace(sample, seconds=seconds))
            self.seconds = time.monotonic() - began

    def look(self) -> list[int]:
        """Its heapUsed after GC, in bytes, where no sample is wanted; nothing if it has ended."""
        try:
            return [self.heap.memory(settle=1).heap_used]
        except NodeLeakError as error:
            if self.heap.kind == "main":
                raise
            self.lose(error)
            return []

    def _sample(self, settle: int) -> Sample:
        if self.heap.kind == "main":
            return self.heap.memory(settle=settle)
        self.rested = self._last is not None and self._usage.rests(self.heap)
        if self._last is not None and self.rested:
            return replace(self._last, iterations=self.heap.iterations)
        self._last = self.heap.memory(settle=settle)
        self._usage.begin(self.heap)
        return self._last

    def lose(self, error: NodeLeakError) -> None:
        """It is asked nothing any more."""
        self.ended = True
        self.silent = isinstance(error, TargetStuckError)


class Usage:
    """Tells whether a thread did anything since it was asked last, by the bytes in use.

    They only rise while there is no GC, and each answer to us takes the same number of them.
    """

    def __init__(self) -> None:
        self._expected = 0
        self._answer = 0
        self._at_work = 0
        self._unasked = 0

    def __repr__(self) -> str:
        return f"<Usage {self._expected} B expected, {self._answer} B an answer>"

    def begin(self, heap: NodeHeap) -> None:
        """From now on; ``heap`` was just read."""
        if self._unasked:
            return
        self._expected = heap.usage()
        for _ in range(0 if self._answer else MOST_LOOKS):
            now, before = heap.usage(), self._expected
            self._expected = now
            if now - before == self._answer:
                break  # the first few make V8 compile what gives them
            self._answer = now - before

    def rests(self, heap: NodeHeap) -> bool:
        """Whether it did nothing; False, unasked, for one that has been at work in a row."""
        if self._unasked:
            self._unasked -= 1
            return False
        self._expected += self._answer
        rests = abs(heap.usage() - self._expected) <= NOTHING
        self._at_work = 0 if rests else self._at_work + 1
        self._unasked = self._at_work if self._at_work >= AT_WORK else 0
        if self._at_work == 1 or self._unasked:
            self._answer = 0  # V8 may have done something for it, and it takes more by now
        return rests
