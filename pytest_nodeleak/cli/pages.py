"""``nodeleak html`` and ``nodeleak plot``: verdicts from JSON files in, pictures out."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from ..base.errors import PolicyError

if TYPE_CHECKING:
    from ..report.run import Run

    # Generic only for the type checker.
    SubParsers = argparse._SubParsersAction[argparse.ArgumentParser]

__all__ = ["add_parsers"]

_FILE = "of --nodeleak-json, `nodeleak run --json` or an artifact's verdict.json"


def add_parsers(subparsers: SubParsers) -> None:
    """Add the sub-commands ``html`` and ``plot``; each sets ``func`` to what runs it."""
    page = subparsers.add_parser(
        "html",
        help="a page of verdicts, with charts",
        description="Write one self-contained page of the verdicts in the files, such as those of "
        "the shards of a run, beside those of an earlier run if one is given. Needs the extra "
        "`html`.",
    )
    page.add_argument("files", metavar="FILE", nargs="+", help=_FILE)
    page.add_argument("--before", metavar="FILE", help="the same of an earlier run")
    page.add_argument("-o", "--output", metavar="FILE", required=True, help="the page")
    page.set_defaults(func=_html)
    picture = subparsers.add_parser(
        "plot",
        help="heapUsed of verdicts as a picture",
        description="Draw heapUsed of the verdicts in the files, such as those before and after a "
        "fix, into one picture. Needs the extra `html`.",
    )
    picture.add_argument("files", metavar="FILE", nargs="+", help=_FILE)
    picture.add_argument(
        "-o", "--output", metavar="FILE", required=True, help="the picture: .png, .svg or .pdf"
    )
    picture.set_defaults(func=_plot)


def _html(arguments: argparse.Namespace) -> int:
    from ..report.html import render_page, require_jinja
    from ..report.run import Run

    require_jinja()
    before = None if arguments.before is None else _read(arguments.before)
    tests = (test for file in arguments.files for test in _read(file).tests)
    _write(arguments.output, render_page(Run(tuple(tests)), before).encode())
    return 0


def _plot(arguments: argparse.Namespace) -> int:
    from ..report.plot import FORMATS, plot

    kind = Path(arguments.output).suffix.removeprefix(".").lower()
    if kind not in FORMATS:
        known = ", ".join(f".{name}" for name in FORMATS)
        raise PolicyError(f"cannot write '{arguments.output}': a picture ends in one of {known}")
    runs = [(file, _read(file)) for file in arguments.files]
    verdicts = [
        (_label(file, test.nodeid, run), verdict)
        for file, run in runs
        for test in run.tests
        for verdict in test.verdicts
    ]
    _write(arguments.output, plot(verdicts, kind))
    return 0


def _label(file: str, nodeid: str, run: Run) -> str:
    """What tells a line from the others: the file, and the test if the file has several."""
    return f"{Path(file).name} {nodeid}" if len(run.tests) > 1 else Path(file).name


def _read(file: str) -> Run:
    from ..report.run import run_from_json

    try:
        text = Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise PolicyError(f"cannot read '{file}': {why}") from None
    return run_from_json(text, file)


def _write(file: str, content: bytes) -> None:
    try:
        Path(file).write_bytes(content)
    except OSError as error:
        raise PolicyError(f"cannot write '{file}': {error.strerror or error}") from None
