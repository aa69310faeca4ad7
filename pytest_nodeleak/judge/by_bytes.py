"""The judgement where bytes are the only witness: heapUsed, external memory, RSS. Pure."""

from __future__ import annotations

from ..base.policy import Policy
from ..base.samples import Series
from ..base.units import format_bytes
from .evidence import Evidence, Judgement, OutsideGrowth
from .trend import rising_share, robust_slope

__all__ = ["by_rss", "off_heap_growth"]


def off_heap_growth(series: Series) -> float:
    """Bytes per iteration of external memory, if it rose in every round; else 0.0."""
    samples = series.samples
    external = [s.external for s in samples]
    if len(samples) < 4 or rising_share(external) < 0.99:
        return 0.0
    return robust_slope(series.iterations, external)


def by_rss(
    evidence: Evidence, outside: OutsideGrowth, policy: Policy, judgement: Judgement
) -> Judgement:
    """The heap is steady, RSS grew: native memory, which has no constructor."""
    if outside.per_iteration <= policy.max_growth.bytes:
        return judgement
    pace = f"+{format_bytes(outside.per_iteration)} of RSS per {evidence.unit} outside the heap"
    addons = ", ".join(outside.addons)
    where = (
        f"native addons loaded: {addons}"
        if addons
        else "no native addon is loaded: threads, or what Node keeps natively, such as process.env"
    )
    if outside.steady:
        reason = f"{pace}, {format_bytes(outside.growth)} in the last window; {where}"
        return Judgement("leak", (reason, *judgement.reasons))
    reason = (
        f"{pace}, but not at a steady pace: memory that an allocator keeps, or a leak of native "
        f"memory; raise the budget, or set offheap='off'; {where}"
    )
    return Judgement("inconclusive", (reason, *judgement.reasons))
