"""What one pytest session knows: the configured policy, Node, the test that is running."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ..base.policy import Policy
from . import settings
from .accepted import comparison
from .progress import Progress
from .record import Record

if TYPE_CHECKING:
    from ..judge.verdict import Verdict
    from ..node import NodeExecutable

__all__ = ["STATE", "State"]


#: columns of pytest's "E       " before each line of a failure, and of a report at most
_MARGIN, _WIDTH = 8, 100


class State:
    """Of one session: the configured policy and the record of the test that is running.

    It is the context of every app: measurements ask it for the policy and give it their verdicts.
    """

    def __init__(self, config: pytest.Config) -> None:
        settings.refuse_unknown_variables()
        self.base = settings.base_policy(config)
        self.timeout = settings.timeout(config)
        self.node_args = settings.node_args(config)
        self.output = settings.output_folder(config)
        self.plant = settings.plant(config)
        self.start = config.invocation_params.dir
        self.accepted = comparison(config)
        self.watcher = Progress(config)
        self.record: Record | None = None
        self._config = config
        self._named = settings.node_named(config)
        self._node: NodeExecutable | None = None
        if self._named[0] is not None:
            self.node()

    def node(self) -> NodeExecutable:
        if self._node is None:
            from ..node import find_node

            self._node = find_node(*self._named)
        return self._node

    @property
    def columns(self) -> int:
        """For a report in a failure; a worker of xdist is told those of the terminal behind it."""
        given = getattr(self._config, "workerinput", {}).get("nodeleak_columns")
        if given is not None:
            return int(given)
        if not self._config.pluginmanager.hasplugin("terminalreporter"):
            return _WIDTH
        return min(_WIDTH, self._config.get_terminal_writer().fullwidth - _MARGIN)

    def policy(self) -> Policy:
        return self.base if self.record is None else self.record.policy

    def keep(self, verdict: Verdict, snapshots: Sequence[Path]) -> Verdict:
        self.watcher.clear()
        if self.record is None:
            return verdict
        if self.accepted is not None:
            number = len(self.record.verdicts) + 1
            verdict = self.accepted.judged(self.record.nodeid, number, verdict)
        return self.record.keep(verdict, snapshots)

    def progress(self, phase: str, detail: str = "") -> None:
        self.watcher.tell(phase, detail)


STATE = pytest.StashKey[State]()
