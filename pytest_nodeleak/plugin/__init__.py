"""pytest's side: the one room that imports pytest. Its names are what pytest looks for."""

from .fixtures import (
    _nodeleak_node,
    launch_node,
    launch_node_session,
    node_executable,
    node_launch_args,
    nodeleak_output,
)
from .hooks import (
    pytest_addhooks,
    pytest_addoption,
    pytest_cmdline_main,
    pytest_collect_file,
    pytest_collection_modifyitems,
    pytest_configure,
    pytest_generate_tests,
    pytest_report_collectionfinish,
    pytest_report_header,
    pytest_runtest_call,
    pytest_runtest_makereport,
    pytest_runtest_protocol,
    pytest_runtest_setup,
    pytest_terminal_summary,
)

__all__ = [
    "_nodeleak_node",
    "launch_node",
    "launch_node_session",
    "node_executable",
    "node_launch_args",
    "nodeleak_output",
    "pytest_addhooks",
    "pytest_addoption",
    "pytest_cmdline_main",
    "pytest_collect_file",
    "pytest_collection_modifyitems",
    "pytest_configure",
    "pytest_generate_tests",
    "pytest_report_collectionfinish",
    "pytest_report_header",
    "pytest_runtest_call",
    "pytest_runtest_makereport",
    "pytest_runtest_protocol",
    "pytest_runtest_setup",
    "pytest_terminal_summary",
]
