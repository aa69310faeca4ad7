"""Verdicts read back from JSON: the other way of ``Verdict.to_json``. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..base.errors import PolicyError
from ..base.json_text import finite, whole
from ..base.phases import Phase
from ..base.policy import Policy
from ..base.samples import Sample, Series
from ..judge.verdict import SCHEMA, AllocationSite, LeakingConstructor, Verdict

__all__ = ["verdict_from_json"]

_OUTCOMES = ("leak", "steady", "inconclusive")


def verdict_from_json(found: Any, source: str) -> Verdict:
    """The verdict that ``to_json`` made ``found`` of; ``source`` is named in errors.

    Raises PolicyError for what is none, or is of a later schema.
    """
    if not isinstance(found, Mapping) or "outcome" not in found:
        raise PolicyError(f"'{source}' is no verdict.json: it has no 'outcome'")
    if found.get("schema") != SCHEMA or found["outcome"] not in _OUTCOMES:
        shown = f"schema {found.get('schema')!r}, outcome {found['outcome']!r}"
        raise PolicyError(
            f"'{source}' cannot be read: it has {shown}; this version reads schema {SCHEMA} "
            f"with one of {', '.join(_OUTCOMES)}"
        )
    try:
        return _verdict(found)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        what = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)
        raise PolicyError(f"'{source}' is no whole verdict.json: {what}") from None


def _verdict(found: Mapping[str, Any]) -> Verdict:
    return Verdict(
        outcome=found["outcome"],
        reasons=tuple(map(str, found["reasons"])),
        series=_series(found["series"]),
        seconds=finite(found["seconds"]),
        workload=str(found["workload"]),
        script=str(found["script"]),
        node=str(found["node"]),
        policy=Policy().with_values("its policy", **found["policy"]),
        constructors=tuple(_row(row, internal=False) for row in found["constructors"]),
        internals=tuple(_row(row, internal=True) for row in found["internals"]),
        windows=tuple(map(finite, found["windows"])),
        iterations=whole(found["iterations"]),
        warmup=whole(found["warmup"]),
        resolution=finite(found["resolution"]),
        unit=str(found["unit"]),
        artifacts=_text_or_none(found["artifacts"]),
        snapshots=tuple(map(str, found["snapshots"])),
        sites=tuple(
            AllocationSite(whole(site["size"]), tuple(map(str, site["stack"])))
            for site in found["sites"]
        ),
        heap=str(found["heap"]),
        heaps=tuple((str(heap["name"]), _series(heap["series"])) for heap in found["heaps"]),
        phases=tuple(
            Phase(str(phase["name"]), whole(phase["first"]), whole(phase["last"]))
            for phase in found.get("phases", ())
        ),
        warm_readings=tuple(map(_sample, found.get("warm_readings", ()))),
        accepted=_text_or_none(found.get("accepted")),
    )


def _text_or_none(value: object) -> str | None:
    return None if value is None else str(value)


def _series(found: Any) -> Series:
    samples = tuple(map(_sample, found))
    if not samples:
        raise ValueError("a series has no reading")
    return Series(samples)


def _sample(found: Mapping[str, Any]) -> Sample:
    """Of other heaps, no more than iterations and heapUsed is kept."""
    return Sample(
        heap_used=whole(found["heap_used"]),
        external=whole(found.get("external", 0)),
        array_buffers=whole(found.get("array_buffers", 0)),
        rss=whole(found.get("rss", 0)),
        contexts=whole(found.get("contexts", 0)),
        resources=whole(found.get("resources", 0)),
        iterations=whole(found["iterations"]),
        seconds=finite(found.get("seconds", 0.0)),
        heap_physical=whole(found.get("heap_physical", 0)),
    )


def _row(found: Mapping[str, Any], *, internal: bool) -> LeakingConstructor:
    retained = found["retained_size"]
    return LeakingConstructor(
        name=str(found["name"]),
        per_iteration=finite(found["per_iteration"]),
        count=whole(found["count"]),
        shallow_size=whole(found["shallow_size"]),
        retained_size=None if retained is None else whole(retained),
        retaining_path=tuple(map(str, found["retaining_path"])),
        allocated_at=_text_or_none(found["allocated_at"]),
        owner=_text_or_none(found["owner"]),
        per_window=tuple(map(finite, found["per_window"])),
        internal=internal,
        kind=str(found["kind"]),
        defined_at=_text_or_none(found["defined_at"]),
        texts=tuple(map(str, found.get("texts", ()))),
    )
