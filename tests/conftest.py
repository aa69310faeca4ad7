"""What the whole suite shares: which Node it runs on, and the table of faults."""

from __future__ import annotations

import signal
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import fault_table
import pytest

from pytest_nodeleak.node import find_node


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--test-node",
        metavar="PATH",
        action="append",
        default=[],
        help="run the tests that need Node on this binary; may be given several times",
    )
    parser.addoption(
        "--write-reliability",
        metavar="FILE",
        help="write the table of faults there, from the tests that ran",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", fault_table.MARKER)
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # As in background jobs of some shells; what tests start would ignore Ctrl-C as well.
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "node" in metafunc.fixturenames:
        paths = metafunc.config.getoption("--test-node")
        if metafunc.definition.get_closest_marker("ends"):
            paths = list(dict.fromkeys(paths[:1] + paths[-1:]))
        executables = [find_node(path, "--test-node") for path in paths] or [find_node()]
        metafunc.parametrize(
            "node", executables, ids=[node.version_text for node in executables], scope="session"
        )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    fault_table.forget()
    began = time.monotonic()
    result = yield
    item.user_properties += [
        ("fault", fact) for fact in fault_table.rows_of(item, time.monotonic() - began)
    ]
    return result


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    path = config.getoption("--write-reliability")
    if not path:
        return
    passed = terminalreporter.stats.get("passed", [])
    facts = [fact for report in passed for name, fact in report.user_properties if name == "fault"]
    page = Path(path)
    before = fault_table.rows_written(page) if page.exists() else []
    wanted = fault_table.rows_marked(Path(__file__).parent)
    kept = [row for row in before if (row.group, row.name) in wanted]
    page.write_text(fault_table.page(facts, kept), encoding="utf-8")
