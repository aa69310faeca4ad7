"""How much more memory a process may take: of the machine, and of its container (cgroup)."""

from __future__ import annotations

import contextlib
from pathlib import Path

import psutil

__all__ = ["group_rooms", "memory_room"]

_ROOT = Path("/sys/fs/cgroup")
# What a version 1 limit is where there is none: almost 2 ** 63.
_NO_LIMIT = 1 << 60


def memory_room(pid: int, root: Path = _ROOT) -> int:
    """Bytes that process ``pid`` may take more before the kernel would end it or something else."""
    free = int(psutil.virtual_memory().available)
    try:
        text = Path(f"/proc/{pid}/cgroup").read_text(encoding="ascii", errors="replace")
    except OSError:
        return free
    return max(0, min([free, *group_rooms(text, root)]))


def group_rooms(text: str, root: Path) -> list[int]:
    """Bytes left under each limit of the groups that ``text`` (/proc/PID/cgroup) names."""
    rooms: list[int] = []
    for line in text.splitlines():
        _, controllers, path = line.split(":", 2)
        if not controllers:
            rooms += _rooms(root, path, "memory.max", "memory.current", "inactive_file")
        elif "memory" in controllers.split(","):
            names = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
            rooms += _rooms(root / "memory", path, *names)
    return rooms


def _rooms(root: Path, path: str, limit: str, used: str, cached: str) -> list[int]:
    """Of the group and of those it is in: each may have a limit."""
    found = []
    folder = root / path.lstrip("/")
    for group in (folder, *folder.parents):
        if group != root and root not in group.parents:
            break
        with contextlib.suppress(OSError, ValueError):
            most = int((group / limit).read_text())  # "max": no limit
            if most < _NO_LIMIT:
                taken = int((group / used).read_text()) - _figure(group / "memory.stat", cached)
                found.append(most - max(0, taken))
    return found


def _figure(file: Path, name: str) -> int:
    """Pages of files that nobody has used lately are counted in, but given back when asked for."""
    with contextlib.suppress(OSError, ValueError):
        for line in file.read_text().splitlines():
            key, _, figure = line.partition(" ")
            if key == name:
                return int(figure)
    return 0
