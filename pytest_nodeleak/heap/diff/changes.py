"""What happened to one class between two snapshots."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["ClassChange", "added_up"]


@dataclass(frozen=True)
class ClassChange:
    """What happened to one class; sizes are bytes of own size."""

    name: str
    new: int
    deleted: int
    allocated_size: int
    freed_size: int

    @property
    def delta(self) -> int:
        """Objects gained, net."""
        return self.new - self.deleted

    @property
    def size_delta(self) -> int:
        """Bytes gained, net."""
        return self.allocated_size - self.freed_size

    def __add__(self, other: ClassChange) -> ClassChange:
        return ClassChange(
            self.name,
            self.new + other.new,
            self.deleted + other.deleted,
            self.allocated_size + other.allocated_size,
            self.freed_size + other.freed_size,
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and strings, for JSON."""
        return {**asdict(self), "delta": self.delta, "size_delta": self.size_delta}


def added_up(parts: Iterable[tuple[str, ClassChange]]) -> dict[str, ClassChange]:
    """The changes of each name as one."""
    found: dict[str, ClassChange] = {}
    for name, part in parts:
        found[name] = part if name not in found else found[name] + part
    return found
