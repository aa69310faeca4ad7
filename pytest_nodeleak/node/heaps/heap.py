"""One V8 heap of the program, whatever thread or process it belongs to."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ...base.deadline import Deadline
from ...base.errors import AttachError, EvaluationError, hide_ours
from ...base.samples import Sample
from ...inspector import ChunkHandler, EventHandler
from ..channel import Channel
from ..probes.entries import EntryCensus
from ..probes.gc_runs import GcRun, HeapGrowth, growth_listener
from ..probes.instances import count_instances
from ..probes.live_profile import live_profile
from ..probes.numbers import EntryCounts, numbers_in
from ..probes.scripts import Script, loaded_scripts, script_texts
from ..probes.snapshots import stream_snapshot
from ..probes.timers import OwnTimer, PendingTimeouts, own_timers, pending_timeouts
from ..probes.tracking import TrackedObjects
from ..process.signalled import heard_signal, snapshot_by_signal
from .gc_watch import GcWatch

if TYPE_CHECKING:
    from ...heap import HeapSnapshot

__all__ = ["HeapKind", "NodeHeap", "NodeWorker", "Via"]

__tracebackhide__ = hide_ours

HeapKind = Literal["main", "worker", "child"]
#: ways to take a snapshot
Via = Literal["auto", "inspector", "program", "signal"]


class NodeHeap:
    """A heap: "main", "worker 1 (jobs.js)", "child 4711 (job.js)".

    ``pid`` is of the process it lives in. What asks it raises HeapGoneError when a worker or a
    child has ended, and otherwise what the program itself raises: TargetError or a kind of it.
    """

    def __init__(
        self,
        channel: Channel,
        name: str,
        kind: HeapKind,
        pid: int,
        iterations: Callable[[], int] = lambda: 0,
    ) -> None:
        """``iterations`` tells how many the program has done, for samples."""
        self.channel = channel
        self.name = name
        self.kind = kind
        self.pid = pid
        self._iterations = iterations
        #: whether it can write files that we can read
        self.shares_files = True
        self._gc: GcWatch | None = None

    def __repr__(self) -> str:
        state = "ended" if self.channel.session.lost else "running"
        return f"<{type(self).__name__} {self.name} in pid {self.pid} {state}>"

    @property
    def alive(self) -> bool:
        """Whether it has not ended; looks, but asks nothing of it."""
        return not self.channel.ended

    def command(
        self,
        method: str,
        params: dict[str, Any] | None = None,
        *,
        deadline: Deadline | None = None,
        doing: str = "",
        on_event: EventHandler | None = None,
        on_chunk: ChunkHandler | None = None,
    ) -> dict[str, Any]:
        """One inspector command. Raises ProtocolError if the inspector refuses it."""
        return self.channel.command(
            method, params, deadline=deadline, doing=doing, on_event=on_event, on_chunk=on_chunk
        )

    def driver(
        self, name: str, *args: Any, deadline: Deadline | None = None, doing: str = ""
    ) -> Any:
        """Call a method of the driver inside the heap and return its JSON value."""
        return self.channel.driver(name, *args, deadline=deadline, doing=doing)

    def evaluate(self, text: str, timeout: float = 30.0) -> Any:
        """Run JavaScript there and return its value, which must be JSON; as NodeApp's."""
        reply = self.driver("evaluate", text, deadline=Deadline(timeout), doing="evaluate ran")
        self.tell_gc()
        answer = json.loads(reply)
        if "error" in answer:
            stack = str(answer["error"])
            raise EvaluationError(f"evaluate threw: {stack}", stack=stack)
        return answer["value"]

    def memory(self, settle: int = 2, deadline: Deadline | None = None) -> Sample:
        """Force GC ``settle`` times, each after a turn of the event loop, and read the memory.

        ``rss`` is of the whole process, the other sizes are of this heap.
        """
        with self._asking_for_gc():
            text = self._settle(settle, deadline)
        heap, external, buffers, rss, contexts, resources, physical = map(int, text.split())
        return Sample(
            heap,
            external,
            buffers,
            rss,
            contexts,
            resources,
            iterations=self.iterations,
            heap_physical=physical,
        )

    @property
    def iterations(self) -> int:
        """Those that the program has done."""
        return self._iterations()

    def usage(self) -> int:
        """Bytes in use, garbage included: one look, without a turn of its event loop."""
        return int(self.channel.driver_at_once("usage"))

    def collect_garbage(self) -> None:
        """Force a full GC, weak references and finalizers included."""
        with self._asking_for_gc():
            if not self.channel.is_asleep():  # where the engine's own task would not run
                self.command("HeapProfiler.collectGarbage", doing="GC was forced")
            self._settle(2)

    def _settle(self, times: int, deadline: Deadline | None = None) -> str:
        # The inspector keeps the arguments of the last 1,000 console messages alive.
        self.command("Runtime.discardConsoleEntries", deadline=deadline, doing="GC was forced")
        return str(self.driver("settle", times, deadline=deadline, doing="GC was forced"))

    def on_gc(self, callback: Callable[[GcRun], object] | None = None) -> GcWatch:
        """Count its GC runs from now on; as NodeApp's."""
        if self._gc is None or self._gc.closed:
            self._gc = GcWatch(self.channel)
        if callback is not None:
            self._gc.add(callback)
        return self._gc

    def on_growth(
        self,
        callback: Callable[[HeapGrowth], object],
        *,
        runs: int = 5,
        at_least: float | str = 0,
    ) -> GcWatch:
        """Call when it is larger after each of ``runs`` major GC runs; as NodeApp's."""
        listener = growth_listener(callback, runs, at_least)
        watch = self.on_gc()
        watch.add_growth(listener)
        return watch

    def live_profile(self, path: str | Path, interval: int = 512) -> AbstractContextManager[Path]:
        """Record in the block what is allocated and still alive at its end; as NodeApp's."""
        return live_profile(self.channel, path, interval)

    def _asking_for_gc(self) -> AbstractContextManager[None]:
        return nullcontext() if self._gc is None else self._gc.asking()

    def tell_gc(self) -> None:
        """Call the callbacks of GC runs that have happened, if there are any."""
        if self._gc is not None:
            self._gc.read()

    def count_instances(self, expression: str, timeout: float = 30.0) -> int:
        """Live objects of a class, counted by the engine after GC; as NodeApp's."""
        return count_instances(self.channel, expression, Deadline(timeout))

    def active_resources(self) -> dict[str, int]:
        """How many timers, sockets, handles... keep its event loop going, by Node's names."""
        counts: dict[str, int] = json.loads(self.driver("resources"))
        return counts

    def heap_limit(self) -> float:
        """Bytes that the heap may have before V8 ends its thread or process."""
        return float(self.driver("heapLimit"))

    def pending_timeouts(self) -> PendingTimeouts:
        """One-shot timers that have not fired yet, counted by the engine after GC."""
        return pending_timeouts(self.channel)

    def own_timers(self, most: float) -> tuple[OwnTimer, ...]:
        """Timers of the program and its packages that fire within ``most`` seconds, and again."""
        return own_timers(self.channel, most)

    def numbers_in(self, object_id: int | None, closure_id: int | None) -> dict[str, float]:
        """Numbers that an object, and the variables in scope of a closure, hold, by name.

        Both are heap object ids, of the snapshot taken last; None reads nothing.
        """
        return numbers_in(self.channel, object_id, closure_id, Deadline(10))

    def count_entries(self, ids: Iterable[int]) -> EntryCounts:
        """Count the entries of containers, given by heap object ids of the snapshot taken last."""
        return EntryCounts(self.channel, ids)

    def entry_census(self) -> EntryCensus:
        """What all its containers hold together."""
        return EntryCensus(self.channel)

    def scripts(self) -> dict[int, Script]:
        """The scripts that are loaded, by their numbers in heap snapshots."""
        return loaded_scripts(self.channel, Deadline(10))

    def script_texts(self, numbers: Iterable[int]) -> dict[int, str]:
        """The texts of some of them, as the engine has compiled them."""
        return script_texts(self.channel, numbers, Deadline(10))

    def tracked_objects(self) -> TrackedObjects:
        """A block of work after which one snapshot tells what it allocated and kept."""
        from ...heap import SnapshotReader

        return TrackedObjects(self.channel, lambda: SnapshotReader(f"snapshot of {self._title}"))

    def take_snapshot(
        self,
        path: str | Path | None = None,
        *,
        detail: Literal["full", "classes"] = "full",
        timeout: float = 300.0,
        deadline: Deadline | None = None,
        via: Via = "auto",
        told: Callable[[int], None] | None = None,
    ) -> HeapSnapshot:
        """Take a heap snapshot, parsed while it is written; ``path`` keeps the file.

        Its thread stands still meanwhile. ``timeout`` is in seconds. ``via`` insists on a way, as
        NodeApp's. Raises OSError if the file cannot be written; none is left half-written.
        ``told`` is told the bytes so far.
        """
        from ...heap import SnapshotReader  # numpy: only paid for when a snapshot is taken

        def reader() -> SnapshotReader:
            return SnapshotReader(str(path or f"snapshot of {self._title}"), detail)

        target = None if path is None else Path(path)
        deadline = deadline or Deadline(timeout)
        if via == "signal":
            return self._signalled(target, detail, deadline)
        if via == "auto" and not self.shares_files:
            via = "inspector"
        return stream_snapshot(self.channel, reader, target, deadline, told, via).finish()

    def _signalled(
        self, target: Path | None, detail: Literal["full", "classes"], deadline: Deadline
    ) -> HeapSnapshot:
        """By the signal of --heapsnapshot-signal or heapdump."""
        from ...heap import load_snapshot

        if self.kind != "main":
            raise AttachError(
                f"a signal reaches a whole program, not {self.name}: by its inspector"
            )
        with tempfile.TemporaryDirectory(prefix="nodeleak-") as folder:
            file = target or Path(folder, "snapshot.heapsnapshot")
            snapshot_by_signal(self.pid, heard_signal(self.pid), file, deadline)
            return load_snapshot(file, detail=detail)

    @property
    def _title(self) -> str:
        return f"pid {self.pid}" if self.kind == "main" else self.name


class NodeWorker(NodeHeap):
    """A worker thread: its number (``worker.threadId``), title and script besides."""

    def __init__(
        self,
        channel: Channel,
        name: str,
        pid: int,
        iterations: Callable[[], int],
        *,
        id: int,
        title: str,
        url: str,
    ) -> None:
        super().__init__(channel, name, "worker", pid, iterations)
        self.id = id
        self.title = title
        self.url = url
