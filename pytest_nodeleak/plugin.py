"""pytest's side: hooks and fixtures. Glue; what is heavy is imported when a test needs it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Generator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from . import settings
from .errors import NodeLeakError, hide_ours
from .policy import Policy
from .record import Record

if TYPE_CHECKING:
    from .node import NodeApp, NodeExecutable
    from .verdict import Verdict

_state_key = pytest.StashKey["_State"]()
_policy_key = pytest.StashKey[Policy]()
_problem_key = pytest.StashKey[str]()


class LaunchNode(Protocol):
    """The type of the ``launch_node`` fixture."""

    def __call__(
        self,
        script: str | os.PathLike[str],
        *args: str,
        env: Mapping[str, str | None] | None = None,
        cwd: str | os.PathLike[str] | None = None,
        node: str | os.PathLike[str] | None = None,
        node_args: Sequence[str] = (),
    ) -> NodeApp: ...


class _State:
    """Of one session: the configured policy and the record of the test that is running.

    It is the context of every app: measurements ask it for the policy and give it their verdicts.
    """

    def __init__(self, config: pytest.Config) -> None:
        self.base = settings.base_policy(config)
        self.timeout = settings.timeout(config)
        self.node_args = settings.node_args(config)
        self.output = settings.output_folder(config)
        self.plant = settings.plant(config)
        self.start = config.invocation_params.dir
        self.record: Record | None = None
        self._named = settings.node_named(config)
        self._node: NodeExecutable | None = None
        if self._named[0] is not None:
            self.node()

    def node(self) -> NodeExecutable:
        if self._node is None:
            from .node import find_node

            self._node = find_node(*self._named)
        return self._node

    def policy(self) -> Policy:
        return self.base if self.record is None else self.record.policy

    def keep(self, verdict: Verdict, snapshots: Sequence[Path]) -> Verdict:
        return verdict if self.record is None else self.record.keep(verdict, snapshots)

    def progress(self, text: str) -> None:
        return None  # pytest has its own


# -- configuration -------------------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    settings.add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "nodeleak(**policy): policy of the leak measurements in this test, over that of the "
        f"configuration; keywords: {', '.join(Policy.names())}.",
    )
    try:
        config.stash[_state_key] = _State(config)
    except NodeLeakError as error:
        raise pytest.UsageError(str(error)) from None


def pytest_report_header(config: pytest.Config) -> str:
    try:
        return f"nodeleak: node {config.stash[_state_key].node()}"
    except NodeLeakError as error:
        return f"nodeleak: {error}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    state = config.stash[_state_key]
    for item in items:
        _apply_marker(state, item)


def _apply_marker(state: _State, item: pytest.Item) -> None:
    try:
        item.stash[_policy_key] = settings.marker_policy(state.base, item)
    except pytest.UsageError as error:
        # A worker of xdist that gives up takes the whole run with it: there the test fails.
        if not hasattr(item.config, "workerinput"):
            raise
        item.stash[_problem_key] = str(error)


# -- the run of a test ---------------------------------------------------------------------


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    state = item.config.stash[_state_key]
    try:
        result = yield
        if state.record is not None:
            state.record.finish()
    finally:
        state.record = None
    return result


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    state = item.config.stash[_state_key]
    # Here and not in the protocol: plugins that rerun a test run it several times in one.
    policy = item.stash.get(_policy_key, state.base)
    state.record = Record(item.nodeid, policy, state.output, state.start)
    problem = item.stash.get(_problem_key, None)
    if problem is not None:
        pytest.fail(problem, pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    record = item.config.stash[_state_key].record
    if record is not None and record.verdicts:
        from .report import properties

        others = [pair for pair in item.user_properties if not _is_ours(pair[0])]
        item.user_properties[:] = others + properties(record.verdicts)
    report = yield
    if record is not None:
        _add_sections(report, record)
    return report


def _add_sections(report: pytest.TestReport, record: Record) -> None:
    new = record.verdicts[record.reported :]
    if new:
        from .report import headline

        record.reported = len(record.verdicts)
        lines = [f"{verdict.workload}: {headline(verdict)}" for verdict in new]
        lines += [f"artifacts: {verdict.artifacts}" for verdict in new if verdict.artifacts]
        report.sections.append(("nodeleak", "\n".join(lines)))
    if report.failed:
        report.sections.extend(record.output_sections())
    # An expected failure is one as well: its evidence stays.
    record.failed |= report.failed or hasattr(report, "wasxfail")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """What was measured; inconclusive results by name, for they are no failures."""
    measured: dict[str, list[Any]] = {}
    for report in (r for reports in terminalreporter.stats.values() for r in reports):
        pairs = [p for p in getattr(report, "user_properties", ()) if _is_ours(p[0])]
        # Each phase of a test reports what it knows so far.
        if len(pairs) > len(measured.get(report.nodeid, ())):
            measured[report.nodeid] = pairs
    if not measured:
        return
    from .report import summary

    first, *undecided = summary(measured.items())
    terminalreporter.write_line(first)
    for line in undecided:
        terminalreporter.write_line(line, yellow=True)


def _is_ours(name: object) -> bool:
    return str(name).startswith("nodeleak_")


# -- fixtures ------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def node_executable(pytestconfig: pytest.Config) -> NodeExecutable:
    """The node binary that ``launch_node`` uses: ``.path``, ``.version``.

    Override it to choose another one: return a path, or the NodeExecutable of ``find_node``.
    """
    try:
        return pytestconfig.stash[_state_key].node()
    except NodeLeakError as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture(scope="session")
def node_launch_args(pytestconfig: pytest.Config) -> list[str]:
    """More arguments for node at every launch, from the configuration. Override to add some."""
    return list(pytestconfig.stash[_state_key].node_args)


@pytest.fixture
def nodeleak_output(request: pytest.FixtureRequest) -> Path:
    """The folder where the snapshots and the verdict of this test go if it fails.

    It is made only then.
    """
    from .artifacts import measurement_folder

    return measurement_folder(request.config.stash[_state_key].output, request.node.nodeid, 0)


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
    with _launcher(request.config, node_executable, node_launch_args, folders) as launch:
        yield launch


@pytest.fixture(scope="session")
def launch_node_session(
    request: pytest.FixtureRequest, node_executable: NodeExecutable, node_launch_args: list[str]
) -> Iterator[LaunchNode]:
    """Like ``launch_node``, for programs that serve many tests; they are ended with the session.

    A relative script is looked for in the rootdir.
    """
    folders = [request.config.rootpath]
    with _launcher(request.config, node_executable, node_launch_args, folders) as launch:
        yield launch


@contextlib.contextmanager
def _launcher(
    config: pytest.Config,
    executable: NodeExecutable,
    launch_args: Sequence[str],
    folders: Sequence[Path],
) -> Iterator[LaunchNode]:
    from .node import open_node
    from .scripts import find_script

    state = config.stash[_state_key]

    def launch_node(
        script: str | os.PathLike[str],
        *args: str,
        env: Mapping[str, str | None] | None = None,
        cwd: str | os.PathLike[str] | None = None,
        node: str | os.PathLike[str] | None = None,
        node_args: Sequence[str] = (),
    ) -> NodeApp:
        __tracebackhide__ = hide_ours  # here, for of a module pdb does not read it
        try:
            app = open_node(
                find_script(script, folders),
                *args,
                env=env,
                cwd=cwd,
                node=executable if node is None else node,
                node_args=[*launch_args, *node_args],
                jit=state.policy().jit,
                timeout=state.timeout,
                context=state,
            )
        except NodeLeakError as error:
            raise error.with_traceback(None) from error.__cause__
        launched.callback(app.close)
        if state.record is not None:
            state.record.apps.append(app)
        return app

    with contextlib.ExitStack() as launched:
        yield launch_node
