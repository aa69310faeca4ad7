"""One snapshot of a program that runs already, by its inspector or by a signal, into a file."""

from __future__ import annotations

import contextlib
import os
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import psutil

from ...base.deadline import Deadline
from ...base.errors import (
    AttachError,
    ConnectionLostError,
    DeadlineExceeded,
    OpenInspectorWarning,
    hide_ours,
)
from ...base.units import format_bytes
from ...inspector import Session, WebSocketTransport
from ..probes.cost import Cost, cost_of
from ..process.looks import checked_process
from ..process.signalled import heard_signal, snapshot_by_signal, snapshot_signal
from .doors import Door, door_at, door_of, door_of_url

__all__ = [
    "Order",
    "Via",
    "Way",
    "close_door",
    "connected",
    "door_to",
    "pid_behind",
    "save_snapshots",
]

__tracebackhide__ = hide_ours

Via = Literal["inspector", "signal", "auto"]
_PATIENCE = 20.0
# After the session is gone: closing waits until nobody is connected any more.
_CLOSE = """(() => {
  const inspector = process.getBuiltinModule
    ? process.getBuiltinModule('inspector') : require('inspector');
  setTimeout(() => inspector.close(), 20);
})()"""
_WHO = "[process.pid, Math.round(performance.timeOrigin), process.version].join(' ')"


@dataclass(frozen=True)
class Way:
    """One of three: a pid, an inspector's ``ws://`` address, its ``HOST:PORT``."""

    pid: int | None = None
    url: str | None = None
    inspect: str | None = None

    def __post_init__(self) -> None:
        given = [value for value in (self.pid, self.url, self.inspect) if value is not None]
        if len(given) != 1:
            raise AttachError(
                "give one way into the program: its pid, its url, or inspect='HOST:PORT'"
            )


def door_to(way: Way) -> Door:
    """The inspector that ``way`` leads to. Raises AttachError.

    Warns with OpenInspectorWarning if others reach it as well.
    """
    if way.pid is not None:
        door = door_of(way.pid)
    else:
        door = door_of_url(way.url) if way.url is not None else door_at(way.inspect or "")
    if door.exposed_at:
        warnings.warn(
            f"the inspector is open to other machines, at {door.exposed_at}: whoever reaches it "
            "runs code in the program; start the program with --inspect=127.0.0.1:0",
            OpenInspectorWarning,
            stacklevel=3,
        )
    return door


def connected(door: Door) -> Session:
    """A session there. Raises AttachError if nobody answers."""
    try:
        return Session(WebSocketTransport(door.url, Deadline(_PATIENCE)))
    except (ConnectionLostError, DeadlineExceeded) as error:
        raise AttachError(
            f"{error} (the last part of an address is new at each start of the program)"
        ) from None


def evaluated(session: Session, expression: str) -> Any:
    """The value of an expression in the main thread, with Node's ``require``."""
    params = {"expression": expression, "includeCommandLineAPI": True, "returnByValue": True}
    try:
        reply = session.call("Runtime.evaluate", params, deadline=Deadline(_PATIENCE))
    except (ConnectionLostError, DeadlineExceeded) as error:
        raise AttachError(
            f"the program's inspector is open, but its main thread does not answer: {error}; is it "
            "paused at a breakpoint, stopped, or in one long call?"
        ) from None
    if "exceptionDetails" in reply:
        thrown = reply["exceptionDetails"].get("exception", {}).get("description", "")
        raise AttachError(f"what answers there is not Node.js, or a broken one: {thrown[:200]}")
    return reply.get("result", {}).get("value")


def pid_behind(session: Session) -> tuple[int, bool, str]:
    """The pid as the program knows it, whether that is a process of this machine, its version."""
    number, origin, version = str(evaluated(session, _WHO)).split()
    pid = int(number)
    here = False
    with contextlib.suppress(psutil.Error):
        # In a container, or behind a forwarded port, the same number is somebody else's.
        here = abs(psutil.Process(pid).create_time() - float(origin) / 1000) < 5
    return pid, here, version


def close_door(session: Session, door: Door) -> None:
    """Disconnect, and close the inspector if it was opened by us."""
    if door.opened and not session.lost:
        with contextlib.suppress(AttachError, ConnectionLostError, DeadlineExceeded):
            evaluated(session, _CLOSE)
    session.close()


@dataclass(frozen=True)
class Order:
    """What is to be taken: ``count`` snapshots, ``pause`` seconds apart, in one session.

    ``target`` gives the file of the next; it is told when it is ``saved``. ``force``: whatever
    it costs. Each may take ``timeout`` seconds.
    """

    target: Callable[[], Path]
    count: int = 1
    pause: float = 0.0
    via: Via = "auto"
    force: bool = False
    timeout: float = 600.0
    progress: Callable[[str], object] = lambda text: None
    announce: Callable[[Cost], object] = lambda cost: None
    saved: Callable[[Path], object] = lambda path: None


def save_snapshots(way: Way, order: Order) -> None:
    """Take snapshots into files; the program stands still meanwhile.

    "auto": by the inspector, and if there is no way to it by a signal. It is announced what one
    will cost before it is taken. Raises AttachError, if it would kill the program as well
    (unless ``force``); DeadlineExceeded for one that takes too long.
    """
    if order.via != "signal":
        try:
            _by_inspector(way, order)
            return
        except AttachError as error:
            no_other = order.via != "auto" or way.pid is None or isinstance(error, _Refused)
            if no_other or snapshot_signal(way.pid or 0) is None:
                raise
    if way.pid is None:
        raise AttachError("a signal needs a pid: give --pid")
    number = heard_signal(way.pid)
    for at in range(order.count):
        _pause(at, order)
        # Without the inspector the heap is not known; it is less than all that the process has.
        rss = int(checked_process(way.pid).memory_info().rss)
        _check(cost_of(rss, way.pid, of_rss=True), order)
        deadline = Deadline(order.timeout)
        order.saved(snapshot_by_signal(way.pid, number, order.target(), deadline, order.progress))


def _pause(taken: int, order: Order) -> None:
    """Wait before each but the first."""
    if taken:
        order.progress(f"{taken} of {order.count} taken; the next in {order.pause:g} s")
        time.sleep(order.pause)


class _Refused(AttachError):
    """It would cost too much, by whatever way."""


def _check(cost: Cost, order: Order) -> None:
    if cost.refusal and not order.force:
        raise _Refused(f"{cost.refusal}; --yes takes it all the same")
    order.announce(cost)


def _by_inspector(way: Way, order: Order) -> None:
    """All in one session: when a debugger detaches, V8 numbers objects anew."""
    door = door_to(way)
    session = connected(door)
    try:
        pid, here, _ = pid_behind(session)
        for at in range(order.count):
            _pause(at, order)
            usage = session.call("Runtime.getHeapUsage", deadline=Deadline(_PATIENCE))
            _check(cost_of(int(usage["usedSize"]), pid if here else None), order)
            target = order.target()
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _stream(session, target, Deadline(order.timeout), order.progress)
            order.saved(target)
    except (ConnectionLostError, DeadlineExceeded) as error:
        raise AttachError(f"no snapshot came of it: {error}") from None
    finally:
        close_door(session, door)


def _stream(
    session: Session, target: Path, deadline: Deadline, progress: Callable[[str], object]
) -> None:
    part = target.with_name(target.name + ".part")
    private = partial(os.open, mode=0o600)  # it holds all that the process has in memory
    written = 0
    try:
        with open(part, "wb", opener=private) as file:

            def take(chunk: bytes) -> None:
                nonlocal written
                file.write(chunk)
                written += len(chunk)
                progress(f"{target.name}: {format_bytes(written)} written")

            def tell(method: str, params: dict[str, Any]) -> None:
                if method == "HeapProfiler.reportHeapSnapshotProgress" and not written:
                    share = int(params["done"]) / max(int(params["total"]), 1)
                    progress(f"{target.name}: V8 looks through the heap, {share:.0%}")

            session.call(
                "HeapProfiler.takeHeapSnapshot",
                {"reportProgress": True},
                deadline=deadline,
                on_event=tell,
                on_chunk=take,
            )
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
