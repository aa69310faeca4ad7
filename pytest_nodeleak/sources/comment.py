"""The comment in a script that says where its source map is."""

from __future__ import annotations

import base64
import binascii
import re
from urllib.parse import unquote_to_bytes

__all__ = ["data_of_url", "map_url"]

_KEY = "sourceMappingURL="
_BEFORE = re.compile(r"(?://|/\*)[#@][ \t]*$")
_URL = re.compile(r"[^\s'\"`]+")


def map_url(script: str) -> str | None:
    """What the last ``sourceMappingURL`` comment of a script's text says."""
    at = len(script)
    while (at := script.rfind(_KEY, 0, at)) >= 0:
        if _BEFORE.search(script[max(0, at - 16) : at]):
            start = at + len(_KEY)
            url = _URL.match(script, start)
            if url:
                return url[0].removesuffix("*/") or None
    return None


def data_of_url(url: str) -> bytes | None:
    """What a ``data:`` URL carries, base64 or percent-encoded; None if it is broken."""
    head, comma, body = url.partition(",")
    if not comma or not head.lower().startswith("data:"):
        return None
    if not head.lower().rstrip().endswith(";base64"):
        return unquote_to_bytes(body)
    raw = unquote_to_bytes(body).translate(bytes.maketrans(b"-_", b"+/")).rstrip(b"=")
    try:
        return base64.b64decode(raw + b"=" * (-len(raw) % 4))
    except (binascii.Error, ValueError):
        return None
