"""Talking to one heap: inspector commands and calls of the driver, with deaths told apart."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Any

from ..base.deadline import Deadline
from ..base.errors import (
    ConnectionLostError,
    DeadlineExceeded,
    EvaluationError,
    NodeLeakError,
    ProtocolError,
    TargetError,
    TargetStuckError,
    hide_ours,
)
from ..inspector import ChunkHandler, EventHandler, Session
from .deaths import Fate

__all__ = ["GROUP", "Channel"]

__tracebackhide__ = hide_ours

#: the object group of everything that is taken by reference
GROUP = "nodeleak"
_PATIENCE = 30.0
# One constant declaration, so that V8 compiles it once.
_CALL = "function(name, a, b, c) { return this[name](a, b, c); }"
_FIND_DRIVER = "globalThis[Symbol.for('pytest-nodeleak.driver')]"


class Channel:
    """The one connection to a V8 heap and the thread that runs on it.

    Every method raises TargetError or one of its kinds when it is gone or stuck, with ``doing``
    completing "while ...".
    """

    def __init__(self, session: Session, fate: Fate) -> None:
        self.session = session
        self._fate = fate
        self._driver_id = ""
        #: what a command may take whose caller gives no deadline
        self.patience: Callable[[], Deadline] = _usual_patience

    def __repr__(self) -> str:
        return f"<Channel {self.session!r}>"

    @contextlib.contextmanager
    def patient(self, patience: Callable[[], Deadline]) -> Iterator[None]:
        """A block in which commands without a deadline take no longer than that."""
        self.patience = patience
        try:
            yield
        finally:
            self.be_as_patient_as_usual()

    def be_as_patient_as_usual(self) -> None:
        """Half a minute for a command."""
        self.patience = _usual_patience

    @property
    def has_driver(self) -> bool:
        """Whether the driver was found, or brought in, there."""
        return bool(self._driver_id)

    @property
    def ended(self) -> bool:
        """Whether it has run its course; a process may stay until we let go."""
        return self._fate.over or self.session.is_over()

    def notice_end(self) -> bool:
        """Whether it has ended; lets go of it then. Nothing is taken from the session."""
        if self.ended:
            self.session.close()
            return True
        return False

    def check_alive(self, doing: str) -> None:
        """Raise if it has ended, without a command to it."""
        if self.ended:
            raise self.death(doing)

    def death(self, doing: str) -> TargetError:
        """The error that tells how it ended; lets go of it."""
        return self._fate.lost(self.session, doing)

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
        deadline = deadline or self.patience()
        doing = doing or f"{method} ran"
        # An ended program that waits for our disconnect may crash on a command: Node 20 does.
        self.check_alive(doing)
        try:
            return self.session.call(
                method, params, deadline=deadline, on_event=on_event, on_chunk=on_chunk
            )
        except ConnectionLostError:
            raise self.death(doing) from None
        except DeadlineExceeded:
            raise self._fate.stuck(self.session, doing, deadline, turns=self._turns()) from None
        except ProtocolError as error:
            # "Cannot find context", "Execution context was destroyed": a program on its way out.
            if "context" in str(error) and self._ends_within(1.0):
                raise self.death(doing) from None
            if "Promise was collected" in str(error):
                raise TargetStuckError(
                    f"the program waits for a promise that nothing can settle any more, while "
                    f"{doing}",
                    output=self._fate.output(),
                ) from None
            raise

    def poll(self, seconds: float, on_event: EventHandler) -> None:
        """Take events that come within ``seconds``."""
        try:
            self.session.poll(seconds, on_event)
        except ConnectionLostError:
            raise self.death("events were awaited") from None

    def _ends_within(self, seconds: float) -> bool:
        deadline = Deadline(seconds)
        while not self.ended:
            if deadline.expired:
                return False
            time.sleep(0.01)
        return True

    def is_asleep(self) -> bool:
        """Whether its thread sleeps in ``Atomics.wait``: only what needs no turn works then."""
        return False

    def _turns(self) -> bool:
        """Whether the event loop goes round, while something of ours is not answered."""
        try:
            self.session.call(*self._driver_call(["turn"]), deadline=Deadline(0.3))
        except (ConnectionLostError, DeadlineExceeded, ProtocolError):
            return False
        return True

    def driver(
        self, name: str, *args: Any, deadline: Deadline | None = None, doing: str = ""
    ) -> Any:
        """Call a method of the driver inside the program and return its JSON value.

        Raises EvaluationError if the driver itself throws.
        """
        deadline = deadline or self.patience()
        doing = doing or f"{name} ran in it"
        self._have_driver(deadline, doing)
        return self._value(self._answer([name, *args], deadline, doing), doing)

    def driver_at_once(self, name: str, *args: Any, doing: str = "") -> Any:
        """Call a method of the driver that needs no turn of the event loop, wherever it stands."""
        deadline, doing = self.patience(), doing or f"{name} ran in it"
        self._have_driver(deadline, doing)
        return self._value(self._answer_at_once([name, *args], deadline, doing), doing)

    def aside(self, *args: Any, turns: bool, deadline: Deadline) -> Any:
        """What a method of the driver answers, beside other work; None if it does not in time.

        For other threads than the one that works with it: nothing is done about a program that
        is stuck or gone. ``turns`` False: without a turn of the event loop.
        """
        if not self._driver_id or self.ended:
            return None
        call = self._driver_call(list(args), turns=turns)
        try:
            reply = self.session.call(*call, deadline=deadline)
        except (ConnectionLostError, DeadlineExceeded, ProtocolError):
            return None
        return reply.get("result", {}).get("value")

    def _answer_at_once(self, args: list[Any], deadline: Deadline, doing: str) -> dict[str, Any]:
        call = self._driver_call(args, turns=False)
        return self.command(*call, deadline=deadline, doing=doing)

    def _value(self, reply: dict[str, Any], doing: str) -> Any:
        details = reply.get("exceptionDetails")
        if details is not None:
            text = details.get("exception", {}).get("description") or details.get("text", "")
            raise EvaluationError(f"the driver failed while {doing}: {text}", stack=str(text))
        return reply.get("result", {}).get("value")

    def _answer(self, args: list[Any], deadline: Deadline, doing: str) -> dict[str, Any]:
        return self.command(*self._driver_call(args), deadline=deadline, doing=doing)

    def _driver_call(self, args: list[Any], *, turns: bool = True) -> tuple[str, dict[str, Any]]:
        """The command that calls a method of the driver, its name first in ``args``.

        ``turns`` False: without waiting for a promise, which takes a turn even if it is none.
        """
        return "Runtime.callFunctionOn", {
            "functionDeclaration": _CALL,
            "objectId": self._driver_id,
            "arguments": [{"value": value} for value in args],
            "awaitPromise": turns,
            "returnByValue": True,
            "objectGroup": GROUP,
        }

    def release_objects(self, deadline: Deadline) -> None:
        """Let go of all that was taken by reference; that a program died, the first error tells."""
        with contextlib.suppress(NodeLeakError):
            self.command("Runtime.releaseObjectGroup", {"objectGroup": GROUP}, deadline=deadline)

    def _have_driver(self, deadline: Deadline, doing: str) -> None:
        if not self._driver_id:
            self._find_driver(deadline, doing)

    def _find_driver(self, deadline: Deadline, doing: str) -> None:
        if not self.look_for_driver(deadline, doing):
            raise TargetError("the driver is not loaded there")

    def look_for_driver(self, deadline: Deadline, doing: str) -> bool:
        """Whether the driver is there."""
        found = self.command(
            "Runtime.evaluate", {"expression": _FIND_DRIVER}, deadline=deadline, doing=doing
        )
        self._driver_id = str(found.get("result", {}).get("objectId", ""))
        return bool(self._driver_id)

    def close(self) -> None:
        """Disconnect."""
        self.session.close()


def _usual_patience() -> Deadline:
    return Deadline(_PATIENCE)
