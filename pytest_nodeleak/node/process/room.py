"""How much more memory a process may take: of the machine, and of its container (cgroup)."""

from __future__ import annotations

import contextlib
from pathlib import Path

import psutil

__all__ = ["memory_room"]

_ROOT = Path("/sys/fs/cgroup")
# What a version 1 limit is where there is none: almost 2 ** 63.
_NO_LIMIT = 1 << 60


def memory_room(pid: int, root: Path = _ROOT) -> int:
    """Bytes that process ``pid`` may take more before the kernel would end it or something else."""
    rooms = [int(psutil.virtual_memory().available)]
    try:
        lines = Path(f"/proc/{pid}/cgroup").read_text(encoding="ascii", errors="replace")
    except OSError:
        return rooms[0]
    for line in lines.splitlines():
        _, controllers, path = line.split(":", 2)
        if not controllers:
            rooms += _rooms(root, path, "memory.max", "memory.current")
        elif "memory" in controllers.split(","):
            names = ("memory.limit_in_bytes", "memory.usage_in_bytes")
            rooms += _rooms(root / "memory", path, *names)
    return max(0, min(rooms))


def _rooms(root: Path, path: str, limit: str, used: str) -> list[int]:
    """Of the group and of those it is in: each may have a limit."""
    found = []
    folder = root / path.lstrip("/")
    for group in (folder, *folder.parents):
        if group != root and root not in group.parents:
            break
        with contextlib.suppress(OSError, ValueError):
            most = int((group / limit).read_text())  # "max": no limit
            if most < _NO_LIMIT:
                found.append(most - int((group / used).read_text()))
    return found
