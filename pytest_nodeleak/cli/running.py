"""``nodeleak snapshot``: of a program that runs already."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..node.attach.taking import Way
    from ..node.probes.cost import Cost

__all__ = ["add_snapshot", "add_way", "way_of"]


def add_way(parser: argparse.ArgumentParser) -> None:
    """The options that say which program is meant."""
    way = parser.add_mutually_exclusive_group(required=True)
    way.add_argument("--pid", type=int, metavar="P", help="its process id")
    way.add_argument("--url", metavar="URL", help="its inspector: ws://127.0.0.1:9229/...")
    way.add_argument(
        "--inspect", metavar="HOST:PORT", help="where its inspector listens: 127.0.0.1:9229"
    )


def way_of(arguments: argparse.Namespace) -> Way:
    from ..node.attach.taking import Way

    return Way(arguments.pid, arguments.url, arguments.inspect)


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
    add_way(snapshot)
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
    snapshot.add_argument("--yes", action="store_true", help="take it even if memory may not do")
    snapshot.add_argument("--timeout", metavar="TIME", default="10min", help="default 10min")
    snapshot.set_defaults(func=_snapshot)


def _snapshot(arguments: argparse.Namespace) -> int:
    from ..base.errors import PolicyError
    from ..base.units import parse_seconds
    from ..node.attach.taking import save_snapshot
    from .terminal import Terminal

    try:
        timeout = parse_seconds(arguments.timeout)
    except ValueError as error:
        raise PolicyError(f"bad value for timeout (from --timeout): {error}") from None
    way = way_of(arguments)
    folder = Path(arguments.output)
    if folder.exists() and not folder.is_dir():
        raise PolicyError(f"cannot write to --output '{folder}': it is not a folder")
    target = folder / _name(way)

    with Terminal() as terminal:

        def announce(cost: Cost) -> None:
            print(f"a snapshot takes {cost}", file=sys.stderr, flush=True)

        try:
            save_snapshot(
                way,
                target,
                via=arguments.via,
                force=arguments.yes,
                timeout=timeout,
                progress=terminal.show,
                announce=announce,
            )
        except OSError as error:
            raise PolicyError(
                f"cannot write to --output '{folder}': {error.strerror or error}"
            ) from None
    print(target)
    return 0


def _name(way: Way) -> str:
    """Files of one program stand in the order of their time."""
    of = f"pid-{way.pid}" if way.pid is not None else "inspector"
    now = time.time()
    stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime(now))
    return f"{of}-{stamp}-{int(now * 1000) % 1000:03d}.heapsnapshot"
