"""Live objects below a prototype, found and counted by the engine."""

from __future__ import annotations

import contextlib

from ...base.deadline import Deadline
from ...base.errors import EvaluationError, NodeLeakError, hide_ours
from ..channel import GROUP, Channel

__all__ = ["count_instances", "objects_below"]

__tracebackhide__ = hide_ours

_COUNT = "function() { return this.length; }"
_PROTOTYPE = "globalThis[Symbol.for('pytest-nodeleak.driver')].prototype"


def objects_below(
    channel: Channel, prototype: str, group: str, *, deadline: Deadline | None = None, doing: str
) -> str:
    """The inspector's id, in an object ``group``, of an array of all that is alive.

    ``prototype`` is an expression. The engine collects garbage first. Raises what a command raises.
    """
    # The inspector keeps the arguments of the last 1,000 console messages alive.
    channel.command("Runtime.discardConsoleEntries", deadline=deadline, doing=doing)
    params = {"expression": prototype, "objectGroup": group}
    made = channel.command("Runtime.evaluate", params, deadline=deadline, doing=doing)
    params = {"prototypeObjectId": made["result"]["objectId"], "objectGroup": group}
    found = channel.command("Runtime.queryObjects", params, deadline=deadline, doing=doing)
    return str(found["objects"]["objectId"])


def count_instances(channel: Channel, expression: str, deadline: Deadline) -> int:
    """Live objects below the prototype that ``expression`` gives, itself or as a class.

    The engine collects garbage first. Raises EvaluationError if the expression throws or
    gives neither a class nor a prototype.
    """
    doing = f"instances of {expression} were counted"
    failed = channel.driver("choosePrototype", expression, deadline=deadline, doing=doing)
    if failed:
        raise EvaluationError(f"count_instances({expression!r}): {failed}", stack=str(failed))
    try:
        found = objects_below(channel, _PROTOTYPE, GROUP, deadline=deadline, doing=doing)
        counted = channel.command(
            "Runtime.callFunctionOn",
            {"functionDeclaration": _COUNT, "objectId": found, "returnByValue": True},
            deadline=deadline,
            doing=doing,
        )
        return int(counted["result"]["value"])
    finally:
        channel.release_objects(deadline)
        # Of a program that died meanwhile the first error tells.
        with contextlib.suppress(NodeLeakError):
            channel.driver("choosePrototype", "", deadline=deadline)
