"""How the driver is reached in a worker thread, and in a child process."""

from __future__ import annotations

import contextlib
import json
import time
from typing import Any

from ...base.deadline import Deadline
from ...base.errors import (
    ConnectionLostError,
    DeadlineExceeded,
    TargetStuckError,
    hide_ours,
)
from ...inspector import Session
from ..channel import Channel
from ..deaths import Fate
from ..pause import DRIVER

__all__ = ["ChildChannel", "WorkerChannel"]

__tracebackhide__ = hide_ours

_THREAD = json.dumps(str(DRIVER.with_name("thread.cjs")))
_BRING = f"require({_THREAD}).now()"
# What the thread does: "" while it boots, "idle" with nothing below us on the stack, "asleep" in
# Atomics.wait, from which V8 wakes it for us, "busy" otherwise.
_STATE = """(() => {
  const { stackTraceLimit, prepareStackTrace } = Error;
  Error.stackTraceLimit = 5;
  Error.prepareStackTrace = undefined;
  const lines = String(new Error().stack).split('\\n');
  Error.stackTraceLimit = stackTraceLimit;
  if (prepareStackTrace) Error.prepareStackTrace = prepareStackTrace;
  else delete Error.prepareStackTrace;
  if (process.argv.length < 2) return '';
  if (/^ +at Atomics.wait /.test(lines[3])) return 'asleep';
  return lines.length <= 3 ? 'idle' : 'busy';
})()"""
#: driver methods, and those that do the same without a turn of the event loop
_WITHOUT_TURNS = {
    "settle": "settleAsleep",
    "writeSnapshot": "writeSnapshotAsleep",
    "heapLimit": "heapLimit",
    "plant": "plant",
    "resources": "resources",
}
#: those of them that may as well be called twice
_REPEATABLE = frozenset({"settle", "heapLimit", "resources"})
#: driver methods that run code of others, which may need turns of its own
_NEEDS_TURNS = frozenset({"evaluate", "choosePrototype"})
#: seconds in which a thread that falls asleep right now is not noticed, at first
_GLANCE = 0.5


class WorkerChannel(Channel):
    """To a worker thread, which may still boot and may have no driver.

    Node preloads the driver into its threads, but not where they have ``execArgv`` of their own;
    it is there after the first turn of the event loop.
    """

    def __init__(self, session: Session, fate: Fate, bring: str = _BRING) -> None:
        """``bring``: the expression that brings the driver in."""
        super().__init__(session, fate)
        self._bring = bring
        self._sleeps = False
        self._glance = _GLANCE

    def _find_driver(self, deadline: Deadline, doing: str) -> None:
        while not self.look_for_driver(deadline, doing):
            if deadline.expired:
                raise self._fate.stuck(self.session, doing, deadline, turns=False)
            # Code that comes while a worker boots breaks it. And the command line API, asked for
            # then, has no `require` for ever: so this one is asked first, without it.
            if self._state(deadline, doing) in ("idle", "asleep"):
                self._evaluated(self._bring, deadline, doing, api=True)
            time.sleep(0.002)

    def is_asleep(self) -> bool:
        return self._state(Deadline(_GLANCE), "it was looked at") == "asleep"

    def _answer(self, args: list[Any], deadline: Deadline, doing: str) -> dict[str, Any]:
        """Threads of pools (piscina, tinypool) sleep between their tasks."""
        name = args[0]
        if name in _NEEDS_TURNS and self._state(deadline, doing) == "asleep":
            raise TargetStuckError(
                f"no code can run in a thread that sleeps in Atomics.wait: {doing}"
            )
        look = self._sleeps or name not in _REPEATABLE
        while name in _WITHOUT_TURNS and not deadline.expired:
            if look:
                self._sleeps = self._state(deadline, doing) == "asleep"
                if self._sleeps:
                    return self._answer_at_once([_WITHOUT_TURNS[name], *args[1:]], deadline, doing)
            # It may fall asleep right now: what must happen once only is asked for after a turn.
            probe = args if name in _REPEATABLE else ["turn"]
            call = self._driver_call(probe)
            with contextlib.suppress(DeadlineExceeded, ConnectionLostError):
                reply = self.session.call(*call, deadline=deadline.within(self._glance))
                if probe is args:
                    return reply
                break
            self._glance *= 2
            look = True
        return super()._answer(args, deadline, doing)

    def _state(self, deadline: Deadline, doing: str) -> str:
        return str(self._evaluated(_STATE, deadline, doing, api=False) or "")

    def _evaluated(self, expression: str, deadline: Deadline, doing: str, *, api: bool) -> Any:
        params = {"expression": expression, "includeCommandLineAPI": api}
        reply = self.command("Runtime.evaluate", params, deadline=deadline, doing=doing)
        return reply.get("result", {}).get("value")


class ChildChannel(Channel):
    """To a child process, where the driver is called without the inspector: see link.cjs."""

    def _find_driver(self, deadline: Deadline, doing: str) -> None:
        return None

    def _driver_call(self, args: list[Any], *, turns: bool = True) -> tuple[str, dict[str, Any]]:
        return "NodeLeak.call", {"arguments": args}
