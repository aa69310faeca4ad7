"""Node processes: found, started, watched, ended."""

from .app import NodeApp
from .find import NodeExecutable, find_node
from .launch import open_node

__all__ = ["NodeApp", "NodeExecutable", "find_node", "open_node"]
