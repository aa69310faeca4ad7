"""The inspector protocol: a synchronous session over one WebSocket."""

from .session import ChunkHandler, EventHandler, Session
from .transport import Transport, WebSocketTransport

__all__ = ["ChunkHandler", "EventHandler", "Session", "Transport", "WebSocketTransport"]
