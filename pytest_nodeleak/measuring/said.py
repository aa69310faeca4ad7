"""What a verdict is made of."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..judge.evidence import Evidence
from ..judge.verdict import Outcome
from .naming import Findings

__all__ = ["Said"]


@dataclass(frozen=True)
class Said:
    """An outcome and why, and the names of what grows, if something does."""

    outcome: Outcome
    reasons: tuple[str, ...]
    evidence: Evidence
    findings: Findings = field(default_factory=Findings)

    @property
    def leaves_entries(self) -> bool:
        """Whether entries of many containers may grow: nothing does but numbers, if that.

        Not where they were counted between snapshots, and judged.
        """
        judged = self.outcome == "steady" and self.evidence.stores is not None
        return not judged and all(row.kind == "number" for row in self.findings.constructors)
