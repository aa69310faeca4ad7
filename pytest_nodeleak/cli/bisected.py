"""``nodeleak bisect``: measure versions until it is known which brought the leak."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

from ..base.errors import LaunchError, NodeLeakError
from ..base.policy import Policy
from ..bisecting.candidates import Source
from ..bisecting.git import GitCommits
from ..bisecting.npm import NpmReleases
from ..bisecting.search import Answer, Found, first_bad
from ..bisecting.table import Measured, conclusion, table
from ..judge.verdict import Verdict
from ..replay.compared import Outcome
from ..report.columns import one_line, shorten
from .run import find_named_node, measure_file, policy_of, timeout_of
from .terminal import Terminal

__all__ = ["bisect"]

_FOUND, _NOT_ONE = 0, 3
_ANSWERS: dict[str, Answer] = {"steady": "good", "leak": "bad"}
#: columns of what is said of a version
_WHAT = 90
#: versions that fail one after the other, with none that works, until it is given up
_HOPELESS = 5


def bisect(arguments: argparse.Namespace) -> int:
    """Do what the arguments of ``nodeleak bisect`` say; returns the exit status.

    Raises NodeLeakError for what cannot be used, and if what was said of an end is not so.
    """
    # All that can be wrong with the command line is said before anything is installed.
    find_named_node(arguments)
    policy_of(arguments, Policy())
    timeout_of(arguments)
    script, name = _script(arguments.file)
    source = _source(arguments, script)
    try:
        for note in source.notes:
            print(f"nodeleak: note: {note}", file=sys.stderr)
        search = _Search(arguments, source, name)
        found = search.run()
    finally:
        source.close()
    print(table(source.noun, source.candidates, search.measured), flush=True)
    print(conclusion(source.noun, source.candidates, found, len(search.measured)))
    if not found.is_one or found.good is None or found.bad is None:
        return _NOT_ONE
    print(source.what_changed(source.candidates[found.good], source.candidates[found.bad]))
    return _FOUND


def _script(file: str) -> tuple[Path, str]:
    """The absolute path, and of ``cart.leak.mjs::checkout`` the name."""
    name = ""
    if not os.path.exists(file):
        file, _, name = file.partition("::")
    if not os.path.isfile(file):
        what = "is a folder; give a script" if os.path.isdir(file) else "does not exist"
        raise LaunchError(f"'{file}' {what}")
    return Path(file).resolve(), name


def _source(arguments: argparse.Namespace, script: Path) -> Source:
    cwd = Path.cwd().resolve()
    if arguments.package is None:
        return GitCommits(arguments.good, arguments.bad, script, cwd)
    return NpmReleases(
        arguments.package,
        arguments.good,
        arguments.bad,
        script,
        cwd,
        prereleases=arguments.prereleases,
    )


def _told(verdict: Verdict) -> tuple[str, str]:
    """The outcome, and what there is to say of it."""
    if verdict.outcome == "steady":
        return "steady", ""
    return verdict.outcome, str(Outcome.of(verdict)) if verdict.leaks else verdict.reasons[0]


class _Search:
    """The measurements of one bisection, by the number of the version."""

    def __init__(self, arguments: argparse.Namespace, source: Source, name: str) -> None:
        self.measured: dict[int, Measured] = {}
        self._arguments = arguments
        self._source = source
        self._name = name

    def run(self) -> Found:
        return first_bad(len(self._source.candidates), self._ask)

    def _ask(self, number: int) -> Answer:
        candidate = self._source.candidates[number]
        began = time.monotonic()
        with Terminal() as terminal:
            terminal.show(f"{self._source.noun} {candidate.shown}: setting it up")
            try:
                verdict = self._verdict(number)
            except NodeLeakError as error:
                outcome, what = "skipped", str(error)
            else:
                outcome, what = _told(verdict)
        seconds = time.monotonic() - began
        self.measured[number] = Measured(outcome, shorten(one_line(what), _WHAT), seconds)
        self._give_up_if_hopeless(candidate.shown, what)
        return _ANSWERS.get(outcome)

    def _verdict(self, number: int) -> Verdict:
        """Raises NodeLeakError for a version that cannot be set up, or does not run."""
        place = self._source.prepare(self._source.candidates[number])
        file = str(place.script) + (f"::{self._name}" if self._name else "")
        again = argparse.Namespace(**{**vars(self._arguments), "file": file})
        return measure_file(again, cwd=str(place.cwd))

    def _give_up_if_hopeless(self, shown: str, why: str) -> None:
        outcomes = [one.outcome for one in self.measured.values()]
        most = min(_HOPELESS, len(self._source.candidates))
        if len(outcomes) >= most and set(outcomes) == {"skipped"}:
            raise NodeLeakError(
                f"none of {len(outcomes)} {self._source.noun}s can be measured; {shown}: {why}"
            )
