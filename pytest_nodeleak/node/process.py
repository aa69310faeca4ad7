"""The process tree of a program under test: started, watched, and always ended."""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import subprocess
import weakref
from collections.abc import Sequence

import psutil

from ..deadline import Deadline
from ..errors import LaunchError
from .output import OutputBuffer, pump

__all__ = ["TargetProcess"]

_alive: weakref.WeakSet[TargetProcess] = weakref.WeakSet()


class TargetProcess:
    """A child process in a session of its own, its output drained for ever.

    Ctrl-C in the terminal does not reach it; :meth:`stop` ends it with all its children.
    """

    def __init__(self, argv: Sequence[str], *, env: dict[str, str], cwd: str) -> None:
        self.argv = list(argv)
        self.stdout = OutputBuffer("stdout")
        self.stderr = OutputBuffer("stderr")
        # The write end closes with us, by whatever death: the driver then ends the program.
        lifeline: tuple[int, int] | None = None
        if os.name == "posix":
            lifeline = os.pipe()
            env = {**env, "NODELEAK_LIFELINE": str(lifeline[0])}
        try:
            self._popen = subprocess.Popen(
                self.argv,
                env=env,
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
                pass_fds=() if lifeline is None else (lifeline[0],),
            )
        except OSError as error:
            if lifeline is not None:
                os.close(lifeline[1])
            raise LaunchError(f"cannot start '{self.argv[0]}' in '{cwd}': {error}") from error
        finally:
            if lifeline is not None:
                os.close(lifeline[0])
        self._lifeline = None if lifeline is None else lifeline[1]
        _alive.add(self)
        assert self._popen.stdout is not None
        assert self._popen.stderr is not None
        self._pumps = (
            pump(self._popen.stdout, self.stdout),
            pump(self._popen.stderr, self.stderr),
        )

    def __repr__(self) -> str:
        code = self._popen.returncode
        state = "running" if code is None else f"ended with {code}"
        return f"<TargetProcess {self.pid} {state}: {' '.join(self.argv)}>"

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def returncode(self) -> int | None:
        """Exit status, negative for a signal; None while it runs."""
        return self._popen.poll()

    def wait(self, deadline: Deadline) -> int | None:
        """Wait for the end and for the last output; None if it still runs then."""
        try:
            code = self._popen.wait(deadline.timeout())
        except subprocess.TimeoutExpired:
            return None
        self.drain_rest()
        return code

    def drain_rest(self) -> None:
        """Give the pumps a moment for what is still in the pipes."""
        # A grandchild may hold the pipe open: do not wait for its end.
        self.stdout.wait_closed(0.5)
        self.stderr.wait_closed(0.5)

    def stop(self, grace: float = 0.0) -> None:
        """End the process and every descendant. ``grace`` seconds are given to SIGTERM first."""
        tree = self._tree()
        if grace > 0 and self._popen.poll() is None:
            self._popen.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._popen.wait(grace)
        for process in tree:
            with contextlib.suppress(psutil.Error):
                process.kill()
        if self._popen.poll() is None:
            self._popen.kill()
        if os.name == "posix":
            # Orphans of children that had already ended are in our session's group.
            with contextlib.suppress(OSError):
                os.killpg(self.pid, signal.SIGKILL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._popen.wait(10)
        psutil.wait_procs(tree, timeout=5)
        if self._lifeline is not None:
            os.close(self._lifeline)
            self._lifeline = None
        for thread in self._pumps:
            thread.join(0.5)
        _alive.discard(self)

    def _tree(self) -> list[psutil.Process]:
        try:
            return list(psutil.Process(self.pid).children(recursive=True))
        except psutil.Error:
            return []


@atexit.register
def _stop_all() -> None:
    for process in list(_alive):
        with contextlib.suppress(Exception):
            process.stop()
