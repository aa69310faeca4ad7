"""V8 heap snapshots: read, compared and explained. Useful alone::

    from pytest_nodeleak.heap import load_snapshot, three_snapshot_diff
    diff = three_snapshot_diff(*(load_snapshot(f"{n}.heapsnapshot") for n in (1, 2, 3)))
    diff

Knows neither Node.js processes nor pytest. Names are loaded on first use: numpy takes its time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..lazy import load_name

if TYPE_CHECKING:
    from .comparison import ClassChange as ClassChange
    from .comparison import ComparisonDiff as ComparisonDiff
    from .comparison import compare as compare
    from .diff import SnapshotDiff as SnapshotDiff
    from .diff import growth_over as growth_over
    from .diff import three_snapshot_diff as three_snapshot_diff
    from .files import load_snapshot as load_snapshot
    from .growth import ConstructorGrowth as ConstructorGrowth
    from .growth import Owner as Owner
    from .growth import StaleContainer as StaleContainer
    from .model import HeapSnapshot as HeapSnapshot
    from .paths import PathStep as PathStep
    from .paths import RetainingPath as RetainingPath
    from .patterns import StringPattern as StringPattern
    from .patterns import mask as mask
    from .reader import SnapshotReader as SnapshotReader

_HOMES = {
    "comparison": ("ClassChange", "ComparisonDiff", "compare"),
    "diff": ("SnapshotDiff", "growth_over", "three_snapshot_diff"),
    "files": ("load_snapshot",),
    "growth": ("ConstructorGrowth", "Owner", "StaleContainer"),
    "model": ("HeapSnapshot",),
    "paths": ("PathStep", "RetainingPath"),
    "patterns": ("StringPattern", "mask"),
    "reader": ("SnapshotReader",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = sorted(_HOME_OF)


def __getattr__(name: str) -> Any:
    return load_name(__name__, _HOME_OF, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME_OF})
