"""Numbers that the program keeps in objects and variables, read over the inspector."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterable, Iterator
from typing import Any

from ...base.deadline import Deadline
from ...base.errors import ProtocolError
from ..channel import GROUP, Channel

__all__ = ["EntryCounts", "numbers_in"]

#: each counter lets go of its own containers only
_GROUPS = (f"nodeleak-stores-{number}" for number in itertools.count())
#: seconds for finding containers by their ids: V8 walks the whole heap for each
_FINDING = 3.0
# A Map of another context is none by instanceof, but has the same getter.
_COUNT = """function() {
  const it = this.deref();
  if (!it) return null;
  const sizeOf = (made) => Object.getOwnPropertyDescriptor(made.prototype, 'size').get.call(it);
  try { return sizeOf(Map); } catch {}
  try { return sizeOf(Set); } catch {}
  return Array.isArray(it) ? it.length : Object.keys(it).length;
}"""
# Of what is copied at each change the copy that was there first would stay. The name is one that
# is no growth of the program's, for the first of them come between two snapshots.
_WEAK = "(class NodeleakStore extends WeakRef {})"
_MAKE = "function(Weak) { return new Weak(this); }"


class EntryCounts:
    """Counts the entries of containers of one heap: numbers leave no edges to count them by.

    The containers, given by ids of heap snapshots, are not kept alive by it.
    """

    def __init__(self, channel: Channel, ids: Iterable[int]) -> None:
        self._channel = channel
        self._group = next(_GROUPS)
        self._objects: dict[int, str] = {}
        finding = Deadline(_FINDING)
        group = {"objectGroup": self._group}
        weak = channel.command("Runtime.evaluate", {"expression": _WEAK, **group})["result"]
        for number in ids:
            if finding.expired:
                break
            remote = _remote_object(channel, number, Deadline(10))
            if remote:
                params = {"functionDeclaration": _MAKE, "objectId": remote, **group}
                arguments = [{"objectId": weak["objectId"]}]
                reply = channel.command(
                    "Runtime.callFunctionOn", {**params, "arguments": arguments}
                )
                self._objects[number] = str(reply["result"].get("objectId", ""))
        channel.release_objects(Deadline(10))

    def __repr__(self) -> str:
        return f"<EntryCounts of {len(self._objects)} containers>"

    def read(self) -> dict[int, int]:
        """Entries by the container's id."""
        counts = {}
        for number, remote in self._objects.items():
            params = {"functionDeclaration": _COUNT, "objectId": remote, "returnByValue": True}
            with contextlib.suppress(ProtocolError):  # of a context that is gone
                reply = self._channel.command("Runtime.callFunctionOn", params)
                value = reply.get("result", {}).get("value")
                if isinstance(value, int):
                    counts[number] = value
        return counts

    def close(self) -> None:
        """Let go of the containers."""
        self._channel.command("Runtime.releaseObjectGroup", {"objectGroup": self._group})


def numbers_in(
    channel: Channel, object_id: int | None, closure_id: int | None, deadline: Deadline
) -> dict[str, float]:
    """Own properties, private ones included, and variables in scope that are numbers, by name.

    Both are ids of heap snapshots, None reads nothing; of what is gone nothing is read either.
    """
    try:
        found: dict[str, float] = {}
        remote = _remote_object(channel, object_id, deadline)
        if remote:
            found |= _numbers(channel, remote, deadline)
            found = {**_bounds_told(channel, remote, deadline), **found}
        closure = _remote_object(channel, closure_id, deadline)
        if closure:
            for scope in _scopes(channel, closure, deadline):
                found = {**_numbers(channel, scope, deadline), **found}
        return found
    finally:
        channel.release_objects(deadline)


def _remote_object(channel: Channel, number: int | None, deadline: Deadline) -> str:
    """The inspector's id of an object; "" if there is none."""
    if number is None:
        return ""
    params = {"objectId": str(number), "objectGroup": GROUP}
    try:
        reply = channel.command("HeapProfiler.getObjectByHeapObjectId", params, deadline=deadline)
    except ProtocolError:
        return ""  # collected meanwhile, or nothing that JavaScript can hold
    return str(reply.get("result", {}).get("objectId", ""))


def _properties(channel: Channel, remote: str, deadline: Deadline) -> dict[str, Any]:
    params = {"objectId": remote, "ownProperties": True, "generatePreview": False}
    return channel.command("Runtime.getProperties", params, deadline=deadline)


def _numbers(channel: Channel, remote: str, deadline: Deadline) -> dict[str, float]:
    reply = _properties(channel, remote, deadline)
    properties = [*reply.get("result", ()), *reply.get("privateProperties", ())]
    return {
        str(item["name"]): float(item["value"]["value"])
        for item in properties
        if item.get("value", {}).get("type") == "number" and "value" in item["value"]
    }


# lru-cache keeps them in private fields, whose names are minified, and tells them by getters.
_TOLD = """function() {
  const told = {};
  for (const name of ['max', 'maxSize', 'calculatedSize', 'capacity', 'limit']) {
    if (typeof this[name] === 'number') told[name] = this[name];
  }
  return told;
}"""


def _bounds_told(channel: Channel, remote: str, deadline: Deadline) -> dict[str, float]:
    """What an object's getters tell of its bounds, if telling changes nothing."""
    params = {"functionDeclaration": _TOLD, "objectId": remote, "returnByValue": True}
    with contextlib.suppress(ProtocolError):
        reply = channel.command(
            "Runtime.callFunctionOn", {**params, "throwOnSideEffect": True}, deadline=deadline
        )
        if "exceptionDetails" not in reply:
            return {name: float(value) for name, value in reply["result"]["value"].items()}
    return {}


def _scopes(channel: Channel, closure: str, deadline: Deadline) -> Iterator[str]:
    """The scopes of a closure, innermost first, without the global one."""
    internal = _properties(channel, closure, deadline).get("internalProperties", ())
    for item in internal:
        if item.get("name") != "[[Scopes]]":
            continue
        for scope in _properties(channel, item["value"]["objectId"], deadline).get("result", ()):
            value = scope.get("value", {})
            if "objectId" in value and value.get("description") != "Global":
                yield str(value["objectId"])
