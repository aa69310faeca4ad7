"""What is asked of where versions come from, whether npm or git."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ..base.errors import NodeLeakError

__all__ = ["Candidate", "CannotPrepare", "Source", "Workplace"]


class CannotPrepare(NodeLeakError):
    """A version that cannot be brought to where it would be measured; it is skipped."""


@dataclass(frozen=True)
class Candidate:
    """A version to measure: its name for npm or git, and more to show."""

    name: str
    shown: str
    about: str = ""


@dataclass(frozen=True)
class Workplace:
    """Where a version is measured: the script, and the program's folder. Absolute."""

    script: Path
    cwd: Path


class Source(Protocol):
    """A row of versions, and a folder of its own where each is set up in turn."""

    #: "version" or "commit"
    noun: str
    candidates: Sequence[Candidate]
    #: what the user should know beforehand
    notes: Sequence[str]

    def prepare(self, candidate: Candidate) -> Workplace:
        """Set the version up. Raises CannotPrepare."""
        ...

    def what_changed(self, good: Candidate, bad: Candidate) -> str:
        """How to look at what came with the first bad one."""
        ...

    def close(self) -> None: ...
