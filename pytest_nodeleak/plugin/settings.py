"""Where settings come from: marker > command line > environment > paths > ini > default."""

from __future__ import annotations

import argparse
import difflib
import os
import shlex
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ..base.errors import PolicyError
from ..base.options import PLUGIN_OPTIONS, POLICY_OPTIONS, Option
from ..base.policy import Policy
from ..base.units import parse_seconds

__all__ = [
    "add_options",
    "base_policy",
    "given",
    "laid_over",
    "leak_files",
    "marker_policy",
    "node_args",
    "nodes_named",
    "output_folder",
    "plant",
    "refuse_unknown_names",
    "report_file",
    "setting",
    "timeout",
    "with_hooks",
]

_PREFIX = "PYTEST_NODELEAK_"
#: settings that are words as in a shell, not lines
_WORDS = ("node_args", "files")
_FILES = "*.leak.js *.leak.cjs *.leak.mjs *.leak.ts *.leak.mts"
_OPTIONS = {option.name: option for option in POLICY_OPTIONS + PLUGIN_OPTIONS}


def add_options(parser: pytest.Parser) -> None:
    """Register every setting: option, ini value and, named by the option's help, variable."""
    group = parser.getgroup("nodeleak", "nodeleak: memory-leak tests of Node.js programs")
    for option in _OPTIONS.values():
        # Every default is None, so that environment and ini can win.
        group.addoption(
            f"--nodeleak-{option.dashed}",
            dest=f"nodeleak_{option.name}",
            default=None,
            help=f"{option.help} [{_variable(option.name)}]",
            **option.argument,
        )
        parser.addini(f"nodeleak_{option.name}", option.help, type=_ini_type(option), default=None)
    group.addoption(
        "--nodeleak-show-settings",
        action="store_true",
        help="print each setting, its value and where it comes from, and exit",
    )
    # For those who work on this plugin, or doubt it: each measurement must see a planted leak.
    group.addoption("--nodeleak-plant", default=None, help=argparse.SUPPRESS)


def _ini_type(option: Option) -> Any:
    if not option.many:
        return "string"
    return "args" if option.name in _WORDS else "linelist"


def _variable(name: str) -> str:
    return f"{_PREFIX}{name.upper()}"


def refuse_unknown_names(config: pytest.Config) -> None:
    """Raise pytest.UsageError for a variable or ini value of ours that is none, as for an option.

    pytest itself only warns of an ini value that nobody reads.
    """
    known = [_variable(name) for name in _OPTIONS]
    for name in sorted(os.environ):
        if name.startswith(_PREFIX) and name not in known:
            close = difflib.get_close_matches(name, known, n=1, cutoff=0.0)[0]
            raise pytest.UsageError(
                f"unknown environment variable {name} (its value is {os.environ[name]!r}); "
                f"did you mean {close}? known are {_PREFIX} and, in capitals, {', '.join(_OPTIONS)}"
            )
    overridden = [text.partition("=")[0] for text in config.getoption("override_ini") or ()]
    # pytest 9 has them by a private name only, and warns of the old one.
    in_file = config._inicfg if hasattr(config, "_inicfg") else config.inicfg
    for name in [*in_file, *overridden]:
        if name.startswith("nodeleak_") and not _is_read(config, name):
            where = "-o" if name in overridden else str(config.inipath)
            ini = [f"nodeleak_{option}" for option in _OPTIONS]
            close = difflib.get_close_matches(name, ini, n=1, cutoff=0.0)[0]
            raise pytest.UsageError(
                f"unknown setting {name} (from {where}); did you mean {close}? known are "
                f"nodeleak_ and {', '.join(_OPTIONS)}"
            )


def _is_read(config: pytest.Config, name: str) -> bool:
    """Whether a plugin, ours or another, has registered the ini value."""
    try:
        config.getini(name)
    except ValueError:
        return False
    except (TypeError, pytest.UsageError):
        pass  # registered; that its value is bad is said by who reads it
    return True


def setting(config: pytest.Config, name: str) -> tuple[str | None, str]:
    """The value of one setting as text and who gave it; (None, "the default") if nobody did."""
    return given(config, name) or _from_ini(config, name)


def given(config: pytest.Config, name: str) -> tuple[str, str] | None:
    """The same from the command line or the environment; None if neither has it."""
    value = config.getoption(f"nodeleak_{name}", default=None)
    if value is not None:
        text = "\n".join(value) if isinstance(value, list) else str(value)
        return text, f"--nodeleak-{_OPTIONS[name].dashed}"
    if os.environ.get(_variable(name)):
        return os.environ[_variable(name)], f"the environment variable {_variable(name)}"
    return None


def _from_ini(config: pytest.Config, name: str) -> tuple[str | None, str]:
    key = f"nodeleak_{name}"
    overridden = config.getoption("override_ini", default=None) or ()
    is_override = any(text.startswith(f"{key}=") for text in overridden)
    source = f"-o {key}" if is_override else f"{key} in {config.inipath}"
    try:
        value = config.getini(key)
    except (TypeError, ValueError, pytest.UsageError) as error:
        raise pytest.UsageError(f"bad value for {name} (from {source}): {error}") from None
    if not value:
        return None, "the default"
    if isinstance(value, list):
        value = shlex.join(value) if name in _WORDS else "\n".join(value)
    return str(value), source


def base_policy(config: pytest.Config) -> Policy:
    """The policy of the configuration. Raises pytest.UsageError for a bad value."""
    policy = Policy()
    for name in Policy.names():
        value, source = setting(config, name)
        if value is not None:
            policy = laid_over(policy, source, {name: value})
    return policy


def marker_policy(policy: Policy, item: pytest.Item) -> Policy:
    """``policy`` with the item's ``nodeleak`` markers laid over, the closest last.

    Raises pytest.UsageError for what is no policy.
    """
    for node, marker in reversed(list(item.iter_markers_with_node("nodeleak"))):
        source = f"the nodeleak marker of {node.nodeid or item.nodeid}"
        if marker.args:
            shown = ", ".join(map(repr, marker.args))
            raise pytest.UsageError(
                f"positional argument {shown} (from {source}): it takes keywords only: "
                f"{', '.join(Policy.names())}"
            )
        policy = laid_over(policy, source, marker.kwargs)
    return policy


def with_hooks(policy: Policy, item: pytest.Item) -> Policy:
    """``policy``, which asks plugins as well what is to be ignored."""
    hook = item.ihook.pytest_nodeleak_ignore_constructor
    if not hook.get_hookimpls():
        return policy
    return replace(policy, also_ignored=lambda name: bool(hook(item=item, name=name)))


def laid_over(policy: Policy, source: str, values: Mapping[str, Any]) -> Policy:
    """``policy`` with ``values`` instead. Raises pytest.UsageError for a bad one."""
    try:
        return policy.with_values(source, **values)
    except PolicyError as error:
        raise pytest.UsageError(str(error)) from None


def timeout(config: pytest.Config) -> float:
    """Seconds that a script may take to load. Raises pytest.UsageError."""
    value, source = setting(config, "timeout")
    try:
        seconds = parse_seconds("30s" if value is None else value)
        if seconds <= 0:
            raise ValueError(f"{value!r} is not a duration above 0, such as '30s'")
    except ValueError as error:
        raise pytest.UsageError(f"bad value for timeout (from {source}): {error}") from None
    return seconds


def plant(config: pytest.Config) -> float:
    """Objects per iteration that a self-check plants. Raises pytest.UsageError."""
    value = config.getoption("--nodeleak-plant", default=None)
    try:
        rate = float(value or 0)
    except ValueError:
        rate = -1.0
    if not 0 <= rate <= 1000:
        raise pytest.UsageError(
            f"bad value for --nodeleak-plant: {value!r} is not a number of objects per iteration "
            "such as 0.1"
        )
    return rate


def node_args(config: pytest.Config) -> list[str]:
    """More arguments for node at each launch. Raises pytest.UsageError."""
    return _words(config, "node_args", "")


def leak_files(config: pytest.Config) -> list[str]:
    """Globs of the files that are tests. Raises pytest.UsageError."""
    return _words(config, "files", _FILES)


def _words(config: pytest.Config, name: str, default: str) -> list[str]:
    value, source = setting(config, name)
    try:
        return shlex.split(default if value is None else value)
    except ValueError as error:
        raise pytest.UsageError(
            f"bad value for {name} (from {source}): {value!r}: {error}"
        ) from None


def nodes_named(config: pytest.Config) -> tuple[list[str], str]:
    """The node executables that the configuration names ([]: none) and who does.

    Made absolute if they are paths: tests change folders.
    """
    value, source = setting(config, "node")
    names = [os.path.expanduser(name) for name in (value or "").splitlines() if name.strip()]
    base = _base(config, source)
    return [str(base / name) if _is_path(name) else name for name in names], source


def _is_path(name: str) -> bool:
    return os.sep in name or (os.altsep is not None and os.altsep in name)


def output_folder(config: pytest.Config) -> Path:
    """The folder of all artifacts, absolute."""
    value, source = setting(config, "output")
    if value is None:
        return config.rootpath / ".nodeleak"
    return _base(config, source) / os.path.expanduser(value)


def report_file(config: pytest.Config, name: str) -> Path | None:
    """The file that a report goes to, absolute; None: nobody wants it. Raises pytest.UsageError."""
    value, source = setting(config, name)
    if value is None:
        return None
    path = _base(config, source) / os.path.expanduser(value)
    if path.is_dir():
        raise pytest.UsageError(
            f"bad value for {name} (from {source}): '{path}' is a folder; give a file"
        )
    # Now, and not after the tests: the folders that are missing will be made.
    there = next(parent for parent in path.parents if parent.exists())
    if not there.is_dir() or not os.access(there, os.W_OK):
        raise pytest.UsageError(
            f"bad value for {name} (from {source}): '{path}' cannot be written: '{there}' is "
            f"{'read-only' if there.is_dir() else 'no folder'}"
        )
    return path


def _base(config: pytest.Config, source: str) -> Path:
    """What a relative path refers to: an ini file's is relative to it, others to where we are."""
    if source.startswith("nodeleak_") and config.inipath is not None:
        return config.inipath.parent
    return config.invocation_params.dir
