"""What the kernel says of a thread: time on a processor, and time in the queue for one."""

from __future__ import annotations

__all__ = ["Schedule"]


class Schedule:
    """Seconds that the main thread of ``pid`` ran, and waited for a processor; Linux tells.

    Without a ``pid``, of the thread that reads. Elsewhere, and once the process is gone, both stay
    as they were last read, 0.0 at first.
    """

    def __init__(self, pid: int | None = None) -> None:
        self._path = f"/proc/{'thread-self' if pid is None else pid}/schedstat"
        self._last = (0.0, 0.0)

    def __repr__(self) -> str:
        ran, waited = self.read()
        return f"<Schedule ran {ran:.2f} s, waited {waited:.2f} s>"

    def read(self) -> tuple[float, float]:
        """Seconds on a processor, and seconds in the run queue, since its start."""
        try:
            with open(self._path, encoding="ascii") as file:
                ran, waited, *_ = file.read().split()
            self._last = (int(ran) / 1e9, int(waited) / 1e9)
        except (OSError, ValueError):
            pass
        return self._last
