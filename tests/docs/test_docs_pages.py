"""Links lead somewhere, in the repository as on the site; API and messages are those there are."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from doc_pages import PAGES, ROOT, anchors, links

import pytest_nodeleak

pytestmark = pytest.mark.skipif(
    not (ROOT / "docs").exists(), reason="an installed package has no docs"
)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    broken = []
    for link in links(page):
        name, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", name):
            continue
        target = (page.parent / name).resolve() if name else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


def test_every_page_is_on_the_site():
    on_site = set(re.findall(r": ([\w/-]+\.md)$", _text("mkdocs.yml"), re.MULTILINE))
    docs = ROOT / "docs"
    there = {path.relative_to(docs).as_posix() for path in docs.glob("**/*.md")}
    assert on_site == there | {"index.md"}  # which is the README


def test_the_api_page_has_every_public_name():
    named = set(re.findall(r"^::: pytest_nodeleak\.(\w+)$", _text("docs/api.md"), re.MULTILINE))
    assert named == set(pytest_nodeleak.__all__)


def test_the_messages_of_the_faq_are_those_of_the_code():
    faq = _text("docs/faq.md")
    messages = [found[1] for found in re.findall(r"^### (`+)(.+)\1$", faq, re.MULTILINE)]
    assert len(messages) > 10
    texts = _texts_in_code()
    for message in messages:
        pieces = [piece for piece in message.split("…") if piece]
        assert any(_occur_in(text, pieces) for text in texts), message


def _occur_in(text: str, pieces: list[str]) -> bool:
    """Whether the pieces are in the text, in their order."""
    at = 0
    for piece in pieces:
        at = text.find(piece, at)
        if at < 0:
            return False
        at += len(piece)
    return True


def _texts_in_code() -> set[str]:
    """All literals of the package; of an f-string what is filled in is left out as '…'."""
    texts = set()
    for path in (ROOT / "pytest_nodeleak").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                texts.add(node.value)
            elif isinstance(node, ast.JoinedStr):
                parts = (
                    part.value if isinstance(part, ast.Constant) else "…" for part in node.values
                )
                texts.add("".join(map(str, parts)))
    return texts


def _text(name: str) -> str:
    return Path(ROOT, name).read_text(encoding="utf-8")
