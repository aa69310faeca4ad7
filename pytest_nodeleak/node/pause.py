"""Where a program is that does not answer: its JavaScript stack, through the debugger."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

from ..base.deadline import Deadline
from ..base.errors import ConnectionLostError, DeadlineExceeded, ProtocolError
from ..inspector import Session

__all__ = ["DRIVER", "PRELOADED", "where_it_is"]

DRIVER = Path(__file__).parent / "driver" / "driver.cjs"
PRELOADED = DRIVER.with_name("preloaded.mjs")

# Seconds for the debugger to answer at all, and for running code to stop.
_ANSWER = 0.6
_PAUSE = 0.2
_FRAMES = 12


def where_it_is(session: Session) -> str | None:
    """The stack of the JavaScript that runs, "" if none does, None if nothing answers.

    The program runs on afterwards. Takes a second at most.
    """
    stack = _Stack()
    deadline = Deadline(_ANSWER)
    answers = True
    try:
        session.call("Debugger.enable", deadline=deadline, on_event=stack.on_event)
        session.call("Debugger.pause", deadline=deadline, on_event=stack.on_event)
        pause = Deadline(_PAUSE)
        while not stack.paused and not pause.expired:
            session.poll(0.01, stack.on_event)
    except DeadlineExceeded:
        answers = False
        return None
    except (ConnectionLostError, ProtocolError):
        return ""
    finally:
        # Takes the request back, or lets the program go on.
        with contextlib.suppress(DeadlineExceeded, ConnectionLostError, ProtocolError):
            # Of one that does not answer it is heard when it does again.
            session.call("Debugger.disable", deadline=Deadline(0.3 if answers else 0.02))
    return "\n".join(stack.lines[:_FRAMES])


class _Stack:
    """Collects the events of the debugger into lines as in an error's stack."""

    def __init__(self) -> None:
        self.paused = False
        self.lines: list[str] = []
        self._urls: dict[str, str] = {}

    def on_event(self, method: str, params: dict[str, Any]) -> None:
        if method == "Debugger.scriptParsed":
            self._urls[str(params.get("scriptId"))] = str(params.get("url", ""))
        elif method == "Debugger.paused" and not self.paused:
            self.paused = True
            for frame in params.get("callFrames") or []:
                self._add(frame)

    def _add(self, frame: dict[str, Any]) -> None:
        place = frame.get("location", {})
        # The frame's own url is empty in newer versions.
        url = frame.get("url") or self._urls.get(str(place.get("scriptId")), "")
        url = str(url).removeprefix("file://")
        if url.startswith((str(DRIVER.parent), "node:")):
            return
        name = frame.get("functionName") or "(anonymous)"
        line, column = place.get("lineNumber", 0) + 1, place.get("columnNumber", 0) + 1
        self.lines.append(f"    at {name} ({url}:{line}:{column})")
