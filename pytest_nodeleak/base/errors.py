"""The family of errors. Every failure that a user can meet is one of these.

Errors carry their facts as fields, so that a caller can act on them; ``str(error)``
is one sentence that names the value, where it came from and what would be right.
"""

from __future__ import annotations

from typing import Any

__all__ = [
    "AttachError",
    "ConnectionLostError",
    "DeadlineExceeded",
    "EvaluationError",
    "HeapGoneError",
    "InconclusiveWarning",
    "LaunchError",
    "NodeLeakError",
    "NodeNotFoundError",
    "NodeVersionError",
    "OpenInspectorWarning",
    "Ours",
    "PolicyError",
    "ProtocolError",
    "SnapshotFormatError",
    "SnapshotOrderError",
    "TargetError",
    "TargetExitedError",
    "TargetOutOfMemoryError",
    "TargetStuckError",
    "WorkloadError",
    "hide_ours",
]


def hide_ours(excinfo: Any) -> bool:
    """For ``__tracebackhide__`` of a module: pytest leaves its frames out for our own errors.

    So it does for what a workload in Python raised. A bug of ours raises something else, and is
    shown whole.
    """
    return bool(excinfo.errisinstance(Ours)) or hasattr(excinfo.value, "nodeleak_iteration")


class Ours(Exception):
    """What tells a user something, rather than a bug of ours: our frames are left out of it."""


class NodeLeakError(Ours):
    """Base of all errors of this package except :class:`LeakError`."""


class InconclusiveWarning(UserWarning):
    """The evidence of a measurement does not decide, and ``strict`` is off."""


class OpenInspectorWarning(UserWarning):
    """The inspector of a program that runs is open to other machines."""


class PolicyError(NodeLeakError, ValueError):
    """An option has a value that cannot be used."""


class NodeNotFoundError(NodeLeakError):
    """No usable ``node`` executable."""


class NodeVersionError(NodeLeakError):
    """The ``node`` executable is older than the oldest supported version."""


class LaunchError(NodeLeakError):
    """The script could not be started, or ended or threw before it had loaded.

    ``returncode`` is the exit status (None while it still runs), ``output`` the end
    of its stderr.
    """

    def __init__(self, message: str, *, returncode: int | None = None, output: str = "") -> None:
        super().__init__(message)
        self.returncode = returncode
        self.output = output


class AttachError(NodeLeakError):
    """There is no way into the program that runs already: which, and what hinders."""


class TargetError(NodeLeakError):
    """The program under test failed while it was being measured."""

    def __init__(self, message: str, *, output: str = "") -> None:
        super().__init__(message)
        self.output = output


class TargetExitedError(TargetError):
    """The program ended; ``returncode`` is its exit status (negative: killed by a signal)."""

    def __init__(self, message: str, *, returncode: int | None = None, output: str = "") -> None:
        super().__init__(message, output=output)
        self.returncode = returncode


class TargetOutOfMemoryError(TargetExitedError):
    """V8 ended the program because its heap limit was reached.

    ``line`` is how V8 says it, ``heap_used`` the bytes that its last GC left (0: not told),
    ``snapshots`` the files that --heapsnapshot-near-heap-limit has left.
    """

    def __init__(
        self,
        message: str,
        *,
        returncode: int | None = None,
        output: str = "",
        line: str = "",
        heap_used: int = 0,
        snapshots: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message, returncode=returncode, output=output)
        self.line = line
        self.heap_used = heap_used
        self.snapshots = snapshots


class TargetStuckError(TargetError):
    """The program does not answer; ``stack`` is where it was, if it could be paused."""

    def __init__(self, message: str, *, stack: str = "", output: str = "") -> None:
        super().__init__(message, output=output)
        self.stack = stack


class ConnectionLostError(TargetError):
    """The inspector connection ended while the program lives on."""


class HeapGoneError(TargetError):
    """A worker thread or a child of the program ended while it was asked something.

    ``heap`` is its name. The program itself lives on.
    """

    def __init__(self, message: str, *, heap: str = "") -> None:
        super().__init__(message)
        self.heap = heap


class WorkloadError(NodeLeakError):
    """One iteration of the workload threw.

    ``iteration`` counts from 1 over the whole measurement (None: it never ran),
    ``stack`` is the JavaScript stack.
    """

    def __init__(self, message: str, *, iteration: int | None = None, stack: str = "") -> None:
        super().__init__(message)
        self.iteration = iteration
        self.stack = stack


class EvaluationError(NodeLeakError):
    """JavaScript given to ``evaluate`` threw; ``stack`` is the JavaScript stack."""

    def __init__(self, message: str, *, stack: str = "") -> None:
        super().__init__(message)
        self.stack = stack


class ProtocolError(NodeLeakError):
    """The inspector refused a command; ``method``, ``code`` and ``data`` as it said."""

    def __init__(self, message: str, *, method: str = "", code: int = 0, data: str = "") -> None:
        super().__init__(message)
        self.method = method
        self.code = code
        self.data = data


class DeadlineExceeded(NodeLeakError, TimeoutError):
    """The time allowed for a step is over."""


class SnapshotFormatError(NodeLeakError, ValueError):
    """A file is no V8 heap snapshot, or it ends early.

    ``section`` is the part being read (``"nodes"``, ``"strings"``...), ``offset`` the
    byte offset in the decompressed text where reading stopped.
    """

    def __init__(
        self, message: str, *, section: str = "", offset: int = 0, source: str = ""
    ) -> None:
        super().__init__(message)
        self.section = section
        self.offset = offset
        self.source = source


class SnapshotOrderError(NodeLeakError, ValueError):
    """Snapshots that cannot be compared: wrong order, the same twice, two processes."""


# Users meet them as pytest_nodeleak.LeakError: in a traceback, in pytest's short summary.
for _name in __all__:
    if _name not in ("Ours", "hide_ours"):
        globals()[_name].__module__ = "pytest_nodeleak"
