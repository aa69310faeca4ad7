"""The connection to a program that ran before: the driver comes as a visitor, and leaves again."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

import psutil

from ...base.deadline import Deadline
from ...base.errors import (
    AttachError,
    ConnectionLostError,
    NodeLeakError,
    TargetError,
    TargetExitedError,
    hide_ours,
)
from ...inspector import Session
from ..deaths import ProgramFate
from ..process.output import OutputBuffer
from ..program import ProgramChannel
from .bundle import visiting

if TYPE_CHECKING:
    import re
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["RunningFate", "RunningProcess", "VisitorChannel"]

__tracebackhide__ = hide_ours

#: seconds between two signs of life from us, without which the driver leaves
_BEAT = 10.0
# Seconds for the end of a process after its inspector is gone.
_DYING = 1.2


class RunningProcess:
    """A process that is not ours: it is neither ended nor heard. ``here``: on this machine."""

    returncode: int | None = None

    def __init__(self, pid: int, *, here: bool) -> None:
        self.pid = pid
        self.here = here
        self.stdout, self.stderr = OutputBuffer("stdout"), OutputBuffer("stderr")
        self.before_stop: Callable[[], None] = lambda: None
        self.after_stop: Callable[[], None] = lambda: None
        self._process: psutil.Process | None = None
        if here:
            with contextlib.suppress(psutil.Error):
                self._process = psutil.Process(pid)

    def __repr__(self) -> str:
        return f"<RunningProcess {self.pid}{'' if self.here else ' elsewhere'}>"

    @property
    def ended(self) -> bool:
        """Whether it is known to have ended."""
        if self._process is None:
            return self.here
        try:
            return not self._process.is_running() or (
                self._process.status() == psutil.STATUS_ZOMBIE
            )
        except psutil.Error:
            return True

    def wait(self, deadline: Deadline) -> int | None:
        """Wait for its end, whose status only its parent knows."""
        while not self.ended and not deadline.expired:
            time.sleep(0.02)
        return None

    def wait_for_output(
        self, pattern: re.Pattern[str], deadline: Deadline, over: Callable[[], bool]
    ) -> re.Match[str] | None:
        """Raises TargetError: its output goes to somebody else."""
        raise TargetError(f"the output of a program that ran already is not ours (pid {self.pid})")

    def near_limit_files(self) -> list[Path]:
        """Those are where its people look for them."""
        return []

    def is_writing_its_last(self) -> bool:
        """Not known of others' programs."""
        return False

    def family(self) -> list[psutil.Process]:
        """Its children and theirs."""
        if self._process is None:
            return []
        try:
            return list(self._process.children(recursive=True))
        except psutil.Error:
            return []

    def stop(self) -> None:
        """Let go of it; it runs on."""
        self.before_stop()
        self.after_stop()


class RunningFate(ProgramFate):
    """Of a program that somebody else has started."""

    def __init__(self, process: RunningProcess) -> None:
        super().__init__(process)
        self._running = process

    @property
    def over(self) -> bool:
        return False

    def lost(self, session: Session, doing: str) -> TargetError:
        session.close()
        process = self._running
        process.wait(Deadline(_DYING))
        if process.ended:
            return TargetExitedError(f"the program (pid {process.pid}) ended while {doing}")
        return ConnectionLostError(
            f"the inspector connection was cut while {doing}; was the inspector closed, or did the "
            f"program (pid {process.pid}) end?"
        )


class VisitorChannel(ProgramChannel):
    """To the main thread; brings the driver in when it is first asked, takes it out at the end."""

    def __init__(self, process: RunningProcess, session: Session, *, closes: bool) -> None:
        """``closes``: the inspector was opened by us, and is closed at the end."""
        super().__init__(process, session, RunningFate(process))
        self._closes = closes
        self._beat = time.monotonic()
        process.before_stop = self.leave

    def _find_driver(self, deadline: Deadline, doing: str) -> None:
        params = {"expression": visiting(self._closes), "includeCommandLineAPI": True}
        reply = self.command("Runtime.evaluate", params, deadline=deadline, doing=doing)
        refused = reply.get("result", {}).get("value")
        if "exceptionDetails" in reply:
            details = reply["exceptionDetails"]
            text = details.get("exception", {}).get("description") or details.get("text", "")
            raise AttachError(f"the driver cannot be brought in: {text}")
        if refused:
            raise AttachError(f"pid {self.process.pid}: {refused}")
        super()._find_driver(deadline, doing)
        self._closes = False  # the driver does it

    def keep_alive(self) -> None:
        """Tell the driver, now and then, that we are still there."""
        now = time.monotonic()
        if self._driver_id and now - self._beat > _BEAT:
            self._beat = now
            with contextlib.suppress(NodeLeakError):
                self.session.call(*self._driver_call(["turn"]), deadline=Deadline(5))

    def leave(self) -> None:
        """Take the driver out, and disconnect; the inspector is closed if it was opened by us."""
        if not self.session.lost:
            with contextlib.suppress(NodeLeakError):
                self.session.call("HeapProfiler.disable", deadline=Deadline(10))
                if not self._driver_id and self._closes:
                    self._find_driver(Deadline(10), "it was let go of")
                if self._driver_id:
                    self.driver("leave", deadline=Deadline(10))
        self.session.close()
