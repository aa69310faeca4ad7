"""Retaining paths in the words of the program: variables, properties, entries."""

from __future__ import annotations

from dataclasses import dataclass, replace

__all__ = ["PathStep", "RetainingPath", "Spot", "Variable", "fold_repeats"]

#: the number of a script, and line and column in it from 0
Spot = tuple[int, int, int]


@dataclass(frozen=True)
class Variable:
    """A variable as the engine knows it, which may not be as its author does.

    ``name`` is ``a or b`` where the engine leaves open which of them it is.
    ``scope`` is how the scope is called in the text of the step. ``seen_from`` is where one of the
    functions begins that see the variable, ``url`` that of the script, ``""`` if it is not known.
    ``once``: there is one such scope, not one for each call of a function.
    """

    name: str
    scope: str
    url: str
    seen_from: Spot | None
    once: bool


@dataclass(frozen=True)
class PathStep:
    """One step of a path as read from the root: ``text`` says how ``name`` is reached.

    ``name`` and ``kind`` are the class and the V8 type of the object reached, ``id`` its
    heap object id, ``script`` and ``line`` (from 1) the place of a closure or scope. ``spot`` is
    where the closure, or the class, begins; ``variable`` is the one that the step goes through.
    """

    text: str
    name: str
    kind: str
    id: int
    script: str = ""
    line: int | None = None
    spot: Spot | None = None
    variable: Variable | None = None

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class RetainingPath:
    """Why an object is alive, from a variable, global or root down to it.

    ``steps`` are in the words of the program; ``raw`` are the same edges one by one as
    in the snapshot, from the root's side: pairs of edge name and node name.
    """

    steps: tuple[PathStep, ...]
    raw: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return " -> ".join(step.text for step in self.steps)

    def __len__(self) -> int:
        return len(self.steps)


def fold_repeats(steps: list[PathStep]) -> list[PathStep]:
    """``.next -> .next -> .next`` as ``.next ×3``, also for cycles of two or three steps."""
    result: list[PathStep] = []
    at = 0
    while at < len(steps):
        for period in (1, 2, 3):
            unit = [step.text for step in steps[at : at + period]]
            times = 1
            while [
                step.text for step in steps[at + times * period : at + (times + 1) * period]
            ] == unit:
                times += 1
            if times * period > 3 and times > 1:
                last = steps[at + times * period - period : at + times * period]
                result += last[:-1]
                result.append(replace(last[-1], text=f"{last[-1].text} ×{times}"))
                at += times * period
                break
        else:
            result.append(steps[at])
            at += 1
    return result
