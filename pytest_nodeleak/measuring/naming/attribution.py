"""Which allocating function a leaking class is ascribed to: by its stack, size, pace and text."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ...judge.verdict import AllocationSite, LeakingConstructor

__all__ = ["site_of"]

#: paces that are the same: those of the lower to the higher at least
SAME_PACE = 0.8


def site_of(
    row: LeakingConstructor,
    sites: Sequence[AllocationSite],
    makes: Callable[[AllocationSite], bool],
    *,
    is_worst: bool,
) -> tuple[AllocationSite, int] | None:
    """The site whose survivors can be the row's, and the number of its frame.

    That is the caller of the constructor's own frame; else the site of objects of that size and
    pace; for the worst row, which must lead somewhere, the site nearest to its pace. ``makes``
    says whether the text of a site's function makes such objects.
    """
    for site in sites:
        names = [frame.split(" (")[0] for frame in site.stack]
        if row.name in names and row.kind != "closure":  # that is called, not made there
            # Of fields that a class declares V8 makes a function of the same name.
            last = max(at for at, name in enumerate(names) if name == row.name)
            if last + 1 < len(site.stack):
                return site, last + 1
    size = row.shallow_size / row.count if row.count else 0.0
    pace = row.per_iteration
    sized = [(site, [of for of, p in site.by_size if _same_pace(p, pace)]) for site in sites]
    same = [site for site, sizes in sized if size in sizes]
    # Several classes may be of one size; compilers allocate an object and a number in it at once.
    larger = [site for site, sizes in sized if max(sizes, default=0) > size]
    sure = [site for site in (*same, *larger) if makes(site)]
    if not same and is_worst:
        same = [site for site in sites if _same_pace(site.per_iteration, pace)] or list(sites)
    found = next(iter((*sure, *same)), None)
    return None if found is None else (found, found.own)


def _same_pace(one: float, other: float) -> bool:
    low, high = sorted((one, other))
    return low >= SAME_PACE * high
