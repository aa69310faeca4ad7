"""The fixtures: start Node programs, and end them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ..base.errors import NodeLeakError, hide_ours
from .state import STATE

if TYPE_CHECKING:
    from ..node import NodeApp, NodeExecutable
    from ..node.launch import LaunchNode

__all__ = [
    "NODE_FIXTURE",
    "_nodeleak_node",
    "launch_node",
    "launch_node_session",
    "node_executable",
    "node_launch_args",
    "nodeleak_output",
]


#: what every fixture that starts Node depends on
NODE_FIXTURE = "_nodeleak_node"


@pytest.fixture(scope="session")
def _nodeleak_node(request: pytest.FixtureRequest) -> NodeExecutable:
    """The node binary of the configuration; a parameter if it names several."""
    try:
        found: NodeExecutable = (
            getattr(request, "param", None) or request.config.stash[STATE].node()
        )
    except NodeLeakError as error:
        pytest.fail(str(error), pytrace=False)
    return found


@pytest.fixture(scope="session")
def node_executable(_nodeleak_node: NodeExecutable) -> NodeExecutable:
    """The node binary that ``launch_node`` uses: ``.path``, ``.version``.

    Override it to choose another one: return a path, or the NodeExecutable of ``find_node``.
    """
    return _nodeleak_node


@pytest.fixture(scope="session")
def node_launch_args(pytestconfig: pytest.Config) -> list[str]:
    """More arguments for node at every launch, from the configuration. Override to add some."""
    return list(pytestconfig.stash[STATE].node_args)


@pytest.fixture
def nodeleak_output(request: pytest.FixtureRequest) -> Path:
    """The folder where the snapshots and the verdict of this test go if it fails.

    It is made only then.
    """
    from ..report.artifacts import measurement_folder

    return measurement_folder(request.config.stash[STATE].output, request.node.nodeid, 0)


@pytest.fixture
def launch_node(
    request: pytest.FixtureRequest, node_executable: NodeExecutable, node_launch_args: list[str]
) -> Iterator[LaunchNode]:
    """Start Node.js scripts: ``app = launch_node("server.js")``; they are ended after the test.

    ``launch_node(script, *args, env=None, cwd=None, node=None, node_args=())`` returns a NodeApp
    when the script has loaded. A relative script is looked for beside the test file, then in the
    rootdir. ``env`` is laid over the environment (None removes a name).
    """
    folders = [request.path.parent, request.config.rootpath]
    with _launcher(request, node_executable, node_launch_args, folders) as launch:
        yield launch


@pytest.fixture(scope="session")
def launch_node_session(
    request: pytest.FixtureRequest, node_executable: NodeExecutable, node_launch_args: list[str]
) -> Iterator[LaunchNode]:
    """Like ``launch_node``, for programs that serve many tests; they are ended with the session.

    A relative script is looked for in the rootdir.
    """
    folders = [request.config.rootpath]
    with _launcher(request, node_executable, node_launch_args, folders) as launch:
        yield launch


@contextlib.contextmanager
def _launcher(
    request: pytest.FixtureRequest,
    executable: NodeExecutable,
    launch_args: Sequence[str],
    folders: Sequence[Path],
) -> Iterator[LaunchNode]:
    from ..node import open_node
    from ..node.arguments import checked_path, listed
    from .scripts import find_script

    state = request.config.stash[STATE]

    def launch_node(
        script: str | os.PathLike[str],
        *args: str,
        env: Mapping[str, str | None] | None = None,
        cwd: str | os.PathLike[str] | None = None,
        node: NodeExecutable | str | os.PathLike[str] | None = None,
        node_args: Sequence[str] = (),
    ) -> NodeApp:
        __tracebackhide__ = hide_ours  # here, for of a module pdb does not read it
        try:
            all_args = [*launch_args, *listed(node_args)]
            path = find_script(checked_path(script, "the script"), folders)
            request.node.ihook.pytest_nodeleak_launch_args(
                config=request.config, script=path, node_args=all_args
            )
            app = open_node(
                path,
                *args,
                env=env,
                cwd=cwd,
                node=executable if node is None else node,
                node_args=all_args,
                jit=state.policy().jit,
                heaps=state.policy().heaps,
                timeout=state.timeout,
                context=state,
            )
        except NodeLeakError as error:
            state.tell_source(error)
            raise error.with_traceback(None) from error.__cause__
        launched.callback(app.close)
        if state.record is not None:
            state.record.apps.append(app)
        return app

    with contextlib.ExitStack() as launched:
        yield launch_node
