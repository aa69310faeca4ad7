"""What one pytest session knows: the configured policy, Node, the test that is running."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ..base.errors import NodeLeakError
from ..base.policy import Policy
from ..node.process.shares import MemoryShares
from . import settings
from .accepted import comparison
from .paths import path_defaults
from .progress.folder import shared_memory_folder, shared_pipe
from .progress.telling import ToController
from .progress.terminal import OnTerminal, Progress, Terminal
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
        settings.refuse_unknown_names(config)
        self._base = settings.base_policy(config)
        self._paths = path_defaults(config)
        self._taken = frozenset(name for name in Policy.names() if settings.given(config, name))
        self.timeout = settings.timeout(config)
        self.node_args = settings.node_args(config)
        self.output = settings.output_folder(config)
        self.plant = settings.plant(config)
        self.start = config.invocation_params.dir
        self.accepted = comparison(config)
        self.terminal = Terminal(config)
        self.watcher: Progress = OnTerminal(self.terminal)
        if hasattr(config, "workerinput"):
            self.watcher = ToController(config, shared_pipe(config))
        self.memory = MemoryShares(shared_memory_folder(config))
        self.record: Record | None = None
        self._config = config
        self.leak_files = settings.leak_files(config)
        #: leak files that Node is to be asked of, and what it said of others
        self.unlisted: list[Path] = []
        self.listed: dict[Path, Any] = {}
        names, source = settings.nodes_named(config)
        given: list[tuple[str | None, str]] = [(name, source) for name in names]
        self._given = given or [(None, source)]
        self._nodes: list[NodeExecutable] = []
        if names:
            self.node_paths()
        if len(names) > 1:
            self.nodes()

    def tell_source(self, error: NodeLeakError) -> None:
        """Add to a sentence about an argument of node that the configuration gave it."""
        text = str(error)
        if "\n" not in text and any(arg in text for arg in self.node_args):
            source = settings.setting(self._config, "node_args")[1]
            error.args = (f"{text} (node_args from {source})", *error.args[1:])

    @property
    def is_node_named(self) -> bool:
        return self._given[0][0] is not None

    def node_paths(self) -> list[tuple[str, str]]:
        """The node executables and who names them; none is run. Raises NodeNotFoundError."""
        from ..node.find import locate_node

        return [locate_node(*given) for given in self._given]

    def nodes(self) -> list[NodeExecutable]:
        """The same with their versions, which they are asked for once.

        Raises NodeNotFoundError or NodeVersionError.
        """
        if not self._nodes:
            from ..node.find import inspect_node

            self._nodes = [inspect_node(*located) for located in self.node_paths()]
        return self._nodes

    def node(self) -> NodeExecutable:
        """The only node executable, or the first of several."""
        return self.nodes()[0]

    def matrix(self) -> Mapping[str, NodeExecutable]:
        """The node executables that each test runs on, by what tells them apart; {} for one."""
        if len(self._given) < 2:
            return {}
        found: dict[str, NodeExecutable] = {}
        for node in self.nodes():
            name, number = node.version_text, 1
            while name in found:
                number += 1
                name = f"{node.version_text}-{number}"
            found[name] = node
        return found

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
        return self._base if self.record is None else self.record.policy

    def policy_for(self, path: Path) -> Policy:
        """That of the configuration for tests in the file ``path``."""
        policy = self._base
        for defaults in self._paths:
            if defaults.match(path, self._config.rootpath):
                policy = defaults.over(policy, self._taken)
        return policy

    def keep(self, verdict: Verdict, snapshots: Sequence[Path]) -> Verdict:
        self.watcher.clear()
        if self.record is None:
            return verdict
        return self.record.keep(verdict, snapshots)

    def promised(self, measurement: Coroutine[Any, Any, Verdict]) -> None:
        if self.record is not None:
            self.record.promised.append(measurement)

    def progress(self, phase: str, detail: str = "") -> None:
        self.watcher.tell(phase, detail)


STATE = pytest.StashKey[State]()
