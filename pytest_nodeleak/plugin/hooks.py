"""The hooks: options, markers, reports. Glue; what is heavy is imported when a test needs it."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import pytest

from ..base.errors import NodeLeakError
from ..base.policy import Policy
from . import hookspecs, settings
from .fixtures import NODE_FIXTURE
from .progress.controller import Controller
from .record import Record
from .reports import REPORTS, Reports, attach, attach_charts, shorten_crash
from .state import STATE, State

__all__ = [
    "pytest_addhooks",
    "pytest_addoption",
    "pytest_cmdline_main",
    "pytest_collect_file",
    "pytest_collection_modifyitems",
    "pytest_configure",
    "pytest_generate_tests",
    "pytest_report_collectionfinish",
    "pytest_report_header",
    "pytest_runtest_makereport",
    "pytest_runtest_protocol",
    "pytest_runtest_setup",
    "pytest_terminal_summary",
]

_policy_key = pytest.StashKey[Policy]()
_problem_key = pytest.StashKey[str]()


# -- configuration -------------------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    settings.add_options(parser)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    pluginmanager.add_hookspecs(hookspecs)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> int | None:
    if not config.getoption("nodeleak_show_settings"):
        return None
    from .show import settings_lines

    print("\n".join(settings_lines(config)))
    return 0


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "nodeleak(**policy): policy of the leak measurements in this test, over that of the "
        f"configuration; keywords: {', '.join(Policy.names())}.",
    )
    try:
        config.stash[STATE] = State(config)
    except NodeLeakError as error:
        raise pytest.UsageError(str(error)) from None
    config.stash[REPORTS] = Reports(config)
    config.pluginmanager.register(config.stash[REPORTS], "nodeleak-reports")
    config.pluginmanager.register(Controller(config), "nodeleak-workers")


def pytest_report_header(config: pytest.Config) -> str:
    # Without the versions: asking for them would cost every test run a start of Node.
    try:
        found = config.stash[STATE].node_paths()
    except NodeLeakError as error:
        return f"nodeleak: {error}"
    return f"nodeleak: node {', '.join(path for path, _ in found)} (from {found[0][1]})"


# -- collection ----------------------------------------------------------------------------


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    from .leakfiles.collect import collect_file

    return collect_file(file_path, parent)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if NODE_FIXTURE in metafunc.fixturenames:
        nodes = metafunc.config.stash[STATE].matrix()
        if nodes:
            metafunc.parametrize(
                NODE_FIXTURE, list(nodes.values()), ids=list(nodes), indirect=True, scope="session"
            )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    state = config.stash[STATE]
    for item in items:
        _apply_marker(state, item)
    if state.is_node_named and not _is_worker(config) and any(map(_uses_node, items)):
        try:
            state.nodes()
        except NodeLeakError as error:
            raise pytest.UsageError(str(error)) from None


def pytest_report_collectionfinish(
    config: pytest.Config, items: Sequence[pytest.Item]
) -> str | list[str]:
    if config.get_verbosity() < 0 or not any(map(_uses_node, items)):
        return []
    try:
        nodes = config.stash[STATE].nodes()
    except NodeLeakError:
        return []  # each test that needs it says so
    return f"nodeleak: on node {', '.join(node.version_text for node in nodes)}"


def _uses_node(item: pytest.Item) -> bool:
    return NODE_FIXTURE in getattr(item, "fixturenames", ())


def _is_worker(config: pytest.Config) -> bool:
    """Whether this is a worker of pytest-xdist."""
    return hasattr(config, "workerinput")


def _apply_marker(state: State, item: pytest.Item) -> None:
    try:
        item.stash[_policy_key] = settings.marker_policy(state.policy_for(item.path), item)
    except pytest.UsageError as error:
        # A worker of xdist that gives up takes the whole run with it: there the test fails.
        if not _is_worker(item.config):
            raise
        item.stash[_problem_key] = str(error)


# -- the run of a test ---------------------------------------------------------------------


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    state = item.config.stash[STATE]
    try:
        result = yield
        if state.record is not None:
            state.record.finish()
    finally:
        state.record = None
    return result


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    state = item.config.stash[STATE]
    # Here and not in the protocol: plugins that rerun a test run it several times in one.
    policy = settings.with_hooks(item.stash.get(_policy_key, state.policy_for(item.path)), item)
    state.record = Record(item.nodeid, policy, state.output, state.start)
    state.record.accepted = state.accepted
    state.record.adjust = lambda verdict: (
        item.ihook.pytest_nodeleak_verdict(item=item, verdict=verdict) or verdict
    )
    problem = item.stash.get(_problem_key, None)
    if problem is not None:
        pytest.fail(problem, pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    result = yield
    record = item.config.stash[STATE].record
    if record is not None and record.forgotten():
        pytest.fail(
            "assert_no_leak_async was called and not awaited, so that nothing was measured; write "
            "`await assert_no_leak_async(app, workload)`, in a test that is `async def`, or "
            "assert_no_leak",
            pytrace=False,
        )
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    item.config.stash[STATE].watcher.clear()
    record = item.config.stash[STATE].record
    if record is None:
        return (yield)
    skipped = call.excinfo is not None and call.excinfo.errisinstance(pytest.skip.Exception)
    # Known before the report is made of them; an expected failure is one as well.
    record.failed |= call.excinfo is not None and not skipped
    if record.verdicts:
        from ..report import properties

        others = [pair for pair in item.user_properties if not _is_ours(pair[0])]
        item.user_properties[:] = others + properties(record.shown_verdicts())
    report = yield
    record.failed |= report.failed
    _add_sections(item, report, record)
    shorten_crash(report)
    return report


def _add_sections(item: pytest.Item, report: pytest.TestReport, record: Record) -> None:
    new = record.shown_verdicts()[record.reported :]
    if new:
        from ..report import headline, verdict_json

        record.reported = len(record.verdicts)
        attach(report, [verdict_json(verdict) for verdict in new])
        if item.config.pluginmanager.hasplugin("html"):
            attach_charts(report, new)
        lines = [f"{verdict.workload}: {headline(verdict)}" for verdict in new]
        lines += [f"artifacts: {verdict.artifacts}" for verdict in new if verdict.artifacts]
        for verdict in new:
            for more in item.ihook.pytest_nodeleak_report(item=item, verdict=verdict):
                lines += [more] if isinstance(more, str) else more or ()
        report.sections.append(("nodeleak", "\n".join(lines)))
    if report.failed:
        report.sections.extend(record.output_sections())


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """What was measured, one line each; the undecided once more, for they are no failures."""
    terminalreporter.config.stash[REPORTS].show(terminalreporter)


def _is_ours(name: object) -> bool:
    return str(name).startswith("nodeleak_")
