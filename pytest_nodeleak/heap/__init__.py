"""V8 heap snapshots: read, compared and explained. Useful alone::

    from pytest_nodeleak.heap import load_snapshot, three_snapshot_diff
    diff = three_snapshot_diff(*(load_snapshot(f"{n}.heapsnapshot") for n in (1, 2, 3)))
    diff

Knows neither Node.js processes nor pytest.
"""

from __future__ import annotations

from .comparison import ClassChange, ComparisonDiff, compare
from .diff import SnapshotDiff, growth_over, three_snapshot_diff
from .files import load_snapshot
from .growth import ConstructorGrowth, Owner, StaleContainer
from .model import HeapSnapshot
from .paths import PathStep, RetainingPath
from .patterns import StringPattern, mask
from .reader import SnapshotReader

__all__ = [
    "ClassChange",
    "ComparisonDiff",
    "ConstructorGrowth",
    "HeapSnapshot",
    "Owner",
    "PathStep",
    "RetainingPath",
    "SnapshotDiff",
    "SnapshotReader",
    "StaleContainer",
    "StringPattern",
    "compare",
    "growth_over",
    "load_snapshot",
    "mask",
    "three_snapshot_diff",
]
