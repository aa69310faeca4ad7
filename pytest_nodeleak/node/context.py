"""What surrounds an app: who decides its policy and keeps its verdicts."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

from ..base.policy import Policy
from .process.shares import MemoryShares

__all__ = ["Alone", "Context"]

#: what a measurement comes to; here nothing is known of it
Verdict = TypeVar("Verdict")


class Context(Protocol[Verdict]):
    """What surrounds an app: the policy in force, where verdicts go, who watches.

    ``plant``: objects per iteration that a self-check plants into what is measured; 0.0: none.
    """

    @property
    def plant(self) -> float: ...

    @property
    def columns(self) -> int:
        """Columns that a report may take where it will be shown."""
        ...

    @property
    def memory(self) -> MemoryShares:
        """What others that measure at the same time have noted for their snapshots."""
        ...

    def policy(self) -> Policy: ...

    def keep(self, verdict: Verdict, snapshots: Sequence[Path]) -> Verdict:
        """Take note of a verdict; move the snapshot files that are worth keeping."""
        ...

    def promised(self, measurement: Coroutine[Any, Any, Verdict]) -> None:
        """Told of a measurement that is made when it is awaited."""
        ...

    def progress(self, phase: str, detail: str = "") -> None:
        """Told often what is being done: ``phase`` changes rarely, ``detail`` each time."""
        ...


class Alone:
    """Default policy, nothing kept."""

    plant = 0.0
    columns = 100
    memory = MemoryShares()

    def policy(self) -> Policy:
        return Policy()

    def keep(self, verdict: Any, snapshots: Sequence[Path]) -> Any:
        return verdict

    def promised(self, measurement: Coroutine[Any, Any, Any]) -> None:
        return None

    def progress(self, phase: str, detail: str = "") -> None:
        return None
