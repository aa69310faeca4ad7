"""Which functions allocate what stays alive: V8's sampling heap profiler, after a leak is found.

It samples by bytes and keeps the stack of live objects only. Places are where the functions begin.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import unquote, urlsplit

from ..judge.verdict import AllocationSite, LeakingConstructor
from ..node.app import NodeApp

__all__ = ["attribute_sites", "sites_of_profile", "start_sampling", "stop_sampling"]

#: bytes between samples: small, for slow leaks of small objects
INTERVAL = 256
MOST_SITES = 5
MOST_FRAMES = 6


def start_sampling(app: NodeApp) -> None:
    app.command("HeapProfiler.startSampling", {"samplingInterval": INTERVAL})


def stop_sampling(app: NodeApp) -> tuple[AllocationSite, ...]:
    """The sites of what was allocated since the start and is alive, most bytes first."""
    app.memory(settle=2)
    profile = app.command("HeapProfiler.stopSampling", doing="allocation sites were read")
    return sites_of_profile(profile["profile"], os.path.dirname(app.script))


def sites_of_profile(profile: dict[str, Any], folder: str) -> tuple[AllocationSite, ...]:
    """Live bytes per stack of the program's own functions; frames of Node and of the tool left out.

    A stack whose innermost frame is Node's counts for the program's function that called it.
    """
    sizes: dict[tuple[str, ...], int] = {}
    for stack, size in _walk(profile["head"], ()):
        own = tuple(frame for frame in (_frame(call, folder) for call in stack) if frame)
        if own and size:
            sizes[own] = sizes.get(own, 0) + size
    ranked = sorted(sizes.items(), key=lambda item: (-item[1], item[0]))
    return tuple(AllocationSite(size, stack[:MOST_FRAMES]) for stack, size in ranked[:MOST_SITES])


def attribute_sites(
    rows: Sequence[LeakingConstructor], sites: Sequence[AllocationSite]
) -> tuple[LeakingConstructor, ...]:
    """``rows`` with ``allocated_at``: the caller of a constructor's own frame, else, for the worst
    row only, the site that allocated most."""
    return tuple(
        replace(row, allocated_at=_site_of(row, sites, first=i == 0)) for i, row in enumerate(rows)
    )


def _site_of(
    row: LeakingConstructor, sites: Sequence[AllocationSite], *, first: bool
) -> str | None:
    for site in sites:
        for frame, caller in zip(site.stack, site.stack[1:], strict=False):
            if frame.split(" (")[0] == row.name:
                return caller
    if first and sites:
        return str(sites[0])
    return None


def _walk(
    head: dict[str, Any], stack: tuple[dict[str, Any], ...]
) -> Iterator[tuple[tuple[dict[str, Any], ...], int]]:
    """Every node's call frames, innermost first, and its own bytes. Deep stacks: no recursion."""
    waiting = [(head, stack)]
    while waiting:
        node, above = waiting.pop()
        here = (node["callFrame"], *above)
        yield here, int(node["selfSize"])
        children: Iterable[dict[str, Any]] = node["children"]
        waiting.extend((child, here) for child in children)


def _frame(frame: dict[str, Any], folder: str) -> str:
    """``function (path:line:column)``; "" for what is not the program's."""
    url = str(frame.get("url", ""))
    if not url or url.startswith("node:") or "nodeleak" in os.path.basename(url):
        return ""
    path = unquote(urlsplit(url).path) if url.startswith("file:") else url
    if os.path.join("node", "driver") in path:
        return ""
    shown = os.path.relpath(path, folder) if os.path.isabs(path) else path
    # V8 counts from 0, people and editors from 1.
    line, column = int(frame["lineNumber"]) + 1, int(frame["columnNumber"]) + 1
    return f"{frame.get('functionName') or '(anonymous)'} ({shown}:{line}:{column})"
