"""Strings by the pattern of their content, with digits and ids masked.

Where only strings grow, the pattern is what names the leak: 500 strings ``session-#``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from ..model.arrays import AnyArray
from ..model.snapshot import HeapSnapshot

__all__ = ["StringPattern", "mask", "outline", "patterns_of", "strings_among"]

_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_HEX = re.compile(r"\b(?=[0-9a-fA-F]*\d)(?=[0-9a-fA-F]*[a-fA-F])[0-9a-fA-F]{8,}\b")
_TOKEN = re.compile(r"(?=[A-Za-z_+/=-]*\d)[A-Za-z0-9_+/=-]{24,}")
_DIGITS = re.compile(r"\d+")
_LETTERS = re.compile(r"[^\W\d_]+")
_LONGEST = 60
# Strings whose text is looked at; more are taken at even steps, and counted up.
_MOST = 50_000
_KINDS = ("string", "concatenated string", "sliced string")


@dataclass(frozen=True)
class StringPattern:
    """Strings that look alike; ``survivors`` per window, ``shallow_size`` in bytes.

    ``count`` is exact up to 50,000 strings in all, else estimated from a part of them.
    """

    pattern: str
    kind: str
    count: int
    shallow_size: int
    survivors: tuple[int, ...] = ()
    example_ids: tuple[int, ...] = ()


def mask(text: str) -> str:
    """``"session-17"`` as ``"session-#"``: numbers, ids and long tokens replaced.

    Cut at 60 characters; what identifies a person or a secret is mostly gone.
    """
    text = text[:400]
    text = _UUID.sub("#", text)
    text = _HEX.sub("#", text)
    text = _TOKEN.sub("#", text)
    text = _DIGITS.sub("#", text)
    return _cut(text.replace("\n", "\\n"))


def outline(text: str) -> str:
    """``"session-17 of Bob"`` as ``"a-# a a"``: how it looks, and nothing of what it says."""
    return _cut(_DIGITS.sub("#", _LETTERS.sub("a", text[:400])))


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def patterns_of(
    snapshot: HeapSnapshot,
    nodes: AnyArray | None = None,
    max_odd_ids: tuple[int, ...] = (),
    top: int | None = None,
) -> tuple[StringPattern, ...]:
    """Patterns of the strings among ``nodes`` (default: all of the snapshot), most first."""
    nodes = strings_among(snapshot, np.arange(snapshot.node_count) if nodes is None else nodes)
    step = -(-nodes.size // _MOST) or 1
    groups: dict[tuple[str, str], list[int]] = {}
    masked: dict[int, str] = {}
    for node in nodes[::step].tolist():
        name = int(snapshot.node_name[node])
        pattern = masked.get(name)
        if pattern is None:
            pattern = masked[name] = mask(snapshot.strings[name])
        groups.setdefault((snapshot.kind_of(node), pattern), []).append(node)
    bounds = np.array(max_odd_ids[1:], dtype=np.int64)
    result: list[StringPattern] = []
    for (kind, pattern), members in groups.items():
        ids = snapshot.node_id[members]
        windows = np.bincount(np.searchsorted(bounds, ids), minlength=bounds.size)
        result.append(
            StringPattern(
                pattern=pattern,
                kind=kind,
                count=len(members) * step,
                shallow_size=int(snapshot.node_size[members].sum(dtype=np.int64)) * step,
                survivors=tuple(int(count) * step for count in windows[: bounds.size]),
                example_ids=tuple(int(number) for number in ids[:3]),
            )
        )
    result.sort(key=lambda item: (-item.count, -item.shallow_size, item.pattern))
    return tuple(result[:top])


def strings_among(snapshot: HeapSnapshot, nodes: AnyArray) -> AnyArray:
    """Those of the nodes that are strings of any kind."""
    numbers = [snapshot.layout.node_type(kind) for kind in _KINDS]
    chosen: AnyArray = nodes[np.isin(snapshot.node_type[nodes], [n for n in numbers if n >= 0])]
    return chosen
