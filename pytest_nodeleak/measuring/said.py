"""What a verdict is made of."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..judge.evidence import Evidence, Judgement
from ..judge.verdict import Outcome
from .naming import Findings

__all__ = ["Said"]


@dataclass(frozen=True)
class Said:
    """An outcome and why, and the names of what grows, if something does.

    ``store``: the judgement, if it is of a container of bare slots and not of what was counted.
    """

    outcome: Outcome
    reasons: tuple[str, ...]
    evidence: Evidence
    findings: Findings = field(default_factory=Findings)
    store: Judgement | None = None
