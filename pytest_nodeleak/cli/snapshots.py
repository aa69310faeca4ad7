"""``nodeleak diff`` and ``nodeleak show``: snapshot files in, tables out."""

from __future__ import annotations

import argparse
import contextlib
import gc
import json
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..base.errors import NodeLeakError

if TYPE_CHECKING:
    from ..heap.model.snapshot import HeapSnapshot
    from ..heap.show.tables import Table

    # Generic only for the type checker.
    SubParsers = argparse._SubParsersAction[argparse.ArgumentParser]

__all__ = ["add_parsers"]

_OK, _ERROR = 0, 2
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_TWICE = "--json - and --html - cannot both write to stdout"
_GROUPS = ("class", "shape", "owner", "string")
_SORTS = ("survivors", "count", "size", "retained", "name")


def add_parsers(subparsers: SubParsers) -> None:
    """Add the sub-commands ``diff`` and ``show``; each sets ``func`` to what runs it."""
    diff = subparsers.add_parser(
        "diff",
        help="what was allocated between heap snapshots and is still alive",
        description="What was allocated between heap snapshots of one process and is alive in "
        "the last: three are best. Files as written by v8.writeHeapSnapshot, "
        "--heapsnapshot-signal, heapdump or DevTools; .gz and .zst are read, too.",
    )
    diff.add_argument("files", nargs="+", metavar="FILE", help="in the order they were taken")
    _add_options(diff, "shape", "survivors")
    diff.add_argument(
        "--population",
        action="store_true",
        help="count by class, shape and string, not object by object: for files of two processes "
        "(done by itself where they are seen to be that)",
    )
    diff.set_defaults(func=_diff)
    show = subparsers.add_parser(
        "show",
        help="what one heap snapshot holds",
        description="What one heap snapshot holds, by class, by shape of plain objects, by "
        "pattern of strings, or the largest containers (owner). Of a .heaptimeline also what is "
        "alive by the time of its allocation, of a .heapprofile by the allocating function.",
    )
    show.add_argument("file", metavar="FILE")
    _add_options(show, "class", "size")
    show.add_argument(
        "--retained", action="store_true", help="add what each class shown keeps alive"
    )
    show.set_defaults(func=_show)


def _add_options(parser: argparse.ArgumentParser, group_by: str, sort: str) -> None:
    parser.add_argument("--top", type=_positive, default=20, metavar="N", help="rows (default 20)")
    parser.add_argument("--sort", choices=_SORTS, default=sort, help="default %(default)s")
    parser.add_argument("--group-by", choices=_GROUPS, default=group_by, help="default %(default)s")
    parser.add_argument("--json", metavar="FILE", help="write the data as JSON; - for stdout")
    parser.add_argument("--html", metavar="FILE", help="write a page; - for stdout")


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of rows, such as 20")
    return int(text)


def _diff(arguments: argparse.Namespace) -> int:
    files: Sequence[str] = arguments.files
    if len(files) < 2:
        return _fail("diff", f"needs at least two files, got only {files[0]}")
    if arguments.json == arguments.html == "-":
        return _fail("diff", _TWICE)
    _spare_memory()
    from ..heap.diff.difference import growth_over
    from ..heap.diff.order import StrangersError
    from ..heap.show.views import comparison_table, diff_table

    try:
        if arguments.population:
            return _diff_populations(arguments, "--population was given")
        snapshots = _load_all(files)
        try:
            diff = growth_over(snapshots)
        except StrangersError as error:
            snapshots = []
            return _diff_populations(arguments, str(error))
        tables = []
        if len(files) == 2 and arguments.group_by in ("class", "shape"):
            from ..heap.diff.comparison import compare

            comparison = compare(snapshots[0], snapshots[1])
            tables.append(comparison_table(comparison, sort=arguments.sort, top=arguments.top))
            snapshots[0].condense()
        tables.append(
            diff_table(diff, group_by=arguments.group_by, sort=arguments.sort, top=arguments.top)
        )
        return _write(tables, arguments)
    except (NodeLeakError, OSError) as error:
        return _fail("diff", _sentence(error))


def _diff_populations(arguments: argparse.Namespace, why: str) -> int:
    """Of snapshots that share no object ids. Raises what reading files raises."""
    if arguments.group_by == "owner":
        return _fail("diff", f"--group-by owner needs snapshots of one process: {why}")
    from ..heap.diff.populations import populations_of, put_together
    from ..heap.read.files import load_snapshot
    from ..heap.show.populations import population_table

    # Strings in front, so that what the author wrote comes last, where the eye is.
    kinds = ["string", "shape"] if arguments.group_by == "shape" else [arguments.group_by]
    found: dict[str, list[Any]] = {kind: [] for kind in kinds}
    names = []
    for file in arguments.files:
        snapshot = load_snapshot(file, detail="full" if "shape" in kinds else "classes")
        names.append(snapshot.source)
        for kind in kinds:
            found[kind].append(populations_of(snapshot, kind))
    tables = [
        population_table(
            put_together(found[kind]),
            names,
            group_by=kind,
            why=why,
            sort=arguments.sort,
            top=arguments.top,
        )
        for kind in kinds
    ]
    return _write(tables, arguments)


def _spare_memory() -> None:
    """Before numpy comes: what a process that only reads snapshots can do without."""
    # No threads for linear algebra, which nothing here needs.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    gc.disable()  # it would look through all that importing makes
    # glibc gives large arrays back when they are freed, unless it learns from the first ones
    # that there are more to come; then they leave holes among small things.
    with contextlib.suppress(AttributeError, OSError, TypeError):
        import ctypes  # which numpy loads in any case

        libc = ctypes.CDLL(None)
        libc.mallopt(_M_MMAP_THRESHOLD, 1 << 19)
        libc.mallopt(_M_TRIM_THRESHOLD, 1 << 21)


def _load_all(files: Sequence[str]) -> list[HeapSnapshot]:
    """The last in full; of the others no more than the difference needs."""
    from ..heap.read.files import load_snapshot

    snapshots = []
    for number, file in enumerate(files):
        last = number == len(files) - 1
        snapshot = load_snapshot(file, detail="full" if last else "classes")
        if not last and len(files) > 2:
            snapshot.condense()
        snapshots.append(snapshot)
    return snapshots


def _show(arguments: argparse.Namespace) -> int:
    if arguments.json == arguments.html == "-":
        return _fail("show", _TWICE)
    _spare_memory()
    from ..heap.read.files import load_snapshot
    from ..heap.read.profiles import is_profile, load_profile
    from ..heap.show.classes import show_table
    from ..heap.show.recordings import profile_table, timeline_table

    try:
        if is_profile(arguments.file):
            profile = load_profile(arguments.file)
            table = profile_table(profile, sort=arguments.sort, top=arguments.top)
            return _write([table], arguments)
        needs_edges = (
            arguments.group_by in ("shape", "owner")
            or arguments.retained
            or arguments.sort == "retained"
        )
        detail = "full" if needs_edges else "classes"
        snapshot = load_snapshot(arguments.file, detail=detail)  # type: ignore[arg-type]
        table = show_table(
            snapshot,
            group_by=arguments.group_by,
            sort=arguments.sort,
            top=arguments.top,
            retained=arguments.retained,
        )
        timeline = timeline_table(snapshot, arguments.top)
        return _write([table] if timeline is None else [timeline, table], arguments)
    except (NodeLeakError, OSError) as error:
        return _fail("show", _sentence(error))


def _write(tables: Sequence[Table], arguments: argparse.Namespace) -> int:
    from ..heap.show.tables import render_text, to_data

    if arguments.json is not None:
        data: Any = to_data(tables[-1])
        if len(tables) > 1:
            first = to_data(tables[0])
            data[first["kind"]] = first["rows"]
        _put(arguments.json, json.dumps(data, indent=2, ensure_ascii=False) + "\n")
    if arguments.html is not None:
        from ..heap.show.page import render_html

        _put(arguments.html, render_html(*tables))
    if "-" not in (arguments.json, arguments.html):
        width = None
        if sys.stdout.isatty():
            import shutil

            width = shutil.get_terminal_size().columns
        print("\n\n".join(render_text(table, width) for table in tables))
    return _OK


def _put(file: str, text: str) -> None:
    if file == "-":
        sys.stdout.write(text)
        return
    # A name may hold half a character, which no file can.
    with open(file, "w", encoding="utf-8", errors="replace") as stream:
        stream.write(text)


def _sentence(error: Exception) -> str:
    if isinstance(error, OSError) and not isinstance(error, NodeLeakError):
        return f"{error.filename}: {error.strerror}" if error.strerror else str(error)
    return str(error)


def _fail(command: str, message: str) -> int:
    print(f"nodeleak {command}: error: {message}", file=sys.stderr)
    return _ERROR
