"""Node processes: found, started, watched, ended."""

from .app import NodeApp
from .find import NodeExecutable, find_node
from .launch import open_node
from .workers import NodeWorker

__all__ = ["NodeApp", "NodeExecutable", "NodeWorker", "find_node", "open_node"]
