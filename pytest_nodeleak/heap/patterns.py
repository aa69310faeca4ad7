"""Strings by the pattern of their content, with digits and ids masked."""

from __future__ import annotations

import re

__all__ = ["mask"]

_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_HEX = re.compile(r"\b(?=[0-9a-fA-F]*\d)(?=[0-9a-fA-F]*[a-fA-F])[0-9a-fA-F]{8,}\b")
_TOKEN = re.compile(r"[A-Za-z0-9_+/=-]{24,}")
_DIGITS = re.compile(r"\d+")
_LONGEST = 60


def mask(text: str) -> str:
    """``"session-17"`` as ``"session-#"``: numbers, ids and long tokens replaced.

    Cut at 60 characters; what identifies a person or a secret is mostly gone.
    """
    text = text[:400]
    text = _UUID.sub("#", text)
    text = _HEX.sub("#", text)
    text = _TOKEN.sub(lambda match: "#" if re.search(r"\d", match.group()) else match.group(), text)
    text = _DIGITS.sub("#", text)
    text = text.replace("\n", "\\n")
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
