"""What is alive of what was allocated in a while, as a ``.heapprofile`` that DevTools opens."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

from ...base.errors import NodeLeakError, PolicyError
from ..channel import Channel

__all__ = ["live_profile"]


@contextlib.contextmanager
def live_profile(channel: Channel, path: str | Path, interval: object) -> Iterator[Path]:
    """Record in the block; write the file at its end, after GC.

    ``interval``: bytes between two samples. Raises PolicyError if that is none, OSError if the
    file cannot be written.
    """
    if isinstance(interval, bool) or not isinstance(interval, int) or interval < 1:
        raise PolicyError(f"live_profile(interval={interval!r}): it is a number of bytes from 1")
    target = Path(path)
    target.touch(mode=0o600)  # it is better known now than at the end that it cannot be written
    doing = "live allocations were recorded"
    channel.command("HeapProfiler.startSampling", {"samplingInterval": interval}, doing=doing)
    try:
        yield target
    except BaseException:
        with contextlib.suppress(NodeLeakError):
            channel.command("HeapProfiler.stopSampling", doing=doing)
        with contextlib.suppress(OSError):
            target.unlink()
        raise
    channel.driver("settle", 2, doing="GC was forced")
    profile = channel.command("HeapProfiler.stopSampling", doing=doing)["profile"]
    part = target.with_name(target.name + ".part")
    try:
        part.write_text(json.dumps(profile), encoding="utf-8")
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)
