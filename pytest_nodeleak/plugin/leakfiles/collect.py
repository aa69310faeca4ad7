"""Which files are leak files, and which tests they hold.

A file whose text has neither the word `workloads` nor `markers` is one test, `iteration`; nothing
of it runs before the test does. Of the others Node is asked, once for all collected together.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from ...base.errors import NodeLeakError
from ..state import STATE, State
from .places import working_folder

__all__ = ["LeakFile", "collect_file"]

_TOLD_BY_NODE = ("workloads", "markers")


def collect_file(path: Path, parent: pytest.Collector) -> LeakFile | None:
    """The collector of a leak file; None for any other file."""
    state = parent.config.stash[STATE]
    if not _matches(path, state.leak_files, parent.config.rootpath):
        return None
    file: LeakFile = LeakFile.from_parent(parent, path=path)
    if file.is_asked_for() and file.needs_node():
        state.unlisted.append(path)
    return file


def _matches(path: Path, globs: Iterable[str], root: Path) -> bool:
    for glob in globs:
        if "/" in glob:
            if fnmatch.fnmatchcase(str(path), str(root / glob)):
                return True
        elif fnmatch.fnmatchcase(path.name, glob):
            return True
    return False


class LeakFile(pytest.Module):
    """A file of JavaScript or TypeScript that exports workloads; each of them is a test."""

    def _getobj(self) -> ModuleType:
        # What fixtures find as request.module.
        return ModuleType(self.path.name)

    def text(self) -> str:
        return self.path.read_text(encoding="utf-8", errors="replace")

    def needs_node(self) -> bool:
        text = self.text()
        return any(word in text for word in _TOLD_BY_NODE)

    def is_asked_for(self) -> bool:
        """Whether it, or a folder around it, is among the arguments of the run."""
        return any(map(self.session.isinitpath, (self.path, *self.path.parents)))

    def collect(self) -> Iterator[pytest.Item]:
        from ...node.leakfile.exports import FileTest
        from .item import make_items

        tests = (FileTest("iteration"),)
        if self.needs_node():
            told = _told(self.config.stash[STATE], self.path, self.config.rootpath)
            if isinstance(told, NodeLeakError):
                raise self.CollectError(str(told))
            tests = told
        try:
            yield from make_items(self, self.text(), tests)
        except (NodeLeakError, pytest.PytestWarning) as error:
            raise self.CollectError(str(error)) from None


def _told(state: State, path: Path, root: Path) -> Any:
    """What Node says of ``path``; all that wait are asked of with it, a process per folder."""
    from ...node.leakfile.listing import list_tests

    if path not in state.listed:
        waiting = list(dict.fromkeys([path, *state.unlisted]))
        state.unlisted.clear()
        folders: dict[Path, list[Path]] = {}
        for one in waiting:
            folders.setdefault(working_folder(one, root), []).append(one)
        try:
            for folder, files in folders.items():
                found = list_tests(files, state.node(), state.node_args, folder, state.timeout)
                state.listed.update(found)
        except NodeLeakError as error:  # there is no node
            state.listed.update(dict.fromkeys(waiting, error))
    return state.listed[path]
