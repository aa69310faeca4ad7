"""The text inside a snapshot chunk's message, taken out without decoding what need not be."""

from __future__ import annotations

import json

__all__ = ["is_snapshot_chunk", "snapshot_text"]

_HEAD = b'{"method":"HeapProfiler.addHeapSnapshotChunk","params":{"chunk":"'
_TAIL = b'"}}'


def is_snapshot_chunk(message: str | bytes) -> bool:
    """Whether this is such a message in the form that V8 writes; no session id, no spaces."""
    return isinstance(message, bytes) and message.startswith(_HEAD) and message.endswith(_TAIL)


def snapshot_text(message: bytes) -> bytes:
    """The chunk as UTF-8 text.

    From Node 24 on the number sections, nine tenths of a snapshot, hold no escapes and are
    taken as they are. Otherwise the JSON decoder is the fastest there is: ``bytes.replace``
    takes three times as long. Raises ValueError if it is no JSON string.
    """
    body = message[len(_HEAD) : -len(_TAIL)]
    if b"\\" not in body and b'"' not in body:
        return body
    text: str = json.loads(message)["params"]["chunk"]
    return text.encode("utf-8", "surrogatepass")
