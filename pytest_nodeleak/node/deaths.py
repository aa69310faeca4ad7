"""How a target dies or hangs, told apart: the one place that maps it to our errors."""

from __future__ import annotations

import re
import signal
from typing import Protocol

from ..base.deadline import Deadline
from ..base.errors import (
    ConnectionLostError,
    HeapGoneError,
    TargetError,
    TargetExitedError,
    TargetOutOfMemoryError,
    TargetStuckError,
)
from ..inspector import Session
from .pause import where_it_is
from .process.target import ProgramProcess, is_halted

__all__ = ["Fate", "HeapFate", "ProgramFate", "ending", "out_of_memory", "quoted"]

_OUT_OF_MEMORY = re.compile(
    r"FATAL ERROR: .*(?:heap limit|heap out of memory|Allocation failed).*", re.IGNORECASE
)
# "[77:0x1]   901 ms: Mark-Compact 61.9 (81.4) -> 61.0 (81.4) MB, ..."
_LAST_GC = re.compile(r" ms: .*-> ([0-9.]+) \([0-9.]+\) MB")
# Seconds for the end of a program after its inspector is gone; a core dump may take some.
_DYING = 1.2
# Seconds for the snapshot of a program near its heap limit.
_LAST = 120.0


class Fate(Protocol):
    """What becomes of who is talked to: whether it has ended, and the errors that tell how.

    ``doing`` completes "while ...".
    """

    @property
    def over(self) -> bool:
        """Whether it is known to have ended, without a look at the session."""
        ...

    def lost(self, session: Session, doing: str) -> TargetError:
        """The error for a connection that ended; lets go of it."""
        ...

    def stuck(
        self, session: Session, doing: str, deadline: Deadline, *, turns: bool
    ) -> TargetStuckError:
        """The error for no answer in time.

        ``turns`` tells that its event loop goes round, so that it only waits for something.
        """
        ...

    def output(self) -> str:
        """The end of what it printed to stderr."""
        ...


class ProgramFate:
    """Of the program itself: the main thread of the process that we have started."""

    def __init__(self, process: ProgramProcess) -> None:
        self._process = process

    @property
    def over(self) -> bool:
        return self._process.returncode is not None

    def lost(self, session: Session, doing: str) -> TargetError:
        # An ended program stays until we disconnect.
        session.close()
        return _lost_target(self._process, doing)

    def stuck(
        self, session: Session, doing: str, deadline: Deadline, *, turns: bool
    ) -> TargetStuckError:
        if self._process.is_writing_its_last():
            self._process.wait(Deadline(_LAST))
            if self.over:
                raise self.lost(session, doing)
        # Says where it is, if it can.
        stack = "" if turns else where_it_is(session)
        if stack:
            where = f"; it is at:\n{stack}"
        elif stack is None and is_halted(self._process.pid):
            where = "; a signal has stopped it (SIGSTOP)"
        elif stack is None:
            where = (
                "; not even its debugger answers: is it in one long synchronous call, or stopped?"
            )
        else:
            where = "; its event loop goes round: it waits for a promise that does not settle"
        return TargetStuckError(
            f"the program did not answer within {deadline.seconds or 0:.3g} s while {doing}{where}",
            stack=stack or "",
            output=self.output(),
        )

    def output(self) -> str:
        return self._process.stderr.tail()


class HeapFate:
    """Of a worker thread or a child, called ``name``; it may end at any time."""

    over = False

    def __init__(self, name: str) -> None:
        self.name = name

    def lost(self, session: Session, doing: str) -> TargetError:
        session.close()
        return HeapGoneError(f"{self.name} ended while {doing}", heap=self.name)

    def stuck(
        self, session: Session, doing: str, deadline: Deadline, *, turns: bool
    ) -> TargetStuckError:
        late = f"{self.name} did not answer within {deadline.seconds or 0:.3g} s while {doing}"
        where = "it waits for something that does not come" if turns else "it is busy or stopped"
        return TargetStuckError(f"{late}; {where}")

    def output(self) -> str:
        return ""


def _lost_target(process: ProgramProcess, doing: str) -> TargetError:
    code = process.wait(Deadline(_DYING))
    output = process.stderr.tail()
    if code is None and is_halted(process.pid):
        return TargetStuckError(
            f"a signal has stopped the program (SIGSTOP, pid {process.pid}) while {doing}"
            f"{quoted(process)}",
            output=output,
        )
    if code is None:
        return ConnectionLostError(
            f"the inspector connection was cut while {doing}, and the program (pid {process.pid}) "
            f"still runs; it may have called inspector.close(){quoted(process)}",
            output=output,
        )
    memory = out_of_memory(process)
    if memory:
        return TargetOutOfMemoryError(
            f"the program ran out of memory while {doing}: {memory}; lower "
            "`iterations`, or give it more with node_args=['--max-old-space-size=...']",
            returncode=code,
            output=output,
            line=memory,
            heap_used=_heap_at_the_end(process),
            snapshots=tuple(map(str, process.near_limit_files())),
        )
    return TargetExitedError(
        f"the program {ending(code)} while {doing}{quoted(process)}",
        returncode=code,
        output=output,
    )


def out_of_memory(process: ProgramProcess) -> str:
    """V8's own line about a heap that is full, or ""."""
    found = _OUT_OF_MEMORY.search(process.stderr.text())
    return "" if found is None else found.group(0).strip()


def _heap_at_the_end(process: ProgramProcess) -> int:
    """What V8's last GC left, in bytes; 0 if it does not say."""
    found = _LAST_GC.findall(process.stderr.text())
    return int(float(found[-1]) * 1e6) if found else 0


def ending(code: int) -> str:
    """How it ended, as the predicate of a sentence."""
    if code < 0:
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = f"signal {-code}"
        return f"was killed by {name}"
    return f"ended with exit status {code}"


def quoted(process: ProgramProcess) -> str:
    """The end of what the program printed, its stderr above all, as the end of a message."""
    for stream in (process.stderr, process.stdout):
        output = stream.tail()
        if output:
            indented = "\n".join("  " + line for line in output.splitlines())
            return f"; its {stream.name} ends:\n{indented}"
    return "; it printed nothing"
