"""``nodeleak replay``: what replay.json tells is measured again and compared."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from ..base.errors import NodeLeakError, PolicyError
from ..base.recipe import Recipe
from ..judge.verdict import Verdict
from ..measuring.measurement import measure_with
from ..node import NodeExecutable, find_node, open_node
from ..node.recipe import workload_from_json
from ..node.workload import Workload
from ..replay.compared import Outcome, compared
from ..replay.recorded import REPLAY, Recorded, recorded_from_json
from ..replay.secrets import MASK, is_masked
from ..report import text_report
from .run import (
    STATUS,
    CommandContext,
    check_targets,
    columns_of_stdout,
    find_named_node,
    policy_of,
    timeout_of,
    write_json,
)
from .terminal import Terminal

__all__ = ["replay"]


def replay(arguments: argparse.Namespace) -> int:
    """Do what the arguments of ``nodeleak replay`` say; returns the exit status.

    Raises NodeLeakError for what cannot be replayed.
    """
    check_targets(arguments)
    file = _file(arguments.recording)
    recorded = recorded_from_json(_read(file), file)
    project = None if arguments.project is None else Path(arguments.project)
    recipe = recorded.at(project)
    workload = _workload(recipe, file)
    node = _node(arguments, recipe)
    given = _given(arguments.env)
    for note in _notes(recipe, node, given):
        print(f"nodeleak: note: {note}", file=sys.stderr)
    verdict = _measured(arguments, recorded, recipe, node, workload, given)
    if arguments.json != "-":
        print(text_report(verdict, columns_of_stdout()))
    write_json(verdict, arguments.json)
    line = compared(recorded.outcome, Outcome.of(verdict))
    print(line, file=sys.stderr if arguments.json == "-" else sys.stdout)
    return STATUS[verdict.outcome]


def _measured(
    arguments: argparse.Namespace,
    recorded: Recorded,
    recipe: Recipe,
    node: NodeExecutable,
    workload: Workload,
    given: Mapping[str, str],
) -> Verdict:
    policy = policy_of(arguments, recorded.policy)
    timeout = recipe.timeout if arguments.timeout is None else timeout_of(arguments)
    removed = dict.fromkeys(name for name in recipe.env_removed if name not in given)
    with (
        Terminal() as terminal,
        open_node(
            recipe.script,
            *_script_args(arguments, recipe),
            env={**given, **removed},
            cwd=recipe.cwd,
            node=node,
            node_args=_whole(recipe.node_args, "node_args", "edit the file"),
            jit=policy.jit,
            heaps=policy.heaps,
            timeout=timeout,
            context=CommandContext(arguments.output, terminal),
        ) as app,
    ):
        return measure_with(app, workload, policy)


def _file(named: str) -> Path:
    return Path(named, REPLAY) if os.path.isdir(named) else Path(named)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        if file.with_name("verdict.json").is_file():
            raise PolicyError(
                f"'{file.parent}' cannot be replayed: it is of a program that ran already, which "
                "another command started; start it again, and `nodeleak attach` as before"
            ) from None
        raise PolicyError(
            f"there is no '{file}'; give the folder that a failed test or `nodeleak run --output` "
            "has left, or the replay.json in it"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise PolicyError(f"cannot read '{file}': {why}") from None


def _workload(recipe: Recipe, file: Path) -> Workload:
    if recipe.workload is None:
        raise PolicyError(f"'{file}' cannot be replayed: {recipe.why}")
    try:
        return workload_from_json(recipe.workload)
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, PolicyError):
            raise
        raise PolicyError(
            f"'{file}' has a workload that cannot be used: {dict(recipe.workload)!r}"
        ) from None


def _node(arguments: argparse.Namespace, recipe: Recipe) -> NodeExecutable:
    """The one that was named, else the recorded one if it is still that version, else any."""
    if arguments.node is None and os.path.exists(recipe.node):
        try:
            found = find_node(recipe.node, "the recording")
        except NodeLeakError:
            return find_named_node(arguments)
        if found.version_text == recipe.node_version:
            return found
    return find_named_node(arguments)


def _given(texts: list[str]) -> dict[str, str]:
    found = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not name or not sign:
            raise PolicyError(f"bad value for --env: {text!r} is not of the form NAME=VALUE")
        found[name] = value
    return found


def _notes(recipe: Recipe, node: NodeExecutable, given: Mapping[str, str]) -> Iterator[str]:
    """What is not as it was when it was recorded."""
    if node.version_text != recipe.node_version:
        yield f"Node.js is {node.version_text}, {recipe.node_version} when it was recorded"
    missing = [n for n in recipe.env_given if n not in given and n not in os.environ]
    if missing:
        yield (
            f"the test set {', '.join(missing)}, whose values are not recorded; give them: "
            f"--env {missing[0]}=VALUE"
        )


def _script_args(arguments: argparse.Namespace, recipe: Recipe) -> list[str]:
    return arguments.script_args or _whole(recipe.args, "args", "give all of them after --")


def _whole(args: tuple[str, ...], name: str, what_to_do: str) -> list[str]:
    if is_masked(args):
        shown = next(arg for arg in args if MASK in arg)
        raise PolicyError(f"the recorded {name} have a secret left out ({shown}); {what_to_do}")
    return list(args)
