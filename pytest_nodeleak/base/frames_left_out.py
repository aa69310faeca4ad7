"""Errors of the user's own Python: which iteration they came from, and only the user's frames."""

from __future__ import annotations

import contextlib
import os
from types import TracebackType

__all__ = ["in_callers_frames", "mark_as_callers"]

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_MACHINERY = (_PACKAGE, os.path.dirname(os.path.abspath(contextlib.__file__)) + os.sep + "asyncio")


def mark_as_callers(error: Exception, iteration: int) -> None:
    """Note on an error of a Python callable that it came in ``iteration``, from 1."""
    if hasattr(error, "nodeleak_iteration"):
        return
    with contextlib.suppress(AttributeError, TypeError):  # a class that takes no attributes
        error.nodeleak_iteration = iteration  # type: ignore[attr-defined]
    if hasattr(error, "add_note"):  # from Python 3.11 on
        error.add_note(f"in iteration {iteration} of the workload")


def in_callers_frames(error: Exception) -> TracebackType | None:
    """The traceback from the callable's own frame on; None for any other error."""
    if not hasattr(error, "nodeleak_iteration"):
        return None
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename.startswith(_MACHINERY):
        trace = trace.tb_next
    return trace or error.__traceback__
