"""Defaults for some paths only: lines of ``nodeleak_paths``, each ``GLOB: name=value ...``."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path, PurePath

import pytest

from ..base.policy import Policy
from . import settings

__all__ = ["PathDefaults", "path_defaults"]


@dataclass(frozen=True)
class PathDefaults:
    """Values, as text, for the tests of files that a glob matches.

    A glob with a ``/`` is one of paths from the rootdir, one without of names; of files, or of
    folders that they are in.
    """

    glob: str
    values: Mapping[str, str]
    source: str
    _cache: dict[Path, bool] = field(default_factory=dict, repr=False)

    def match(self, path: Path, root: Path) -> bool:
        if path not in self._cache:
            self._cache[path] = self._matches(path, root)
        return self._cache[path]

    def _matches(self, path: Path, root: Path) -> bool:
        try:
            shown = PurePath(path).relative_to(root)
        except ValueError:
            return False  # not in the rootdir
        glob = self.glob.removeprefix("./").rstrip("/")
        whole = "/" in self.glob.removesuffix("/")
        places = [shown, *shown.parents][:-1]
        return any(fnmatchcase(place.as_posix() if whole else place.name, glob) for place in places)

    def over(self, policy: Policy, taken: frozenset[str]) -> Policy:
        """``policy`` with these values laid over, except those of the names ``taken``.

        Raises pytest.UsageError for a bad one.
        """
        values = {name: value for name, value in self.values.items() if name not in taken}
        return settings.laid_over(policy, self.source, values)


def path_defaults(config: pytest.Config) -> tuple[PathDefaults, ...]:
    """All of the configuration; of those that match, the last wins. Raises pytest.UsageError."""
    text, source = settings.setting(config, "paths")
    found = [_parsed(line.strip(), source) for line in (text or "").splitlines() if line.strip()]
    for defaults in found:
        defaults.over(Policy(), frozenset())
    return tuple(found)


def _parsed(line: str, source: str) -> PathDefaults:
    glob, _, rest = line.partition(": ")
    try:
        pairs = [word.partition("=") for word in shlex.split(rest)]
    except ValueError as error:
        raise pytest.UsageError(f"bad value for paths (from {source}): {line!r}: {error}") from None
    if not pairs or not all(name and equals for name, equals, _ in pairs):
        raise pytest.UsageError(
            f"bad value for paths (from {source}): {line!r} is not a glob and its settings such as "
            "'tests/slow: budget=60s strict=yes'"
        )
    values = {name.strip(): value for name, _, value in pairs}
    return PathDefaults(glob.strip(), values, f"{source}, for {glob.strip()}")
