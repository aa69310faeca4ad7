"""Processes in a group of their own: Ctrl-C in the terminal does not reach them; ended together."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from typing import Any

__all__ = ["end_group", "in_own_group"]


def in_own_group() -> dict[str, Any]:
    """Arguments for ``subprocess.Popen``."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


def end_group(process: subprocess.Popen[bytes]) -> None:
    """Kill a process that was started so and has not been waited for, with its group.

    Windows has no groups that can be killed: there it is the process alone.
    """
    if sys.platform == "win32":
        process.kill()
    elif process.returncode is None:
        # It leads its group: children that lost their parent are still in there.
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
