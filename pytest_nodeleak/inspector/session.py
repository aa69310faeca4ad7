"""Commands and their replies, one at a time; events go to a handler while waiting."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from ..base.deadline import Deadline
from ..base.errors import ConnectionLostError, DeadlineExceeded, ProtocolError, hide_ours
from .chunks import is_snapshot_chunk, snapshot_text
from .transport import Transport

__all__ = ["ChunkHandler", "EventHandler", "Session"]

__tracebackhide__ = hide_ours

EventHandler = Callable[[str, dict[str, Any]], None]
ChunkHandler = Callable[[bytes], None]

_FINISHED = "NodeRuntime.waitingForDisconnect"
_MOST_EARLY = 1000
# Seconds of a look at what has come.
_LOOK = 0.001


class Session:
    """A synchronous session; calls from several threads take turns.

    Nothing is enabled on the other side: ``Runtime.enable`` would keep the arguments of
    every console message alive for ever.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._lock = threading.Lock()
        # Events that came while nobody asked, for whoever asks next.
        self._early: deque[tuple[str, dict[str, Any]]] = deque(maxlen=_MOST_EARLY)
        self._last_id = 0
        self.lost = False
        #: the program has ended and waits for us to disconnect
        self.target_finished = False
        #: gets every event, also those that come while nobody waits for one; as ``on_event`` it
        #: may not call the session
        self.listener: EventHandler | None = None

    def __repr__(self) -> str:
        state = "finished" if self.target_finished else "lost" if self.lost else "open"
        return f"<Session {state}, {self._last_id} commands, {self._transport!r}>"

    def call(
        self,
        method: str,
        params: dict[str, Any] | None = None,
        *,
        deadline: Deadline,
        on_event: EventHandler | None = None,
        on_chunk: ChunkHandler | None = None,
    ) -> dict[str, Any]:
        """Send a command and return its ``result``.

        Meanwhile ``on_event`` gets the events and ``on_chunk`` the text of snapshot chunks,
        as UTF-8; neither may call the session.

        Raises DeadlineExceeded, ConnectionLostError (also when the program ended and only
        waits for the disconnect) or ProtocolError.
        """
        if not self._lock.acquire(timeout=_wait(deadline)):
            raise DeadlineExceeded(f"another command was still running; {method} was not sent")
        try:
            self._refuse_if_lost()
            self._hand_over_early(on_event)
            self._last_id += 1
            call_id = self._last_id
            request = json.dumps({"id": call_id, "method": method, "params": params or {}})
            self._transport.send(request, deadline)
            while True:
                raw = self._transport.receive(deadline)
                if on_chunk is not None and is_snapshot_chunk(raw):
                    assert isinstance(raw, bytes)
                    on_chunk(_decoded_chunk(raw, method))
                    continue
                message = _decoded(raw, method)
                if "method" in message:
                    self._event(message, on_event)
                # Replies to calls that timed out come late: pass them over.
                elif message.get("id") == call_id:
                    return _result(message, method)
        except ConnectionLostError:
            self.lost = True
            raise
        finally:
            self._lock.release()

    def poll(self, seconds: float = 0.001, on_event: EventHandler | None = None) -> None:
        """Take what has come without a command, the notice of the program's end above all.

        Returns when nothing comes for ``seconds``, or at once if another thread is in a call.
        Raises ConnectionLostError or ProtocolError.
        """
        if not self._lock.acquire(blocking=False):
            return
        try:
            self._refuse_if_lost()
            self._hand_over_early(on_event)
            while True:
                message = _decoded(self._transport.receive(Deadline(seconds)), "events")
                if "method" in message:
                    self._event(message, on_event)
        except DeadlineExceeded:
            return
        except ConnectionLostError:
            self.lost = True
            raise
        finally:
            self._lock.release()

    def wait(self, deadline: Deadline, until: Callable[[], bool]) -> None:
        """Take one message, unless ``until()`` holds: another thread may have taken it.

        Raises DeadlineExceeded, ConnectionLostError or ProtocolError.
        """
        if not self._lock.acquire(timeout=_wait(deadline)):
            raise DeadlineExceeded("another command was still running")
        try:
            self._hand_over_early(None)
            if until():
                return
            self._refuse_if_lost()
            message = _decoded(self._transport.receive(deadline), "events")
            if "method" in message:
                self._event(message, None)
        except ConnectionLostError:
            self.lost = True
            raise
        finally:
            self._lock.release()

    def is_over(self) -> bool:
        """Whether the program has ended or the connection is lost, without a command.

        Other events are kept for the next call or poll. False at once if another thread is in one.
        """
        if self.lost or not self._lock.acquire(blocking=False):
            return self.lost
        try:
            while True:
                raw = self._transport.receive(Deadline(_LOOK))
                # A chunk belongs to a command that nobody waits for any more.
                if not is_snapshot_chunk(raw):
                    message = _decoded(raw, "events")
                    if "method" in message:
                        self._event(message, self._come_early)
        except DeadlineExceeded:
            return False
        except ConnectionLostError:
            self.lost = True
            return True
        finally:
            self._lock.release()

    def _hand_over_early(self, on_event: EventHandler | None) -> None:
        while self._early:
            method, params = self._early.popleft()
            if on_event is not None:
                on_event(method, params)

    def _come_early(self, method: str, params: dict[str, Any]) -> None:
        self._early.append((method, params))

    def close(self) -> None:
        """Disconnect; a program that has ended goes away then."""
        self.lost = True
        self._transport.close()

    def _refuse_if_lost(self) -> None:
        if self.lost:
            raise ConnectionLostError("the inspector session is closed")

    def _event(self, message: dict[str, Any], on_event: EventHandler | None) -> None:
        method = message["method"]
        if method == _FINISHED:
            self.target_finished = True
            raise ConnectionLostError("the program has ended")
        found = message.get("params")
        params = found if isinstance(found, dict) else {}
        for handler in (self.listener, on_event):
            if handler is not None:
                handler(str(method), params)


def _wait(deadline: Deadline) -> float:
    timeout = deadline.timeout()
    return -1 if timeout is None else min(timeout, threading.TIMEOUT_MAX)


def _decoded_chunk(raw: bytes, method: str) -> bytes:
    try:
        return snapshot_text(raw)
    except ValueError as error:
        raise _not_json(raw, method, error) from None


def _decoded(raw: str | bytes, method: str) -> dict[str, Any]:
    try:
        message = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise _not_json(raw, method, error) from None
    if not isinstance(message, dict):
        raise _not_json(raw, method, "it is no object")
    return message


def _not_json(raw: str | bytes, method: str, reason: object) -> ProtocolError:
    return ProtocolError(
        f"the inspector answered {method} with what is no protocol message: "
        f"{raw[:80]!r} ({reason})",
        method=method,
    )


def _result(message: dict[str, Any], method: str) -> dict[str, Any]:
    error = message.get("error")
    if error is not None:
        facts = error if isinstance(error, dict) else {"message": str(error)}
        code = facts.get("code", 0)
        raise ProtocolError(
            f"the inspector refused {method}: {facts.get('message', error)}",
            method=method,
            code=code if isinstance(code, int) else 0,
            data=str(facts.get("data", "")),
        )
    result = message.get("result")
    return result if isinstance(result, dict) else {}
