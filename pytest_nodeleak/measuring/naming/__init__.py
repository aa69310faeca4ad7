"""From what grows to its name: the class, the path that keeps it, the place that allocates it."""

from .endings import verdict_of_death, verdict_without_names
from .explain import Findings, find_culprits
from .places import Places
from .snapshots import (
    named_by_snapshots,
    named_by_what_stays,
    why_no_snapshot,
)

__all__ = [
    "Findings",
    "Places",
    "find_culprits",
    "named_by_snapshots",
    "named_by_what_stays",
    "verdict_of_death",
    "verdict_without_names",
    "why_no_snapshot",
]
