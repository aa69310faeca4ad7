"""Live objects of a class, counted by the engine."""

from __future__ import annotations

import contextlib

from ...base.deadline import Deadline
from ...base.errors import EvaluationError, NodeLeakError, hide_ours
from ..channel import GROUP, Channel

__all__ = ["count_instances"]

__tracebackhide__ = hide_ours

_COUNT = "function() { return this.length; }"
_PROTOTYPE = "globalThis[Symbol.for('pytest-nodeleak.driver')].prototype"


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
        # The inspector keeps the arguments of the last 1,000 console messages alive.
        channel.command("Runtime.discardConsoleEntries", deadline=deadline, doing=doing)
        prototype = channel.command(
            "Runtime.evaluate",
            {"expression": _PROTOTYPE, "objectGroup": GROUP},
            deadline=deadline,
            doing=doing,
        )
        found = channel.command(
            "Runtime.queryObjects",
            {"prototypeObjectId": prototype["result"]["objectId"], "objectGroup": GROUP},
            deadline=deadline,
            doing=doing,
        )
        counted = channel.command(
            "Runtime.callFunctionOn",
            {
                "functionDeclaration": _COUNT,
                "objectId": found["objects"]["objectId"],
                "returnByValue": True,
            },
            deadline=deadline,
            doing=doing,
        )
        return int(counted["result"]["value"])
    finally:
        channel.release_objects(deadline)
        # Of a program that died meanwhile the first error tells.
        with contextlib.suppress(NodeLeakError):
            channel.driver("choosePrototype", "", deadline=deadline)
