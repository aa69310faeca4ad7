"""Ends the program when this process dies, by whatever death."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys

if sys.platform == "linux":
    import fcntl

__all__ = ["Lifeline"]

_VARIABLE = "NODELEAK_LIFELINE"


class Lifeline:
    """A pipe to the program whose write end only this process holds; nothing is ever written.

    When this process is gone, the driver sees the pipe end and kills its process group. But it
    may be in an endless loop, or Node crash when it loses its debugger (20 and 22 do at times).
    So on Linux the kernel does the same by itself, elsewhere a shell that waits for our end.
    Where there are no such pipes (Windows), nothing happens.
    """

    def __init__(self) -> None:
        self._watcher: subprocess.Popen[bytes] | None = None
        self._read = self._write = -1
        if os.name == "posix":
            self._read, self._write = os.pipe()

    @property
    def inherited(self) -> tuple[int, ...]:
        """File descriptors that the program must inherit."""
        return () if self._read < 0 else (self._read,)

    @property
    def environment(self) -> dict[str, str]:
        """Variables that tell the driver of it."""
        return {} if self._read < 0 else {_VARIABLE: str(self._read)}

    def guard(self, group: int) -> None:
        """Bind the life of process group ``group`` to ours; the read end is then the program's."""
        if self._read < 0:
            return
        with contextlib.suppress(OSError):
            if not self._signalled(group):
                self._watcher = subprocess.Popen(
                    ["/bin/sh", "-c", 'read line; kill -9 -"$0"', str(group)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,
                )
        os.close(self._read)
        self._read = -1

    def _signalled(self, group: int) -> bool:
        """Have the kernel kill the group when the pipe ends; whether it can."""
        if sys.platform == "linux":
            # A pipe that loses its last writer signals its owner: let that signal be SIGKILL.
            with contextlib.suppress(OSError):
                fcntl.fcntl(self._read, fcntl.F_SETOWN, -group)
                fcntl.fcntl(self._read, fcntl.F_SETSIG, signal.SIGKILL)
                flags = fcntl.fcntl(self._read, fcntl.F_GETFL)
                fcntl.fcntl(self._read, fcntl.F_SETFL, flags | os.O_ASYNC)
                return True
        return False

    def close(self) -> None:
        """Let go; ends what is still in the group. Does nothing the second time."""
        if self._watcher is not None:
            with contextlib.suppress(OSError, subprocess.TimeoutExpired):
                self._watcher.communicate(timeout=1)
            self._watcher = None
        self.release()

    def release(self) -> None:
        """Close our ends of the pipe. Does nothing the second time."""
        for end in (self._read, self._write):
            if end >= 0:
                os.close(end)
        self._read = self._write = -1
