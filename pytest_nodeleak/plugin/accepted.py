"""The file of accepted growth: read before a run, written after it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ..base.errors import PolicyError
from . import settings

if TYPE_CHECKING:
    from ..baseline.entries import Entry
    from ..baseline.ratchet import Accepted, Measured
    from ..report.run import Run

__all__ = ["comparison", "remarks", "saved_text"]


def comparison(config: pytest.Config) -> Accepted | None:
    """What --nodeleak-compare names; None: nothing. Raises pytest.UsageError."""
    path = settings.report_file(config, "compare")
    if path is None:
        return None
    from datetime import date

    from ..baseline.ratchet import Accepted

    # A file that the same run is to write need not be there yet.
    missing_is_fine = settings.report_file(config, "save") == path
    return Accepted(_read(path, missing_is_fine=missing_is_fine), _shown(path), date.today())


def _shown(path: Path) -> str:
    shown = os.path.relpath(path)
    return str(path) if shown.startswith(os.pardir) else shown


def _read(path: Path, *, missing_is_fine: bool) -> tuple[Entry, ...]:
    from ..baseline.text import read_accepted

    try:
        if missing_is_fine and not path.exists():
            return ()
        return read_accepted(path.read_text(encoding="utf-8"), _shown(path))
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise pytest.UsageError(
            f"the file of accepted growth '{path}' cannot be read: {why}; "
            "--nodeleak-save writes one"
        ) from None
    except PolicyError as error:
        raise pytest.UsageError(str(error)) from None


def saved_text(run: Run, path: Path) -> str:
    """The file after this run; entries of what it did not measure stay as they are.

    Leaks of tests that expect them (xfail, pytest.raises) are not written. Raises UsageError.
    """
    from datetime import date

    from ..baseline.ratchet import merged
    from ..baseline.text import accepted_text

    old = _read(path, missing_is_fine=True)
    return accepted_text(merged(old, _measured(run), date.today()))


def _measured(run: Run) -> Iterator[Measured]:
    for test in run.tests:
        for number, verdict in enumerate(test.verdicts, 1):
            if verdict.outcome != "leak" or verdict.accepted or test.failed:
                yield test.nodeid, number, verdict


def remarks(accepted: Accepted, run: Run) -> list[str]:
    """Lines for the summary: what is fixed, or slower, or has no reason."""
    return [f"{accepted.source}: {remark}" for remark in accepted.remarks(_measured(run))]
