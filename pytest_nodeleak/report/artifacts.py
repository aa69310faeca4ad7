"""Files of one measurement, in a folder of its own; never touches what it did not make."""

from __future__ import annotations

import contextlib
import hashlib
import re
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ..base.json_text import parsed_json
from ..judge.verdict import Verdict
from ..replay.recorded import REPLAY, recorded_text
from . import text_report, verdict_json

__all__ = [
    "folder_name",
    "ignore_in_git",
    "in_the_way",
    "measurement_folder",
    "measurement_folders",
    "remove_artifacts",
    "write_artifacts",
]

_VERDICT = "verdict.json"
_REPORT = "report.txt"
_SNAPSHOT = re.compile(r"snapshot-[0-9]+\.heapsnapshot")
_USUAL_SNAPSHOTS = tuple(f"snapshot-{number}.heapsnapshot" for number in (1, 2, 3))
#: bytes of a folder's name; file systems allow 255
_LONGEST = 120
_GITIGNORE = "# made by pytest-nodeleak\n*\n"


def folder_name(nodeid: str) -> str:
    """``tests/test_cart.py::test_x[a]`` -> ``tests-test_cart.py--test_x[a]``.

    Two tests never share a name: where characters had to be replaced, a digest follows.
    """
    path, colons, test = nodeid.partition("::")
    function, bracket, parameters = test.partition("[")
    # Dashes stand for slashes and colons: a dash of the name's own makes it ambiguous.
    plain = "-" not in path + function
    name = path.replace("/", "-") + ("--" + function.replace("::", "--") if colons else "")
    name += bracket + parameters
    safe = re.sub(r"[^\w.\[\]=+,@-]", "_", name)
    cut = safe.encode()[:_LONGEST].decode(errors="ignore")
    if plain and cut == name:
        return name
    digest = hashlib.sha256(nodeid.encode(errors="surrogatepass")).hexdigest()[:8]
    return f"{cut}-{digest}"


def measurement_folder(root: Path, nodeid: str, number: int) -> Path:
    """The folder of a test's first (0), second (1)... measurement."""
    name = folder_name(nodeid)
    return root / (name if number == 0 else f"{name}-{number + 1}")


def measurement_folders(root: Path, nodeid: str) -> list[Path]:
    """The folders that the test's measurements have left under ``root``, in whatever run."""
    names = re.compile(re.escape(folder_name(nodeid)) + r"(-[0-9]{1,3})?")
    try:
        return sorted(path for path in root.iterdir() if names.fullmatch(path.name))
    except OSError:
        return []


def write_artifacts(
    verdict: Verdict, snapshots: Sequence[Path], folder: Path, *, shown: str | None = None
) -> Verdict:
    """Move the snapshots into ``folder``; write verdict.json, report.txt, replay.json beside them.

    What an earlier measurement left there is removed. Returns the verdict with ``artifacts`` set
    to ``shown`` (default: the folder). A folder that cannot be written is said in the verdict's
    reasons instead: the verdict itself must not be lost.
    """
    kept = replace(verdict, artifacts=shown or str(folder))
    try:
        remove_artifacts(folder)
        blocking = in_the_way(folder, [snapshot.name for snapshot in snapshots])
        if blocking is not None:
            return _not_written(verdict, folder, f"'{blocking.name}' there is not ours")
        is_new = not folder.exists()
        folder.mkdir(parents=True, exist_ok=True)
        if is_new:
            folder.chmod(0o700)  # snapshots hold all that the process had in memory
        # First, for it tells which files are ours, should we be ended half-way.
        (folder / _VERDICT).write_text(verdict_json(kept) + "\n", encoding="utf-8")
        for snapshot in snapshots:
            shutil.move(snapshot, folder / snapshot.name)
        (folder / _REPORT).write_text(text_report(kept) + "\n", encoding="utf-8")
        replay = recorded_text(kept, folder, _version())
        if replay is not None:
            (folder / REPLAY).write_text(replay + "\n", encoding="utf-8")
    except OSError as error:
        with contextlib.suppress(OSError):
            remove_artifacts(folder)
        return _not_written(verdict, folder, error.strerror or str(error))
    return kept


def _version() -> str:
    from importlib.metadata import version  # takes 20 ms to load

    return version("pytest-nodeleak")


def _not_written(verdict: Verdict, folder: Path, why: str) -> Verdict:
    reason = f"artifacts could not be written to '{folder}': {why}"
    return replace(verdict, artifacts=None, reasons=(*verdict.reasons, reason))


def remove_artifacts(folder: Path) -> bool:
    """Remove the files that an earlier measurement wrote, and the folder if that empties it.

    A verdict.json of our schema says which they are; a folder without one is left alone. Returns
    whether there was one. Raises OSError.
    """
    ours = _our_files(folder)
    # Last the one that tells: should we be ended half-way, the next time goes on.
    for name in sorted(ours, key=lambda name: name == _VERDICT):
        (folder / name).unlink(missing_ok=True)
    if ours:
        with contextlib.suppress(OSError):  # somebody put something of theirs there
            folder.rmdir()
    return bool(ours)


def _our_files(folder: Path) -> set[str]:
    try:
        found = parsed_json((folder / _VERDICT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return set()
    if not isinstance(found, dict) or not {"schema", "outcome", "series"} <= found.keys():
        return set()
    snapshots = found.get("snapshots")
    named = snapshots if isinstance(snapshots, list) else []
    listed = {n for n in named if isinstance(n, str) and _SNAPSHOT.fullmatch(n)}
    return {_VERDICT, _REPORT, REPLAY, *listed}


def in_the_way(folder: Path, snapshots: Sequence[str] = _USUAL_SNAPSHOTS) -> Path | None:
    """A file in ``folder`` that we would have to overwrite and did not make."""
    ours = _our_files(folder)
    for name in (_VERDICT, _REPORT, REPLAY, *snapshots):
        if name not in ours and (folder / name).exists():
            return folder / name
    return None


def ignore_in_git(root: Path) -> None:
    """Keep the artifacts out of version control, as pytest does with its cache.

    Only a folder that is new gets the file: another one is the user's own.
    """
    with contextlib.suppress(OSError):  # write_artifacts says it
        root.mkdir(parents=True)
        (root / ".gitignore").write_text(_GITIGNORE, encoding="utf-8")
