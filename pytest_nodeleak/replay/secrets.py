"""Secrets among the arguments of a program, which no file should keep. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["MASK", "is_masked", "masked"]

MASK = "***"
_NAME = r"[\w.-]*(?:passw(?:or)?d|passphrase|secret|token|api[-_]?key|credential)[\w.-]*"
_ASSIGNED = re.compile(rf"^(-{{0,2}}{_NAME}[=:]).+", re.IGNORECASE | re.DOTALL)
_OPTION = re.compile(rf"^--?{_NAME}$", re.IGNORECASE)
#: user and password of a URL
_LOGIN = re.compile(r"(\b[a-z][a-z0-9+.-]*://)[^/@\s]+@", re.IGNORECASE)


def masked(args: Sequence[str]) -> list[str]:
    """``args`` with ``***`` for what looks like a secret: ``--token=x``, ``postgres://u:p@host``."""
    found: list[str] = []
    for number, arg in enumerate(args):
        before = args[number - 1] if number else ""
        if _OPTION.match(before) and not arg.startswith("-"):
            found.append(MASK)
            continue
        arg = _ASSIGNED.sub(rf"\1{MASK}", arg)
        found.append(_LOGIN.sub(rf"\1{MASK}@", arg))
    return found


def is_masked(args: Sequence[str]) -> bool:
    return any(MASK in arg for arg in args)
