"""What is needed to measure again, as plain data: a program's command and its workload."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Recipe"]


@dataclass(frozen=True)
class Recipe:
    """How a program was started and what was repeated in it. Paths are absolute.

    Of the environment only names are kept: those that the caller set, and those it removed.
    ``workload`` is as JSON: ``{"text": ...}``, ``{"module": path, "export": ..., "args": [...]}``,
    ``{"every": seconds}`` or ``{"file": path, "name": ...}``; None: ``why`` says what it is
    that cannot be written down. ``timeout`` is in seconds.
    """

    script: str
    args: tuple[str, ...]
    cwd: str
    node: str
    node_version: str
    node_args: tuple[str, ...] = ()
    env_given: tuple[str, ...] = ()
    env_removed: tuple[str, ...] = ()
    timeout: float = 30.0
    workload: Mapping[str, Any] | None = None
    why: str = ""
