"""The commits of a git repository, checked out in turn in a worktree of their own."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..base.errors import NodeLeakError, PolicyError
from .candidates import Candidate, CannotPrepare, Workplace
from .commands import Failed, require, run
from .files import TEMPORARY, within

__all__ = ["GitCommits"]

_NPMS = ("package-lock.json", "npm-shrinkwrap.json")
_LOCKS = (*_NPMS, "yarn.lock", "pnpm-lock.yaml")
#: hooks of the repository are not for our worktree
_GIT = ("-c", f"core.hooksPath={os.devnull}", "-c", "advice.detachedHead=false")


class GitCommits:
    """The commits after ``good`` up to ``bad`` along first parents, good before them; a Source.

    Raises NodeLeakError without git or a repository, PolicyError for what is no revision.
    """

    noun = "commit"

    def __init__(self, good: str, bad: str, script: Path, cwd: Path) -> None:
        self._git = require("git", "to bisect over commits (for versions of npm give --package)")
        self._script = script
        try:
            self._top = Path(self._in(script.parent, "rev-parse", "--show-toplevel").strip())
        except Failed:
            raise NodeLeakError(
                f"'{script}' is in no git repository; to bisect over the versions of an npm "
                "package give --package NAME"
            ) from None
        self._cwd = cwd
        self.candidates: Sequence[Candidate] = self._row(good, bad)
        self.notes: Sequence[str] = self._notes()
        self._temporary = tempfile.TemporaryDirectory(prefix=TEMPORARY, ignore_cleanup_errors=True)
        self._tree = Path(self._temporary.name).resolve() / self._top.name
        self._links: list[Path] = []

    def prepare(self, candidate: Candidate) -> Workplace:
        """Check the commit out, with what it needs installed. Raises CannotPrepare."""
        try:
            self._check_out(candidate.name)
        except Failed as error:
            raise CannotPrepare(f"git cannot check it out: {error}") from None
        script = within(self._script, self._top, self._tree)
        if not script.exists():
            # Written after that commit: it is the measure, not what is measured.
            script.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(self._script, script)
        for folder in self._levels():
            self._install(folder)
        cwd = within(self._cwd, self._top, self._tree)
        return Workplace(script, cwd if cwd.is_dir() else self._tree)

    def what_changed(self, good: Candidate, bad: Candidate) -> str:
        """The command that shows it; of a merge, where to look in its branch."""
        try:
            branch = self._in(
                self._top, "rev-parse", "--short", "--verify", "--quiet", f"{bad.name}^2"
            ).strip()
            base = self._in(self._top, "merge-base", good.name, branch).strip()
            start = self._in(self._top, "rev-parse", "--short", base).strip()
        except Failed:
            return f"what changed: git show {bad.shown}"
        return f"it is a merge; to look into its branch: --good {start} --bad {branch}"

    def close(self) -> None:
        """Remove the worktree, from the repository's list as well."""
        with contextlib.suppress(Failed):
            if self._tree.exists():
                self._in(self._top, "worktree", "remove", "--force", "--force", str(self._tree))
        self._temporary.cleanup()

    def _in(self, folder: Path, *args: str) -> str:
        return run([self._git, *_GIT, *args], folder)

    def _commit(self, option: str, name: str) -> str:
        try:
            # --end-of-options: a name with a dash in front is none of git's options.
            told = self._in(
                self._top,
                "rev-parse",
                "--verify",
                "--quiet",
                "--end-of-options",
                f"{name}^{{commit}}",
            )
        except Failed:
            raise PolicyError(
                f"'{self._top}' has no revision '{name}' ({option}); to bisect over the versions "
                "of an npm package give --package NAME"
            ) from None
        return told.split()[-1]

    def _row(self, good_name: str, bad_name: str) -> list[Candidate]:
        good, bad = self._commit("--good", good_name), self._commit("--bad", bad_name)
        try:
            self._in(self._top, "merge-base", "--is-ancestor", good, bad)
        except Failed:
            good = bad
        if good == bad:
            raise PolicyError(
                f"--good {good_name} is no ancestor of --bad {bad_name}; what brought the leak is "
                "looked for between an older commit without it and a newer one with it"
            )
        form = "--format=%H%x09%h%x09%ad %s"
        date = "--date=short"
        first = self._in(self._top, "log", "-1", form, date, good)
        rest = self._in(
            self._top, "log", "--first-parent", "--reverse", form, date, f"{good}..{bad}"
        )
        lines = [*first.splitlines(), *rest.splitlines()]
        return [Candidate(*line.split("\t", 2)) for line in lines if line]

    def _notes(self) -> list[str]:
        """What the user may expect otherwise of FILE."""
        shown = self._in(self._top, "status", "--porcelain", "--", str(self._script)).strip()
        if not shown or shown.startswith("??"):
            return []
        name = self._script.relative_to(self._top)
        return [f"{name} has changes that are not committed; each commit is measured with its own"]

    def _check_out(self, commit: str) -> None:
        for link in self._links:
            link.unlink(missing_ok=True)
        self._links.clear()
        if not self._tree.exists():
            self._in(self._top, "worktree", "add", "--detach", "--force", str(self._tree), commit)
            return
        self._in(self._tree, "checkout", "--detach", "--force", "--quiet", commit)
        self._in(self._tree, "clean", "-ffdxq")

    def _levels(self) -> Iterator[Path]:
        """Folders in which packages may be installed, from the top to that of FILE; relative."""
        inside = self._script.relative_to(self._top).parent
        yield from (*reversed(inside.parents), inside)

    def _install(self, folder: Path) -> None:
        """Have node_modules there as the commit's lock file says. Raises CannotPrepare."""
        theirs, ours = self._top / folder, self._tree / folder
        modules = theirs / "node_modules"
        if (ours / "node_modules").exists():
            return  # of the repository itself
        lock = next((name for name in _LOCKS if (ours / name).is_file()), None)
        if lock is None or _same(theirs / lock, ours / lock):
            if modules.is_dir():
                (ours / "node_modules").symlink_to(modules, target_is_directory=True)
                self._links.append(ours / "node_modules")
                return
            if lock is None:
                return
        if lock not in _NPMS:
            raise CannotPrepare(
                f"its {folder / lock} is not the one that node_modules was made of, and only npm's "
                "lock files can be installed here"
            )
        npm = require("npm", f"because {folder / lock} is another one in some commits")
        try:
            run([npm, "ci", "--no-audit", "--no-fund", "--prefer-offline"], ours)
        except Failed as error:
            raise CannotPrepare(f"npm ci failed: {error}") from None


def _same(one: Path, other: Path) -> bool:
    return one.is_file() and one.read_bytes() == other.read_bytes()
