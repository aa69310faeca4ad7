"""What the whole suite shares: which Node it runs on."""

from __future__ import annotations

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


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "node" in metafunc.fixturenames:
        paths = metafunc.config.getoption("--test-node")
        executables = [find_node(path, "--test-node") for path in paths] or [find_node()]
        metafunc.parametrize(
            "node", executables, ids=[node.version_text for node in executables], scope="session"
        )
