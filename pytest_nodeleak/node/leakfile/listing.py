"""Ask Node once what leak files export, without measuring any."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ...base.errors import EvaluationError, NodeLeakError, PolicyError
from ..find import NodeExecutable
from ..pause import DRIVER
from ..process.groups import end_group, in_own_group
from .exports import FileTest, loading_hint, tests_told

__all__ = ["list_tests"]

_LISTER = DRIVER.parent / "list.cjs"
#: bytes of what a failing process printed that are shown
_SHOWN = 2000
_NODES_OWN = re.compile(r"^\s+at .*\bnode:internal/")


def list_tests(
    files: Sequence[Path], node: NodeExecutable, node_args: Sequence[str], cwd: Path, timeout: float
) -> Mapping[Path, tuple[FileTest, ...] | NodeLeakError]:
    """The tests of each file, or why it has none; ``timeout`` seconds for each file to load.

    One process loads them in turn; after a file that ends it or hangs, another loads the rest.
    """
    found: dict[Path, tuple[FileTest, ...] | NodeLeakError] = {}
    left = list(files)
    while left:
        found.update(_ask(left, node, node_args, cwd, timeout))
        left = [path for path in left if path not in found]
    return found


def _ask(
    files: Sequence[Path], node: NodeExecutable, node_args: Sequence[str], cwd: Path, timeout: float
) -> Iterator[tuple[Path, tuple[FileTest, ...] | NodeLeakError]]:
    """What one process tells; at least of the first file."""
    with tempfile.TemporaryDirectory(prefix="nodeleak-") as folder:
        notes = Path(folder, "notes")
        notes.touch()
        printed = Path(folder, "printed")
        argv = [node.path, *node_args, str(_LISTER), str(notes), *map(str, files)]
        ending = _run(argv, cwd, notes, printed, timeout)
        begun = None
        for line in notes.read_text(encoding="utf-8").splitlines():
            note = json.loads(line)
            if "begun" in note:
                begun = Path(note["begun"])
                continue
            begun = None
            yield Path(note["file"]), _result(note, node)
        if begun is not None or not notes.stat().st_size:
            path = begun or files[0]
            said = printed.read_bytes()[-_SHOWN:].decode(errors="replace").rstrip()
            yield path, _failed(path, ending + (f"; it printed:\n{said}" if said else ""), node)


def _run(argv: Sequence[str], cwd: Path, notes: Path, printed: Path, timeout: float) -> str:
    """Run until the end, or until nothing was noted for ``timeout`` seconds; how it ended."""
    with printed.open("wb") as output:
        process = subprocess.Popen(
            argv,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            **in_own_group(),
        )
        try:
            size, since = 0, time.monotonic()
            while True:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    return f"node ended with exit status {process.wait(0.1)} while it was loading"
                if notes.stat().st_size != size:
                    size, since = notes.stat().st_size, time.monotonic()
                elif time.monotonic() - since > timeout:
                    return f"it was still loading after {timeout:g} s"
        finally:
            # With what the files may have started.
            end_group(process)
            process.wait()


def _result(note: Mapping[str, Any], node: NodeExecutable) -> tuple[FileTest, ...] | NodeLeakError:
    path = Path(note["file"])
    if "error" in note:
        return _failed(path, note["error"], node)
    try:
        return tests_told(note["told"], str(path))
    except PolicyError as error:
        return error


def _failed(path: Path, why: str, node: NodeExecutable) -> NodeLeakError:
    hint = loading_hint(str(path), node.version, why)
    own = "\n".join(line for line in why.splitlines() if not _NODES_OWN.match(line))
    text = f"cannot load '{os.path.relpath(path)}': {own}" + (f"\n{hint}" if hint else "")
    return EvaluationError(text, stack=why)
