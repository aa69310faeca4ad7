"""The hooks: options, markers, reports. Glue; what is heavy is imported when a test needs it."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

from ..base.errors import NodeLeakError
from ..base.policy import Policy
from . import settings
from .record import Record
from .reports import REPORTS, Reports, attach, shorten_crash
from .state import STATE, State

__all__ = [
    "pytest_addoption",
    "pytest_collection_modifyitems",
    "pytest_configure",
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


def pytest_report_header(config: pytest.Config) -> str:
    try:
        return f"nodeleak: node {config.stash[STATE].node()}"
    except NodeLeakError as error:
        return f"nodeleak: {error}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    state = config.stash[STATE]
    for item in items:
        _apply_marker(state, item)


def _apply_marker(state: State, item: pytest.Item) -> None:
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
    policy = item.stash.get(_policy_key, state.base)
    state.record = Record(item.nodeid, policy, state.output, state.start)
    problem = item.stash.get(_problem_key, None)
    if problem is not None:
        pytest.fail(problem, pytrace=False)


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
    _add_sections(report, record)
    if record.verdicts:
        shorten_crash(report)
    return report


def _add_sections(report: pytest.TestReport, record: Record) -> None:
    new = record.shown_verdicts()[record.reported :]
    if new:
        from ..report import headline, verdict_json

        record.reported = len(record.verdicts)
        attach(report, [verdict_json(verdict) for verdict in new])
        lines = [f"{verdict.workload}: {headline(verdict)}" for verdict in new]
        lines += [f"artifacts: {verdict.artifacts}" for verdict in new if verdict.artifacts]
        report.sections.append(("nodeleak", "\n".join(lines)))
    if report.failed:
        report.sections.extend(record.output_sections())


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """What was measured, one line each; the undecided once more, for they are no failures."""
    terminalreporter.config.stash[REPORTS].show(terminalreporter)


def _is_ours(name: object) -> bool:
    return str(name).startswith("nodeleak_")
