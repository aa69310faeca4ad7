"""A running Node program, seen through its inspector."""

from __future__ import annotations

import contextlib
import json
import re
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal

from ..base.deadline import Deadline
from ..base.errors import (
    EvaluationError,
    NodeLeakError,
    TargetError,
    hide_ours,
)
from ..base.samples import Sample
from ..inspector import EventHandler, Session
from .channel import Channel
from .context import Alone, Context
from .find import NodeExecutable
from .probes.instances import count_instances
from .probes.numbers import numbers_in
from .probes.scripts import Script, loaded_scripts
from .probes.snapshots import stream_snapshot
from .probes.timers import PendingTimeouts, pending_timeouts
from .probes.tracking import TrackedObjects
from .process.schedule import Schedule
from .process.target import TargetProcess
from .workers import NodeWorker, list_workers
from .workload import Workload, make_runner

if TYPE_CHECKING:
    from ..heap import HeapSnapshot

__all__ = ["Context", "NodeApp"]

__tracebackhide__ = hide_ours


class NodeApp:
    """A Node program started by ``launch_node`` or ``open_node``; a context manager.

    Not thread-safe beyond single calls: one measurement at a time. Whatever talks to the
    program raises TargetError or one of its kinds when it is gone or does not answer.
    """

    def __init__(
        self,
        process: TargetProcess,
        session: Session,
        executable: NodeExecutable,
        script: str,
        *,
        jit: str = "off",
        context: Context[Any] | None = None,
    ) -> None:
        self._process = process
        self._channel = Channel(process, session)
        self._executable = executable
        self._closed = False
        self.script = script
        self.jit = jit
        self.context: Context[Any] = context or Alone()
        #: iterations that workloads have done since the start
        self.iterations = 0

    def __repr__(self) -> str:
        code = self._process.returncode
        state = "closed" if self._closed else "running" if code is None else f"ended with {code}"
        return f"<NodeApp {self.script} pid {self.pid} node {self.version} {state}>"

    def __enter__(self) -> NodeApp:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # -- what it is ------------------------------------------------------------------------

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def version(self) -> str:
        """Like ``v20.11.1``."""
        return self._executable.version_text

    @property
    def node(self) -> NodeExecutable:
        return self._executable

    @property
    def schedule(self) -> Schedule:
        """What the kernel says of its main thread."""
        return Schedule(self.pid)

    @property
    def running(self) -> bool:
        return not self._closed and not self._channel.ended

    @property
    def stdout(self) -> str:
        """What is kept of its stdout: the first 64 KB and the last 256 KB."""
        return self._process.stdout.text()

    @property
    def stderr(self) -> str:
        """The same of its stderr, without the lines that Node prints about its inspector."""
        return self._process.stderr.text()

    @property
    def output(self) -> str:
        """stdout, then stderr."""
        return self.stdout + self.stderr

    @property
    def workers(self) -> list[NodeWorker]:
        """The worker threads that run now."""
        return list_workers(self._open_channel(), Deadline(10))

    def wait_for_output(
        self, pattern: str | re.Pattern[str], timeout: float = 30.0
    ) -> re.Match[str]:
        """Wait until ``pattern`` is found in stdout or stderr, also in what came before.

        ``^`` and ``$`` match at lines. Raises TargetExitedError when the program ends first,
        DeadlineExceeded after ``timeout`` seconds.
        """
        compiled = re.compile(pattern, re.MULTILINE) if isinstance(pattern, str) else pattern
        found = self._process.wait_for_output(
            compiled, Deadline(timeout), over=lambda: self._closed or self._channel.ended
        )
        if found is None:
            self._open_channel()
            raise self._channel.death(f"{compiled.pattern!r} was awaited in its output")
        return found

    # -- commands --------------------------------------------------------------------------

    def _open_channel(self) -> Channel:
        if self._closed:
            raise TargetError(f"this NodeApp is closed: {self!r}")
        return self._channel

    def command(
        self,
        method: str,
        params: dict[str, Any] | None = None,
        *,
        deadline: Deadline | None = None,
        doing: str = "",
        on_event: EventHandler | None = None,
    ) -> dict[str, Any]:
        """One inspector command. Raises ProtocolError if the inspector refuses it."""
        return self._open_channel().command(
            method, params, deadline=deadline, doing=doing, on_event=on_event
        )

    def start(self, deadline: Deadline) -> None:
        """Let the program run, and return when it has loaded."""
        self._open_channel().start(deadline)

    def driver(
        self, name: str, *args: Any, deadline: Deadline | None = None, doing: str = ""
    ) -> Any:
        """Call a method of the driver inside the program and return its JSON value."""
        return self._open_channel().driver(name, *args, deadline=deadline, doing=doing)

    def evaluate(self, text: str, timeout: float = 30.0) -> Any:
        """Run JavaScript in the program and return its value, which must be JSON.

        ``text`` is an expression, or statements that ``return`` the value; ``await``,
        ``import()`` and the script's own ``require`` work. ``timeout`` is in seconds.

        Raises EvaluationError with the JavaScript stack if it throws, TargetStuckError after
        the time-out.
        """
        reply = self.driver("evaluate", text, deadline=Deadline(timeout), doing="evaluate ran")
        answer = json.loads(reply)
        if "error" in answer:
            stack = str(answer["error"])
            raise EvaluationError(f"evaluate threw: {stack}", stack=stack)
        return answer["value"]

    def run(self, workload: Workload, n: int, timeout: float = 60.0) -> int:
        """Run ``n`` iterations of ``workload``, without measuring; return how many were done.

        They are fewer if ``timeout`` seconds were over first. Raises WorkloadError for an
        iteration that throws, PolicyError for what is no workload.
        """
        self._open_channel()
        deadline = Deadline(timeout)
        runner = make_runner(self, workload)
        runner.setup(deadline)
        try:
            done = runner.run(n, deadline.timeout(86400.0) or 0.0, Deadline(timeout + 2.0))
        except BaseException:
            # What went wrong first is the error to show, not what teardown makes of it.
            with contextlib.suppress(NodeLeakError):
                runner.teardown(Deadline(2))
            raise
        runner.teardown(Deadline(10))
        return done

    def workload_options(self, path: str) -> dict[str, Any] | None:
        """``options`` that a workload module exports, its names in Python's spelling.

        None if the module exports no function ``iteration``.
        """
        reply = self.driver("workloadOptions", path, doing=f"{path} was loaded")
        answer = json.loads(reply)
        if "error" in answer:
            raise EvaluationError(f"cannot load {path}: {answer['error']}", stack=answer["error"])
        options = answer["options"]
        if options is None:
            return None
        return {_python_name(key): value for key, value in options.items()}

    # -- memory ----------------------------------------------------------------------------

    def memory(self, settle: int = 2, deadline: Deadline | None = None) -> Sample:
        """Force GC ``settle`` times, each after a turn of the event loop, and read the memory."""
        # The inspector keeps the arguments of the last 1,000 console messages alive.
        self.command("Runtime.discardConsoleEntries", deadline=deadline)
        text = self.driver("settle", settle, deadline=deadline, doing="GC was forced")
        heap, external, buffers, rss, contexts, resources, physical = map(int, str(text).split())
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

    def active_resources(self) -> dict[str, int]:
        """How many timers, sockets, handles... keep the event loop going, by Node's names."""
        counts: dict[str, int] = json.loads(self.driver("resources"))
        return counts

    def heap_limit(self) -> float:
        """Bytes that V8's heap may have before the program ends for lack of memory."""
        return float(self.evaluate("require('v8').getHeapStatistics().heap_size_limit"))

    def collect_garbage(self) -> None:
        """Force a full GC, weak references and finalizers included."""
        self.command("HeapProfiler.collectGarbage")
        self.memory()

    def count_instances(self, expression: str, timeout: float = 30.0) -> int:
        """Live objects of a class, counted by the engine after GC.

        ``expression`` gives the class (``"require('./job').Job"``) or its prototype.
        ``timeout`` is in seconds. Raises EvaluationError if it gives neither.
        """
        return count_instances(self._open_channel(), expression, Deadline(timeout))

    def pending_timeouts(self) -> PendingTimeouts:
        """One-shot timers that have not fired yet, counted by the engine after GC."""
        return pending_timeouts(self._open_channel())

    def numbers_in(self, object_id: int | None, closure_id: int | None) -> dict[str, float]:
        """Numbers that an object, and the variables in scope of a closure, hold, by name.

        Both are heap object ids, of the snapshot taken last; None reads nothing.
        """
        return numbers_in(self._open_channel(), object_id, closure_id, Deadline(10))

    def take_snapshot(
        self,
        path: str | Path | None = None,
        *,
        detail: Literal["full", "classes"] = "full",
        timeout: float = 300.0,
        deadline: Deadline | None = None,
    ) -> HeapSnapshot:
        """Take a heap snapshot, parsed while it is written; ``path`` keeps the file.

        The program stands still meanwhile. ``timeout`` is in seconds. Raises OSError if the
        file cannot be written; none is left half-written.
        """
        from ..heap import SnapshotReader  # numpy: only paid for when a snapshot is taken

        def reader() -> SnapshotReader:
            return SnapshotReader(str(path or f"snapshot of pid {self.pid}"), detail)

        target = None if path is None else Path(path)
        channel = self._open_channel()
        deadline = deadline or Deadline(timeout)
        return stream_snapshot(channel, reader, target, deadline).finish()

    def scripts(self) -> dict[int, Script]:
        """The scripts that are loaded, by their numbers in heap snapshots."""
        return loaded_scripts(self._open_channel(), Deadline(10))

    def tracked_objects(self) -> TrackedObjects:
        """A block of work after which one snapshot tells what it allocated and kept."""
        from ..heap import SnapshotReader

        return TrackedObjects(
            self._open_channel(), lambda: SnapshotReader(f"snapshot of pid {self.pid}")
        )

    # -- the end ---------------------------------------------------------------------------

    def check_alive(self, doing: str) -> None:
        """Raise TargetExitedError (or a kind) if the program has ended."""
        self._open_channel().check_alive(doing)

    def notice_end(self) -> bool:
        """Whether the program has ended, for any thread to ask at any time.

        It is let go of then: what it kept open closes, and who waits for it fails.
        """
        return self._closed or self._channel.notice_end()

    def close(self) -> None:
        """End the program and all its children. Does nothing the second time."""
        if self._closed:
            return
        self._closed = True
        self._channel.close()


def _python_name(key: str) -> str:
    return re.sub(r"[A-Z]", lambda found: "_" + found[0].lower(), key)
