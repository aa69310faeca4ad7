"""The pages of the documentation, and what is found in them: code blocks, links, anchors."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "benchmarks" / "README.md", *sorted(ROOT.glob("docs/**/*.md"))]
_FENCE = re.compile(r"^( *)```(\w*)[^\n]*\n(.*?)^\1```[ ]*$", re.MULTILINE | re.DOTALL)
#: the file that a block is, by the comment in its first line
_FILE_NAME = re.compile(r"(?://|#) ([\w./-]+\.\w+)(?:[:,] .*)?\n")
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
_LINK = re.compile(r"\]\(([^)\s]+)\)")


@dataclass(frozen=True)
class Block:
    """A fenced block: its page, the line of its fence, its language and its text."""

    page: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    @property
    def file_name(self) -> str | None:
        found = _FILE_NAME.match(self.text)
        return found and found[1]


def blocks(*languages: str, page: Path | None = None) -> list[Block]:
    """All blocks in one of these languages, of all pages or of one."""
    return [
        Block(path, text.count("\n", 0, found.start()) + 1, found[2], textwrap.dedent(found[3]))
        for path in ([page] if page else PAGES)
        for text in [path.read_text(encoding="utf-8")]
        for found in _FENCE.finditer(text)
        if found[2] in languages
    ]


def languages() -> set[str]:
    """Those that occur; "" for blocks of plain text."""
    return {
        found[2] for path in PAGES for found in _FENCE.finditer(path.read_text(encoding="utf-8"))
    }


def prose(page: Path) -> str:
    """The page without its blocks and without code in backticks."""
    return re.sub(r"`[^`\n]*`", "", _FENCE.sub("", page.read_text(encoding="utf-8")))


def links(page: Path) -> Iterator[str]:
    """The targets of its links and pictures."""
    for found in _LINK.finditer(prose(page)):
        yield found[1]


def anchors(page: Path) -> set[str]:
    """The anchors of its headings, as GitHub makes them."""
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    return {
        re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
        for heading in _HEADING.findall(text)
    }
