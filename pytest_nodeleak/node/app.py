"""A running Node program, seen through its inspector."""

from __future__ import annotations

import json
import re
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Protocol

from ..deadline import Deadline
from ..errors import (
    ConnectionLostError,
    DeadlineExceeded,
    EvaluationError,
    ProtocolError,
    TargetError,
    hide_ours,
)
from ..inspector import Session
from ..policy import Policy
from ..samples import Sample
from .deaths import lost_target, stuck_target
from .find import NodeExecutable
from .process import TargetProcess

if TYPE_CHECKING:
    from ..heap import HeapSnapshot
    from ..verdict import Verdict

__all__ = ["Context", "NodeApp"]

__tracebackhide__ = hide_ours

# One constant declaration, so that V8 compiles it once.
_CALL = "function(name, a, b, c) { return this[name](a, b, c); }"
_COUNT = "function() { return this.length; }"
_FIND_DRIVER = "globalThis[Symbol.for('pytest-nodeleak.driver')]"
_STATE = f"{_FIND_DRIVER}?.state"
_GROUP = "nodeleak"


class Context(Protocol):
    """What surrounds an app: the policy in force, where verdicts go, who watches."""

    def policy(self) -> Policy: ...

    def keep(self, verdict: Verdict, snapshots: Sequence[Path]) -> Verdict:
        """Take note of a verdict; move the snapshot files that are worth keeping."""
        ...

    def progress(self, text: str) -> None: ...


class _Alone:
    """Default policy, nothing kept."""

    def policy(self) -> Policy:
        return Policy()

    def keep(self, verdict: Verdict, snapshots: Sequence[Path]) -> Verdict:
        return verdict

    def progress(self, text: str) -> None:
        return None


class NodeApp:
    """A Node program started by ``launch_node`` or ``open_node``; a context manager.

    Not thread-safe beyond single calls: one measurement at a time.
    """

    def __init__(
        self,
        process: TargetProcess,
        session: Session,
        executable: NodeExecutable,
        script: str,
        *,
        jit: str = "off",
        context: Context | None = None,
    ) -> None:
        self._process = process
        self._session = session
        self._executable = executable
        self._driver_id = ""
        self._closed = False
        self.script = script
        self.jit = jit
        self.context: Context = context or _Alone()
        #: iterations that ``run`` has done since the start
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
    def running(self) -> bool:
        return not self._closed and self._process.returncode is None

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

    def wait_for_output(
        self, pattern: str | re.Pattern[str], timeout: float = 30.0
    ) -> re.Match[str]:
        """Wait until ``pattern`` is found in stdout or stderr, also in what came before.

        Raises TargetExitedError when the program ends first, DeadlineExceeded after
        ``timeout`` seconds.
        """
        deadline = Deadline(timeout)
        compiled = re.compile(pattern, re.MULTILINE)
        streams = (self._process.stdout, self._process.stderr)
        while True:
            totals = [stream.total for stream in streams]
            ended = self._process.returncode is not None
            for stream in streams:
                found = compiled.search(stream.text())
                if found is not None:
                    return found
            if ended:
                raise lost_target(self._process, self._session, f"waiting for {compiled.pattern!r}")
            if deadline.expired:
                said = self.output[-2000:] or "(nothing)"
                raise DeadlineExceeded(
                    f"the program did not print {compiled.pattern!r} within {timeout:g} s; "
                    f"it printed: {said}"
                )
            # Either stream may bring it: look at both at least every 20 ms.
            streams[0].wait_change(totals[0], deadline.within(0.02))

    # -- commands --------------------------------------------------------------------------

    def command(
        self,
        method: str,
        params: dict[str, Any] | None = None,
        *,
        deadline: Deadline | None = None,
        doing: str = "",
        on_event: Callable[[str, dict[str, Any]], None] | None = None,
    ) -> dict[str, Any]:
        """One inspector command. Raises TargetError or one of its kinds, or ProtocolError."""
        if self._closed:
            raise TargetError(f"this NodeApp is closed: {self!r}")
        deadline = deadline or Deadline(30)
        doing = doing or f"{method} ran"
        try:
            return self._session.call(method, params, deadline=deadline, on_event=on_event)
        except ConnectionLostError:
            raise lost_target(self._process, self._session, doing) from None
        except DeadlineExceeded:
            raise stuck_target(self._process, self._session, doing, deadline) from None

    def start(self, deadline: Deadline) -> None:
        """Let the program run, which the driver holds before its first line, until it has loaded.

        The go may arrive while Node still boots, before the driver waits for it: it is said until
        it has been heard.
        """
        doing = "it was loading"
        while True:
            self.command("Runtime.runIfWaitingForDebugger", deadline=deadline, doing=doing)
            reply = self.command(
                "Runtime.evaluate", {"expression": _STATE}, deadline=deadline, doing=doing
            )
            if reply.get("result", {}).get("value") == "running":
                break
            time.sleep(0.002)
        self.driver("ready", deadline=deadline, doing=doing)

    def driver(
        self, name: str, *args: Any, deadline: Deadline | None = None, doing: str = ""
    ) -> Any:
        """Call a method of the driver inside the program and return its JSON value."""
        reply = self._call_driver(name, args, deadline, doing)
        details = reply.get("exceptionDetails")
        if details is not None:
            text = details.get("exception", {}).get("description") or details.get("text", "")
            raise EvaluationError(f"the driver failed in {name}: {text}", stack=str(text))
        return reply.get("result", {}).get("value")

    def _call_driver(
        self, name: str, args: tuple[Any, ...], deadline: Deadline | None, doing: str
    ) -> dict[str, Any]:
        doing = doing or f"{name} ran in it"
        deadline = deadline or Deadline(30)
        if not self._driver_id:
            found = self.command(
                "Runtime.evaluate", {"expression": _FIND_DRIVER}, deadline=deadline, doing=doing
            )
            self._driver_id = found.get("result", {}).get("objectId", "")
            if not self._driver_id:
                raise TargetError(f"the driver is not loaded in pid {self.pid}")
        return self.command(
            "Runtime.callFunctionOn",
            {
                "functionDeclaration": _CALL,
                "objectId": self._driver_id,
                "arguments": [{"value": value} for value in (name, *args)],
                "awaitPromise": True,
                "returnByValue": True,
                "objectGroup": _GROUP,
            },
            deadline=deadline,
            doing=doing,
        )

    def evaluate(self, text: str, timeout: float = 30.0) -> Any:
        """Run JavaScript in the program (``await`` and ``require`` work); return its JSON value.

        Raises EvaluationError with the JavaScript stack if it throws.
        """
        reply = self.driver("evaluate", text, deadline=Deadline(timeout), doing="evaluate ran")
        answer = json.loads(reply)
        if "error" in answer:
            stack = str(answer["error"])
            raise EvaluationError(f"evaluate threw: {stack}", stack=stack)
        return answer["value"]

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
        return {re.sub(r"[A-Z]", lambda m: "_" + m[0].lower(), key): options[key] for key in options}

    # -- memory ----------------------------------------------------------------------------

    def memory(self, settle: int = 2, deadline: Deadline | None = None) -> Sample:
        """Force GC ``settle`` times, each after a turn of the event loop, and read the memory."""
        # The inspector keeps the arguments of the last 1,000 console messages alive.
        self.command("Runtime.discardConsoleEntries", deadline=deadline)
        text = self.driver("settle", settle, deadline=deadline, doing="GC was forced")
        numbers = [int(number) for number in str(text).split()]
        return Sample(*numbers, iterations=self.iterations)

    def collect_garbage(self) -> None:
        """Force a full GC, weak references and finalizers included."""
        self.command("HeapProfiler.collectGarbage")
        self.memory()

    def count_instances(self, expression: str, timeout: float = 30.0) -> int:
        """Live objects of a class, counted by the engine after GC.

        ``expression`` gives the class (``"require('./job').Job"``) or its prototype.
        """
        deadline = Deadline(timeout)
        key = "__nodeleak_prototype"
        self.evaluate(
            f"const c = await ({expression}\n);"
            "const p = typeof c === 'function' ? c.prototype : c;"
            "if (p === null || typeof p !== 'object') "
            f"throw new TypeError('count_instances needs a class or a prototype');"
            f"globalThis[Symbol.for('{key}')] = p;"
        )
        try:
            self.command("Runtime.discardConsoleEntries", deadline=deadline)
            prototype = self.command(
                "Runtime.evaluate",
                {"expression": f"globalThis[Symbol.for('{key}')]", "objectGroup": _GROUP},
                deadline=deadline,
            )
            found = self.command(
                "Runtime.queryObjects",
                {"prototypeObjectId": prototype["result"]["objectId"], "objectGroup": _GROUP},
                deadline=deadline,
                doing="instances were counted",
            )
            counted = self.command(
                "Runtime.callFunctionOn",
                {
                    "functionDeclaration": _COUNT,
                    "objectId": found["objects"]["objectId"],
                    "returnByValue": True,
                },
                deadline=deadline,
            )
            return int(counted["result"]["value"])
        finally:
            self.command("Runtime.releaseObjectGroup", {"objectGroup": _GROUP}, deadline=deadline)
            self.evaluate(f"delete globalThis[Symbol.for('{key}')]")

    def take_snapshot(
        self,
        path: str | Path | None = None,
        *,
        detail: Literal["full", "classes"] = "full",
        timeout: float = 300.0,
        deadline: Deadline | None = None,
    ) -> HeapSnapshot:
        """Take a heap snapshot, parsed while it arrives; ``path`` keeps the file as well.

        The program stands still meanwhile.
        """
        from ..heap import SnapshotReader  # numpy: only paid for when a snapshot is taken

        deadline = deadline or Deadline(timeout)
        reader = SnapshotReader(source=str(path or f"snapshot of pid {self.pid}"), detail=detail)
        with tempfile.TemporaryFile() if path is None else open(path, "wb") as file:

            def on_event(method: str, params: dict[str, Any]) -> None:
                if method == "HeapProfiler.addHeapSnapshotChunk":
                    chunk: str = params["chunk"]
                    if path is not None:
                        file.write(chunk.encode("utf-8", "surrogatepass"))
                    reader.feed(chunk)

            self.command("Runtime.discardConsoleEntries", deadline=deadline)
            self.command(
                "HeapProfiler.takeHeapSnapshot",
                {"reportProgress": False},
                deadline=deadline,
                doing="a heap snapshot was taken",
                on_event=on_event,
            )
        return reader.finish()

    # -- the end ---------------------------------------------------------------------------

    def check_alive(self, doing: str) -> None:
        """Raise TargetExitedError (or a kind) if the program has ended."""
        if self._process.returncode is not None:
            raise lost_target(self._process, self._session, doing)
        try:
            # An ended program stays until we disconnect; its notice is in the socket.
            self._session.call("Runtime.discardConsoleEntries", deadline=Deadline(5))
        except (ConnectionLostError, ProtocolError):
            raise lost_target(self._process, self._session, doing) from None
        except DeadlineExceeded:
            return

    def close(self) -> None:
        """End the program and all its children. Does nothing the second time."""
        if self._closed:
            return
        self._closed = True
        self._session.close()
        self._process.stop()
