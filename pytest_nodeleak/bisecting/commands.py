"""npm and git as commands."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from ..base.errors import NodeLeakError

__all__ = ["Failed", "require", "run"]

#: seconds for one of them, an installation of everything included
LONGEST = 600.0
#: lines of what a failing command says
_SHOWN = 6


class Failed(NodeLeakError):
    """A command that ended with another status than 0; its last words are the message."""


def require(name: str, what_for: str) -> str:
    """The path of a command. Raises NodeLeakError if it is not installed."""
    found = shutil.which(name)
    if found is None:
        raise NodeLeakError(f"there is no {name} on PATH; it is needed {what_for}")
    return found


def run(argv: Sequence[str], cwd: Path) -> str:
    """What the command prints. Raises Failed."""
    # Set in a hook of git's, they would lead git to another repository than that of cwd.
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(
            argv,
            cwd=cwd,
            env=env,
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=LONGEST,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Failed(f"it was not done after {LONGEST:g} s") from None
    except OSError as error:
        raise Failed(str(error)) from None
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise Failed("\n".join(said[:_SHOWN]) or f"exit status {done.returncode}")
    return done.stdout
