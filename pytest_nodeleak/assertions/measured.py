"""A measurement that a test or a script asks for."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ..base.errors import PolicyError, hide_ours
from ..base.frames_left_out import in_callers_frames
from ..judge.verdict import Verdict
from ..measuring.measurement import measure_with
from ..node.app import NodeApp
from ..node.workload import Workload

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .keywords import PolicyKeywords

__all__ = ["measure", "refuse_what_is_no_app"]

__tracebackhide__ = hide_ours


def refuse_what_is_no_app(app: object, function: str) -> None:
    """Raise PolicyError for a script's path, or whatever else is no program that runs.

    ``function`` is what was called with it.
    """
    __tracebackhide__ = hide_ours
    if isinstance(app, NodeApp):
        return
    how = "start it with the fixture launch_node, or with open_node"
    if isinstance(app, (str, os.PathLike)):
        raise PolicyError(
            f"the program to measure is {os.fspath(app)!r}; give a NodeApp: {how}: "
            f"{function}(launch_node({os.fspath(app)!r}), workload)"
        )
    raise PolicyError(f"the program to measure is {app!r}; give a NodeApp: {how}")


def measure(app: NodeApp, workload: Workload, **policy: Unpack[PolicyKeywords]) -> Verdict:
    """Measure ``workload`` in ``app`` and return the verdict; never raises LeakError.

    Keyword arguments are policy values, laid over those of the app (its test's marker, options,
    configuration). Raises PolicyError, WorkloadError, TargetError and its kinds, and, where the
    app's context plants a leak, SelfCheckError. What a Python callable raises comes through, with
    a note that says in which iteration.
    """
    __tracebackhide__ = hide_ours
    refuse_what_is_no_app(app, "measure")
    whole = app.context.policy().with_values("the call", **policy)
    try:
        return measure_with(app, workload, whole)
    except Exception as error:
        trace = in_callers_frames(error)
        if trace is None:
            raise
        raise error.with_traceback(trace) from error.__cause__
