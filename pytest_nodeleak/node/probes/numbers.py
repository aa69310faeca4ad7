"""Numbers that the program keeps in objects and variables, read over the inspector."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...base.deadline import Deadline
from ...base.errors import ProtocolError
from ..channel import GROUP, Channel

__all__ = ["numbers_in"]


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
