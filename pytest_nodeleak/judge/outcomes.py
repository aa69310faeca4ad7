"""The errors that carry a verdict."""

from __future__ import annotations

from ..base.errors import NodeLeakError, Ours
from .verdict import Verdict

__all__ = ["InconclusiveError", "LeakError", "SelfCheckError"]


class LeakError(Ours, AssertionError):
    """The program leaks. ``str(error)`` is the report; ``verdict`` holds its facts."""

    def __init__(self, message: str, verdict: Verdict | None = None) -> None:
        super().__init__(message)
        self.verdict = verdict


class InconclusiveError(NodeLeakError):
    """The evidence does not decide; ``str(error)`` says why and what to do."""

    def __init__(self, message: str, verdict: Verdict | None = None) -> None:
        super().__init__(message)
        self.verdict = verdict


class SelfCheckError(NodeLeakError):
    """A leak planted into the program was not seen there: ``verdict`` is blind to it."""

    def __init__(self, message: str, verdict: Verdict | None = None) -> None:
        super().__init__(message)
        self.verdict = verdict


# Users meet them as pytest_nodeleak.LeakError: in a traceback, in pytest's short summary.
for _name in __all__:
    globals()[_name].__module__ = "pytest_nodeleak"
