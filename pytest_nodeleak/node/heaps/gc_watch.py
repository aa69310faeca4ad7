"""GC runs of a heap as they happen, told to whoever wants to know."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType

from ...base.deadline import Deadline
from ...base.errors import hide_ours
from ..channel import Channel
from ..probes.gc_runs import GcRun, GcStats, parse_runs

__all__ = ["GcWatch"]

__tracebackhide__ = hide_ours

#: seconds between two looks at a program that is not spoken to
_PERIOD = 0.5
# Seconds for its answer; one that stands still for longer is asked again.
_PATIENCE = 5.0


class GcWatch:
    """What ``on_gc`` and ``on_growth`` give: counts until ``close()``; a context manager.

    It looks when the program is spoken to, and twice a second from a thread of its own: callbacks
    may be called in either, one at a time. What a callback raises in our own thread is
    raised by the next call of :meth:`read`.
    """

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._stats = GcStats()
        self._listeners: list[Callable[[GcRun], object]] = []
        self._growth_listeners: list[Callable[[GcRun], object]] = []
        self._lock = threading.RLock()
        self._closed = threading.Event()
        self._raised: BaseException | None = None
        # The first question puts up the observer. Without a promise: in a thread that has just
        # begun, and allocates much, Node 22 may collect what it waits for.
        channel.driver_at_once("gc", "runs", doing="GC runs were to be counted")
        self._thread = threading.Thread(target=self._look, name="nodeleak gc", daemon=True)
        self._thread.start()

    def __repr__(self) -> str:
        state = "closed" if self.closed else "counting"
        return f"<GcWatch {state}, {sum(t.runs for t in self._stats.kinds.values())} runs>"

    def __enter__(self) -> GcWatch:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def closed(self) -> bool:
        return self._closed.is_set()

    def add(self, listener: Callable[[GcRun], object]) -> None:
        """Call ``listener`` with each run that is seen from now on."""
        with self._lock:
            self._listeners.append(listener)

    def add_growth(self, listener: Callable[[GcRun], object]) -> None:
        """The same with the major runs; of several that we force in a row, the last one."""
        with self._lock:
            self._growth_listeners.append(listener)

    @contextmanager
    def asking(self) -> Iterator[None]:
        """A block in which we force GC: several runs in a row, of which the last shows the heap."""
        with self._lock:
            self.read()
            yield
            self._take("lately", turns=True, ours=True)

    def read(self) -> GcStats:
        """Take in what has happened, call the callbacks, and return the statistics so far.

        Those of a program that has ended are what was seen of it.
        """
        if not self.closed:
            self._take("lately", turns=True)
        raised, self._raised = self._raised, None
        if raised is not None:
            raise raised
        return self._stats

    def close(self) -> None:
        """Take in the last runs, and take the observer out of the program."""
        if self.closed:
            return
        try:
            self.read()
        finally:
            self._closed.set()
            if threading.current_thread() is not self._thread:
                self._thread.join()
            self._channel.aside("gc", "stop", turns=False, deadline=Deadline(_PATIENCE))

    def _look(self) -> None:
        while not self._closed.wait(_PERIOD) and not self._channel.ended:
            self._look_once()

    def _look_once(self) -> None:
        try:
            self._take("runs", turns=False)
        except BaseException as error:
            self._raised = error  # a callback's, for whoever reads next

    def _take(self, what: str, *, turns: bool, ours: bool = False) -> None:
        with self._lock:
            deadline = Deadline(_PATIENCE)
            text = self._channel.aside("gc", what, turns=turns, deadline=deadline)
            if not isinstance(text, str):
                return  # it stands still, or has ended
            self._channel.aside("gc", "taken", turns=False, deadline=deadline)
            self._stats.missed, runs = parse_runs(text)
            for run in runs:
                self._stats.add(run)
            _tell(self._listeners, runs)
            majors = [run for run in runs if run.kind == "major"]
            _tell(self._growth_listeners, majors[-1:] if ours else majors)


def _tell(listeners: list[Callable[[GcRun], object]], runs: list[GcRun]) -> None:
    for run in runs:
        for listener in listeners:
            listener(run)
