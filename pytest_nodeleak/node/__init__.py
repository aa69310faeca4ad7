"""Node processes: found, started, watched, ended.

Loaded on first use: the plugin asks for nothing but the version of Node in most test runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..base.lazy import load_name

if TYPE_CHECKING:
    from .app import NodeApp as NodeApp
    from .find import NodeExecutable as NodeExecutable
    from .find import find_node as find_node
    from .heaps.heap import NodeHeap as NodeHeap
    from .heaps.heap import NodeWorker as NodeWorker
    from .launch import open_node as open_node

__all__ = [
    "NodeApp",
    "NodeExecutable",
    "NodeHeap",
    "NodeWorker",
    "find_node",
    "open_node",
]

_HOME_OF = {
    "NodeApp": "app",
    "NodeExecutable": "find",
    "NodeHeap": "heaps.heap",
    "NodeWorker": "heaps.heap",
    "find_node": "find",
    "open_node": "launch",
}


def __getattr__(name: str) -> Any:
    return load_name(__name__, _HOME_OF, name)
