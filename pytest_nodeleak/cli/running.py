"""``nodeleak snapshot`` and ``nodeleak attach``: of a program that runs already."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..node.attach.taking import Way

__all__ = ["add_attach", "add_snapshot"]


def _add_way(parser: argparse.ArgumentParser) -> None:
    """The options that say which program is meant."""
    way = parser.add_mutually_exclusive_group(required=True)
    way.add_argument("--pid", type=int, metavar="P", help="its process id")
    way.add_argument("--url", metavar="URL", help="its inspector: ws://127.0.0.1:9229/...")
    way.add_argument(
        "--inspect", metavar="HOST:PORT", help="where its inspector listens: 127.0.0.1:9229"
    )


def _way_of(arguments: argparse.Namespace) -> Way:
    from ..node.attach.taking import Way

    return Way(arguments.pid, arguments.url, arguments.inspect)


def add_attach(commands: Any, add_policy: Callable[[argparse.ArgumentParser], None]) -> None:
    attach = commands.add_parser(
        "attach",
        help="measure a program that runs already and say whether it leaks",
        description="Measure a Node.js program that runs already: watch it while it works, or let "
        "it work. It is left as it was found: its inspector is closed again if it was opened for "
        "this, the profiler is off, and nothing of ours stays in it.",
        epilog="Exit status: 0 steady, 1 leak, 2 usage or environment error, 3 inconclusive.",
        allow_abbrev=False,
    )
    _add_way(attach)
    work = attach.add_mutually_exclusive_group()
    work.add_argument(
        "--every", metavar="TIME", help="watch it; a reading each TIME (the default: 5s)"
    )
    work.add_argument("--workload", metavar="JS", help="JavaScript of one iteration, run in it")
    work.add_argument("--http", metavar="REQUEST", help="one iteration: 'GET http://...'")
    work.add_argument("--exec", metavar="COMMAND", help="one iteration: a shell command")
    attach.add_argument("--samples", metavar="N", help="readings of --every, in all (some 10)")
    attach.add_argument(
        "--concurrency", metavar="N", default="1", help="requests of --http at once"
    )
    attach.add_argument(
        "--interval",
        metavar="BYTES",
        help="between two samples of V8's heap profiler, at least, while the program is busy "
        "(default: 512); more slows it less",
    )
    attach.add_argument(
        "--yes",
        action="store_true",
        help="take snapshots to name a leak even if it stands still for more than 2 s",
    )
    attach.add_argument("--json", metavar="FILE", help="write the verdict as JSON; - for stdout")
    attach.add_argument(
        "-o", "--output", metavar="DIR", help="keep snapshots and verdict there unless it is steady"
    )
    add_policy(attach)
    attach.set_defaults(func=_attach)


def _attach(arguments: argparse.Namespace) -> int:
    from .attached import measure_running

    return measure_running(arguments)


def add_snapshot(commands: Any) -> None:
    snapshot = commands.add_parser(
        "snapshot",
        help="take a heap snapshot of a program that runs already",
        description="Take a heap snapshot of a Node.js program that runs already. What it will "
        "cost is said before; the program stands still meanwhile, and runs on as it was: the "
        "inspector is closed again if it was opened for this.",
        epilog="Exit status: 0 the file is written (its path is on stdout), 2 there was no way.",
        allow_abbrev=False,
    )
    _add_way(snapshot)
    snapshot.add_argument(
        "--via",
        choices=("auto", "inspector", "signal"),
        default="auto",
        help="how: by its inspector, by the signal of --heapsnapshot-signal or heapdump, or (auto) "
        "by what there is",
    )
    snapshot.add_argument(
        "-o", "--output", metavar="DIR", default=".", help="the folder of the file (default: here)"
    )
    snapshot.add_argument(
        "--profile",
        metavar="TIME",
        help="no snapshot: record for that long what is allocated, and write what is alive of it "
        "by function (.heapprofile); it stands still for one GC only",
    )
    snapshot.add_argument(
        "--count",
        metavar="N",
        default="1",
        help="take so many, in one session: `nodeleak diff` needs that, for V8 numbers objects "
        "anew when a debugger detaches (default 1)",
    )
    snapshot.add_argument(
        "--wait", metavar="TIME", default="10s", help="between two of them (default 10s)"
    )
    snapshot.add_argument("--yes", action="store_true", help="take it even if memory may not do")
    snapshot.add_argument("--timeout", metavar="TIME", default="10min", help="default 10min")
    snapshot.set_defaults(func=_snapshot)


def _snapshot(arguments: argparse.Namespace) -> int:
    from ..base.errors import PolicyError
    from ..node.attach.taking import Order, save_snapshots
    from .terminal import Terminal

    way = _way_of(arguments)
    folder = Path(arguments.output)
    if folder.exists() and not folder.is_dir():
        raise PolicyError(f"cannot write to --output '{folder}': it is not a folder")
    if arguments.profile is not None:
        return _profile(arguments, folder, way)
    if not arguments.count.isdecimal() or int(arguments.count) < 1:
        raise PolicyError(
            f"bad value for count (from --count): {arguments.count!r} is no number of snapshots, "
            "such as 3"
        )
    with Terminal() as terminal:

        def saved(path: Path) -> None:
            terminal.show("")
            print(path, flush=True)

        order = Order(
            lambda: folder / _name(way, "heapsnapshot"),
            count=int(arguments.count),
            pause=_seconds(arguments.wait, "wait"),
            via=arguments.via,
            force=arguments.yes,
            timeout=_seconds(arguments.timeout, "timeout"),
            progress=terminal.show,
            announce=lambda cost: print(f"a snapshot takes {cost}", file=sys.stderr, flush=True),
            saved=saved,
        )
        try:
            save_snapshots(way, order)
        except OSError as error:
            raise PolicyError(
                f"cannot write to --output '{folder}': {error.strerror or error}"
            ) from None
    return 0


def _seconds(text: str, name: str) -> float:
    from ..base.errors import PolicyError
    from ..base.units import parse_seconds

    try:
        return parse_seconds(text)
    except ValueError as error:
        raise PolicyError(f"bad value for {name} (from --{name}): {error}") from None


def _profile(arguments: argparse.Namespace, folder: Path, way: Way) -> int:
    from ..base.errors import NodeLeakError, PolicyError
    from ..node.attach.running import attach

    seconds = _seconds(arguments.profile, "profile")
    target = folder / _name(way, "heapprofile")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with attach(way.pid, url=way.url, inspect=way.inspect) as app, app.live_profile(target):
            end = time.monotonic() + seconds
            while (left := end - time.monotonic()) > 0:
                app.check_alive("its allocations were recorded")
                time.sleep(min(left, 1.0))
    except OSError as error:
        if isinstance(error, NodeLeakError):
            raise
        raise PolicyError(
            f"cannot write to --output '{folder}': {error.strerror or error}"
        ) from None
    print(target)
    return 0


def _name(way: Way, ending: str) -> str:
    """Files of one program stand in the order of their time."""
    of = f"pid-{way.pid}" if way.pid is not None else "inspector"
    now = time.time()
    stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime(now))
    return f"{of}-{stamp}-{int(now * 1000) % 1000:03d}.{ending}"
