"""pytest's side: hooks and fixtures. Glue; what is heavy is imported when a test needs it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Generator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from . import settings
from .errors import LaunchError, NodeLeakError, hide_ours
from .policy import Policy

if TYPE_CHECKING:
    from .node import NodeApp, NodeExecutable
    from .verdict import Verdict

__tracebackhide__ = hide_ours

_state_key = pytest.StashKey["_State"]()
_policy_key = pytest.StashKey[Policy]()
_verdicts_key = pytest.StashKey["list[Verdict]"]()
_apps_key = pytest.StashKey["list[NodeApp]"]()


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
    """Per-session state: the configured policy and the test that is running."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.base = settings.base_policy(config)
        self.timeout = settings.timeout(config)
        self.node_args = settings.node_args(config)
        self.item: pytest.Item | None = None
        self._node: NodeExecutable | None = None

    def output(self) -> Path:
        value, _ = settings.setting(self.config, "output")
        return self.config.rootpath / (value or ".nodeleak")

    def node(self) -> NodeExecutable:
        if self._node is None:
            from .node import find_node

            named, source = settings.setting(self.config, "node")
            self._node = find_node(named, source)
        return self._node


class _TestContext:
    """What surrounds an app in a test run: the policy of the running test, its artifacts."""

    def __init__(self, state: _State) -> None:
        self._state = state

    def policy(self) -> Policy:
        item = self._state.item
        return self._state.base if item is None else item.stash.get(_policy_key, self._state.base)

    def keep(self, verdict: Verdict, snapshots: Sequence[Path]) -> Verdict:
        item = self._state.item
        if item is None:
            return verdict
        verdicts = item.stash.setdefault(_verdicts_key, [])
        if verdict.outcome != "steady":
            from .artifacts import ignore_in_git, write_artifacts

            root = self._state.output()
            ignore_in_git(root)
            folder = output_folder(self._state, item, len(verdicts))
            shown = os.path.relpath(folder, self._state.config.invocation_params.dir)
            verdict = write_artifacts(verdict, snapshots, folder, shown=shown)
        verdicts.append(verdict)
        return verdict

    def progress(self, text: str) -> None:
        return None  # pytest has its own


def output_folder(state: _State, item: pytest.Item, number: int) -> Path:
    """The folder of the test's first measurement; further ones get a number."""
    from .artifacts import folder_name

    suffix = f"-{number + 1}" if number else ""
    return state.output() / (folder_name(item.nodeid) + suffix)


# -- hooks ---------------------------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    settings.add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "nodeleak(**policy): policy of the leak measurements in this test: "
        + ", ".join(Policy.names()),
    )
    state = _State(config)
    config.stash[_state_key] = state
    if settings.setting(config, "node")[0] is not None:
        try:
            state.node()
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
        item.stash[_policy_key] = settings.marker_policy(state.base, item)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    state = item.config.stash[_state_key]
    state.item = item
    try:
        return (yield)
    finally:
        state.item = None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    if call.when == "call":
        for verdict in item.stash.get(_verdicts_key, []):
            item.user_properties.extend(_properties(verdict))
    report = yield
    if call.when == "call":
        from .report import headline

        verdicts = item.stash.get(_verdicts_key, [])
        if verdicts:
            text = "\n".join(f"{v.workload}: {headline(v)}" for v in verdicts)
            report.sections.append(("nodeleak", text))
        if report.failed:
            report.sections.extend(_output_sections(item.stash.get(_apps_key, [])))
    return report


def _properties(verdict: Verdict) -> list[tuple[str, object]]:
    """Plain Python values: they cross xdist and stand in the JUnit file."""
    from .report import headline

    found: list[tuple[str, object]] = [
        ("nodeleak_outcome", verdict.outcome),
        ("nodeleak_verdict", headline(verdict)),
        ("nodeleak_iterations", int(verdict.iterations)),
        ("nodeleak_seconds", round(float(verdict.seconds), 3)),
        ("nodeleak_heap_used", int(verdict.series.heap_used[-1])),
    ]
    if verdict.constructors:
        worst = verdict.constructors[0]
        found.append(("nodeleak_constructor", str(worst.name)))
        found.append(("nodeleak_per_iteration", round(float(worst.per_iteration), 6)))
    return found


def _output_sections(apps: Sequence[NodeApp]) -> list[tuple[str, str]]:
    sections = []
    for app in apps:
        for name, text in (("stdout", app.stdout), ("stderr", app.stderr)):
            lines = text.rstrip().splitlines()
            if lines:
                more = f"[... {len(lines) - 50} more lines]\n" if len(lines) > 50 else ""
                title = f"{name} of {os.path.basename(app.script)} (pid {app.pid})"
                sections.append((title, more + "\n".join(lines[-50:])))
    return sections


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """One line on what was measured; inconclusive results by name, they are no failures."""
    counts: dict[str, int] = {}
    undecided: list[str] = []
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", None) != "call":
                continue
            properties = list(getattr(report, "user_properties", ()))
            for i, (name, value) in enumerate(properties):
                if name != "nodeleak_outcome":
                    continue
                counts[value] = counts.get(value, 0) + 1
                if value == "inconclusive":
                    undecided.append(f"  {report.nodeid}: {properties[i + 1][1]}")
    if counts:
        order = ("leak", "inconclusive", "steady")
        shown = ", ".join(f"{counts[key]} {key}" for key in order if key in counts)
        terminalreporter.write_line(f"nodeleak: {shown}")
        for line in undecided:
            terminalreporter.write_line(line, yellow=True)


# -- fixtures ------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def node_executable(pytestconfig: pytest.Config) -> NodeExecutable:
    """The node binary that ``launch_node`` uses: ``.path``, ``.version``. Override to choose."""
    return pytestconfig.stash[_state_key].node()


@pytest.fixture(scope="session")
def node_launch_args(pytestconfig: pytest.Config) -> list[str]:
    """Further arguments for node at every launch. Override to add some."""
    return list(pytestconfig.stash[_state_key].node_args)


@pytest.fixture
def nodeleak_output(request: pytest.FixtureRequest) -> Path:
    """Where the artifacts of this test go when it fails (made only then)."""
    return output_folder(request.config.stash[_state_key], request.node, 0)


@pytest.fixture
def launch_node(
    request: pytest.FixtureRequest, node_executable: NodeExecutable, node_launch_args: list[str]
) -> Iterator[LaunchNode]:
    """Start Node scripts: ``launch_node(script, *args, env=None, cwd=None, node=None,
    node_args=())`` returns a NodeApp. What it started is ended after the test.

    A relative script is looked for beside the test file, then in the rootdir.
    """
    apps: list[NodeApp] = request.node.stash.setdefault(_apps_key, [])
    with _launcher(request, node_executable, node_launch_args, apps) as launch:
        yield launch


@pytest.fixture(scope="session")
def launch_node_session(
    request: pytest.FixtureRequest, node_executable: NodeExecutable, node_launch_args: list[str]
) -> Iterator[LaunchNode]:
    """Like ``launch_node``, for programs that live as long as the test session.

    A relative script is looked for in the rootdir.
    """
    with _launcher(request, node_executable, node_launch_args, []) as launch:
        yield launch


@contextlib.contextmanager
def _launcher(
    request: pytest.FixtureRequest,
    executable: NodeExecutable,
    launch_args: Sequence[str],
    apps: list[NodeApp],
) -> Iterator[LaunchNode]:
    state = request.config.stash[_state_key]
    context = _TestContext(state)
    folders = [request.config.rootpath]
    if request.scope != "session":
        folders.insert(0, request.path.parent)

    def launch_node(
        script: str | os.PathLike[str],
        *args: str,
        env: Mapping[str, str | None] | None = None,
        cwd: str | os.PathLike[str] | None = None,
        node: str | os.PathLike[str] | None = None,
        node_args: Sequence[str] = (),
    ) -> NodeApp:
        from .node import open_node

        app = open_node(
            _find_script(script, folders),
            *args,
            env=env,
            cwd=cwd,
            node=executable if node is None else node,
            node_args=[*launch_args, *node_args],
            jit=context.policy().jit,
            timeout=state.timeout,
            context=context,
        )
        apps.append(app)
        return app

    try:
        yield launch_node
    finally:
        for app in apps:
            app.close()


def _find_script(script: str | os.PathLike[str], folders: Sequence[Path]) -> Path:
    named = Path(script).expanduser()
    for folder in folders:
        if (folder / named).exists():
            return (folder / named).absolute()
    if named.is_absolute():
        raise LaunchError(f"script not found: '{named}'")
    places = " nor in ".join(f"'{folder}'" for folder in dict.fromkeys(folders))
    raise LaunchError(f"script not found: '{named}' is neither in {places}"
                      if len(folders) > 1 else f"script not found: '{named}' is not in {places}")
