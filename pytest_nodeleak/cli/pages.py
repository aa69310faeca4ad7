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
        description="Write one self-contained page of the verdicts in FILE, beside those of an "
        "earlier run if one is given. Needs the extra `html`.",
    )
    page.add_argument("file", metavar="FILE", help=_FILE)
    page.add_argument("--before", metavar="FILE", help="the same of an earlier run")
    page.add_argument("-o", "--output", metavar="FILE", required=True, help="the page")
    page.set_defaults(func=_html)


def _html(arguments: argparse.Namespace) -> int:
    from ..report.html import render_page, require_jinja

    require_jinja()
    before = None if arguments.before is None else _read(arguments.before)
    _write(arguments.output, render_page(_read(arguments.file), before).encode())
    return 0


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
