"""The process tree of a program under test: started, watched, and always ended."""

from __future__ import annotations

import atexit
import contextlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import psutil

from ...base.deadline import Deadline
from ...base.errors import DeadlineExceeded, LaunchError, hide_ours
from .descendants import end_all, family
from .groups import end_group, in_own_group
from .lifeline import Lifeline
from .looks import option_of
from .output import OutputBuffer, pump
from .signalled import is_whole

__all__ = ["ProgramProcess", "TargetProcess", "is_halted"]

__tracebackhide__ = hide_ours

# Strongly: what nobody refers to any more must still be ended.
_alive: set[TargetProcess] = set()


class ProgramProcess(Protocol):
    """What is asked of a program's process, whoever has started it."""

    before_stop: Callable[[], None]
    after_stop: Callable[[], None]
    stdout: OutputBuffer
    stderr: OutputBuffer

    @property
    def pid(self) -> int: ...

    @property
    def returncode(self) -> int | None: ...

    def wait(self, deadline: Deadline) -> int | None: ...

    def wait_for_output(
        self, pattern: re.Pattern[str], deadline: Deadline, over: Callable[[], bool]
    ) -> re.Match[str] | None: ...

    def near_limit_files(self) -> list[Path]: ...

    def is_writing_its_last(self) -> bool: ...

    def family(self) -> list[psutil.Process]: ...

    def stop(self) -> None: ...


class TargetProcess:
    """A child process in a session of its own, its output drained for ever.

    Ctrl-C in the terminal does not reach it; :meth:`stop` ends it with all its children, the
    end of this process does as well. Raises LaunchError if it cannot be started.
    """

    def __init__(
        self, argv: Sequence[str], *, env: dict[str, str], cwd: str, mark: dict[str, str]
    ) -> None:
        """``mark`` is new_mark(): a variable that tells the program's descendants."""
        self.argv = list(argv)
        self.stdout = OutputBuffer("stdout")
        self.stderr = OutputBuffer("stderr")
        self._mark = mark
        self._cwd = cwd
        self._code: int | None = None
        #: called by :meth:`stop` before all else; to disconnect
        self.before_stop: Callable[[], None] = _nothing
        #: called by :meth:`stop` after all else
        self.after_stop: Callable[[], None] = _nothing
        self._lifeline = Lifeline()
        try:
            self._popen = subprocess.Popen(
                self.argv,
                env={**env, **self._mark, **self._lifeline.environment},
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=self._lifeline.inherited,
                **in_own_group(),
            )
        except (OSError, ValueError) as error:
            self._lifeline.close()
            # ValueError: a NUL character in an argument or a variable.
            raise LaunchError(f"cannot start '{self.argv[0]}' in '{cwd}': {error}") from None
        _alive.add(self)
        self._lifeline.guard(self.pid)
        assert self._popen.stdout is not None
        assert self._popen.stderr is not None
        self._pumps = (
            pump(self._popen.stdout, self.stdout),
            pump(self._popen.stderr, self.stderr),
        )

    def __repr__(self) -> str:
        code = self.returncode
        state = "running" if code is None else f"ended with {code}"
        return f"<TargetProcess {self.pid} {state}: {' '.join(self.argv)}>"

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def returncode(self) -> int | None:
        """Exit status, negative for a signal; None while it runs."""
        if self._code is None:
            self._code = self._look()
        return self._code

    def _look(self) -> int | None:
        if sys.platform == "win32" or self._popen.returncode is not None:
            return self._popen.poll()
        if not hasattr(os, "waitid"):  # macOS before Python 3.13
            return self._popen.poll()
        # Not reaped before stop(): until then nobody else can get its process id, nor its group's.
        try:
            found = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return self._popen.poll()
        if found is None:
            return None
        status = int(found.si_status)
        return status if found.si_code == os.CLD_EXITED else -status

    def wait(self, deadline: Deadline) -> int | None:
        """Wait for the end and for the last output; None if it still runs then."""
        pause = 0.001
        while (code := self.returncode) is None:
            if deadline.expired:
                return None
            time.sleep(pause)
            pause = min(2 * pause, 0.02)
        self.drain_rest()
        return code

    def drain_rest(self, seconds: float = 0.4) -> None:
        """Give the pumps a moment for what is still in the pipes."""
        # A grandchild may hold the pipe open: do not wait for its end.
        deadline = Deadline(seconds)
        self.stdout.wait_closed(deadline)
        self.stderr.wait_closed(deadline)

    def wait_for_output(
        self, pattern: re.Pattern[str], deadline: Deadline, over: Callable[[], bool]
    ) -> re.Match[str] | None:
        """The first match in stdout or stderr, also in what came before; None if none can come.

        ``over`` tells whether the program has ended. Raises DeadlineExceeded.
        """
        streams = (self.stdout, self.stderr)
        while True:
            totals = [stream.total for stream in streams]
            ended = over()
            if ended:
                self.drain_rest()
            for stream in streams:
                found = pattern.search(stream.text())
                if found is not None:
                    return found
            if ended:
                return None
            if deadline.expired:
                said = _tail_of(self.stdout.text() + self.stderr.text()) or "(nothing)"
                raise DeadlineExceeded(
                    f"the program did not print {pattern.pattern!r} within "
                    f"{deadline.seconds:g} s; it printed:\n{said}"
                )
            # Either stream may bring it, or the end come: look at all of them every 20 ms.
            if streams[0].closed:
                time.sleep(0.02)
            else:
                streams[0].wait_change(totals[0], deadline.within(0.02))

    def near_limit_files(self) -> list[Path]:
        """Whole snapshots that --heapsnapshot-near-heap-limit has left, in the order of writing."""
        return [path for path in self._last_files() if is_whole(path)]

    def is_writing_its_last(self) -> bool:
        """Whether it stands still for such a snapshot."""
        return any(not is_whole(path) for path in self._last_files())

    def _last_files(self) -> list[Path]:
        folder = Path(self._cwd, option_of(self.argv, "diagnostic-dir") or "")
        return sorted(folder.glob(f"Heap.*.{self.pid}.0.*.heapsnapshot"))

    def family(self) -> list[psutil.Process]:
        """The processes that it has started, and those that these have."""
        return family(self.pid, self._mark)

    def let_go(self) -> None:
        """In a copy of this process: the program must not live as long as that."""
        self._lifeline.release()

    def stop(self) -> None:
        """End the process and every descendant. Does nothing the second time."""
        if self not in _alive:
            return
        with contextlib.suppress(OSError):
            self.before_stop()
        # The program first, so that it starts no more; then who was there, then who came late.
        known = family(self.pid, self._mark)
        end_group(self._popen)
        end_all(known)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._popen.wait(10)
        end_all(family(None, self._mark))
        self._lifeline.close()
        for thread in self._pumps:
            thread.join(0.5)
        _alive.discard(self)
        self.after_stop()


def _nothing() -> None:
    return None


@atexit.register
def _stop_all() -> None:
    for process in list(_alive):
        with contextlib.suppress(Exception):
            process.stop()


def _forget() -> None:
    """In a copy of this process (fork): programs are the original's, it alone ends them."""
    for process in _alive:
        process.let_go()
    _alive.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


def _tail_of(text: str) -> str:
    return "\n".join("  " + line for line in text[-2000:].rstrip().splitlines()[-20:])


def is_halted(pid: int) -> bool:
    """Whether a signal has stopped the process: SIGSTOP, or a debugger's."""
    try:
        status = psutil.Process(pid).status()
    except psutil.Error:
        return False
    return status in (psutil.STATUS_STOPPED, psutil.STATUS_TRACING_STOP)
