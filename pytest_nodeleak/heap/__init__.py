"""V8 heap snapshots: read, compared and explained. Useful alone::

    from pytest_nodeleak.heap import load_snapshot, three_snapshot_diff
    diff = three_snapshot_diff(*(load_snapshot(f"{n}.heapsnapshot") for n in (1, 2, 3)))
    diff

Knows neither Node.js processes nor pytest. Names are loaded on first use: numpy takes its time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..base.lazy import load_name

if TYPE_CHECKING:
    from .diff.buffers import Buffer as Buffer
    from .diff.changes import ClassChange as ClassChange
    from .diff.comparison import ComparisonDiff as ComparisonDiff
    from .diff.comparison import compare as compare
    from .diff.containers import BareStore as BareStore
    from .diff.containers import bare_stores as bare_stores
    from .diff.difference import SnapshotDiff as SnapshotDiff
    from .diff.difference import growth_over as growth_over
    from .diff.difference import three_snapshot_diff as three_snapshot_diff
    from .diff.since import GrowthSince as GrowthSince
    from .diff.since import growth_since as growth_since
    from .diff.slots import SlotGrowth as SlotGrowth
    from .explain.growth import ConstructorGrowth as ConstructorGrowth
    from .explain.growth import Owner as Owner
    from .explain.growth import StaleContainer as StaleContainer
    from .model.snapshot import HeapSnapshot as HeapSnapshot
    from .names.paths import PathStep as PathStep
    from .names.paths import RetainingPath as RetainingPath
    from .names.patterns import StringPattern as StringPattern
    from .names.patterns import mask as mask
    from .names.patterns import outline as outline
    from .read.files import load_snapshot as load_snapshot
    from .read.reader import SnapshotReader as SnapshotReader

_HOMES = {
    "diff.buffers": ("Buffer",),
    "diff.changes": ("ClassChange",),
    "diff.comparison": ("ComparisonDiff", "compare"),
    "diff.containers": ("BareStore", "bare_stores"),
    "diff.difference": ("SnapshotDiff", "growth_over", "three_snapshot_diff"),
    "diff.since": ("GrowthSince", "growth_since"),
    "diff.slots": ("SlotGrowth",),
    "read.files": ("load_snapshot",),
    "explain.growth": ("ConstructorGrowth", "Owner", "StaleContainer"),
    "model.snapshot": ("HeapSnapshot",),
    "names.paths": ("PathStep", "RetainingPath"),
    "names.patterns": ("StringPattern", "mask", "outline"),
    "read.reader": ("SnapshotReader",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = sorted(_HOME_OF)


def __getattr__(name: str) -> Any:
    return load_name(__name__, _HOME_OF, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME_OF})
