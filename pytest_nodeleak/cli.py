"""The ``nodeleak`` command: arguments in, exit status out."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import NodeLeakError, PolicyError
from .policy import Policy
from .verdict import Verdict

if TYPE_CHECKING:
    from .workload import Workload

__all__ = ["main"]

STEADY, LEAK, ERROR, INCONCLUSIVE = 0, 1, 2, 3
INTERRUPTED = 128 + signal.SIGINT
_STATUS = {"steady": STEADY, "leak": LEAK, "inconclusive": INCONCLUSIVE}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns 0 steady, 1 leak, 2 usage or environment error, 3 inconclusive."""
    parser = _parser()
    given = list(sys.argv[1:] if argv is None else argv)
    given, script_args = _split(given)
    arguments = parser.parse_args(given)
    arguments.script_args = script_args
    try:
        status: int = arguments.func(arguments)
        sys.stdout.flush()
    except NodeLeakError as error:
        print(f"nodeleak: error: {error}", file=sys.stderr)
        return ERROR
    except KeyboardInterrupt:
        print("nodeleak: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of a pipe went away: nobody is left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ERROR
    return status


def _split(argv: list[str]) -> tuple[list[str], list[str]]:
    """What follows ``--`` are arguments of the script."""
    if "--" not in argv:
        return argv, []
    at = argv.index("--")
    return argv[:at], argv[at + 1 :]


def _parser() -> argparse.ArgumentParser:
    try:
        from .heap.commands import add_parsers
    except ImportError:  # TEMPORARY
        add_parsers = lambda commands: None

    parser = argparse.ArgumentParser(
        prog="nodeleak",
        description="Find memory leaks of Node.js programs.",
        epilog="exit status: 0 steady, 1 leak, 2 usage or environment error, 3 inconclusive",
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_run(commands)
    add_parsers(commands)
    return parser


def _add_run(commands: Any) -> None:
    run = commands.add_parser(
        "run",
        help="measure a script",
        description="Start FILE and measure it: with --workload, with --every, or, if FILE exports "
        "`iteration` (and perhaps `setup`, `teardown`, `options`), with that.",
        epilog="What follows -- are arguments of the script.",
    )
    run.set_defaults(func=_run)
    run.add_argument("file", metavar="FILE", help="the script")
    work = run.add_mutually_exclusive_group()
    work.add_argument("--workload", metavar="JS", help="JavaScript of one iteration")
    work.add_argument(
        "--every", metavar="TIME", help="watch a program that works by itself, in steps of TIME"
    )
    run.add_argument("--json", metavar="FILE", help="write the verdict as JSON ('-': stdout)")
    run.add_argument("--output", metavar="DIR", help="keep snapshots and verdict of a leak there")
    run.add_argument("--node", metavar="PATH", help="the node executable")
    run.add_argument(
        "--node-arg", metavar="ARG", action="append", default=[], help="an argument for node"
    )
    run.add_argument("--timeout", metavar="TIME", default="30s", help="time to load (default 30s)")
    for name in Policy.names():
        run.add_argument(f"--{name.replace('_', '-')}", dest=name, metavar="VALUE", default=None)


def _run(arguments: argparse.Namespace) -> int:
    from .measurement import measure_with
    from .node import find_node, open_node
    from .report import text_report
    from .units import parse_seconds

    policy = _policy(arguments)
    try:
        timeout = parse_seconds(arguments.timeout)
    except ValueError as error:
        raise PolicyError(f"bad value for --timeout: {error}") from None
    named, source = _named_node(arguments)
    context = _CommandContext(policy, arguments)
    with open_node(
        arguments.file,
        *arguments.script_args,
        node=find_node(named, source),
        node_args=arguments.node_arg,
        jit=policy.jit,
        timeout=timeout,
        context=context,
    ) as app:
        workload, options = _workload(arguments, app)
        policy = _policy(arguments, options)
        try:
            verdict = measure_with(app, workload, policy)
        finally:
            context.clear()
    if arguments.json != "-":
        print(text_report(verdict))
    _write_json(verdict, arguments.json)
    return _STATUS[verdict.outcome]


class _CommandContext:
    """Verdicts of the command: kept in --output; a progress line if stderr is a terminal."""

    def __init__(self, policy: Policy, arguments: argparse.Namespace) -> None:
        self._policy = policy
        self._output = arguments.output
        self._terminal = sys.stderr.isatty()

    def policy(self) -> Policy:
        return self._policy

    def keep(self, verdict: Verdict, snapshots: Sequence[Path]) -> Verdict:
        if self._output is None or verdict.outcome == "steady":
            return verdict
        from .artifacts import write_artifacts

        return write_artifacts(verdict, snapshots, Path(self._output))

    def progress(self, text: str) -> None:
        if self._terminal:
            print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        if self._terminal:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def _policy(arguments: argparse.Namespace, options: dict[str, Any] | None = None) -> Policy:
    policy = Policy()
    if options:
        policy = policy.with_values(f"`options` of {arguments.file}", **options)
    for name in Policy.names():
        value = getattr(arguments, name)
        if value is not None:
            policy = policy.with_values(f"--{name.replace('_', '-')}", **{name: value})
    return policy


def _named_node(arguments: argparse.Namespace) -> tuple[str | None, str]:
    if arguments.node is not None:
        return arguments.node, "--node"
    variable = "PYTEST_NODELEAK_NODE"
    return os.environ.get(variable) or None, f"the environment variable {variable}"


def _workload(arguments: argparse.Namespace, app: Any) -> tuple[Workload, dict[str, Any]]:
    """The workload that the arguments or the file itself name, and the file's own options."""
    from .workload import every, module

    if arguments.workload is not None:
        return arguments.workload, {}
    if arguments.every is not None:
        return every(arguments.every), {}
    options = app.workload_options(app.script)
    if options is None:
        raise PolicyError(
            f"'{arguments.file}' exports no function `iteration`; give --workload JS, or "
            "--every TIME for a program that works by itself"
        )
    return module(app.script, "iteration"), options


def _write_json(verdict: Verdict, target: str | None) -> None:
    if target is None:
        return
    text = json.dumps(verdict.to_json(), indent=1)
    if target == "-":
        print(text)
        return
    try:
        Path(target).write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise PolicyError(f"cannot write --json '{target}': {error.strerror or error}") from None


if __name__ == "__main__":
    sys.exit(main())
