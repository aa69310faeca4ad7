"""What a leak file exports: its tests by name, each with its options."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from ...base.errors import EvaluationError, PolicyError, hide_ours

__all__ = ["STRIPPING", "FileTest", "asked", "loading_hint", "one_of", "tests_told"]

__tracebackhide__ = hide_ours

#: where Node strips types by itself
STRIPPING = (22, 18)
_MODULE_IN_COMMONJS = ("Unexpected token 'export'", "Cannot use import statement outside a module")
_TYPESCRIPT = (".ts", ".mts", ".cts", ".tsx")


@dataclass(frozen=True)
class FileTest:
    """One test of a leak file; ``options`` as the file spells them, ``markers`` apart.

    ``markers`` are what the file and the workload give, in that order.
    """

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)
    markers: tuple[Any, ...] = ()


class Program(Protocol):
    """A program that the leak file was started as."""

    script: str

    def driver(self, name: str, *args: Any, doing: str = "") -> Any: ...


def asked(app: Program) -> tuple[FileTest, ...]:
    """The tests that the script of a running program exports.

    Raises EvaluationError if it does not load, PolicyError for exports that cannot be used.
    """
    path = app.script
    answer = json.loads(app.driver("leakFile", path, doing=f"{path} was loaded"))
    if "error" in answer:
        raise EvaluationError(f"cannot load '{path}': {answer['error']}", stack=answer["error"])
    return tests_told(answer["told"], path)


def tests_told(text: str, path: str) -> tuple[FileTest, ...]:
    """The tests that the driver's answer for the file at ``path`` tells. Raises PolicyError."""
    told = json.loads(text)
    shown = os.path.relpath(path)
    if told["problem"]:
        raise PolicyError(f"'{shown}' cannot be measured: {told['problem']}")
    if not told["tests"]:
        names = ", ".join(told["exports"]) or "nothing"
        raise PolicyError(
            f"'{shown}' exports no function `iteration` and no `workloads`; it exports: {names}"
        )
    return tuple(_test(one["name"], one["options"]) for one in told["tests"])


def _test(name: str, options: Mapping[str, Any]) -> FileTest:
    own = {key: value for key, value in options.items() if key != "markers"}
    return FileTest(name, own, tuple(options["markers"]))


def one_of(tests: tuple[FileTest, ...], name: str, path: str) -> FileTest:
    """The test with that name. Raises PolicyError, which says what there is."""
    for test in tests:
        if test.name == name:
            return test
    shown = os.path.relpath(path)
    names = ", ".join(test.name for test in tests)
    raise PolicyError(f"'{shown}' exports no workload '{name}'; it exports: {names}")


def loading_hint(path: str, version: tuple[int, ...], said: str) -> str:
    """What to do about a file that this Node cannot load, where ``said`` is no help; or ""."""
    typescript = path.endswith(_TYPESCRIPT)
    if typescript and version[:2] < STRIPPING:
        shown = ".".join(map(str, version))
        return (
            f"Node.js {shown} does not load TypeScript by itself: use version 22.18 or newer, or "
            "name a loader, such as nodeleak_node_args = --import tsx"
        )
    if any(text in said for text in _MODULE_IN_COMMONJS):
        ending = "mts" if typescript else "mjs"
        return (
            f"the file is written as an ES module, and its package is CommonJS: name it "
            f'*.leak.{ending}, or set "type": "module" in its package.json'
        )
    return ""
