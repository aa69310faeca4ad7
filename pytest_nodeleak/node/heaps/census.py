"""All heaps of a program that are alive: looked for whenever somebody asks."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from ...base.deadline import Deadline
from ...base.errors import ConnectionLostError, DeadlineExceeded, NodeLeakError, hide_ours
from ...base.frames import path_in_url
from ...inspector import RelayedTransport, RelayedWorker, Session, WorkerRelay
from ..deaths import HeapFate
from .channels import ChildChannel, WorkerChannel
from .heap import NodeHeap, NodeWorker
from .meeting import Arrival, MeetingPoint

__all__ = ["Census"]

__tracebackhide__ = hide_ours

_NUMBER = re.compile(r"^\[worker (\d+)\]|^Worker (\d+)")
# Node's own threads, for the hooks of ES module loaders, are no part of the program.
_OF_NODE = "node:"
# Seconds for a child to tell of its workers; a busy one tells later.
_GREETING = 0.25
# Seconds after which a worker is taken for one that stays.
_YOUNG = 0.1


@dataclass(eq=False)
class _Home:
    """A process with its own heap and those of its worker threads, by their sessions."""

    heap: NodeHeap
    relay: WorkerRelay
    workers: dict[str, NodeWorker] = field(default_factory=dict)


class Census:
    """The main heap, the workers of the program, its children and theirs.

    The same heap is the same object each time. Nothing is attached before the first question.
    """

    def __init__(
        self,
        main: NodeHeap,
        meeting: MeetingPoint | None,
        iterations: Callable[[], int],
        *,
        threads: str = "",
    ) -> None:
        """``meeting`` None: no children are looked into.

        ``threads`` brings the driver into worker threads where Node does not; with neither the
        main heap is all that is looked at.
        """
        self._threads = threads
        self._main = _Home(main, WorkerRelay(main.channel.session))
        self._meeting = meeting
        self._iterations = iterations
        self._children: list[_Home] = []

    def __repr__(self) -> str:
        return f"<Census of {self._main.heap!r} and {len(self._children)} children>"

    @property
    def sees_all(self) -> bool:
        """Whether more than the main heap is looked at."""
        return self._meeting is not None or bool(self._threads)

    def heaps(self) -> list[NodeHeap]:
        """Those alive now, main first. Raises TargetError if the program itself is gone."""
        main = self._main
        main.heap.channel.check_alive("its heaps were looked for")
        if not self.sees_all:
            return [main.heap]
        found: list[NodeHeap] = [main.heap, *self.workers()]
        return found + self._of_children()

    def workers(self) -> list[NodeWorker]:
        """Worker threads of the program itself, in the order of their numbers."""
        main = self._main
        if not self.sees_all:
            return []
        main.heap.channel.check_alive("its workers were looked for")
        if not main.relay.enabled:
            if not self._threads and not self._has_lasting_workers():
                return []
            main.relay.enabled = True
            main.heap.command(
                "NodeWorker.enable",
                {"waitForDebuggerOnStart": False},
                deadline=Deadline(10),
                doing="its workers were looked for",
            )
        return self._workers_of(main)

    def _has_lasting_workers(self) -> bool:
        """Whether a worker of the program has run for a while.

        Node aborts if it is to attach to a thread that ends before the main thread has noticed its
        start, so nothing is attached to programs whose workers all end soon.
        """
        patience = Deadline(2 * _YOUNG)
        while True:
            runs = self._main.heap.channel.driver_at_once("workersRun")
            if runs is None or runs >= _YOUNG * 1000:
                return True
            if runs < 0 or patience.expired:
                return False
            time.sleep(0.01)

    def known_workers(self) -> list[NodeWorker]:
        """Those of the program that were found so far."""
        return list(self._main.workers.values())

    def children(self) -> list[NodeHeap]:
        """Child processes that run Node, their own children included."""
        return [heap for heap in self._of_children() if heap.kind == "child"]

    def close(self) -> None:
        """Let go of all but the main heap."""
        for home in self._children:
            home.heap.channel.close()
        self._children = []
        if self._meeting is not None:
            self._meeting.close()

    def _of_children(self) -> list[NodeHeap]:
        if self._meeting is None:
            return []
        self._children += [self._greeted(arrival) for arrival in self._meeting.arrivals()]
        there = [home for home in self._children if home.heap.alive]
        for home in self._children:
            if home not in there:
                home.heap.channel.close()
        self._children = there
        found: list[NodeHeap] = []
        for home in self._children:
            found += [home.heap, *self._workers_of(home)]
        return found

    def _greeted(self, arrival: Arrival) -> _Home:
        name = f"child {arrival.pid} ({arrival.script or 'no script'})"
        session = Session(arrival.transport)
        relay = WorkerRelay(session)
        channel = ChildChannel(session, HeapFate(name))
        # A busy child answers later, one that has ended never: the next look tells.
        with contextlib.suppress(DeadlineExceeded, NodeLeakError):
            relay.enable(Deadline(_GREETING))
        return _Home(NodeHeap(channel, name, "child", arrival.pid, self._iterations), relay)

    def _workers_of(self, home: _Home) -> list[NodeWorker]:
        with contextlib.suppress(ConnectionLostError):
            home.relay.session.poll()
        known = {worker.session_id: worker for worker in home.relay.workers}
        for session_id, worker in known.items():
            if session_id not in home.workers and not worker.url.startswith(_OF_NODE):
                home.workers[session_id] = self._worker(home, worker)
        for session_id in set(home.workers) - set(known):
            del home.workers[session_id]
        return sorted(home.workers.values(), key=lambda worker: worker.id)

    def _worker(self, home: _Home, worker: RelayedWorker) -> NodeWorker:
        number = _number(worker)
        name = f"worker {number} ({_script(worker.url)})"
        if home is not self._main:
            name += f" of {home.heap.name}"
        session = Session(RelayedTransport(home.relay, worker))
        return NodeWorker(
            WorkerChannel(session, HeapFate(name), *([self._threads] if self._threads else [])),
            name,
            home.heap.pid,
            self._iterations,
            id=number,
            title=worker.title,
            url=worker.url,
        )


def _number(worker: RelayedWorker) -> int:
    """``worker.threadId``: Node 22 numbers its sessions otherwise, the title tells it."""
    found = _NUMBER.match(worker.title)
    text = (found.group(1) or found.group(2)) if found else worker.worker_id
    return int(text) if text.isdigit() else 0


def _script(url: str) -> str:
    return Path(unquote(path_in_url(url))).name or "eval"
