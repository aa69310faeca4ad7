"""A running Node program, seen through its inspector."""

from __future__ import annotations

import contextlib
import re
from types import TracebackType
from typing import Any

from ..base.deadline import Deadline
from ..base.errors import NodeLeakError, PolicyError, TargetError, hide_ours
from ..base.recipe import Recipe
from ..inspector import EventHandler, Session
from .asked import AskedOfMainHeap
from .context import Alone, Context
from .find import NodeExecutable
from .heaps.census import Census
from .heaps.heap import NodeHeap, NodeWorker
from .heaps.meeting import MeetingPoint
from .heaps.others import OtherChild, others_among
from .process.schedule import Schedule
from .process.target import ProgramProcess
from .program import ProgramChannel
from .workload import Workload, make_runner

__all__ = ["Context", "NodeApp"]

__tracebackhide__ = hide_ours


class NodeApp(AskedOfMainHeap):
    """A Node program started by ``launch_node`` or ``open_node``; a context manager.

    Not thread-safe beyond single calls: one measurement at a time. Whatever talks to the
    program raises TargetError or one of its kinds when it is gone or does not answer.
    """

    def __init__(
        self,
        process: ProgramProcess,
        session: Session,
        executable: NodeExecutable,
        script: str,
        *,
        jit: str = "off",
        context: Context[Any] | None = None,
        meeting: MeetingPoint | None = None,
        channel: ProgramChannel | None = None,
        threads: str = "",
    ) -> None:
        self._process = process
        self._channel = channel or ProgramChannel(process, session)
        self._main = NodeHeap(self._channel, "main", "main", process.pid, lambda: self.iterations)
        self._census = Census(self._main, meeting, lambda: self.iterations, threads=threads)
        process.after_stop = self._census.close
        self._executable = executable
        self._closed = False
        self.script = script
        self.jit = jit
        self.context: Context[Any] = context or Alone()
        #: how it was started; None: not by us
        self.recipe: Recipe | None = None
        #: bytes between two samples of the heap profiler, at least, while the program is busy
        self.least_interval = 1
        #: whether others wait for it: GC is forced as seldom as can be where it takes long
        self.in_use = False
        #: seconds that it may stand still for a snapshot that nobody has asked for; None: any
        self.most_standstill: float | None = None
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

    # -- its heaps -------------------------------------------------------------------------

    @property
    def main_heap(self) -> NodeHeap:
        """The heap of its main thread, with what can be asked of every heap."""
        self._open_channel()
        return self._main

    def heaps(self) -> list[NodeHeap]:
        """Every V8 heap of the program that is alive now, main first; with those of its children.

        The same heap is the same object in each call. A child is there some 50 ms after its
        start, when its event loop turns for the first time.
        """
        self._open_channel()
        return self._census.heaps()

    @property
    def workers(self) -> list[NodeWorker]:
        """The worker threads that run now."""
        self._open_channel()
        return self._census.workers()

    @property
    def children(self) -> list[NodeHeap]:
        """Children, and children of children, that run Node and can be looked into."""
        self._open_channel()
        return self._census.children()

    @property
    def sees_all_heaps(self) -> bool:
        """Whether it was started so that workers and children can be looked into."""
        return self._census.sees_all

    def other_children(self, *, even_seen: bool = False) -> list[OtherChild]:
        """The other processes that the program has started: ``(pid, name, rss)``, rss in bytes.

        Not Node, out of reach, or so young that they have not told us of themselves.
        """
        seen = () if even_seen else self.children
        measured = {self.pid, *(heap.pid for heap in seen)}
        return others_among(self._process.family(), measured)

    def wait_for_output(
        self, pattern: str | re.Pattern[str], timeout: float = 30.0
    ) -> re.Match[str]:
        """Wait until ``pattern`` is found in stdout or stderr, also in what came before.

        ``^`` and ``$`` match at lines. Raises TargetExitedError when the program ends first,
        DeadlineExceeded after ``timeout`` seconds.
        """
        compiled = _compiled(pattern)
        found = self._process.wait_for_output(
            compiled, Deadline(timeout), over=lambda: self._closed or self._channel.ended
        )
        if found is None:
            self._open_channel()
            raise self._channel.death(f"{compiled.pattern!r} was awaited in its output")
        return found

    # -- commands --------------------------------------------------------------------------

    def _open_channel(self) -> ProgramChannel:
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

    def run(self, workload: Workload, n: int, timeout: float = 60.0) -> int:
        """Run ``n`` iterations of ``workload``, without measuring; return how many were done.

        They are fewer if ``timeout`` seconds were over first. Raises WorkloadError for an
        iteration that throws, PolicyError for what is no workload.
        """
        self._open_channel()
        if not isinstance(n, int) or n < 0:
            raise PolicyError(f"run(..., n={n!r}): it is a number of iterations, 0 or more")
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
        self._main.tell_gc()
        return done

    # -- the end ---------------------------------------------------------------------------

    def check_alive(self, doing: str) -> None:
        """Raise TargetExitedError (or a kind) if the program has ended."""
        self._open_channel().check_alive(doing)

    def notice_end(self) -> bool:
        """Whether the program has ended, for any thread to ask; it is let go of then."""
        return self._closed or self._channel.notice_end()

    def close(self) -> None:
        """End the program and all its children. Does nothing the second time."""
        if self._closed:
            return
        self._closed = True
        self._channel.close()


def _compiled(pattern: str | re.Pattern[str]) -> re.Pattern[str]:
    try:
        return re.compile(pattern, re.MULTILINE) if isinstance(pattern, str) else pattern
    except re.error as error:
        raise PolicyError(
            f"wait_for_output({pattern!r}): that is no regular expression: {error}; re.escape() "
            "takes a text as it is"
        ) from None
