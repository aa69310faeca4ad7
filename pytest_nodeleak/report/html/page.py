"""The page: verdicts become what the template shows. A pure function of runs."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from importlib.resources import files
from typing import Any

from ...base.errors import PolicyError
from ...base.units import format_bytes, format_count
from ...judge.verdict import LeakingConstructor, Verdict
from ..columns import one_line, shorten
from ..run import MeasuredTest, Run
from ..terminal import growth_per_iteration, word_of
from ..text import headline
from .chart import Scale, chart, common_scale
from .tree import Branch, retaining_tree

__all__ = ["render_page", "require_jinja"]

_LONGEST = 200
_MOST_REASONS = 6
_MOST_SITES = 3
_MOST_FRAMES = 6
#: strings that are shown of a class
_MOST_TEXTS = 3
#: what a node id is better broken between than within, where it does not fit
_WORDS = re.compile(r"[^/_.:\[]*[/_.:\[]*")
_LABELS = {
    "leak": "leak",
    "accepted": "accepted leak",
    "inconclusive": "undecided",
    "steady": "steady",
}


def require_jinja() -> None:
    """Raise PolicyError, with what to do, if there is no jinja2."""
    try:
        import jinja2  # noqa: F401
    except ImportError:
        raise PolicyError(
            "an HTML page needs jinja2, which is not installed: pip install 'pytest-nodeleak[html]'"
        ) from None


def render_page(run: Run, before: Run | None = None) -> str:
    """``run`` as one HTML page that needs nothing else; beside it the same tests of ``before``.

    Raises PolicyError if there is no jinja2.
    """
    require_jinja()
    import jinja2
    from markupsafe import Markup

    folder = files(__package__)
    texts = {name: (folder / name).read_text("utf-8") for name in ("style.css", "script.js")}
    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    environment.filters["shown"] = _shown
    environment.filters["wraps"] = lambda name: Markup("<wbr>").join(_WORDS.findall(_shown(name)))
    template = environment.from_string((folder / "page.html.j2").read_text("utf-8"))
    counts = run.counts()
    return template.render(
        style=Markup(texts["style.css"]),
        script=Markup(texts["script.js"]),
        counts=[(key, label, counts[key]) for key, label in _LABELS.items() if key in counts],
        cards=list(_cards(run, before)),
        compared=before is not None,
        svg=Markup,
    )


def _shown(text: object) -> str:
    """What anybody may have named, harmless and not endless; jinja escapes it for HTML."""
    return shorten(one_line(str(text)), _LONGEST)


def _cards(run: Run, before: Run | None) -> Iterator[dict[str, Any]]:
    earlier = {} if before is None else {test.nodeid: test for test in before.tests}
    alone = before is not None and len(before.tests) == len(run.tests) == 1
    for test in run.tests:
        old = before.tests[0] if alone and before is not None else earlier.get(test.nodeid)
        for number, verdict in enumerate(test.verdicts):
            was = old.verdicts[number] if old and number < len(old.verdicts) else None
            yield _card(test, number, verdict, was)


def _card(test: MeasuredTest, number: int, verdict: Verdict, was: Verdict | None) -> dict[str, Any]:
    scale = common_scale([verdict, *([was] if was else [])])
    sides = [_side(was, "before", scale)] if was else []
    return {
        "name": test.nodeid,
        "number": number + 1 if len(test.verdicts) > 1 else 0,
        "word": word_of(verdict),
        "label": _LABELS[word_of(verdict)],
        "growth": _growth(verdict),
        "seconds": f"{verdict.seconds:.1f} s",
        "open": word_of(verdict) != "steady" or was is not None,
        "sides": [*sides, _side(verdict, "after" if was else "", scale)],
        "was": word_of(was) if was else "",
    }


def _growth(verdict: Verdict) -> str:
    if verdict.outcome == "leak" and verdict.constructors:
        worst = verdict.constructors[0]
        return f"{worst.pace} {_shown(worst.name)[:60]} per {verdict.unit}"
    growth = growth_per_iteration(verdict)
    amount = "0 B" if abs(growth) < 0.05 else format_bytes(growth)
    return f"{amount} per {verdict.unit}"


def _side(verdict: Verdict, when: str, scale: Scale) -> dict[str, Any]:
    rows = [*verdict.constructors, *verdict.internals]
    head = headline(verdict)
    stacks = dict.fromkeys(site.stack[:_MOST_FRAMES] for site in verdict.sites)
    return {
        "when": when,
        "word": word_of(verdict),
        "label": _LABELS[word_of(verdict)],
        "headline": head,
        "reasons": [r for r in verdict.reasons[:_MOST_REASONS] if not head.endswith(r)],
        "accepted": verdict.accepted,
        "chart": chart(verdict, scale),
        "unit": verdict.unit,
        "rows": [_row(row) for row in rows],
        "tree": [_branch(branch) for branch in retaining_tree(verdict.constructors)],
        "sites": list(stacks)[:_MOST_SITES],
        "facts": _facts(verdict),
    }


def _row(row: LeakingConstructor) -> dict[str, Any]:
    retained = row.retained_size
    return {
        "name": row.name,
        "texts": row.texts[:_MOST_TEXTS],
        "where": row.allocated_at or "",
        "cells": [
            ("per iteration", row.per_iteration, row.pace),
            ("count", row.count, format_count(row.count)),
            ("shallow", row.shallow_size, format_bytes(row.shallow_size)),
            ("retained", retained or 0, "-" if retained is None else format_bytes(retained)),
        ],
    }


def _branch(branch: Branch) -> dict[str, Any]:
    """Steps that have no choice are one line."""
    steps = [branch.step]
    while len(branch.branches) == 1 and not branch.kept:
        branch = branch.branches[0]
        steps.append(branch.step)
    return {
        "steps": steps,
        "kept": branch.kept,
        "branches": [_branch(inner) for inner in branch.branches],
    }


def _facts(verdict: Verdict) -> Sequence[tuple[str, str]]:
    done = f"{verdict.iterations:,}"
    if not math.isclose(verdict.warmup, 0):
        done += f" ({verdict.warmup:,} of them to warm up)"
    facts = [
        ("workload", verdict.workload),
        ("script", verdict.script),
        ("iterations", done),
        ("time", f"{verdict.seconds:.1f} s"),
        ("node", verdict.node),
    ]
    if verdict.artifacts:
        facts.append(("artifacts", verdict.artifacts))
    return facts
