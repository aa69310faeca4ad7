"""Node processes: found, started, watched, ended.

Loaded on first use: the plugin asks for nothing but the version of Node in most test runs.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

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
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOME_OF[name]}"), name)
    globals()[name] = value
    return value
