"""Where a program is that does not answer: its JavaScript stack, through the debugger."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

from ..deadline import Deadline
from ..errors import ConnectionLostError, DeadlineExceeded, ProtocolError
from ..inspector import Session

__all__ = ["DRIVER", "where_it_is"]

DRIVER = Path(__file__).parent / "driver" / "driver.cjs"

_ANSWER = 0.7
_PAUSE = 0.2
_FRAMES = 12


def where_it_is(session: Session) -> str | None:
    """The stack of the JavaScript that runs, "" if none does, None if nothing answers.

    The program runs on afterwards. Takes a second at most.
    """
    frames: list[str] = []

    def on_event(method: str, params: dict[str, Any]) -> None:
        if method == "Debugger.paused" and not frames:
            frames.extend(_frames(params))

    deadline = Deadline(_ANSWER)
    try:
        session.call("Debugger.enable", deadline=deadline)
        session.call("Debugger.pause", deadline=deadline, on_event=on_event)
        # Running code stops within a millisecond; later it would be the next timer's code.
        pause = Deadline(_PAUSE)
        while not frames and not pause.expired:
            session.poll(0.01, on_event)
    except DeadlineExceeded:
        return None
    except (ConnectionLostError, ProtocolError):
        return ""
    finally:
        # Takes the request back, or lets the program go on.
        with contextlib.suppress(DeadlineExceeded, ConnectionLostError, ProtocolError):
            session.call("Debugger.disable", deadline=Deadline(0.3))
    return "\n".join(frames[:_FRAMES])


def _frames(params: dict[str, Any]) -> list[str]:
    """Lines as in an error's stack, without the driver's own frames and Node's below them."""
    lines = []
    for frame in params.get("callFrames") or []:
        url = str(frame.get("url", "")).removeprefix("file://")
        if url.startswith(str(DRIVER.parent)):
            break
        place = frame.get("location", {})
        name = frame.get("functionName") or "(anonymous)"
        line, column = place.get("lineNumber", 0) + 1, place.get("columnNumber", 0) + 1
        lines.append(f"    at {name} ({url}:{line}:{column})")
    return lines
