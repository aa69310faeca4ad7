"""What is asked of the main heap of a program."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..base.deadline import Deadline
from ..base.errors import hide_ours
from ..base.samples import Sample
from .arguments import checked_file, checked_text
from .heaps.gc_watch import GcWatch
from .heaps.heap import NodeHeap, Via
from .probes.gc_runs import GcRun, HeapGrowth
from .program import ProgramChannel

if TYPE_CHECKING:
    from ..heap import HeapSnapshot

__all__ = ["AskedOfMainHeap"]

__tracebackhide__ = hide_ours


class AskedOfMainHeap(ABC):
    """The part of NodeApp that its main heap answers."""

    _main: NodeHeap

    @abstractmethod
    def _open_channel(self) -> ProgramChannel:
        """Raises TargetError if the app is closed."""

    def evaluate(self, text: str, timeout: float = 30.0) -> Any:
        """Run JavaScript in the program and return its value, which must be JSON.

        ``text`` is an expression, or statements that ``return`` the value; ``await``,
        ``import()`` and the script's own ``require`` work. ``timeout`` is in seconds.

        Raises EvaluationError with the JavaScript stack if it throws, TargetStuckError after
        the time-out.
        """
        self._open_channel()
        return self._main.evaluate(checked_text(text, "evaluate"), timeout)

    def memory(self, settle: int = 2, deadline: Deadline | None = None) -> Sample:
        """Force GC ``settle`` times, each after a turn of the event loop, and read the memory."""
        self._open_channel()
        return self._main.memory(settle, deadline)

    def active_resources(self) -> dict[str, int]:
        """How many timers, sockets, handles... keep the event loop going, by Node's names."""
        self._open_channel()
        return self._main.active_resources()

    def collect_garbage(self) -> None:
        """Force a full GC, weak references and finalizers included."""
        self._open_channel()
        self._main.collect_garbage()

    def count_instances(self, expression: str, timeout: float = 30.0) -> int:
        """Live objects of a class, counted by the engine after GC.

        ``expression`` gives the class (``"require('./job').Job"``) or its prototype.
        ``timeout`` is in seconds. Raises EvaluationError if it gives neither.
        """
        self._open_channel()
        return self._main.count_instances(checked_text(expression, "count_instances"), timeout)

    def take_snapshot(
        self,
        path: str | Path | None = None,
        *,
        detail: Literal["full", "classes"] = "full",
        timeout: float = 300.0,
        via: Via = "auto",
    ) -> HeapSnapshot:
        """Take a heap snapshot, parsed while it is written; ``path`` keeps the file.

        The program stands still meanwhile. ``via``: the inspector, v8.writeHeapSnapshot in the
        program, its --heapsnapshot-signal or heapdump's. ``timeout`` is in seconds. Raises
        PolicyError for a folder that is missing, OSError if the file cannot be written (none is
        left half-written), AttachError for no such signal.
        """
        file = checked_file(path)
        self._open_channel()
        return self._main.take_snapshot(file, detail=detail, timeout=timeout, via=via)

    def live_profile(self, path: str | Path, interval: int = 512) -> AbstractContextManager[Path]:
        """A block of which ``path`` tells what was allocated in it and is alive at its end::

            with app.live_profile("cart.heapprofile"):
                app.run("checkout()", 1000)

        By allocating function, of a heap of any size: DevTools opens it (Memory, Load), ``nodeleak
        show`` too. ``interval``: bytes between two samples of V8's profiler; 1 is exact and slow.
        A measurement in the block would end it. Raises PolicyError for a folder that is missing,
        OSError if the file cannot be written.
        """
        file = checked_file(path)
        assert file is not None
        self._open_channel()
        return self._main.live_profile(file, interval)

    def on_gc(self, callback: Callable[[GcRun], object] | None = None) -> GcWatch:
        """Count GC runs from now on: how many of each kind, their pauses, the heap after each::

            with app.on_gc() as gc:
                app.run(work, 1000)
                print(gc.read())

        ``callback`` is called with each run. Nothing of this is in the program before.
        """
        self._open_channel()
        return self._main.on_gc(callback)

    def on_growth(
        self,
        callback: Callable[[HeapGrowth], object],
        *,
        runs: int = 5,
        at_least: float | str = 0,
    ) -> GcWatch:
        """Call when the heap was larger after each of ``runs`` major GC runs than before it.

        An alarm, as memwatch's "leak" event, and no verdict: a cache that fills does the same.
        ``at_least``: bytes (or ``"1 MB"``) of the whole rise, less is none. After a call the
        next rise begins. Raises PolicyError for what is no number.
        """
        self._open_channel()
        return self._main.on_growth(callback, runs=runs, at_least=at_least)
