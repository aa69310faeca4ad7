"""What the program printed: drained for ever, kept in bounded memory."""

from __future__ import annotations

import os
import re
import threading
from typing import IO

from ...base.deadline import Deadline

__all__ = ["OutputBuffer", "pump"]

_CHUNK = 1 << 16
# Node's own lines about the inspector, and the driver's, are ours, not the program's.
_INSPECTOR_LINE = re.compile(
    r"^(?:Debugger listening on ws://.*|For help, see: https://nodejs\.org/.*|Debugger attached\."
    r"|nodeleak: the driver (?:waits|runs)|Waiting for the debugger to disconnect\.\.\."
    r"|Debugger ending on ws://.*)\r?\n?",
    re.MULTILINE,
)
_LONGEST_TAIL = 4000
# Control characters other than tab and escape (colours): they would spoil a message.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f]")


class OutputBuffer:
    """The first ``head`` and the last ``tail`` bytes of a stream, with what was between counted."""

    def __init__(self, name: str, *, head: int = 1 << 16, tail: int = 1 << 18) -> None:
        self.name = name
        self.total = 0
        self._head_size = head
        self._tail_size = tail
        self._head = bytearray()
        self._tail = bytearray()
        self._changed = threading.Condition()
        self.closed = False

    def __repr__(self) -> str:
        state = "closed" if self.closed else "open"
        return f"<OutputBuffer {self.name} {state}, {self.total} bytes, {self.dropped} dropped>"

    @property
    def dropped(self) -> int:
        """Bytes between head and tail that are not kept."""
        return self.total - len(self._head) - len(self._tail)

    def write(self, data: bytes) -> None:
        with self._changed:
            self.total += len(data)
            room = self._head_size - len(self._head)
            if room > 0:
                self._head += data[:room]
                data = data[room:]
            if data:
                self._tail += data
                # Trim rarely: each trim moves the whole tail.
                if len(self._tail) > 2 * self._tail_size:
                    del self._tail[: -self._tail_size]
            self._changed.notify_all()

    def close(self) -> None:
        with self._changed:
            self.closed = True
            self._changed.notify_all()

    def raw(self) -> str:
        """All that is kept, as text."""
        with self._changed:
            head, tail = bytes(self._head), bytes(self._tail[-self._tail_size :])
            dropped = self.total - len(head) - len(tail)
        gap = f"\n[... {dropped} bytes not kept ...]\n".encode() if dropped > 0 else b""
        return (head + gap + tail).decode("utf-8", "replace")

    def text(self) -> str:
        """All that is kept, without the lines that Node prints about its inspector."""
        return _INSPECTOR_LINE.sub("", self.raw())

    def tail(self, lines: int = 20) -> str:
        """The last lines, for an error message: at most 4,000 characters."""
        last = self.text()[-_LONGEST_TAIL:].rstrip().splitlines()[-lines:]
        return "\n".join(_UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", line) for line in last)

    def wait_closed(self, deadline: Deadline) -> bool:
        """Wait until the stream has ended and all of it is here."""
        with self._changed:
            return self._changed.wait_for(lambda: self.closed, deadline.timeout())

    def wait_change(self, seen: int, deadline: Deadline) -> bool:
        """Wait until more than ``seen`` bytes have come or the stream has closed."""
        with self._changed:
            return self._changed.wait_for(
                lambda: self.total != seen or self.closed, deadline.timeout(0.5)
            )


def pump(stream: IO[bytes], buffer: OutputBuffer) -> threading.Thread:
    """Drain ``stream`` into ``buffer`` from a daemon thread until it ends."""

    def drain() -> None:
        try:
            while data := os.read(stream.fileno(), _CHUNK):
                buffer.write(data)
        except OSError:
            pass  # closed under us at shutdown
        finally:
            buffer.close()
            stream.close()

    thread = threading.Thread(target=drain, name=f"nodeleak-{buffer.name}", daemon=True)
    thread.start()
    return thread
