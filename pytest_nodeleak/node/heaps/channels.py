"""How the driver is reached in a worker thread, and in a child process."""

from __future__ import annotations

import json
import time
from typing import Any

from ...base.deadline import Deadline
from ...base.errors import hide_ours
from ...inspector import Session
from ..channel import Channel
from ..deaths import Fate
from ..pause import DRIVER

__all__ = ["ChildChannel", "WorkerChannel"]

__tracebackhide__ = hide_ours

_THREAD = json.dumps(str(DRIVER.with_name("thread.cjs")))
_BRING = f"void require({_THREAD})"
# Nothing below us on the stack, and the thread knows what it is to run.
_IDLE = """(() => {
  const { stackTraceLimit, prepareStackTrace } = Error;
  Error.stackTraceLimit = 5;
  Error.prepareStackTrace = undefined;
  const lines = String(new Error().stack).split('\\n').length;
  Error.stackTraceLimit = stackTraceLimit;
  if (prepareStackTrace) Error.prepareStackTrace = prepareStackTrace;
  else delete Error.prepareStackTrace;
  return lines <= 3 && process.argv.length > 1;
})()"""


class WorkerChannel(Channel):
    """To a worker thread, which may still boot and may have no driver.

    Node preloads the driver into its threads, but not where they have ``execArgv`` of their own;
    it is there after the first turn of the event loop.
    """

    def __init__(self, session: Session, fate: Fate, bring: str = _BRING) -> None:
        """``bring``: the expression that brings the driver in."""
        super().__init__(session, fate)
        self._bring = bring

    def _find_driver(self, deadline: Deadline, doing: str) -> None:
        while not self.look_for_driver(deadline, doing):
            if deadline.expired:
                raise self._fate.stuck(self.session, doing, deadline, turns=False)
            # Code that comes while a worker boots breaks it. And the command line API, asked for
            # then, has no `require` for ever: so this one is asked first, without it.
            if self._evaluated(_IDLE, deadline, doing, api=False):
                self._evaluated(self._bring, deadline, doing, api=True)
            time.sleep(0.002)

    def _evaluated(self, expression: str, deadline: Deadline, doing: str, *, api: bool) -> Any:
        params = {"expression": expression, "includeCommandLineAPI": api}
        reply = self.command("Runtime.evaluate", params, deadline=deadline, doing=doing)
        return reply.get("result", {}).get("value")


class ChildChannel(Channel):
    """To a child process, where the driver is called without the inspector: see link.cjs."""

    def _find_driver(self, deadline: Deadline, doing: str) -> None:
        return None

    def _driver_call(self, args: list[Any]) -> tuple[str, dict[str, Any]]:
        return "NodeLeak.call", {"arguments": args}
