"""What a whole test run measured, frozen: the one thing that all reports of a run are made from."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..base.errors import PolicyError
from ..base.json_text import parsed_json
from ..judge.verdict import Verdict
from .stored import verdict_from_json

__all__ = ["RUN_SCHEMA", "MeasuredTest", "Run", "run_from_json", "run_json"]

RUN_SCHEMA = 1


@dataclass(frozen=True)
class MeasuredTest:
    """A test that measured: ``result`` is pytest's word for it, ``verdicts`` in their order.

    ``file`` is relative to the rootdir, ``line`` counts from 1; 0: not known.
    """

    nodeid: str
    result: str
    verdicts: tuple[Verdict, ...]
    file: str = ""
    line: int = 0

    @property
    def failed(self) -> bool:
        return self.result in ("failed", "error")


@dataclass(frozen=True)
class Run:
    """All tests that measured, in the order in which they ended."""

    tests: tuple[MeasuredTest, ...] = ()

    def counts(self) -> dict[str, int]:
        """Verdicts by outcome, ``"accepted"`` leaks apart; what there is none of is not there."""
        found: dict[str, int] = {}
        for verdict in self.verdicts():
            outcome = "accepted" if verdict.accepted else verdict.outcome
            found[outcome] = found.get(outcome, 0) + 1
        return found

    def verdicts(self) -> Iterable[Verdict]:
        return (verdict for test in self.tests for verdict in test.verdicts)


def run_json(run: Run) -> str:
    """The run as JSON text in ASCII, tests sorted by their node ids."""
    tests = [
        {
            "test": test.nodeid,
            "result": test.result,
            "file": test.file,
            "line": test.line,
            "verdicts": [verdict.to_json() for verdict in test.verdicts],
        }
        for test in sorted(run.tests, key=lambda test: test.nodeid)
    ]
    found = {"schema": RUN_SCHEMA, "counts": run.counts(), "tests": tests}
    return json.dumps(found, indent=1, ensure_ascii=True, allow_nan=False)


def run_from_json(text: str, source: str) -> Run:
    """A run from ``--nodeleak-json``, or from a verdict.json, which is a run of one test.

    Raises PolicyError that names ``source``.
    """
    try:
        found = parsed_json(text)
    except ValueError as error:
        raise PolicyError(f"'{source}' is no JSON: {error}") from None
    if isinstance(found, Mapping) and isinstance(found.get("tests"), list):
        return Run(tuple(_test(test, source) for test in found["tests"]))
    verdict = verdict_from_json(found, source)
    return Run((MeasuredTest(verdict.script or source, "measured", (verdict,)),))


def _test(found: Any, source: str) -> MeasuredTest:
    if not isinstance(found, Mapping) or not isinstance(found.get("verdicts"), list):
        raise PolicyError(f"'{source}' cannot be read: a test in it has no 'verdicts'")
    line = found.get("line", 0)
    return MeasuredTest(
        str(found.get("test", "")),
        str(found.get("result", "")),
        tuple(verdict_from_json(verdict, source) for verdict in found["verdicts"]),
        str(found.get("file", "")),
        line if isinstance(line, int) else 0,
    )
