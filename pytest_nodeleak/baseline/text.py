"""The file of accepted growth: text to entries and back. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from ..base.errors import PolicyError
from ..base.json_text import finite, parsed_json, whole
from .entries import Entry

__all__ = ["accepted_text", "read_accepted"]

_SCHEMA = 1
_NEEDED = ("test", "leaks", "per_iteration", "bytes_per_iteration")
_KNOWN = (*_NEEDED, "measurement", "heap", "reason", "expires")
_MARKERS = ("<<<<<<<", "=======", ">>>>>>>")


def accepted_text(entries: Iterable[Entry]) -> str:
    """Sorted, one value a line: what two branches add stays apart, and readable if it does not."""
    found = [_to_json(entry) for entry in sorted(entries, key=lambda entry: entry.key)]
    return json.dumps({"schema": _SCHEMA, "accepted": found}, indent=2, ensure_ascii=True) + "\n"


def _to_json(entry: Entry) -> dict[str, Any]:
    found: dict[str, Any] = {"test": entry.test, "leaks": entry.leaks}
    if entry.measurement != 1:
        found["measurement"] = entry.measurement
    if entry.heap != "main":
        found["heap"] = entry.heap
    return {
        **found,
        "per_iteration": entry.per_iteration,
        "bytes_per_iteration": entry.bytes_per_iteration,
        "reason": entry.reason,
        "expires": None if entry.expires is None else entry.expires.isoformat(),
    }


def read_accepted(text: str, source: str) -> tuple[Entry, ...]:
    """The entries of a file's text. Raises PolicyError that names ``source`` and the place."""
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith(_MARKERS):
            raise PolicyError(f"'{source}' has a merge conflict in line {number}: resolve it")
    try:
        found = parsed_json(text)
    except ValueError as error:
        raise PolicyError(f"'{source}' is no JSON: {error}") from None
    if not isinstance(found, Mapping) or found.get("schema") != _SCHEMA:
        raise PolicyError(
            f"'{source}' is no file of accepted growth of schema {_SCHEMA}; "
            "--nodeleak-save writes one"
        )
    listed = found.get("accepted")
    if not isinstance(listed, list):
        raise PolicyError(f"'{source}': 'accepted' is not a list")
    entries: dict[tuple[str, int, str, str], Entry] = {}
    for number, given in enumerate(listed, 1):
        entry = _entry(given, f"'{source}', entry {number}")
        if entry.key in entries:
            raise PolicyError(f"'{source}', entry {number}: {entry.leaks!r} is there twice")
        entries[entry.key] = entry
    return tuple(entries.values())


def _entry(given: Any, where: str) -> Entry:
    if not isinstance(given, Mapping):
        raise PolicyError(f"{where}: {given!r} is not an object")
    if missing := [name for name in _NEEDED if name not in given]:
        raise PolicyError(f"{where}: {missing[0]!r} is missing")
    if unknown := [name for name in given if name not in _KNOWN]:
        raise PolicyError(f"{where}: unknown {unknown[0]!r}; known are {', '.join(_KNOWN)}")
    per = given["per_iteration"]
    expires = given.get("expires")
    try:
        return Entry(
            test=str(given["test"]),
            measurement=whole(given.get("measurement", 1)),
            heap=str(given.get("heap", "main")),
            leaks=str(given["leaks"]),
            per_iteration=None if per is None else finite(per),
            bytes_per_iteration=finite(given["bytes_per_iteration"]),
            reason=str(given.get("reason") or ""),
            expires=None if not expires else date.fromisoformat(expires),
        )
    except (TypeError, ValueError) as error:
        raise PolicyError(
            f"{where}: {error}; rates are numbers, a date is like 2027-03-01"
        ) from None
