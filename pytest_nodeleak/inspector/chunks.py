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

    The number sections, nine tenths of a snapshot, hold no escapes but line ends: two passes
    over the bytes do, where the JSON decoder and encoding again cost six times as much.
    Raises ValueError (a JSONDecodeError or UnicodeDecodeError) if it is no JSON string.
    """
    body = message[len(_HEAD) : -len(_TAIL)]
    backslashes = body.count(b"\\")
    if backslashes == 0 and b'"' not in body:
        return body
    if backslashes == body.count(b"\\n") and b'"' not in body:
        return body.replace(b"\\n", b"\n")
    text: str = json.loads(message)["params"]["chunk"]
    return text.encode("utf-8", "surrogatepass")
