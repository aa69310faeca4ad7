"""For tests, of this package and of yours: heap snapshots built by hand."""

from .snapshots import BuiltNode, SnapshotBuilder

__all__ = ["BuiltNode", "SnapshotBuilder"]
