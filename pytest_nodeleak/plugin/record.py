"""What one test has measured: its verdicts, its programs, what it leaves on disk."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from inspect import CORO_CREATED, getcoroutinestate
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..base.policy import Policy

if TYPE_CHECKING:
    from ..baseline.ratchet import Accepted
    from ..judge.verdict import Verdict
    from ..node import NodeApp

__all__ = ["Record"]

_MOST_LINES = 50


class Record:
    """One run of one test. Folders are absolute; ``start`` is the one that paths are shown from."""

    def __init__(self, nodeid: str, policy: Policy, root: Path, start: Path) -> None:
        self.nodeid = nodeid
        self.policy = policy
        self.verdicts: list[Verdict] = []
        self.apps: list[NodeApp] = []
        #: measurements that are made when they are awaited
        self.promised: list[Coroutine[Any, Any, Verdict]] = []
        self.failed = False
        self.reported = 0
        #: what plugins make of a verdict
        self.adjust: Callable[[Verdict], Verdict] = lambda verdict: verdict
        #: the file of accepted growth
        self.accepted: Accepted | None = None
        self._root = root
        self._start = start

    def keep(self, verdict: Verdict, snapshots: Sequence[Path]) -> Verdict:
        """Note a verdict; write the artifacts of one that is not steady, in case the test fails."""
        verdict = self.adjust(verdict)
        if self.accepted is not None:
            verdict = self.accepted.judged(self.nodeid, len(self.verdicts) + 1, verdict)
        if not self.verdicts:
            self._remove_artifacts()
        if verdict.outcome != "steady":
            verdict = self._written(verdict, snapshots)
        self.verdicts.append(verdict)
        return verdict

    def shown_verdicts(self) -> list[Verdict]:
        """The verdicts, with their artifacts only if those stay."""
        if self.failed:
            return self.verdicts
        return [replace(verdict, artifacts=None) for verdict in self.verdicts]

    def forgotten(self) -> int:
        """How many measurements were promised and not awaited; they are none any more."""
        unawaited = [each for each in self.promised if getcoroutinestate(each) == CORO_CREATED]
        for each in unawaited:
            each.close()  # nor does Python warn of them
        self.promised.clear()
        return len(unawaited)

    def finish(self) -> None:
        """The test is over: one that has not failed leaves nothing, of earlier runs neither."""
        if self.verdicts and not self.failed:
            self._remove_artifacts()
        self.forgotten()
        self.apps.clear()

    def output_sections(self) -> list[tuple[str, str]]:
        """What the programs printed last, as titles and texts."""
        sections = []
        for app in self.apps:
            for name, text in (("stdout", app.stdout), ("stderr", app.stderr)):
                lines = text.rstrip().splitlines()
                if lines:
                    hidden = len(lines) - _MOST_LINES
                    more = f"[... {hidden} more lines]\n" if hidden > 0 else ""
                    title = f"{name} of {os.path.basename(app.script)} (pid {app.pid})"
                    sections.append((title, more + "\n".join(lines[-_MOST_LINES:])))
        return sections

    def _written(self, verdict: Verdict, snapshots: Sequence[Path]) -> Verdict:
        from ..report.artifacts import ignore_in_git, measurement_folder, write_artifacts

        ignore_in_git(self._root)
        folder = measurement_folder(self._root, self.nodeid, len(self.verdicts))
        shown = os.path.relpath(folder, self._start)
        if shown.startswith(os.path.join(os.pardir, os.pardir)):
            shown = str(folder)
        return write_artifacts(verdict, snapshots, folder, shown=shown)

    def _remove_artifacts(self) -> None:
        from ..report.artifacts import measurement_folders, remove_artifacts

        for folder in measurement_folders(self._root, self.nodeid):
            with contextlib.suppress(OSError):
                remove_artifacts(folder)
