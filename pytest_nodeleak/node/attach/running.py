"""A program that runs already as a NodeApp: measured like one that we started, and left alone."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ...base.deadline import Deadline
from ...base.errors import AttachError, NodeLeakError, NodeVersionError, PolicyError, hide_ours
from ...base.policy import Policy
from ...inspector import Session
from ..app import NodeApp
from ..context import Alone, Context
from ..find import OLDEST_MAJOR, NodeExecutable, version_numbers
from ..heaps.heap import NodeWorker, Via
from ..probes.cost import cost_of
from ..process.schedule import Schedule
from .bundle import visiting
from .doors import Door
from .taking import Way, close_door, connected, door_to, evaluated, pid_behind
from .visitor import RunningProcess, VisitorChannel

if TYPE_CHECKING:
    from ...heap import HeapSnapshot

__all__ = ["AttachedApp", "attach"]

__tracebackhide__ = hide_ours

#: bytes between two samples of V8's profiler: what a busy service can bear
INTERVAL = 512
#: seconds that the program may stand still for a snapshot
STANDSTILL = 2.0
_ABOUT = "JSON.stringify([process.execPath, process.argv[1] || process.execPath])"


class AsItRuns(Alone):
    """What is asked of a measurement of a program whose compilers we did not switch off."""

    def policy(self) -> Policy:
        return Policy(jit="on")


class AttachedApp(NodeApp):
    """A program that ran before, as ``attach`` gives it; ``close()`` leaves it as it was found."""

    def __init__(
        self,
        process: RunningProcess,
        session: Session,
        executable: NodeExecutable,
        script: str,
        *,
        closes: bool,
        interval: int,
        standstill: float | None,
        context: Context[Any] | None = None,
    ) -> None:
        channel = VisitorChannel(process, session, closes=closes)
        super().__init__(
            process,
            session,
            executable,
            script,
            jit="on",
            context=context or AsItRuns(),
            channel=channel,
            threads=visiting(False),
        )
        self._visitor = channel
        self._here = process.here
        self.in_use = True
        self.least_interval = interval
        self.most_standstill = standstill
        self._main.shares_files = process.here
        process.before_stop = self._leave

    def __repr__(self) -> str:
        state = "let go" if self._closed else "ended" if self._channel.ended else "running"
        return f"<AttachedApp {self.script} pid {self.pid} node {self.version} {state}>"

    @property
    def schedule(self) -> Schedule:
        return Schedule(self.pid if self._here else -1)

    def check_alive(self, doing: str) -> None:
        super().check_alive(doing)
        self._visitor.keep_alive()

    def take_snapshot(
        self,
        path: str | Path | None = None,
        *,
        detail: Literal["full", "classes"] = "full",
        timeout: float = 300.0,
        via: Via = "auto",
    ) -> HeapSnapshot:
        """As NodeApp's. Raises AttachError with the figures if it might kill the program."""
        cost = cost_of(self.memory(settle=1).heap_used, self.pid if self._here else None)
        if cost.refusal and self.most_standstill is not None:
            raise AttachError(f"{cost.refusal}; attach(..., standstill=None) takes it")
        return super().take_snapshot(path, detail=detail, timeout=timeout, via=via)

    def notice_end(self) -> bool:
        if super().notice_end():
            return True
        self._visitor.keep_alive()
        return False

    def _leave(self) -> None:
        if not self._visitor.session.lost:
            for worker in self._census.known_workers():
                _let_go(worker)
        self._visitor.leave()


def _let_go(worker: NodeWorker) -> None:
    with contextlib.suppress(NodeLeakError):
        if worker.channel.has_driver:
            worker.command("HeapProfiler.disable", deadline=Deadline(5))
            worker.driver("leave", deadline=Deadline(5))


def attach(
    pid: int | None = None,
    *,
    url: str | None = None,
    inspect: str | None = None,
    interval: int = INTERVAL,
    standstill: float | None = STANDSTILL,
    context: Context[Any] | None = None,
) -> AttachedApp:
    """A program that runs already, as a NodeApp and context manager; it runs on afterwards::

        with attach(pid=4711) as app:
            verdict = measure(app, every("5s"))

    Give one of ``pid`` (its inspector is opened by SIGUSR1 if need be, and closed again), ``url``
    (``ws://...``) and ``inspect`` (``"HOST:PORT"``). ``interval`` is the least number of bytes
    between two samples of V8's heap profiler while the program is busy: more is less exact and
    slows it less. ``standstill``: a snapshot that would stop it for more seconds than that is not
    taken to name what leaks; None takes it.

    Raises AttachError with what hinders, NodeVersionError.
    """
    if isinstance(interval, bool) or not isinstance(interval, int) or interval < 1:
        raise PolicyError(f"attach(interval={interval!r}): it is a number of bytes from 1")
    door = door_to(Way(pid, url, inspect))
    session = connected(door)
    try:
        return _app(session, door, interval, standstill, context)
    except BaseException:
        close_door(session, door)
        raise


def _app(
    session: Session,
    door: Door,
    interval: int,
    standstill: float | None,
    context: Context[Any] | None,
) -> AttachedApp:
    number, here, version = pid_behind(session)
    numbers = version_numbers(version)
    if numbers[0] < OLDEST_MAJOR:
        raise NodeVersionError(
            f"pid {number} runs Node {version}; version {OLDEST_MAJOR} or newer is needed"
        )
    path, script = json.loads(evaluated(session, _ABOUT))
    app = AttachedApp(
        RunningProcess(number, here=here),
        session,
        NodeExecutable(path, numbers, f"pid {number}"),
        script,
        closes=door.opened,
        interval=interval,
        standstill=standstill,
        context=context,
    )
    app.driver("turn", deadline=Deadline(20), doing="the driver was brought in")
    return app
