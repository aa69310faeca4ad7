"""Retaining paths of several constructors as one tree: what they share is said once. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ...judge.verdict import LeakingConstructor

__all__ = ["Branch", "retaining_tree"]

_MOST_DEPTH = 40


@dataclass
class Branch:
    """A step from a root; ``kept`` are the constructors whose path ends here."""

    step: str
    branches: list[Branch] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)


def retaining_tree(rows: Sequence[LeakingConstructor]) -> list[Branch]:
    """The roots; steps that stand alone between two others are joined into one."""
    top = Branch("")
    for row in rows:
        branch = top
        for step in row.retaining_path[:_MOST_DEPTH]:
            found = next((b for b in branch.branches if b.step == step), None)
            if found is None:
                found = Branch(step)
                branch.branches.append(found)
            branch = found
        if branch is not top:
            branch.kept.append(row.name)
    return top.branches
