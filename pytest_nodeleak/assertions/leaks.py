"""The assertions and the way in without pytest."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from ..base.errors import InconclusiveWarning, NodeLeakError, PolicyError, hide_ours
from ..base.samples import Series
from ..base.units import format_bytes
from ..judge.trend import robust_slope
from ..judge.verdict import InconclusiveError, LeakError, Verdict
from ..node.app import NodeApp
from ..node.workload import Workload
from ..report import text_report
from ..report.text import WIDTH
from .measured import measure, refuse_what_is_no_app

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .keywords import PolicyKeywords

__all__ = ["assert_instances", "assert_no_growth", "assert_no_leak"]


def _hide(excinfo: Any) -> bool:
    """Under ``-W error`` the warning is an exception, and its place is the caller's line."""
    return hide_ours(excinfo) or bool(excinfo.errisinstance(InconclusiveWarning))


__tracebackhide__ = _hide


def assert_no_leak(app: NodeApp, workload: Workload, **policy: Unpack[PolicyKeywords]) -> Verdict:
    """Fail with the report if repeating ``workload`` makes ``app`` grow.

    ``workload`` is one iteration: JavaScript text, :func:`module`, :func:`every` or a Python
    callable (an ``async def`` is awaited, on a loop of its own). ``policy`` overrides marker,
    options and configuration. Returns the verdict.

    Raises LeakError; InconclusiveError if the evidence does not decide and ``strict`` is set
    (else it warns with InconclusiveWarning); PolicyError, WorkloadError, TargetError and its kinds.
    """
    __tracebackhide__ = _hide  # of a module pdb does not read it
    refuse_what_is_no_app(app, "assert_no_leak")
    try:
        verdict = measure(app, workload, **policy)
    except NodeLeakError as error:
        # The message says it all: a debugger is to stand in the caller's line.
        raise error.with_traceback(None) from error.__cause__
    return passed(verdict, columns=app.context.columns)


def passed(verdict: Verdict, place: tuple[str, int] | None = None, columns: int = WIDTH) -> Verdict:
    """The verdict, or the error or warning that a test gets of it.

    A report is ``columns`` wide; ``place`` is the file and line that a warning is about (None:
    the caller's caller).
    """
    __tracebackhide__ = _hide
    if verdict.outcome == "leak" and not verdict.accepted:
        raise LeakError(text_report(verdict, columns), verdict)
    if verdict.outcome == "inconclusive":
        if verdict.policy.strict:
            raise InconclusiveError(text_report(verdict, columns), verdict)
        # What it wrote goes away unless the test fails for another reason.
        text = text_report(replace(verdict, artifacts=None), columns)
        text += "\n  This is a warning only; strict=True makes it a failure."
        if place is None:
            warnings.warn(InconclusiveWarning(text), stacklevel=3)
        else:
            warnings.warn_explicit(InconclusiveWarning(text), None, *place)
    return verdict


def assert_instances(app: NodeApp, expression: str, at_most: int = 0) -> int:
    """Fail if more than ``at_most`` objects of a class live after GC; returns how many do.

    ``expression`` is JavaScript that gives the class: ``"require('./job').Job"``.
    """
    __tracebackhide__ = _hide
    refuse_what_is_no_app(app, "assert_instances")
    if not isinstance(at_most, int) or at_most < 0:
        raise PolicyError(f"assert_instances: at_most is {at_most!r}; give a whole number from 0")
    count = app.count_instances(expression)
    if count > at_most:
        raise LeakError(
            f"{count} live instances of {expression} after GC, at most {at_most} are allowed"
        )
    return count


def assert_no_growth(series: Series | Sequence[float]) -> None:
    """Fail if every step of a series of bytes (heapUsed of a Series, or numbers) goes up."""
    __tracebackhide__ = _hide
    values = list(series.heap_used if isinstance(series, Series) else series)
    if len(values) < 3:
        raise ValueError(f"a series of {len(values)} values shows no trend; give at least 3")
    if all(after > before for before, after in pairwise(values)):
        slope = robust_slope(range(len(values)), values)
        raise LeakError(
            f"grows monotonically: {format_bytes(values[0])} -> {format_bytes(values[-1])} over "
            f"{len(values) - 1} steps, +{format_bytes(slope)} per step"
        )
