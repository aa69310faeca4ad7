"""The main thread of the program: held by the driver before its first line, then let run."""

from __future__ import annotations

import re
import time

from ..base.deadline import Deadline
from ..base.errors import hide_ours
from ..inspector import Session
from .channel import Channel
from .deaths import ProgramFate
from .process.target import ProgramProcess

__all__ = ["ProgramChannel"]

__tracebackhide__ = hide_ours

_RUNS = re.compile(r"^nodeleak: the driver runs$", re.MULTILINE)


class ProgramChannel(Channel):
    """The connection to the program's main thread, and the process behind it."""

    def __init__(
        self, process: ProgramProcess, session: Session, fate: ProgramFate | None = None
    ) -> None:
        super().__init__(session, fate or ProgramFate(process))
        self.process = process
        process.before_stop = session.close

    def __repr__(self) -> str:
        return f"<ProgramChannel {self.process!r} {self.session!r}>"

    def start(self, deadline: Deadline) -> None:
        """Let the program run, which the driver holds before its first line, until it has loaded.

        Between the two the program is left in peace: Node 18 and 20 crash at times when they
        get a command while they load a script that ends early.
        """
        doing = "it was loading"
        # Tells when the program has ended and only waits for our disconnect.
        self.command(
            "NodeRuntime.notifyWhenWaitingForDisconnect",
            {"enabled": True},
            deadline=deadline,
            doing=doing,
        )
        # Found while it waits: a program may replace what finding takes.
        while not self.look_for_driver(deadline, doing):
            self.command("Runtime.runIfWaitingForDebugger", deadline=deadline, doing=doing)
            time.sleep(0.002)
        # A go that comes before the driver listens is lost: it is said until it has been heard.
        while True:
            self.command("Runtime.runIfWaitingForDebugger", deadline=deadline, doing=doing)
            if self._runs(deadline.within(0.05)):
                break
        self.driver("ready", deadline=deadline, doing=doing)

    def _runs(self, deadline: Deadline) -> bool:
        """Wait until the driver says that it lets the program run."""
        stderr = self.process.stderr
        while True:
            seen = stderr.total
            if _RUNS.search(stderr.raw()):
                return True
            if deadline.expired:
                return False
            stderr.wait_change(seen, deadline)

    def close(self) -> None:
        """Disconnect and end the program with all its children."""
        self.process.stop()
