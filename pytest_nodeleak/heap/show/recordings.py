"""What ``nodeleak show`` shows of recordings: a heap profile, a timeline of allocations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..model.snapshot import HeapSnapshot
from ..read.profiles import HeapProfile, ProfiledFunction
from .tables import Column, Table, cut_rows

__all__ = ["profile_table", "timeline_table"]


def profile_table(profile: HeapProfile, *, sort: str = "size", top: int = 20) -> Table:
    """Bytes alive by the function that allocated them."""
    orders: dict[str, Callable[[ProfiledFunction], Any]] = {
        "name": str,
        "count": lambda function: (-(function.samples or 0), -function.size),
    }
    functions = list(profile.functions)
    if sort in orders:
        functions.sort(key=orders[sort])
    columns = [Column("name", "function", "text"), Column("self_size", "alive", "bytes")]
    if any(function.samples is not None for function in functions):
        columns.append(Column("samples", "samples"))
    rows = ((str(f), f.size, f.samples)[: len(columns)] for f in functions)
    facts = {"schema": 1, "kind": "profile", "files": [profile.source]}
    title = f"{profile.source}: {profile.total_size / 1e6:.2f} MB alive, by allocating function"
    return cut_rows(Table(title, tuple(columns), tuple(rows), facts=facts), top)


def timeline_table(snapshot: HeapSnapshot, top: int = 20) -> Table | None:
    """What is alive by when it was allocated; None if the file is no recorded timeline.

    In order of time; where there are more intervals than ``top``, neighbours are one row.
    """
    times, ids = (snapshot.samples.get(name) for name in ("time", "last_id"))
    if times is None or ids is None or not ids.size:
        return None
    ids = np.maximum.accumulate(ids)
    counts, sizes = np.zeros((2, ids.size + 1), dtype=np.int64)
    for part in snapshot.node_blocks():
        numbers = snapshot.node_id[part].astype(np.int64)
        odd = np.flatnonzero(numbers & 1)
        interval = np.searchsorted(ids, numbers[odd])
        counts += np.bincount(interval, minlength=counts.size)
        weights = snapshot.node_size[part][odd]
        sizes += np.bincount(interval, weights=weights, minlength=sizes.size).astype(np.int64)
    # Of the first row all is older than the recording, of the last one younger.
    step = -(-(ids.size - 1) // max(1, top - 1))
    rows: list[tuple[str, int, int]] = [("before", int(counts[0]), int(sizes[0]))]
    for low in range(1, ids.size, max(1, step)):
        high = min(low + step, ids.size)
        name = f"{times[low - 1] / 1e6:.2f} to {times[high - 1] / 1e6:.2f} s"
        rows.append((name, int(counts[low:high].sum()), int(sizes[low:high].sum())))
    if counts[-1]:
        rows.append(("after", int(counts[-1]), int(sizes[-1])))
    return Table(
        f"{snapshot.source}: alive, by the time of its allocation",
        (
            Column("interval", "interval", "text"),
            Column("count", "count"),
            Column("shallow_size", "alive", "bytes"),
        ),
        tuple(rows),
        facts={"schema": 1, "kind": "timeline", "files": [snapshot.source]},
    )
