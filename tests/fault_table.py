"""The table of docs/reliability.md: each test marked ``fault`` is a row, with what it saw.

``pytest -m fault --write-reliability docs/reliability.md`` writes it anew.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

__all__ = ["MARKER", "Row", "forget", "page", "rows_marked", "rows_of", "rows_written", "saw"]

MARKER = "fault(group, name, forced, kept='nothing'): a row of docs/reliability.md"
GROUPS = ("The program", "The wire", "The machine", "pytest", "Files", "Secrets", "Load")

#: what the running test saw: text for the user, seconds after its cause
_seen: list[tuple[str, float | None]] = []


@dataclass(frozen=True)
class Row:
    """One fault, and what a test saw of it; ``seconds`` is the longest of all its runs."""

    group: str
    name: str
    forced: str
    kept: str
    seen: str
    seconds: float


def saw(text: object, seconds: float | None = None) -> None:
    """Called by a test: what the user is told of its fault, and how long after the cause."""
    _seen.append((str(text), seconds))


def forget() -> None:
    """Another test begins."""
    _seen.clear()


def rows_of(item: pytest.Item, seconds: float) -> list[dict[str, Any]]:
    """What a test that passed says of its faults, as plain values."""
    text, took = _seen[0] if _seen else ("", None)
    found = []
    for marker in item.iter_markers("fault"):
        group, name = marker.args
        assert group in GROUPS, group
        facts = {"kept": "nothing", **marker.kwargs}
        facts.update(group=group, name=name, seconds=seconds if took is None else took)
        facts["seen"] = _shown(facts.get("seen") or text)
        found.append(facts)
    return found


def _shown(text: str) -> str:
    """The first line, without what differs from run to run."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    line = re.sub(r"^E +|^\S*(?=\b[A-Z]\w+Error: )", "", line)
    line = re.sub(r"/tmp/[^\s':]*/", ".../", line)
    line = re.sub(r"\bpid \d+|\(\d{3,}\)", "pid N", line)
    line = re.sub(r"[^\x20-\x7e]", "?", line)
    return line if len(line) <= 160 else line[:157] + "..."


def page(facts: Iterable[dict[str, Any]], before: Iterable[Row] = ()) -> str:
    """The whole of docs/reliability.md; rows of faults that were not forced now stay."""
    rows: dict[tuple[str, str], Row] = {}
    old = {(row.group, row.name): row for row in before}
    for fact in facts:
        row = Row(**fact)
        known = rows.get((row.group, row.name))
        if known is None or row.seconds > known.seconds:
            rows[row.group, row.name] = row
    rows = {**old, **rows}
    lines = [_HEAD.format(count=len(rows)).rstrip()]
    for group in GROUPS:
        mine = sorted((row for row in rows.values() if row.group == group), key=lambda r: r.name)
        if mine:
            lines += ["", f"## {group}", "", "| fault | forced by | what is seen | s | kept |"]
            lines += ["|---|---|---|---|---|", *map(_line, mine)]
    return "\n".join(lines) + "\n"


def _line(row: Row) -> str:
    cells = (row.name, row.forced, row.seen, f"{row.seconds:.1f}", row.kept)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


_HEAD = """\
# Reliability

{count} faults that the tests force each time they run, on the real thing: Node processes, sockets,
signals, files. None hangs, and of none a traceback of ours is shown; the tests of programs look
afterwards whether a process is left. The third column is the beginning of the message as it came,
or what the test holds; `s` is the time from the cause to what is seen, the start of Node and, where
pytest runs, of pytest included, on a busy machine with two cores. Written by
`pytest -m fault --write-reliability docs/reliability.md`.
"""


def rows_written(path: Path) -> list[Row]:
    """Those of a page."""
    group, found = "", []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            group = line[3:]
        elif line.startswith("| ") and not line.startswith("| fault "):
            cells = [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)]
            name, forced, seen, seconds, kept = cells[1:-1]
            found.append(Row(group, name, forced, kept, seen, float(seconds)))
    return found


def rows_marked(folder: Path) -> set[tuple[str, str]]:
    """Group and name of each mark in the tests below ``folder``, read without running them."""
    found = set()
    for path in folder.rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.fault":
                group, name = (ast.literal_eval(arg) for arg in node.args)
                found.add((group, name))
    return found
