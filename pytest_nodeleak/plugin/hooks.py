"""The hooks: options, markers, reports. Glue; what is heavy is imported when a test needs it."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

from ..base.errors import NodeLeakError
from ..base.policy import Policy
from . import settings
from .record import Record
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
    record = item.config.stash[STATE].record
    if record is not None and record.verdicts:
        from ..report import properties

        others = [pair for pair in item.user_properties if not _is_ours(pair[0])]
        item.user_properties[:] = others + properties(record.verdicts)
    report = yield
    if record is not None:
        _add_sections(report, record)
    return report


def _add_sections(report: pytest.TestReport, record: Record) -> None:
    new = record.verdicts[record.reported :]
    if new:
        from ..report import headline

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
    from ..report import summary

    first, *undecided = summary(measured.items())
    terminalreporter.write_line(first)
    for line in undecided:
        terminalreporter.write_line(line, yellow=True)


def _is_ours(name: object) -> bool:
    return str(name).startswith("nodeleak_")
