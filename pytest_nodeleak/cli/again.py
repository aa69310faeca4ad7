"""``nodeleak replay`` and ``nodeleak bisect``: measure again what leaked, here or in the past."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

__all__ = ["add_bisect", "add_replay"]

AddOptions = Callable[[argparse.ArgumentParser], None]


def add_replay(commands: Any, add_policy: AddOptions) -> None:
    replay = commands.add_parser(
        "replay",
        help="measure again what a test or a colleague recorded",
        description="Measure again what the replay.json of an artifacts folder tells, and say "
        "whether the leak is still there. It starts what the file names: replay only files that "
        "you trust.",
        epilog="What follows -- are arguments of the script instead of the recorded ones. Exit "
        "status: 0 steady, 1 leak, 2 usage or environment error, 3 inconclusive.",
        allow_abbrev=False,
    )
    replay.add_argument("recording", metavar="FOLDER", help="of artifacts, or its replay.json")
    replay.add_argument(
        "--project", metavar="DIR", help="the folder of the project, if it is not found"
    )
    replay.add_argument(
        "--env",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="a variable of the program; may be repeated. Values are not recorded",
    )
    replay.add_argument(
        "--node", metavar="PATH", help="the node executable (default: the recorded one)"
    )
    replay.add_argument(
        "--timeout", metavar="TIME", help="time that the script may take to load (default: as then)"
    )
    replay.add_argument(
        "--json", metavar="FILE", help="write the verdict as JSON ('-': to stdout, and only it)"
    )
    replay.add_argument(
        "-o", "--output", metavar="DIR", help="keep snapshots and verdict there unless it is steady"
    )
    add_policy(replay)
    replay.set_defaults(func=_replay)


def _replay(arguments: argparse.Namespace) -> int:
    from .replayed import replay

    return replay(arguments)


def add_bisect(commands: Any, add_measuring: AddOptions) -> None:
    bisect = commands.add_parser(
        "bisect",
        help="which release of a package, or which commit, brought a leak",
        description="Find what brought a leak that FILE shows (a leak file, or a script and "
        "--workload, as for `nodeleak run`): the release of an npm package (--package), installed "
        "into a copy of the project, or the commit of the git repository, in a worktree of its "
        "own. What cannot be measured is skipped. Neither your files nor node_modules are touched.",
        epilog="What follows -- are arguments of the script. Exit status: 0 found, 2 usage or "
        "environment error, 3 not narrowed down to one.",
        allow_abbrev=False,
    )
    bisect.add_argument("file", metavar="FILE", help="the script")
    bisect.add_argument(
        "--good", metavar="A", required=True, help="a version or revision without the leak"
    )
    bisect.add_argument("--bad", metavar="B", required=True, help="a later one with it")
    bisect.add_argument("--package", metavar="NAME", help="the npm package")
    bisect.add_argument(
        "--prereleases", action="store_true", help="with those of the package, such as 2.0.0-rc.1"
    )
    add_measuring(bisect)
    bisect.set_defaults(func=_bisect)


def _bisect(arguments: argparse.Namespace) -> int:
    from .bisected import bisect

    return bisect(arguments)
