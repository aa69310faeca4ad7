"""Commands and their replies, one at a time; events go to a handler while waiting."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

from ..deadline import Deadline
from ..errors import ConnectionLostError, ProtocolError
from .transport import Transport

__all__ = ["Session"]

EventHandler = Callable[[str, dict[str, Any]], None]


class Session:
    """A synchronous session; calls from several threads take turns.

    Nothing is enabled on the other side: ``Runtime.enable`` would keep the arguments of
    every console message alive for ever.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._lock = threading.RLock()
        self._last_id = 0
        self.lost = False
        #: the program has ended and waits for us to disconnect
        self.target_finished = False

    def __repr__(self) -> str:
        state = "lost" if self.lost else "finished" if self.target_finished else "open"
        return f"<Session {state}, {self._last_id} commands, {self._transport!r}>"

    def call(
        self,
        method: str,
        params: dict[str, Any] | None = None,
        *,
        deadline: Deadline,
        on_event: EventHandler | None = None,
    ) -> dict[str, Any]:
        """Send a command and return its ``result``.

        Raises DeadlineExceeded, ConnectionLostError (also when the program ended and only
        waits for the disconnect) or ProtocolError.
        """
        with self._lock:
            self._last_id += 1
            call_id = self._last_id
            try:
                self._transport.send(
                    json.dumps({"id": call_id, "method": method, "params": params or {}})
                )
                while True:
                    message = json.loads(self._transport.receive(deadline))
                    if "method" in message:
                        self._event(message, on_event)
                    # Replies to calls that timed out come late: pass them over.
                    elif message.get("id") == call_id:
                        return _result(message, method)
            except ConnectionLostError:
                self.lost = True
                raise

    def _event(self, message: dict[str, Any], on_event: EventHandler | None) -> None:
        method = message["method"]
        if method == "NodeRuntime.waitingForDisconnect":
            self.target_finished = True
            raise ConnectionLostError("the program has ended")
        if on_event is not None:
            on_event(method, message.get("params") or {})

    def close(self) -> None:
        self.lost = True
        self._transport.close()


def _result(message: dict[str, Any], method: str) -> dict[str, Any]:
    error = message.get("error")
    if error is not None:
        text = str(error.get("message", error))
        raise ProtocolError(
            f"the inspector refused {method}: {text}",
            method=method,
            code=int(error.get("code", 0)),
            data=str(error.get("data", "")),
        )
    result: dict[str, Any] = message.get("result") or {}
    return result
