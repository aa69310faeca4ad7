"""Timers that have not fired yet, unref'd ones included."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ...base.deadline import Deadline
from ...base.frames import CallFrame
from ..channel import Channel
from .instances import objects_below
from .scripts import loaded_scripts

__all__ = ["OwnTimer", "PendingTimeouts", "own_timers", "pending_timeouts"]

_GROUP = "nodeleak-timers"
_DRIVER = "globalThis[Symbol.for('pytest-nodeleak.driver')]"
_PROTOTYPE = f"{_DRIVER}.timers.prototype"
_SETTER = f"{_DRIVER}.timers.set"
#: the variable of Node's own module that has a list of timers for each duration
_LISTS = "timerListMap"
_LISTED = """function() {
  const all = [];
  for (const duration in this) {
    const list = this[duration];
    for (let at = list._idlePrev; at && at !== list; at = at._idlePrev) all[all.length] = at;
  }
  return all;
}"""
_ALIVE = "function() { return this.filter((timer) => !timer._destroyed); }"
# _idleStart counts from the start of the event loop, as performance.now() does within
# milliseconds; an interval has _repeat. A timer that fired or was cleared is _destroyed, one in a
# list may be that and fire just now: it is often set anew.
_LONGEST = """function() {
  let count = 0, longest = 0;
  for (const timer of this) {
    if (timer._repeat || !(timer._idleTimeout > 0)) continue;
    count++;
    longest = Math.max(longest, timer._idleStart + timer._idleTimeout - performance.now());
  }
  return count + ' ' + Math.round(longest);
}"""
_MOST = 20
_NEAR = """function() {
  const near = [], within = %f;
  for (const timer of this) {
    const due = timer._idleStart + timer._idleTimeout - performance.now();
    if (!(timer._idleTimeout > 0) || !(timer._onTimeout)) continue;
    if (due <= within && !(timer._repeat > within)) near.push([due, timer._idleTimeout, timer]);
  }
  near.sort((a, b) => b[1] - a[1] || b[0] - a[0]).splice(MOST);
  return { times: near.map((t) => [t[0], t[1]]), calls: near.map((t) => t[2]._onTimeout) };
}""".replace("MOST", str(_MOST))


@dataclass(frozen=True)
class PendingTimeouts:
    """How many there are, and the seconds until the last of them fires."""

    count: int
    longest: float


@dataclass(frozen=True)
class OwnTimer:
    """A timer of the program or a package: seconds until it fires, and from then to the next.

    One that fires once is often set anew by what it calls.
    """

    due: float
    period: float


def pending_timeouts(channel: Channel) -> PendingTimeouts:
    """How long those take that fire once. Raises TargetError."""
    with _all_timers(channel) as timers:
        count, milliseconds = _call(channel, timers, _LONGEST)["value"].split()
    return PendingTimeouts(int(count), int(milliseconds) / 1000)


def own_timers(channel: Channel, most: float) -> tuple[OwnTimer, ...]:
    """Those that fire within ``most`` seconds, and again. Raises TargetError."""
    scripts = loaded_scripts(channel, Deadline(10))
    own = []
    with _all_timers(channel) as timers:
        near = _call(channel, timers, _NEAR % (1000 * most), by_value=False)["objectId"]
        times = _call(channel, near, "function() { return this.times; }").get("value", ())
        callbacks = _call(channel, near, "function() { return this.calls; }", by_value=False)
        for at, (due, period) in enumerate(times):
            call = f"function() {{ return this[{at}]; }}"
            script = _script_of(channel, _call(channel, callbacks["objectId"], call, False))
            known = scripts.get(script)
            if known is not None and CallFrame("", known.url, 0, 0).is_own:
                own.append(OwnTimer(max(0.0, due / 1000), period / 1000))
    return tuple(own)


@contextmanager
def _all_timers(channel: Channel) -> Iterator[str]:
    """The inspector's id of an array of all timers that are to fire, from Node's own lists.

    Where they are not found, of all that are alive: V8 walks the heap for it, and takes as much
    memory as that has (300 MB beside 280 MB of small objects, of which the process keeps 300).
    """
    setter = channel.command("Runtime.evaluate", {"expression": _SETTER, "objectGroup": _GROUP})
    lists = _variable_seen_by(channel, setter["result"]["objectId"], _LISTS)
    if lists is not None:
        yield _call(channel, lists, _LISTED, by_value=False)["objectId"]
    else:
        all_of_them = objects_below(channel, _PROTOTYPE, _GROUP, doing="timers were counted")
        yield _call(channel, all_of_them, _ALIVE, by_value=False)["objectId"]
    channel.command("Runtime.releaseObjectGroup", {"objectGroup": _GROUP})


def _variable_seen_by(channel: Channel, function: str, name: str) -> str | None:
    """The inspector's id of the object that a variable around a function holds."""
    _, internal = _properties(channel, function)
    if "[[Scopes]]" not in internal:
        return None
    scopes, _ = _properties(channel, internal["[[Scopes]]"]["objectId"])
    for scope in scopes.values():
        variables, _ = _properties(channel, scope["objectId"])
        if name in variables:
            return str(variables[name]["objectId"])
    return None


def _properties(channel: Channel, remote: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """An object's own properties, and those that the engine adds, by name."""
    params = {"objectId": remote, "ownProperties": True}
    reply = channel.command("Runtime.getProperties", params, doing="timers were counted")
    own, internal = (reply.get(key, ()) for key in ("result", "internalProperties"))
    return (
        {item["name"]: item["value"] for item in own if "value" in item},
        {item["name"]: item.get("value", {}) for item in internal},
    )


def _call(channel: Channel, remote: str, function: str, by_value: bool = True) -> dict[str, Any]:
    params = {"functionDeclaration": function, "objectId": remote, "returnByValue": by_value}
    reply = channel.command(
        "Runtime.callFunctionOn", {**params, "objectGroup": _GROUP}, doing="timers were counted"
    )
    result: dict[str, Any] = reply["result"]
    return result


def _script_of(channel: Channel, function: dict[str, Any]) -> int:
    """The number of the script that a function, bound or not, is in; -1 for a builtin."""
    while "objectId" in function:
        _, internal = _properties(channel, function["objectId"])
        if "[[FunctionLocation]]" in internal:
            return int(internal["[[FunctionLocation]]"]["value"]["scriptId"])
        function = internal.get("[[TargetFunction]]", {})
    return -1
