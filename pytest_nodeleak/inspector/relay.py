"""Worker threads of a process through its own session: the NodeWorker domain as transports."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from ..base.deadline import Deadline
from ..base.errors import ConnectionLostError, ProtocolError, hide_ours
from .session import Session

__all__ = ["RelayedTransport", "RelayedWorker", "WorkerRelay"]

__tracebackhide__ = hide_ours


@dataclass
class RelayedWorker:
    """A worker thread that a session is attached to; ``title`` and ``url`` as Node gives them."""

    session_id: str
    worker_id: str
    title: str
    url: str
    ended: bool = False
    messages: deque[bytes] = field(default_factory=deque)


class WorkerRelay:
    """Keeps the list of a process's worker threads, those of its workers included.

    The events come while the session runs commands or is polled; what a worker says is kept
    until its transport is asked for it.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.enabled = False
        self._workers: dict[str, RelayedWorker] = {}
        session.listener = self._on_event

    def __repr__(self) -> str:
        return f"<WorkerRelay of {len(self._workers)} workers, {self.session!r}>"

    @property
    def workers(self) -> list[RelayedWorker]:
        """Those that have not ended, as far as is known."""
        return list(self._workers.values())

    def enable(self, deadline: Deadline) -> None:
        """Attach to all workers from now on; does nothing the second time.

        Those that run are told of before this returns. Raises what a command raises.
        """
        if not self.enabled:
            self.enabled = True  # also where the answer is late
            self.session.call(
                "NodeWorker.enable", {"waitForDebuggerOnStart": False}, deadline=deadline
            )

    def _on_event(self, method: str, params: dict[str, Any]) -> None:
        if not method.startswith("NodeWorker."):
            return
        session_id = str(params.get("sessionId", ""))
        if method == "NodeWorker.attachedToWorker":
            info = params.get("workerInfo", {})
            self._workers[session_id] = RelayedWorker(
                session_id,
                worker_id=str(info.get("workerId", "")),
                title=str(info.get("title", "")),
                url=str(info.get("url", "")),
            )
        elif method == "NodeWorker.detachedFromWorker":
            worker = self._workers.pop(session_id, None)
            if worker is not None:
                worker.ended = True
        elif method == "NodeWorker.receivedMessageFromWorker":
            worker = self._workers.get(session_id)
            if worker is not None:
                text = str(params.get("message", ""))
                worker.messages.append(text.encode("utf-8", "surrogatepass"))


class RelayedTransport:
    """A Transport to one worker thread, through the session of its process."""

    def __init__(self, relay: WorkerRelay, worker: RelayedWorker) -> None:
        self._relay = relay
        self._worker = worker
        self._closed = False

    def __repr__(self) -> str:
        return f"<RelayedTransport to {self._worker.title or self._worker.session_id}>"

    def send(self, message: str, deadline: Deadline) -> None:
        self._check()
        params = {"sessionId": self._worker.session_id, "message": message}
        try:
            self._relay.session.call("NodeWorker.sendMessageToWorker", params, deadline=deadline)
        except ProtocolError as error:
            raise ConnectionLostError(f"the worker has ended: {error}") from None

    def receive(self, deadline: Deadline) -> bytes:
        worker = self._worker
        while not worker.messages:
            self._check()
            self._relay.session.wait(deadline, lambda: bool(worker.messages or worker.ended))
        return worker.messages.popleft()

    def close(self) -> None:
        self._closed = True

    def _check(self) -> None:
        if self._worker.ended or self._closed:
            raise ConnectionLostError("the worker has ended")
