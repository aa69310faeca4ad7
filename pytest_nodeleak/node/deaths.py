"""How a target dies or hangs, told apart: the one place that maps it to our errors."""

from __future__ import annotations

import re
import signal

from ..deadline import Deadline
from ..errors import (
    ConnectionLostError,
    DeadlineExceeded,
    ProtocolError,
    TargetError,
    TargetExitedError,
    TargetOutOfMemoryError,
    TargetStuckError,
)
from ..inspector import Session
from .process import TargetProcess

__all__ = ["lost_target", "paused_stack", "settle_ended", "stuck_target"]

_OUT_OF_MEMORY = re.compile(
    r"FATAL ERROR: .*(?:heap limit|heap out of memory|Allocation failed).*", re.IGNORECASE
)


def settle_ended(process: TargetProcess, session: Session, seconds: float = 2.0) -> int | None:
    """Let go of a program that has ended and return its exit status (None: it lives on)."""
    session.close()
    return process.wait(Deadline(seconds))


def lost_target(process: TargetProcess, session: Session, doing: str) -> TargetError:
    """The error for a connection that ended while ``doing``."""
    code = settle_ended(process, session)
    output = process.stderr.tail()
    quoted = _quoted(output)
    if code is None:
        return ConnectionLostError(
            f"the inspector connection was cut while {doing}; the program (pid {process.pid}) "
            f"still runs{quoted}",
            output=output,
        )
    memory = _OUT_OF_MEMORY.search(process.stderr.text())
    if memory is not None:
        return TargetOutOfMemoryError(
            f"the program ran out of memory while {doing}: {memory.group(0).strip()}; lower "
            "`iterations`, or give it more with node_args=['--max-old-space-size=...']",
            returncode=code,
            output=output,
        )
    return TargetExitedError(
        f"the program {ending(code)} while {doing}{quoted}", returncode=code, output=output
    )


def ending(code: int) -> str:
    """``exit status 3`` or the name of the signal, as the predicate of a sentence."""
    if code < 0:
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = f"signal {-code}"
        return f"was killed by {name}"
    return f"ended with exit status {code}"


def stuck_target(
    process: TargetProcess, session: Session, doing: str, deadline: Deadline
) -> TargetStuckError:
    """The error for a program that did not answer in time; says where it is, if it can."""
    stack = paused_stack(session)
    where = f"; it is at:\n{stack}" if stack else ""
    return TargetStuckError(
        f"the program did not answer within {deadline.seconds:.3g} s while {doing}{where}",
        stack=stack,
        output=process.stderr.tail(),
    )


def paused_stack(session: Session, seconds: float = 1.0) -> str:
    """Interrupt running JavaScript and return its stack; "" if none runs or nothing answers.

    The session is of no use for measuring afterwards.
    """
    deadline = Deadline(seconds)
    frames: list[str] = []

    def on_event(method: str, params: dict[str, object]) -> None:
        if method == "Debugger.paused":
            frames.extend(_frames(params))

    try:
        session.call("Debugger.enable", deadline=deadline, on_event=on_event)
        session.call("Debugger.pause", deadline=deadline, on_event=on_event)
        # The event follows the reply: any further command collects it.
        while not frames:
            session.call("Debugger.setSkipAllPauses", {"skip": False}, deadline=deadline.within(0.1),
                         on_event=on_event)
    except (DeadlineExceeded, ConnectionLostError, ProtocolError):
        pass
    return "\n".join(frames[:12])


def _frames(params: dict[str, object]) -> list[str]:
    frames = params.get("callFrames")
    lines = []
    for frame in frames if isinstance(frames, list) else []:
        place = frame.get("location", {})
        name = frame.get("functionName") or "(anonymous)"
        url = str(frame.get("url", "")).removeprefix("file://")
        lines.append(
            f"    at {name} ({url}:{place.get('lineNumber', 0) + 1}"
            f":{place.get('columnNumber', 0) + 1})"
        )
    return lines


def _quoted(output: str) -> str:
    if not output:
        return ""
    return "; its stderr ends:\n" + "\n".join("  " + line for line in output.splitlines())
