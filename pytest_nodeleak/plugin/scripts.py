"""Where a script that a test names is."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from ..base.errors import LaunchError, hide_ours

__all__ = ["find_script"]

__tracebackhide__ = hide_ours


def find_script(script: str | os.PathLike[str], folders: Sequence[Path]) -> Path:
    """The absolute path of ``script``, looked for in ``folders`` in turn. Raises LaunchError."""
    named = Path(script).expanduser()
    for folder in folders:
        if (folder / named).exists():
            return (folder / named).absolute()
    if named.is_absolute():
        raise LaunchError(f"script not found: '{named}'")
    places = [f"'{folder}'" for folder in dict.fromkeys(folders)]
    if len(places) == 1:
        raise LaunchError(f"script not found: '{named}' is not in {places[0]}")
    raise LaunchError(f"script not found: '{named}' is neither in {' nor in '.join(places)}")
