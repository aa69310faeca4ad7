"""One-shot timers that have not fired yet, unref'd ones included."""

from __future__ import annotations

from dataclasses import dataclass

from ..channel import Channel

__all__ = ["PendingTimeouts", "pending_timeouts"]

_GROUP = "nodeleak-timers"
_PROTOTYPE = "globalThis[Symbol.for('pytest-nodeleak.driver')].timeoutPrototype"
# _idleStart counts from the start of the event loop, as performance.now() does within
# milliseconds; an interval has _repeat, a timer that fired or was cleared is _destroyed.
_LONGEST = """function() {
  let count = 0, longest = 0;
  for (const timer of this) {
    if (timer._repeat || timer._destroyed || !(timer._idleTimeout > 0)) continue;
    count++;
    longest = Math.max(longest, timer._idleStart + timer._idleTimeout - performance.now());
  }
  return count + ' ' + Math.round(longest);
}"""


@dataclass(frozen=True)
class PendingTimeouts:
    """How many there are, and the seconds until the last of them fires."""

    count: int
    longest: float


def pending_timeouts(channel: Channel) -> PendingTimeouts:
    """Ask the engine for all live Timeout objects; forces a GC. Raises TargetError."""
    prototype = channel.command(
        "Runtime.evaluate", {"expression": _PROTOTYPE, "objectGroup": _GROUP}
    )
    found = channel.command(
        "Runtime.queryObjects",
        {"prototypeObjectId": prototype["result"]["objectId"], "objectGroup": _GROUP},
        doing="timers were counted",
    )
    reply = channel.command(
        "Runtime.callFunctionOn",
        {
            "functionDeclaration": _LONGEST,
            "objectId": found["objects"]["objectId"],
            "returnByValue": True,
        },
        doing="timers were counted",
    )
    channel.command("Runtime.releaseObjectGroup", {"objectGroup": _GROUP})
    count, milliseconds = str(reply["result"]["value"]).split()
    return PendingTimeouts(int(count), int(milliseconds) / 1000)
