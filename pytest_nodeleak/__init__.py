"""Memory-leak regression tests of Node.js programs. The public names.

They are loaded on first use, so that the installed plugin costs other test runs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .api import assert_instances as assert_instances
    from .api import assert_no_growth as assert_no_growth
    from .api import assert_no_leak as assert_no_leak
    from .errors import ConnectionLostError as ConnectionLostError
    from .errors import EvaluationError as EvaluationError
    from .errors import InconclusiveError as InconclusiveError
    from .errors import InconclusiveWarning as InconclusiveWarning
    from .errors import LaunchError as LaunchError
    from .errors import LeakError as LeakError
    from .errors import NodeLeakError as NodeLeakError
    from .errors import NodeNotFoundError as NodeNotFoundError
    from .errors import NodeVersionError as NodeVersionError
    from .errors import PolicyError as PolicyError
    from .errors import SelfCheckError as SelfCheckError
    from .errors import SnapshotFormatError as SnapshotFormatError
    from .errors import SnapshotOrderError as SnapshotOrderError
    from .errors import TargetError as TargetError
    from .errors import TargetExitedError as TargetExitedError
    from .errors import TargetOutOfMemoryError as TargetOutOfMemoryError
    from .errors import TargetStuckError as TargetStuckError
    from .errors import WorkloadError as WorkloadError
    from .heap import ConstructorGrowth as ConstructorGrowth
    from .heap import HeapSnapshot as HeapSnapshot
    from .heap import RetainingPath as RetainingPath
    from .heap import SnapshotDiff as SnapshotDiff
    from .heap import compare as compare
    from .heap import load_snapshot as load_snapshot
    from .heap import three_snapshot_diff as three_snapshot_diff
    from .measurement import measure as measure
    from .node import NodeApp as NodeApp
    from .node import open_node as open_node
    from .policy import Policy as Policy
    from .samples import Sample as Sample
    from .samples import Series as Series
    from .verdict import LeakingConstructor as LeakingConstructor
    from .verdict import Verdict as Verdict
    from .workload import every as every
    from .workload import module as module

_HOMES = {
    "api": ("assert_instances", "assert_no_growth", "assert_no_leak"),
    "errors": (
        "ConnectionLostError",
        "EvaluationError",
        "InconclusiveError",
        "InconclusiveWarning",
        "LaunchError",
        "LeakError",
        "NodeLeakError",
        "NodeNotFoundError",
        "NodeVersionError",
        "PolicyError",
        "SelfCheckError",
        "SnapshotFormatError",
        "SnapshotOrderError",
        "TargetError",
        "TargetExitedError",
        "TargetOutOfMemoryError",
        "TargetStuckError",
        "WorkloadError",
    ),
    "heap": (
        "ConstructorGrowth",
        "HeapSnapshot",
        "RetainingPath",
        "SnapshotDiff",
        "compare",
        "load_snapshot",
        "three_snapshot_diff",
    ),
    "measurement": ("measure",),
    "node": ("NodeApp", "open_node"),
    "policy": ("Policy",),
    "samples": ("Sample", "Series"),
    "verdict": ("LeakingConstructor", "Verdict"),
    "workload": ("every", "module"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = sorted(_HOME_OF)


def __getattr__(name: str) -> Any:
    from .lazy import load_name  # even this not before a name is asked for

    return load_name(__name__, _HOME_OF, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
