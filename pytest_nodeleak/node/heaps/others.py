"""Processes of the program that no heap of ours is in: not Node, or out of reach."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

import psutil

__all__ = ["OtherChild", "others_among"]


class OtherChild(NamedTuple):
    """A child process that is not looked into; ``rss`` is in bytes."""

    pid: int
    name: str
    rss: int


def others_among(
    processes: Iterable[psutil.Process], measured: Collection[int]
) -> list[OtherChild]:
    """Those that run and whose pid is not in ``measured``, in the order of their pids."""
    found = []
    for process in processes:
        if process.pid in measured:
            continue
        try:
            with process.oneshot():
                if process.status() != psutil.STATUS_ZOMBIE:
                    found.append(
                        OtherChild(process.pid, process.name(), int(process.memory_info().rss))
                    )
        except psutil.Error:
            continue  # gone, or another user's
    return sorted(found)
