"""Projects on disk: where one begins, and a copy without what is installed or generated."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from ..base.errors import NodeLeakError

__all__ = ["TEMPORARY", "copy_project", "package_folder", "within"]

#: how the names of our folders begin
TEMPORARY = "nodeleak-bisect-"
_LEFT_OUT = {"node_modules", ".git", ".hg", ".svn", ".nodeleak", "__pycache__", ".venv", "venv"}


def package_folder(script: Path) -> Path:
    """The closest folder with a package.json in or above that of ``script``.

    Raises NodeLeakError if there is none.
    """
    for folder in script.parents:
        if (folder / "package.json").is_file():
            return folder
    # All of its folder, which may be somebody's home, is not to be copied.
    raise NodeLeakError(
        f"'{script}' belongs to no package: there is no package.json in its folder nor above; "
        "--package installs versions into a copy of its package"
    )


def within(path: Path, old: Path, new: Path) -> Path:
    """Where ``path`` is in the copy ``new`` of ``old``; ``new`` for what is outside."""
    return new / path.relative_to(old) if path.is_relative_to(old) else new


def copy_project(project: Path, target: Path) -> None:
    """Copy the sources. Raises NodeLeakError."""
    try:
        shutil.copytree(project, target, symlinks=True, ignore=_ignored)
    except (OSError, shutil.Error) as error:
        raise NodeLeakError(f"cannot copy '{project}' to '{target}': {error}") from None


def _ignored(folder: str, names: Iterable[str]) -> set[str]:
    """What is not copied, sockets and the like included."""
    return {
        name
        for name in names
        if name in _LEFT_OUT
        or name.startswith(TEMPORARY)
        or not (os.path.isfile(p := os.path.join(folder, name)) or os.path.isdir(p))
    }
