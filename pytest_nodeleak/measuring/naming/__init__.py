"""From what grows to its name: the class, the path that keeps it, the place that allocates it."""

from .explain import Findings, find_culprits
from .places import Places, attribute_sites
from .snapshots import (
    named_by_snapshots,
    named_by_what_stays,
    verdict_of_death,
    verdict_without_names,
    why_no_snapshot,
)

__all__ = [
    "Findings",
    "Places",
    "attribute_sites",
    "find_culprits",
    "named_by_snapshots",
    "named_by_what_stays",
    "verdict_of_death",
    "verdict_without_names",
    "why_no_snapshot",
]
