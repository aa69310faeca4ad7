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
    from .launch import open_node as open_node
    from .workers import NodeWorker as NodeWorker

__all__ = ["NodeApp", "NodeExecutable", "NodeWorker", "find_node", "open_node"]

_HOME_OF = {
    "NodeApp": "app",
    "NodeExecutable": "find",
    "NodeWorker": "workers",
    "find_node": "find",
    "open_node": "launch",
}


def __getattr__(name: str) -> Any:
    return load_name(__name__, _HOME_OF, name)
