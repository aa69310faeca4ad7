"""``verdict.json``: the verdict for programs."""

from __future__ import annotations

import json

from ..judge.verdict import Verdict

__all__ = ["verdict_json"]


def verdict_json(verdict: Verdict) -> str:
    """The verdict as JSON text in ASCII, without a trailing newline.

    ASCII, because names of a program's classes may hold lone surrogates, which no file can.
    """
    return json.dumps(verdict.to_json(), indent=1, ensure_ascii=True, allow_nan=False)
