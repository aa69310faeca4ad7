"""Which function allocates what a row stands for: the one whose own survivors are those."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..judge.verdict import AllocationSite, LeakingConstructor

__all__ = ["attribute_sites"]

#: paces that are the same: those of the lower to the higher at least
SAME_PACE = 0.8


def attribute_sites(
    rows: Sequence[LeakingConstructor], sites: Sequence[AllocationSite]
) -> tuple[LeakingConstructor, ...]:
    """``rows`` with ``allocated_at``, where a site's survivors can be theirs.

    That is the caller of the constructor's own frame; else the site of objects of that size and
    pace; for the worst row, which must lead somewhere, the site nearest to its pace.
    """
    return tuple(
        row
        if row.allocated_at
        else replace(row, allocated_at=_site_of(row, sites, is_worst=at == 0))
        for at, row in enumerate(rows)
    )


def _site_of(
    row: LeakingConstructor, sites: Sequence[AllocationSite], *, is_worst: bool
) -> str | None:
    for site in sites:
        for frame, caller in zip(site.stack, site.stack[1:], strict=False):
            if frame.split(" (")[0] == row.name:
                return caller
    size = row.shallow_size / row.count if row.count else 0.0
    same = [s for s in sites if s.object_size == size and _same_pace(s, row)]
    if not same and is_worst:
        same = [site for site in sites if _same_pace(site, row)] or list(sites)
    return str(same[0]) if same else None


def _same_pace(site: AllocationSite, row: LeakingConstructor) -> bool:
    low, high = sorted((site.per_iteration, row.per_iteration))
    return low >= SAME_PACE * high
