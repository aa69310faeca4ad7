"""What is measured, written down so that it can be measured again, and read back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol

from ..base.recipe import Recipe
from .workload import Every, FileWorkload, Module, Workload, every, module

__all__ = ["recipe_of", "workload_from_json"]


class Started(Protocol):
    """A program that may have been started by us."""

    recipe: Recipe | None


def recipe_of(app: Started, workload: Workload) -> Recipe | None:
    """How to measure ``workload`` in ``app`` again; None for a program that others started."""
    if app.recipe is None:
        return None
    told = _as_json(workload)
    if told is None:
        return replace(app.recipe, why=_why_not(workload))
    return replace(app.recipe, workload=told)


def _as_json(workload: Workload) -> Mapping[str, Any] | None:
    if isinstance(workload, str):
        return {"text": workload}
    if isinstance(workload, Every):
        return {"every": workload.seconds}
    if isinstance(workload, FileWorkload):
        return {"file": workload.path, "name": workload.name}
    if isinstance(workload, Module):
        told = {"module": workload.path, "export": workload.export, "args": list(workload.args)}
        return told if _is_json(told) else None
    return None


def _is_json(value: object) -> bool:
    try:
        json.dumps(value)
    except (TypeError, ValueError):
        return False
    return True


def _why_not(workload: object) -> str:
    if isinstance(workload, Module):
        return f"the arguments of {workload} are no JSON"
    function = getattr(workload, "function", workload)  # of a callable for a loop of the test's
    name = getattr(function, "__qualname__", type(function).__name__)
    return f"the workload is a Python callable ({name}), which only its test can run"


def workload_from_json(told: Mapping[str, Any]) -> Workload:
    """The workload that a recipe tells. Raises KeyError, PolicyError, TypeError, ValueError."""
    if "text" in told:
        return str(told["text"])
    if "every" in told:
        return every(float(told["every"]))
    if "module" in told:
        return module(str(told["module"]), str(told["export"]), *told["args"])
    return FileWorkload(str(told["file"]), str(told["name"]))
