"""The worker threads of a program, seen through the NodeWorker domain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..base.deadline import Deadline
from ..base.errors import hide_ours
from .channel import Channel

__all__ = ["NodeWorker", "list_workers"]

__tracebackhide__ = hide_ours


@dataclass(frozen=True)
class NodeWorker:
    """A worker thread that runs: its number (``worker.threadId``), title and script."""

    id: int
    title: str
    url: str


def list_workers(channel: Channel, deadline: Deadline) -> list[NodeWorker]:
    """The worker threads that run now, in the order of their numbers."""
    found: list[NodeWorker] = []

    def on_event(method: str, params: dict[str, Any]) -> None:
        if method == "NodeWorker.attachedToWorker":
            info = params.get("workerInfo", {})
            found.append(
                NodeWorker(
                    id=int(info.get("workerId", 0)),
                    title=str(info.get("title", "")),
                    url=str(info.get("url", "")),
                )
            )

    # Those that run are told of before the reply; those that start later must not wait for us.
    doing = "its workers were listed"
    channel.command(
        "NodeWorker.enable",
        {"waitForDebuggerOnStart": False},
        deadline=deadline,
        doing=doing,
        on_event=on_event,
    )
    channel.command("NodeWorker.disable", deadline=deadline, doing=doing)
    return sorted(found, key=lambda worker: worker.id)
