"""One snapshot that tells what a window of work allocated: V8 gives all objects an id before it."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...base.deadline import Deadline
from ...base.errors import TargetError
from ..channel import Channel

if TYPE_CHECKING:
    from ...heap import HeapSnapshot, SnapshotReader

__all__ = ["TrackedObjects"]

#: seconds for the event that follows the walk of the heap
_PATIENCE = 20.0


class TrackedObjects:
    """A context manager; in the block V8 walks the heap every 50 ms, so it should be short.

    ``last_seen_id`` is the id of the newest object before the block.
    """

    def __init__(self, channel: Channel, new_reader: Callable[[], SnapshotReader]) -> None:
        self._channel = channel
        self._new_reader = new_reader
        self.last_seen_id = -1
        self._stopped = False

    def __repr__(self) -> str:
        return f"<TrackedObjects after @{self.last_seen_id}>"

    def __enter__(self) -> TrackedObjects:
        self._channel.command(
            "HeapProfiler.startTrackingHeapObjects",
            {"trackAllocations": False},
            doing="objects were given ids",
            on_event=self._on_event,
        )
        deadline = Deadline(_PATIENCE)
        while self.last_seen_id < 0 and not deadline.expired:
            self._channel.poll(0.01, self._on_event)
        if self.last_seen_id < 0:
            raise TargetError("the engine did not say which object it saw last")
        return self

    def _on_event(self, method: str, params: dict[str, Any]) -> None:
        if method == "HeapProfiler.lastSeenObjectId" and self.last_seen_id < 0:
            self.last_seen_id = int(params.get("lastSeenObjectId", -1))

    def snapshot(self, path: Path, deadline: Deadline | None = None) -> HeapSnapshot:
        """Take the snapshot, which ends tracking; ``path`` keeps the file. Raises OSError."""
        reader = self._new_reader()
        self._stopped = True
        private = partial(os.open, mode=0o600)
        with open(path, "wb", opener=private) as file:

            def feed(chunk: bytes) -> None:
                file.write(chunk)
                reader.feed(chunk)

            self._channel.command(
                "HeapProfiler.stopTrackingHeapObjects",
                {"reportProgress": False},
                deadline=deadline or Deadline(300),
                doing="a heap snapshot was taken",
                on_chunk=feed,
            )
        return reader.finish()

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if not self._stopped and error is None:
            self._channel.command("HeapProfiler.disable")
