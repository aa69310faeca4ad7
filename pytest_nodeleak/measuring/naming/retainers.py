"""Retaining paths in the author's words: what bundlers and compilers have renamed has its name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from ...node.probes.scripts import Script
from ...sources import Sources
from ...sources.declaring import Declarations
from .lines import Lines, offset_of, place_of

if TYPE_CHECKING:
    from ...heap import PathStep, RetainingPath
    from ...heap.names.paths import Variable

__all__ = ["Retainers"]


class _Declared(NamedTuple):
    name: str
    scope: str
    at_top: bool


class Retainers:
    """Reads the scripts of one heap as far as their variables are on a path, each once."""

    def __init__(self, scripts: Mapping[int, Script], sources: Sources, lines: Lines) -> None:
        self._scripts = scripts
        self._sources = sources
        self._lines = lines
        self._declarations: dict[str, Declarations] = {}
        self._known: dict[Variable, _Declared | None] = {}

    def steps(self, path: RetainingPath) -> tuple[str, ...]:
        """The steps of ``path``, from the last variable of one of the author's modules on.

        Where no source map tells, they are in the engine's words.
        """
        steps: list[str] = []
        for step in path.steps:
            text = self._with_class(step)
            variable = step.variable
            if variable is not None and (one := self._told_apart(variable, step.name)):
                text = text.replace(variable.name, one, 1)
                variable = replace(variable, name=one)
            found = None if variable is None else self._declared(variable)
            if variable is not None and found is not None and text.startswith(variable.name):
                if found.at_top and variable.once:
                    steps.clear()  # a bundler may have put the module into a function
                text = found.name + text.removeprefix(variable.name)
                text = text.replace(f" in {variable.scope}", f" in {found.scope}", 1)
            steps.append(text)
        return tuple(steps)

    def _with_class(self, step: PathStep) -> str:
        """The step with the name of the class, or function, that it leads to."""
        script = None if step.spot is None else self._scripts.get(step.spot[0])
        if script is None or step.spot is None or not script.url:
            return step.text
        original = self._sources.original(script.url, *step.spot[1:])
        if original is None:
            return step.text
        name = original.name or step.name
        if step.kind != "closure":
            return step.text.replace(f" ({step.name})", f" ({name})", 1)
        before, found, behind = step.text.partition(f" ({step.name}() ")
        if not found:
            return step.text
        _, end, behind = behind.partition(")")
        return f"{before} ({name}() {_short(original.file)}:{original.line}{end}{behind}"

    def _declared(self, variable: Variable) -> _Declared | None:
        """What the variable is to its author; None if no source map tells. Looked up once."""
        if variable not in self._known:
            self._known[variable] = self._find(variable)
        return self._known[variable]

    def _told_apart(self, variable: Variable, holds: str) -> str:
        """Which of several names a variable has that holds a ``Map``, by what they begin as."""
        names = variable.name.split(" or ")
        url = self._url_of(variable)
        if len(names) == 1 or not url:
            return ""
        declarations, start = self._seen_from(url, variable)
        classes = {name: declarations.class_of(name, start) for name in names}
        fitting = [name for name in names if classes[name] == holds]
        return fitting[0] if len(fitting) == 1 else ""

    def _url_of(self, variable: Variable) -> str:
        script = None if variable.seen_from is None else self._scripts.get(variable.seen_from[0])
        return script.url if script is not None else variable.url

    def _seen_from(self, url: str, variable: Variable) -> tuple[Declarations, int | None]:
        """The declarations of a script, and where in its text the variable is seen from."""
        text, seen_from = self._lines.text(url), variable.seen_from
        if url not in self._declarations:
            self._declarations[url] = Declarations(text)
        start = None if seen_from is None else offset_of(text, *seen_from[1:])
        return self._declarations[url], start

    def _find(self, variable: Variable) -> _Declared | None:
        url = self._url_of(variable)
        if not url or self._sources.map_of(url) is None:
            return None
        declarations, start = self._seen_from(url, variable)
        text = self._lines.text(url)
        at = declarations.find(variable.name, start)
        if at is None:
            return None
        found = self._sources.identifier(url, *place_of(text, at))
        if found is None:
            return None
        place, at_top = found
        name, file = place.name or variable.name, _short(place.file)
        if at_top:
            return _Declared(name, f"module {file}", at_top=True)
        around = declarations.function_around(at)
        function = around and self._sources.original(url, *place_of(text, around))
        begun = function or place
        called = function.name if function else ""
        scope = f"scope of {called or 'anonymous function'} ({file}:{begun.line})"
        return _Declared(name, scope, at_top=False)


def _short(path: str) -> str:
    return path.replace("\\", "/").rsplit("/", 1)[-1]
