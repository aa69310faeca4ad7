"""Accepted growth against verdicts: what passes, what fails, what can go, what is saved. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from ..base.units import format_bytes, format_rate
from ..judge.verdict import Verdict
from .entries import Entry, Key, leaks_of

__all__ = ["Accepted", "Measured", "merged"]

#: growth over the accepted rate that is noise: a share of it, or so many objects an iteration
RATE_SHARE, RATE_LEAST = 0.1, 0.01
#: the same of bytes: sizes differ between versions of Node, counts do not
BYTES_FACTOR, BYTES_LEAST = 2.0, 64.0
#: days that a new entry is accepted
DAYS = 90

#: node id, number of the measurement in the test (from 1), its verdict
Measured = tuple[str, int, Verdict]


@dataclass(frozen=True)
class Accepted:
    """The entries of one file, on one day."""

    entries: tuple[Entry, ...]
    source: str
    today: date

    def judged(self, nodeid: str, number: int, verdict: Verdict) -> Verdict:
        """The verdict, accepted if all that leaks is; else what is not comes first in it."""
        leaks = leaks_of(nodeid, number, verdict)
        if not leaks:
            return verdict
        known = {entry.key: entry for entry in self.entries}
        problems = {
            leak.leaks: p for leak in leaks if (p := self._problem(leak, known.get(leak.key)))
        }
        if problems:
            return replace(
                verdict,
                reasons=(*verdict.reasons, *problems.values()),
                constructors=tuple(
                    sorted(verdict.constructors, key=lambda row: row.name not in problems)
                ),
            )
        return replace(verdict, accepted="; ".join(_accepted(known[leak.key]) for leak in leaks))

    def _problem(self, leak: Entry, entry: Entry | None) -> str:
        if entry is None:
            return f"not accepted: {leak.leaks} is not in {self.source}"
        if entry.expires is not None and entry.expires < self.today:
            return f"no more accepted: {leak.leaks} expired on {entry.expires} ({self.source})"
        if is_faster(leak, entry):
            return (
                f"leaks faster than accepted: {leak.leaks} {_rates(leak)}, "
                f"in {self.source} {_rates(entry)}"
            )
        return ""

    def remarks(self, measured: Iterable[Measured]) -> list[str]:
        """What a run showed of the file: entries that can go or be lowered, or lack a reason."""
        measured = list(measured)
        found = {leak.key: leak for m in measured for leak in leaks_of(*m)}
        decided = _decided(measured)
        remarks = []
        for entry in self.entries:
            leak = found.get(entry.key)
            where = f"{entry.leaks} in {entry.test}"
            if leak is None and entry.key[:2] in decided:
                remarks.append(f"fixed: {where} does not leak any more, its entry can go")
            elif leak is not None and is_faster(entry, leak):
                remarks.append(f"slower: {where} {_rates(leak)}, accepted is {_rates(entry)}")
        bare = sum(not entry.reason for entry in self.entries)
        if bare:
            remarks.append(f"{bare} of {len(self.entries)} entries have no reason")
        return remarks


def is_faster(leak: Entry, entry: Entry) -> bool:
    """Whether ``leak`` is faster than ``entry`` by more than the tolerance."""
    if leak.bytes_per_iteration > BYTES_FACTOR * entry.bytes_per_iteration + BYTES_LEAST:
        return True
    if leak.per_iteration is None or entry.per_iteration is None:
        return False
    return leak.per_iteration > max(
        (1 + RATE_SHARE) * entry.per_iteration, entry.per_iteration + RATE_LEAST
    )


def merged(old: Sequence[Entry], measured: Iterable[Measured], today: date) -> list[Entry]:
    """The entries after a run that is to be accepted as it is.

    Reasons and dates stay, and so do rates within the tolerance. What was measured and does not
    leak any more goes; what was not measured, or not decided, stays.
    """
    measured = list(measured)
    decided = _decided(measured)
    kept: dict[Key, Entry] = {entry.key: entry for entry in old}
    found: dict[Key, Entry] = {}
    for leak in (leak for m in measured for leak in leaks_of(*m)):
        other = found.get(leak.key)  # of another version of Node
        found[leak.key] = leak if other is None or is_faster(leak, other) else other
    result = {key: entry for key, entry in kept.items() if key[:2] not in decided}
    for key, leak in found.items():
        entry = kept.get(key)
        if entry is None:
            result[key] = replace(leak, expires=today + timedelta(days=DAYS))
        elif is_faster(leak, entry) or is_faster(entry, leak):
            result[key] = replace(leak, reason=entry.reason, expires=entry.expires)
        else:
            result[key] = entry
    return list(result.values())


def _decided(measured: Iterable[Measured]) -> set[tuple[str, int]]:
    """Tests and numbers of measurements that came to a verdict, on each version of Node."""
    decided: dict[tuple[str, int], bool] = {}
    for nodeid, number, verdict in measured:
        # A leak's own name for the test, without what a version of Node adds to it.
        test = leaks_of(nodeid, number, replace(verdict, outcome="leak"))[0].key[:2]
        decided[test] = decided.get(test, True) and verdict.outcome != "inconclusive"
    return {test for test, all_of_them in decided.items() if all_of_them}


def _rates(entry: Entry) -> str:
    size = f"+{format_bytes(entry.bytes_per_iteration)}"
    if entry.per_iteration is None:
        return f"{size} per iteration"
    return f"+{format_rate(entry.per_iteration)} and {size} per iteration"


def _accepted(entry: Entry) -> str:
    until = "" if entry.expires is None else f" until {entry.expires}"
    return f"{entry.leaks} is accepted{until}: {entry.reason or 'no reason given'}"
