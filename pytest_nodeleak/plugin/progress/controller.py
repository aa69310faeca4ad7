"""The controller's hooks: what each worker is told when it starts."""

from __future__ import annotations

import os
from typing import Any

import pytest

from ..state import STATE
from .folder import SharedFolder
from .watching import Watching

__all__ = ["Controller"]


class Controller:
    """Of one session; without pytest-xdist nothing of it is used."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._folder = SharedFolder()
        self._watching: Watching | None = None

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        state = self._config.stash[STATE]
        # It has no terminal: a report is to be as wide as ours.
        node.workerinput["nodeleak_columns"] = state.columns
        is_watched = state.terminal.is_open and hasattr(os, "mkfifo")
        pipe = self._folder.share(node.workerinput, pipe=is_watched)
        if is_watched and self._watching is None:
            self._watching = Watching(self._config, state.terminal)
            self._watching.open(pipe)
            self._config.pluginmanager.register(self._watching, "nodeleak-watching")

    def pytest_unconfigure(self) -> None:
        if self._watching is not None:
            self._watching.close()
        self._folder.close()
