"""The releases of an npm package, installed in turn into a copy of the project."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..base.errors import NodeLeakError, PolicyError
from .candidates import Candidate, CannotPrepare, Workplace
from .commands import Failed, require, run
from .files import TEMPORARY, copy_project, package_folder, within
from .semver import between

__all__ = ["NpmReleases"]

_FLAGS = ("--save-exact", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error")
#: what an installation changes beside node_modules
_CHANGED = ("package.json", "package-lock.json", "npm-shrinkwrap.json")
_DIRECT = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies")


class NpmReleases:
    """The releases from ``good`` to ``bad`` of ``package``; a Source.

    Raises NodeLeakError without npm, PolicyError for what does not exist.
    """

    noun = "version"

    def __init__(
        self, package: str, good: str, bad: str, script: Path, cwd: Path, *, prereleases: bool
    ) -> None:
        self.notes: Sequence[str] = ()
        self._npm = require("npm", "to install the versions of --package")
        self._package = package
        project = package_folder(script)
        names = between(package, self._versions(project), good, bad, prereleases=prereleases)
        self.candidates: Sequence[Candidate] = [Candidate(name, name) for name in names]
        self._temporary = tempfile.TemporaryDirectory(prefix=TEMPORARY, ignore_cleanup_errors=True)
        self._folder = Path(self._temporary.name).resolve() / project.name
        try:
            copy_project(project, self._folder)
        except NodeLeakError:
            self.close()
            raise
        self._workplace = Workplace(
            within(script, project, self._folder), within(cwd, project, self._folder)
        )
        self._before = {name: _content(self._folder / name) for name in _CHANGED}

    def prepare(self, candidate: Candidate) -> Workplace:
        """Install the release. Raises CannotPrepare."""
        for name, content in self._before.items():  # each starts from the project's own lock file
            if content is None:
                (self._folder / name).unlink(missing_ok=True)
            else:
                (self._folder / name).write_bytes(content)
        self._override(candidate.name)
        what = f"{self._package}@{candidate.name}"
        try:
            run([self._npm, "install", what, *_FLAGS], self._folder)
        except Failed as error:
            raise CannotPrepare(f"npm install {what} failed: {error}") from None
        self._check(candidate.name)
        return self._workplace

    def what_changed(self, good: Candidate, bad: Candidate) -> str:
        """The command that shows it."""
        name = self._package
        return f"what changed: npm diff --diff={name}@{good.name} --diff={name}@{bad.name}"

    def close(self) -> None:
        self._temporary.cleanup()

    def _versions(self, project: Path) -> list[str]:
        try:
            told = run([self._npm, "view", self._package, "versions", "--json"], project)
            found = json.loads(told)
        except Failed as error:
            if "E404" in str(error):
                raise PolicyError(f"npm knows no package '{self._package}' (--package)") from None
            raise NodeLeakError(
                f"cannot ask npm for the versions of '{self._package}': {error}"
            ) from None
        except ValueError:
            raise NodeLeakError(
                f"npm view {self._package} versions --json answered no JSON: {told[:200]!r}"
            ) from None
        return [found] if isinstance(found, str) else [str(version) for version in found]

    def _override(self, version: str) -> None:
        """A package that others depend on is to be that version for them as well."""
        file = self._folder / "package.json"
        found = _json(file)
        if found is None or any(self._package in found.get(kind, ()) for kind in _DIRECT):
            return
        found["overrides"] = {**found.get("overrides", {}), self._package: version}
        file.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")

    def _check(self, version: str) -> None:
        """A copy of another version that others would load makes the measurement void."""
        modules = self._folder / "node_modules"
        for file in modules.rglob(f"node_modules/{self._package}/package.json"):
            self._is(version, file)
        self._is(version, modules / self._package / "package.json")

    def _is(self, version: str, file: Path) -> None:
        found = (_json(file) or {}).get("version")
        if found != version:
            where = file.parent.relative_to(self._folder)
            raise CannotPrepare(f"npm installed {found or 'nothing'} at {where}, not {version}")


def _content(file: Path) -> bytes | None:
    return file.read_bytes() if file.is_file() else None


def _json(file: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None
