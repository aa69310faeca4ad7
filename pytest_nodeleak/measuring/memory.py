"""Whether there is memory for a snapshot, beside those of others that measure at the same time."""

from __future__ import annotations

import time

from ..base.deadline import Deadline
from ..base.units import format_bytes
from ..node.app import NodeApp
from ..node.process.room import memory_room
from ..node.process.shares import Share

__all__ = ["SnapshotMemory"]

#: seconds between two looks whether others are done by now, and for all looks together: their
#: measurements are over by then
PAUSE = 0.1
MOST_WAITING = 900.0


class SnapshotMemory:
    """For one program. What was waited for is kept until :meth:`close`."""

    def __init__(self, app: NodeApp) -> None:
        self._app = app
        self._share: Share | None = None

    def fits(self, size: int) -> bool:
        """Whether ``size`` bytes are free, on this machine and in its container."""
        return size < memory_room(self._app.pid)

    def wait(self, size: int) -> None:
        """Wait while ``size`` bytes would not fit beside what others have noted.

        Raises TargetExitedError if the program ends meanwhile.
        """
        deadline = Deadline(MOST_WAITING)
        while self._share is None and not deadline.expired:
            self._share = self._app.context.memory.take(size, memory_room(self._app.pid))
            if self._share is None:
                detail = f"{format_bytes(size)}, beside the snapshots of others"
                self._app.context.progress("waiting for memory", detail)
                time.sleep(PAUSE)
                self._app.check_alive("memory was waited for")

    def close(self) -> None:
        if self._share is not None:
            self._share.close()
