"""The inspector protocol: a synchronous session over a WebSocket, a socket or another session."""

from .lines import LineTransport
from .relay import RelayedTransport, RelayedWorker, WorkerRelay
from .session import ChunkHandler, EventHandler, Session
from .transport import Transport, WebSocketTransport

__all__ = [
    "ChunkHandler",
    "EventHandler",
    "LineTransport",
    "RelayedTransport",
    "RelayedWorker",
    "Session",
    "Transport",
    "WebSocketTransport",
    "WorkerRelay",
]
