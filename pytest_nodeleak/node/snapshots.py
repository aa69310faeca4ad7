"""Takes a heap snapshot of a program and hands its text on while it arrives."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

from ..deadline import Deadline
from ..errors import hide_ours
from .channel import Channel

__all__ = ["stream_snapshot"]

__tracebackhide__ = hide_ours


def stream_snapshot(
    channel: Channel, feed: Callable[[bytes], None], path: Path | None, deadline: Deadline
) -> None:
    """Give the snapshot's text to ``feed`` piece by piece, and to the file ``path`` if given.

    A file that was begun and not finished is removed. Raises what ``feed`` raises, OSError of
    the file, TargetError or a kind of it.
    """
    # The inspector keeps the arguments of the last 1,000 console messages alive.
    channel.command("Runtime.discardConsoleEntries", deadline=deadline)
    if path is None:
        _take(channel, feed, deadline)
        return
    with open(path, "wb") as file:
        try:

            def both(chunk: bytes) -> None:
                file.write(chunk)
                feed(chunk)

            _take(channel, both, deadline)
        except BaseException:
            file.close()
            with contextlib.suppress(OSError):
                os.unlink(path)
            raise


def _take(channel: Channel, feed: Callable[[bytes], None], deadline: Deadline) -> None:
    channel.command(
        "HeapProfiler.takeHeapSnapshot",
        {"reportProgress": False},
        deadline=deadline,
        doing="a heap snapshot was taken",
        on_chunk=feed,
    )
