"""Talking to a program: inspector commands and calls of the driver, with deaths told apart."""

from __future__ import annotations

import contextlib
import time
from typing import Any

from ..deadline import Deadline
from ..errors import (
    ConnectionLostError,
    DeadlineExceeded,
    EvaluationError,
    TargetError,
    hide_ours,
)
from ..inspector import ChunkHandler, EventHandler, Session
from .deaths import lost_target, stuck_target
from .process import TargetProcess

__all__ = ["GROUP", "Channel"]

__tracebackhide__ = hide_ours

#: the object group of everything that is taken by reference
GROUP = "nodeleak"
#: seconds for a command whose caller gives no deadline
_PATIENCE = 30.0
# One constant declaration, so that V8 compiles it once.
_CALL = "function(name, a, b, c) { return this[name](a, b, c); }"
_FIND_DRIVER = "globalThis[Symbol.for('pytest-nodeleak.driver')]"
_STATE = f"{_FIND_DRIVER}?.state"


class Channel:
    """The one connection to a program and the process behind it.

    Every method raises TargetError or one of its kinds when the program is gone or stuck, with
    ``doing`` completing "while ...".
    """

    def __init__(self, process: TargetProcess, session: Session) -> None:
        self.process = process
        self.session = session
        self._driver_id = ""

    def __repr__(self) -> str:
        return f"<Channel {self.process!r} {self.session!r}>"

    @property
    def ended(self) -> bool:
        """Whether the program has run its course; it may stay as a process until we let go."""
        if self.process.returncode is not None:
            return True
        if not self.session.lost:
            with contextlib.suppress(ConnectionLostError):
                self.session.poll()
        return self.session.lost

    def check_alive(self, doing: str) -> None:
        """Raise if the program has ended, without a command to it."""
        if self.ended:
            raise self.death(doing)

    def death(self, doing: str) -> TargetError:
        """The error that tells how the program ended; lets go of it."""
        return lost_target(self.process, self.session, doing)

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
        """One inspector command. Raises ProtocolError if it is refused."""
        deadline = deadline or Deadline(_PATIENCE)
        doing = doing or f"{method} ran"
        try:
            return self.session.call(
                method, params, deadline=deadline, on_event=on_event, on_chunk=on_chunk
            )
        except ConnectionLostError:
            raise self.death(doing) from None
        except DeadlineExceeded:
            raise stuck_target(self.process, self.session, doing, deadline) from None

    def start(self, deadline: Deadline) -> None:
        """Let the program run, which the driver holds before its first line, until it has loaded.

        The go may arrive while Node still boots, before the driver waits for it: it is said until
        it has been heard.
        """
        doing = "it was loading"
        # Tells when the program has ended and only waits for our disconnect.
        self.command(
            "NodeRuntime.notifyWhenWaitingForDisconnect",
            {"enabled": True},
            deadline=deadline,
            doing=doing,
        )
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
        """Call a method of the driver inside the program and return its JSON value.

        Raises EvaluationError if the driver itself throws.
        """
        deadline = deadline or Deadline(_PATIENCE)
        doing = doing or f"{name} ran in it"
        reply = self.command(
            "Runtime.callFunctionOn",
            {
                "functionDeclaration": _CALL,
                "objectId": self._find_driver(deadline, doing),
                "arguments": [{"value": value} for value in (name, *args)],
                "awaitPromise": True,
                "returnByValue": True,
                "objectGroup": GROUP,
            },
            deadline=deadline,
            doing=doing,
        )
        details = reply.get("exceptionDetails")
        if details is not None:
            text = details.get("exception", {}).get("description") or details.get("text", "")
            raise EvaluationError(f"the driver failed in {name}: {text}", stack=str(text))
        return reply.get("result", {}).get("value")

    def _find_driver(self, deadline: Deadline, doing: str) -> str:
        if not self._driver_id:
            found = self.command(
                "Runtime.evaluate", {"expression": _FIND_DRIVER}, deadline=deadline, doing=doing
            )
            self._driver_id = found.get("result", {}).get("objectId", "")
            if not self._driver_id:
                raise TargetError(f"the driver is not loaded in pid {self.process.pid}")
        return self._driver_id

    def close(self) -> None:
        """Disconnect and end the program with all its children."""
        try:
            self.session.close()
        finally:
            self.process.stop()
