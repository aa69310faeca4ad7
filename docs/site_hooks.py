"""What `mkdocs build` does beyond mkdocs.yml: README as home page, links out of docs/."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File

ROOT = Path(__file__).parents[1]
#: the target of a link or picture that is neither an address nor an anchor of its own page
LINK = re.compile(r"(?<!`)\[((?:[^\[\]]|!\[[^\]]*\]\([^)]*\))*)\]\((?![a-z]+:|#)([^)\s]+)\)")


def on_files(files: Any, config: Any) -> Any:
    """The home page is the README, so that it is written once."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    files.append(File.generated(config, "index.md", content=_relative_to_docs(readme)))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """The README is the home page; links to what else is not on the site stay as their text."""
    folder = posixpath.dirname(page.file.src_uri)

    def kept(link: re.Match[str]) -> str:
        name, _, anchor = link[2].partition("#")
        target = posixpath.normpath(posixpath.join("docs", folder, name))
        if target == "README.md":
            home = posixpath.relpath("index.md", folder or ".")
            return f"[{link[1]}]({home}#{anchor})"
        return link[0] if target.startswith("docs/") else link[1]

    return LINK.sub(kept, markdown)


def on_page_content(html: str, **_: Any) -> str:
    """Two marks of Sphinx in docstrings are of no use here: roles, and `::` before code."""
    return re.sub(r":(?:class|func|meth):(?=<code>)|:(?=:</p>)", "", html)


def _relative_to_docs(readme: str) -> str:
    def moved(link: re.Match[str]) -> str:
        return f"[{link[1]}]({posixpath.relpath(link[2], 'docs')})"

    return LINK.sub(moved, readme)
