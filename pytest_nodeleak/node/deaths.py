"""How a target dies or hangs, told apart: the one place that maps it to our errors."""

from __future__ import annotations

import re
import signal

from ..base.deadline import Deadline
from ..base.errors import (
    ConnectionLostError,
    TargetError,
    TargetExitedError,
    TargetOutOfMemoryError,
    TargetStuckError,
)
from ..inspector import Session
from .pause import where_it_is
from .process.target import TargetProcess

__all__ = ["ending", "lost_target", "out_of_memory", "quoted", "stuck_target"]

_OUT_OF_MEMORY = re.compile(
    r"FATAL ERROR: .*(?:heap limit|heap out of memory|Allocation failed).*", re.IGNORECASE
)
# Seconds for the end of a program after its inspector is gone; a core dump may take some.
_DYING = 1.2


def lost_target(process: TargetProcess, session: Session, doing: str) -> TargetError:
    """The error for a connection that ended while ``doing``."""
    # An ended program stays until we disconnect.
    session.close()
    code = process.wait(Deadline(_DYING))
    output = process.stderr.tail()
    if code is None:
        return ConnectionLostError(
            f"the inspector connection was cut while {doing}; the program (pid {process.pid}) "
            f"still runs{quoted(process)}",
            output=output,
        )
    memory = out_of_memory(process)
    if memory:
        return TargetOutOfMemoryError(
            f"the program ran out of memory while {doing}: {memory}; lower "
            "`iterations`, or give it more with node_args=['--max-old-space-size=...']",
            returncode=code,
            output=output,
        )
    return TargetExitedError(
        f"the program {ending(code)} while {doing}{quoted(process)}",
        returncode=code,
        output=output,
    )


def out_of_memory(process: TargetProcess) -> str:
    """V8's own line about a heap that is full, or ""."""
    found = _OUT_OF_MEMORY.search(process.stderr.text())
    return "" if found is None else found.group(0).strip()


def ending(code: int) -> str:
    """How it ended, as the predicate of a sentence."""
    if code < 0:
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = f"signal {-code}"
        return f"was killed by {name}"
    return f"ended with exit status {code}"


def stuck_target(
    process: TargetProcess, session: Session, doing: str, deadline: Deadline, *, turns: bool
) -> TargetStuckError:
    """The error for a program that did not answer in time; says where it is, if it can.

    ``turns`` tells that its event loop goes round, so that it only waits for something.
    """
    stack = "" if turns else where_it_is(session)
    if stack:
        where = f"; it is at:\n{stack}"
    elif stack is None:
        where = "; not even its debugger answers: is it in one long synchronous call, or stopped?"
    else:
        where = "; its event loop goes round: it waits for a promise that does not settle"
    return TargetStuckError(
        f"the program did not answer within {deadline.seconds or 0:.3g} s while {doing}{where}",
        stack=stack or "",
        output=process.stderr.tail(),
    )


def quoted(process: TargetProcess) -> str:
    """The end of what the program printed, its stderr above all, as the end of a message."""
    for stream in (process.stderr, process.stdout):
        output = stream.tail()
        if output:
            indented = "\n".join("  " + line for line in output.splitlines())
            return f"; its {stream.name} ends:\n{indented}"
    return "; it printed nothing"
