"""``nodeleak run``: start a script, measure it, print and write the verdict."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..base.errors import LaunchError, PolicyError
from ..base.policy import Policy
from ..base.units import parse_seconds
from ..judge.verdict import Verdict
from ..measuring.measurement import measure_with
from ..node import NodeApp, NodeExecutable, find_node, open_node
from ..node.context import Alone
from ..node.leakfile.exports import asked, one_of
from ..node.workload import FileWorkload, Workload, every
from ..report import text_report, verdict_json
from ..report.artifacts import in_the_way, write_artifacts
from ..report.text import WIDTH
from .terminal import Terminal

__all__ = [
    "STATUS",
    "CommandContext",
    "check_targets",
    "columns_of_stdout",
    "find_named_node",
    "measure_file",
    "policy_of",
    "run_script",
    "timeout_of",
    "write_json",
]

#: exit status of an outcome
STATUS = {"steady": 0, "leak": 1, "inconclusive": 3}
_NODE_VARIABLE = "PYTEST_NODELEAK_NODE"


def run_script(arguments: argparse.Namespace) -> int:
    """Do what the arguments of ``nodeleak run`` say; returns the exit status.

    Raises NodeLeakError for what cannot be used.
    """
    check_targets(arguments)
    verdict = measure_file(arguments, arguments.output)
    if arguments.json != "-":
        print(text_report(verdict, columns_of_stdout()))
    write_json(verdict, arguments.json)
    return STATUS[verdict.outcome]


def measure_file(
    arguments: argparse.Namespace,
    output: str | None = None,
    plant: float = 0.0,
    cwd: str | None = None,
) -> Verdict:
    """Start the file of the arguments and measure it; ``output`` is the folder of artifacts.

    ``plant`` objects per iteration are planted into it: see selfcheck. ``cwd`` is the program's
    folder (default: ours). Raises NodeLeakError.
    """
    policy = _policy(arguments, {})
    timeout = timeout_of(arguments)
    workload: Workload | None = arguments.workload
    if arguments.every is not None:
        workload = every(arguments.every)
    node = find_named_node(arguments)
    arguments.name = ""
    if not os.path.exists(arguments.file):
        # As pytest names the tests of a file: cart.leak.mjs::checkout
        arguments.file, _, arguments.name = arguments.file.partition("::")
    if os.path.isdir(arguments.file):
        raise LaunchError(f"'{arguments.file}' is a folder; give a script")
    with Terminal() as terminal:
        context = CommandContext(output, terminal, plant)
        while True:
            terminal.show(f"starting {arguments.file}")
            with open_node(
                arguments.file,
                *arguments.script_args,
                cwd=cwd,
                node=node,
                node_args=arguments.node_arg,
                jit=policy.jit,
                heaps=policy.heaps,
                timeout=timeout,
                context=context,
            ) as app:
                work = workload
                if work is None:
                    work, policy = _exported(arguments, app)
                if policy.jit != app.jit or (policy.heaps == "all") != app.sees_all_heaps:
                    continue  # the file's own options say so: start it again that way
                return measure_with(app, work, policy)


class CommandContext(Alone):
    """What surrounds the app of the command: its verdicts are kept in --output."""

    def __init__(self, output: str | None, terminal: Terminal, plant: float = 0.0) -> None:
        self.plant = plant
        self.columns = WIDTH
        self._output = output
        self._terminal = terminal

    def keep(self, verdict: Verdict, snapshots: Sequence[Path]) -> Verdict:
        if self._output is None or verdict.outcome == "steady":
            return verdict
        return write_artifacts(verdict, snapshots, Path(self._output))

    def progress(self, phase: str, detail: str = "") -> None:
        self._terminal.show(f"{phase}: {detail}" if detail else phase)


def _policy(arguments: argparse.Namespace, exported: Mapping[str, Any]) -> Policy:
    """The policy of the file's options, the command line's laid over."""
    policy = Policy().with_script_options(f"`options` of {arguments.file}", exported)
    return policy_of(arguments, policy)


def policy_of(arguments: argparse.Namespace, policy: Policy) -> Policy:
    """``policy`` with the command line's options laid over."""
    for name in Policy.names():
        value = getattr(arguments, name)
        if value is not None:
            policy = policy.with_values(f"--{name.replace('_', '-')}", **{name: value})
    return policy


def timeout_of(arguments: argparse.Namespace) -> float:
    """Seconds that the script may take to load. Raises PolicyError."""
    given = arguments.timeout
    try:
        seconds = parse_seconds("30s" if given is None else given)
        if seconds <= 0:
            raise ValueError(f"{given!r} is not a duration above 0, such as '30s'")
    except ValueError as error:
        raise PolicyError(f"bad value for timeout (from --timeout): {error}") from None
    return seconds


def find_named_node(arguments: argparse.Namespace) -> NodeExecutable:
    """The node executable that the arguments or the environment name, or the one there is."""
    if arguments.node is not None:
        return find_node(arguments.node, "--node")
    named = os.environ.get(_NODE_VARIABLE) or None
    return find_node(named, f"the environment variable {_NODE_VARIABLE}")


def _exported(arguments: argparse.Namespace, app: NodeApp) -> tuple[Workload, Policy]:
    """The workload that the file exports, and the policy with the file's own options."""
    try:
        tests = asked(app)
    except PolicyError as error:
        raise PolicyError(
            f"{error}; give --workload JS, or --every TIME for a program that works by itself"
        ) from None
    if not arguments.name and len(tests) > 1:
        names = " or ".join(f"{arguments.file}::{test.name}" for test in tests)
        raise PolicyError(f"'{arguments.file}' exports {len(tests)} workloads; give {names}")
    test = one_of(tests, arguments.name or tests[0].name, app.script)
    return FileWorkload(app.script, test.name), _policy(arguments, test.options)


def check_targets(arguments: argparse.Namespace) -> None:
    """Raise PolicyError now rather than after the measurement for what cannot be written."""
    target, output = arguments.json, arguments.output
    if target is not None and target != "-":
        folder = os.path.dirname(target) or "."
        if os.path.isdir(target):
            raise PolicyError(f"cannot write --json '{target}': it is a folder")
        if not os.path.isdir(folder):
            raise PolicyError(f"cannot write --json '{target}': there is no folder '{folder}'")
    if output is not None:
        if os.path.exists(output) and not os.path.isdir(output):
            raise PolicyError(f"cannot write to --output '{output}': it is not a folder")
        blocking = in_the_way(Path(output))
        if blocking is not None:
            raise PolicyError(
                f"cannot write to --output '{output}': '{blocking.name}' is there, and it is "
                "not of an earlier run; name another folder"
            )


def columns_of_stdout() -> int:
    """Of the terminal, if the report goes to one."""
    if sys.stdout is None or not sys.stdout.isatty():  # None: closed by the shell
        return WIDTH
    return min(WIDTH, shutil.get_terminal_size().columns)


def write_json(verdict: Verdict, target: str | None) -> None:
    if target is None:
        return
    text = verdict_json(verdict)
    if target == "-":
        print(text)
        return
    try:
        Path(target).write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise PolicyError(f"cannot write --json '{target}': {error.strerror or error}") from None
