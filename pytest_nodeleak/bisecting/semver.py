"""Versions of npm in their order (semver.org, 11). Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from ..base.errors import PolicyError

__all__ = ["between", "key"]

_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?")
_SHOWN = 8


def key(version: str) -> tuple[Any, ...] | None:
    """What to sort by; None for what is no version."""
    match = _VERSION.fullmatch(version)
    if match is None:
        return None
    *numbers, prerelease = match.groups()
    parts = [] if prerelease is None else prerelease.split(".")
    ranks = tuple((0, int(p), "") if p.isdecimal() else (1, 0, p) for p in parts)
    # A release comes after its prereleases.
    return (*map(int, numbers), not ranks, ranks)


def between(
    package: str, versions: Iterable[str], good: str, bad: str, *, prereleases: bool
) -> list[str]:
    """The versions from ``good`` to ``bad``, these included, in order.

    Raises PolicyError for one that does not exist, and if good is not before bad.
    """
    known = sorted((v for v in versions if key(v) is not None), key=lambda v: key(v) or ())
    for option, version in (("--good", good), ("--bad", bad)):
        if version not in known:
            raise PolicyError(
                f"{package} has no version '{version}' ({option}); there are "
                f"{_listed(known, version)}"
            )
    first, last = known.index(good), known.index(bad)
    if first >= last:
        raise PolicyError(
            f"--good {good} does not come before --bad {bad}; what brought the leak is looked "
            "for between an older version without it and a newer one with it"
        )
    ends = (good, bad)
    return [v for v in known[first : last + 1] if prereleases or "-" not in v or v in ends]


def _listed(known: list[str], near: str) -> str:
    """Some versions that exist: of the same beginning if there are any, the newest."""
    if not known:
        return "none"
    start = near.split(".")[0] + "."
    alike = [v for v in known if v.startswith(start) and "-" not in v] or known
    return ("... " if len(alike) > _SHOWN else "") + ", ".join(alike[-_SHOWN:])
