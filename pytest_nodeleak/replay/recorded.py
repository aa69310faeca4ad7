"""``replay.json``, written and read. Pure but for looking where a project begins."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..base.errors import PolicyError
from ..base.json_text import parsed_json
from ..base.policy import Policy
from ..base.recipe import Recipe
from ..base.units import parse_seconds
from ..judge.verdict import Verdict
from .compared import Outcome
from .secrets import masked

__all__ = ["REPLAY", "Recorded", "recorded_from_json", "recorded_text"]

REPLAY = "replay.json"
SCHEMA = 1
#: what begins a project, the first that is found in or above the folder of the script
_BEGINNINGS = (".git", "package.json")


@dataclass(frozen=True)
class Recorded:
    """What replay.json tells. Paths in ``recipe`` are relative to the project where they can be.

    ``projects`` are the folders where the project may be, the likeliest first.
    """

    recipe: Recipe
    policy: Policy
    outcome: Outcome
    projects: tuple[Path, ...]
    made_by: str

    def at(self, project: Path | None) -> Recipe:
        """The recipe with the paths that it has in ``project`` (default: where it is found).

        Raises PolicyError if the script is not there.
        """
        folders = self.projects if project is None else (project,)
        for folder in folders:
            if os.path.exists(folder / self.recipe.script):  # False of what can be no path
                return _in(self.recipe, folder)
        shown = ", ".join(f"'{folder}'" for folder in dict.fromkeys(map(str, folders)))
        raise PolicyError(
            f"the script '{self.recipe.script}' of the recording is not found in {shown}; give "
            "the folder of the project: --project DIR"
        )


def recorded_text(verdict: Verdict, folder: Path, version: str) -> str | None:
    """The content of ``folder/replay.json``; None if the program was started by others."""
    recipe = verdict.recipe
    if recipe is None:
        return None
    project = _project_of(Path(recipe.script))
    here = Path(os.path.abspath(folder))
    found = {
        "schema": SCHEMA,
        "made_by": f"pytest-nodeleak {version}",
        "project": {
            "path": str(project),
            "from_here": os.path.relpath(project, here) if here.is_relative_to(project) else None,
        },
        "command": {
            "script": _relative(recipe.script, project),
            "args": masked(recipe.args),
            "cwd": _relative(recipe.cwd, project),
            "node_args": masked(recipe.node_args),
            "timeout": recipe.timeout,
        },
        "environment": {"given": list(recipe.env_given), "removed": list(recipe.env_removed)},
        "node": {"version": recipe.node_version, "path": recipe.node},
        "workload": _told(recipe, project),
        "why": recipe.why or None,
        "policy": verdict.policy.to_json(),
        "verdict": Outcome.of(verdict).to_json(),
    }
    return json.dumps(found, indent=2, ensure_ascii=False)


def _project_of(script: Path) -> Path:
    """The repository of the script, else its package, else its folder."""
    for name in _BEGINNINGS:
        for folder in script.parents:
            if (folder / name).exists():
                return folder
    return script.parent


def _relative(path: str, project: Path) -> str:
    """With slashes, from the project; absolute if it is elsewhere."""
    if Path(path).is_relative_to(project):
        return Path(path).relative_to(project).as_posix()
    return path


def _told(recipe: Recipe, project: Path) -> Mapping[str, Any] | None:
    told = recipe.workload
    if told is not None and "file" in told:
        return {**told, "file": _relative(told["file"], project)}
    return told


def _in(recipe: Recipe, project: Path) -> Recipe:
    def path(text: str) -> str:
        return os.path.normpath(os.path.join(os.path.abspath(project), text))

    told = recipe.workload
    if told is not None and "file" in told:
        told = {**told, "file": path(told["file"])}
    return replace(recipe, script=path(recipe.script), cwd=path(recipe.cwd), workload=told)


def recorded_from_json(text: str, file: Path) -> Recorded:
    """What the replay.json ``file`` with the content ``text`` tells. Raises PolicyError."""
    try:
        found = parsed_json(text)
    except ValueError:
        found = None
    if not isinstance(found, Mapping) or "command" not in found:
        raise PolicyError(f"'{file}' is no replay.json: it has no 'command'")
    if found.get("schema") != SCHEMA:
        raise PolicyError(
            f"'{file}' cannot be read: it has schema {found.get('schema')!r}, and this version "
            f"reads {SCHEMA}"
        )
    try:
        return _recorded(found, file)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        if isinstance(error, PolicyError):
            raise
        what = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)
        raise PolicyError(f"'{file}' is no whole replay.json: {what}") from None


def _recorded(found: Mapping[str, Any], file: Path) -> Recorded:
    command, environment, node = found["command"], found["environment"], found["node"]
    workload = found["workload"]
    recipe = Recipe(
        script=str(command["script"]),
        args=_texts(command["args"]),
        cwd=str(command["cwd"]),
        node=str(node["path"]),
        node_version=str(node["version"]),
        node_args=_texts(command["node_args"]),
        env_given=_texts(environment["given"]),
        env_removed=_texts(environment["removed"]),
        timeout=parse_seconds(command["timeout"]),
        workload=None if workload is None else dict(workload),
        why=str(found["why"] or ""),
    )
    project = found["project"]
    near = project["from_here"]
    here = Path(os.path.abspath(file)).parent
    folders = [] if near is None else [Path(os.path.normpath(here / str(near)))]
    return Recorded(
        recipe=recipe,
        policy=Policy().with_values(str(file), **found["policy"]),
        outcome=Outcome.from_json(found["verdict"]),
        projects=(*folders, Path(str(project["path"])), Path.cwd()),
        made_by=str(found["made_by"]),
    )


def _texts(found: Any) -> tuple[str, ...]:
    if not isinstance(found, list) or not all(isinstance(text, str) for text in found):
        raise ValueError(f"{found!r} is no list of texts")
    return tuple(found)
