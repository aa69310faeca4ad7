"""The inspector protocol: a synchronous session over one WebSocket."""

from .session import Session
from .transport import Transport, WebSocketTransport

__all__ = ["Session", "Transport", "WebSocketTransport"]
