"""What surrounds an app: who decides its policy and keeps its verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from ..base.policy import Policy

__all__ = ["Alone", "Context"]

#: what a measurement comes to; here nothing is known of it
Verdict = TypeVar("Verdict")


class Context(Protocol[Verdict]):
    """What surrounds an app: the policy in force, where verdicts go, who watches.

    ``plant``: objects per iteration that a self-check plants into what is measured; 0.0: none.
    """

    @property
    def plant(self) -> float: ...

    def policy(self) -> Policy: ...

    def keep(self, verdict: Verdict, snapshots: Sequence[Path]) -> Verdict:
        """Take note of a verdict; move the snapshot files that are worth keeping."""
        ...

    def progress(self, text: str) -> None: ...


class Alone:
    """Default policy, nothing kept."""

    plant = 0.0

    def policy(self) -> Policy:
        return Policy()

    def keep(self, verdict: Verdict, snapshots: Sequence[Path]) -> Verdict:
        return verdict

    def progress(self, text: str) -> None:
        return None
