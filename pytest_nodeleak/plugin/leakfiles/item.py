"""A workload of a leak file as a test of pytest."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import pytest

from ...base.errors import InconclusiveWarning, LaunchError, Ours
from ...base.policy import Policy
from .. import settings
from ..state import STATE, State
from .marks import marks_of
from .places import Place, line_of, places_in, raise_at, working_folder

if TYPE_CHECKING:
    from ...judge.verdict import Verdict
    from ...node import NodeExecutable
    from ...node.launch import LaunchNode
    from ...node.leakfile.exports import FileTest

__all__ = ["LeakItem", "make_items"]


def make_items(file: pytest.Module, text: str, tests: Sequence[FileTest]) -> Iterator[LeakItem]:
    """An item for each test, on each Node that is named.

    Raises PolicyError for bad markers, and what pytest warns of them where warnings are errors.
    """
    where = f"`options` of {os.path.relpath(file.path)}"
    nodes = file.config.stash[STATE].matrix()
    for test in tests:
        line = line_of(text, test.name)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            marks = marks_of(test.markers, where)
        for warning in caught:  # of the author's file, not of ours
            warnings.warn_explicit(warning.message, warning.category, str(file.path), line)
        for suffix, node in nodes.items() or [("", None)]:
            work = _work()
            work.pytestmark = marks  # type: ignore[attr-defined]
            item: LeakItem = LeakItem.from_parent(
                file, name=test.name + (f"[{suffix}]" if suffix else ""), callobj=work
            )
            item.test = test.name
            item.line = line
            item.node = node
            yield item


def _work() -> Callable[..., None]:
    """What pytest calls, with fixtures as a test function has them; each item's own."""

    def measure_leak_file(
        request: pytest.FixtureRequest, launch_node: LaunchNode, node_executable: NodeExecutable
    ) -> None:
        __tracebackhide__ = True
        request.node.measure(launch_node, node_executable)

    return measure_leak_file


class LeakItem(pytest.Function):
    """A function of pytest's, so that fixtures, marks and plugins treat it as any other."""

    #: the name of the workload, the line of the file where it begins, the Node to use if several
    test: str
    line: int
    node: NodeExecutable | None

    def reportinfo(self) -> tuple[os.PathLike[str] | str, int | None, str]:
        return self.path, self.line - 1, f"{self.name} of {self.path.name}"

    def measure(self, launch_node: LaunchNode, node: NodeExecutable | str) -> None:
        """Fail as assert_no_leak does, at lines of JavaScript."""
        __tracebackhide__ = True
        failure = self._failure(launch_node)
        if failure is not None:  # raised here: what came before is no part of it
            error = self._with_hint(failure, self.node or node)
            stack = getattr(error, "stack", "") or getattr(error, "output", "")
            places = places_in(stack) or [Place(str(self.path), self.line, self.test)]
            raise_at(places, error.with_traceback(None))

    def _failure(self, launch_node: LaunchNode) -> Exception | None:
        from ...assertions.leaks import passed

        try:
            columns = self.config.stash[STATE].columns
            passed(self._verdict(launch_node), (str(self.path), self.line), columns)
        except (Ours, InconclusiveWarning) as error:
            return error
        return None

    def _with_hint(self, error: Exception, node: object) -> Exception:
        """The error, with what to do about a file that this Node does not load."""
        from ...node.leakfile.exports import STRIPPING, loading_hint

        if not isinstance(error, LaunchError):
            return error
        hint = loading_hint(str(self.path), getattr(node, "version", STRIPPING), error.output)
        text = f"{hint}\n{error}" if hint else str(error)
        return LaunchError(text, returncode=error.returncode, output=error.output)

    def _verdict(self, launch_node: LaunchNode) -> Verdict:
        from ...measuring.measurement import measure_with
        from ...node.leakfile.exports import asked, one_of
        from ...node.workload import FileWorkload

        state = self.config.stash[STATE]
        folder = working_folder(self.path, self.config.rootpath)
        while True:
            app = launch_node(self.path, cwd=folder, node=self.node)
            test = one_of(asked(app), self.test, app.script)
            policy = self._policy(state, test)
            if state.record is not None:
                state.record.policy = policy
            if policy.jit == app.jit and (policy.heaps == "all") == app.sees_all_heaps:
                return measure_with(app, FileWorkload(app.script, test.name), policy)
            app.close()  # its own options want it started in another way

    def _policy(self, state: State, test: FileTest) -> Policy:
        where = f"`options` of {os.path.relpath(self.path)}"
        base = state.policy_for(self.path).with_script_options(where, test.options)
        return settings.with_hooks(settings.marker_policy(base, self), self)
