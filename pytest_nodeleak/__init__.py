"""Memory-leak regression tests of Node.js programs. The public names.

They are loaded on first use, so that the installed plugin costs other test runs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .assertions.in_loop import assert_no_leak_async as assert_no_leak_async
    from .assertions.leaks import assert_instances as assert_instances
    from .assertions.leaks import assert_no_growth as assert_no_growth
    from .assertions.leaks import assert_no_leak as assert_no_leak
    from .assertions.measured import measure as measure
    from .base.errors import AttachError as AttachError
    from .base.errors import ConnectionLostError as ConnectionLostError
    from .base.errors import DeadlineExceeded as DeadlineExceeded
    from .base.errors import EvaluationError as EvaluationError
    from .base.errors import HeapGoneError as HeapGoneError
    from .base.errors import InconclusiveWarning as InconclusiveWarning
    from .base.errors import LaunchError as LaunchError
    from .base.errors import NodeLeakError as NodeLeakError
    from .base.errors import NodeNotFoundError as NodeNotFoundError
    from .base.errors import NodeVersionError as NodeVersionError
    from .base.errors import OpenInspectorWarning as OpenInspectorWarning
    from .base.errors import PolicyError as PolicyError
    from .base.errors import ProtocolError as ProtocolError
    from .base.errors import SnapshotFormatError as SnapshotFormatError
    from .base.errors import SnapshotOrderError as SnapshotOrderError
    from .base.errors import TargetError as TargetError
    from .base.errors import TargetExitedError as TargetExitedError
    from .base.errors import TargetOutOfMemoryError as TargetOutOfMemoryError
    from .base.errors import TargetStuckError as TargetStuckError
    from .base.errors import WorkloadError as WorkloadError
    from .base.policy import Policy as Policy
    from .base.samples import Sample as Sample
    from .base.samples import Series as Series
    from .heap import ConstructorGrowth as ConstructorGrowth
    from .heap import HeapSnapshot as HeapSnapshot
    from .heap import RetainingPath as RetainingPath
    from .heap import SnapshotDiff as SnapshotDiff
    from .heap import compare as compare
    from .heap import load_snapshot as load_snapshot
    from .heap import three_snapshot_diff as three_snapshot_diff
    from .judge.verdict import InconclusiveError as InconclusiveError
    from .judge.verdict import LeakError as LeakError
    from .judge.verdict import LeakingConstructor as LeakingConstructor
    from .judge.verdict import SelfCheckError as SelfCheckError
    from .judge.verdict import Verdict as Verdict
    from .node import NodeApp as NodeApp
    from .node import open_node as open_node
    from .node.attach.running import AttachedApp as AttachedApp
    from .node.attach.running import attach as attach
    from .node.launch import LaunchNode as LaunchNode
    from .node.workload import every as every
    from .node.workload import module as module

_HOMES = {
    "assertions.in_loop": ("assert_no_leak_async",),
    "assertions.leaks": ("assert_instances", "assert_no_growth", "assert_no_leak"),
    "base.errors": (
        "AttachError",
        "ConnectionLostError",
        "DeadlineExceeded",
        "EvaluationError",
        "HeapGoneError",
        "InconclusiveWarning",
        "OpenInspectorWarning",
        "LaunchError",
        "NodeLeakError",
        "NodeNotFoundError",
        "NodeVersionError",
        "PolicyError",
        "ProtocolError",
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
    "assertions.measured": ("measure",),
    "node": ("NodeApp", "open_node"),
    "node.attach.running": ("AttachedApp", "attach"),
    "base.policy": ("Policy",),
    "base.samples": ("Sample", "Series"),
    "judge.verdict": (
        "InconclusiveError",
        "LeakError",
        "LeakingConstructor",
        "SelfCheckError",
        "Verdict",
    ),
    "node.launch": ("LaunchNode",),
    "node.workload": ("every", "module"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = sorted(_HOME_OF)


def __getattr__(name: str) -> Any:
    from .base.lazy import load_name  # even this not before a name is asked for

    return load_name(__name__, _HOME_OF, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
