"""Files of one verdict, in a folder of its own; never deletes what it did not make."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from .report import text_report
from .verdict import Verdict

__all__ = ["folder_name", "write_artifacts"]

_LONGEST = 120


def folder_name(nodeid: str) -> str:
    """``tests/test_cart.py::test_x[a/b]`` -> ``tests-test_cart.py--test_x[a-b]``."""
    name = re.sub(r"[^\w.\[\]=+,@-]", "_", nodeid.replace("::", "--").replace("/", "-"))
    if len(name) <= _LONGEST:
        return name
    digest = hashlib.sha256(nodeid.encode()).hexdigest()[:8]
    return f"{name[: _LONGEST - 9]}-{digest}"


def write_artifacts(
    verdict: Verdict, snapshots: Sequence[Path], folder: Path, *, shown: str | None = None
) -> Verdict:
    """Copy the snapshots into ``folder`` and write verdict.json and report.txt beside them.

    Returns the verdict with ``artifacts`` set to ``shown`` (default: the folder). A folder that
    cannot be written is said in the verdict's reasons: the verdict itself must not be lost.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for snapshot in snapshots:
            shutil.move(snapshot, folder / snapshot.name)
        verdict = replace(verdict, artifacts=shown or str(folder))
        text = json.dumps(verdict.to_json(), indent=1, ensure_ascii=False)
        (folder / "verdict.json").write_text(text + "\n", encoding="utf-8")
        (folder / "report.txt").write_text(text_report(verdict) + "\n", encoding="utf-8")
    except OSError as error:
        reason = f"artifacts could not be written to '{folder}': {error.strerror or error}"
        return replace(verdict, artifacts=None, reasons=(*verdict.reasons, reason))
    return verdict


def ignore_in_git(root: Path) -> None:
    """Keep the artifacts out of version control, as pytest does with its cache."""
    try:
        root.mkdir(parents=True, exist_ok=True)
        marker = root / ".gitignore"
        if not marker.exists():
            marker.write_text("# made by pytest-nodeleak\n*\n", encoding="utf-8")
    except OSError:
        pass  # write_artifacts says it
