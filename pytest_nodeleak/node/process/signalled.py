"""A heap snapshot by signal: the program writes it where it works, and we adopt the file."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from ...base.deadline import Deadline
from ...base.errors import AttachError, DeadlineExceeded, hide_ours
from ...base.units import format_bytes
from .looks import arguments_of, catches, checked_process, option_of, send

__all__ = ["heard_signal", "is_whole", "snapshot_by_signal", "snapshot_signal"]

__tracebackhide__ = hide_ours

#: seconds between two looks; what has not grown meanwhile and ends well is whole
_LOOK = 0.15
#: seconds after which a file should have been begun
_BEGIN = 20.0


def snapshot_signal(pid: int) -> signal.Signals | None:
    """The signal at which the process writes a snapshot; None if it does at none.

    That of ``--heapsnapshot-signal``, or SIGUSR2 where the heapdump package is loaded.
    """
    if sys.platform == "win32":
        return None
    name = option_of(arguments_of(pid), "heapsnapshot-signal")
    number = getattr(signal, name, None) if name else None
    if isinstance(number, signal.Signals):
        return number
    try:
        maps = Path(f"/proc/{pid}/maps").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    loaded = any(line.endswith(".node") and "heapdump" in line for line in maps.splitlines())
    return signal.SIGUSR2 if loaded and catches(pid, signal.SIGUSR2) else None


def heard_signal(pid: int) -> signal.Signals:
    """:func:`snapshot_signal`, which must be there. Raises AttachError."""
    checked_process(pid)
    number = snapshot_signal(pid)
    if number is None:
        heard = " (it has a handler for SIGUSR2, but what that does is not known)"
        raise AttachError(
            f"process {pid} writes no snapshot at a signal: it was not started with "
            "--heapsnapshot-signal=SIGUSR2, and does not load the heapdump package"
            f"{heard if catches(pid, 12) else ''}; use --via inspector"
        )
    return number


def snapshot_by_signal(
    pid: int,
    number: signal.Signals,
    target: Path,
    deadline: Deadline,
    progress: Callable[[str], object] = lambda text: None,
) -> Path:
    """Let the process write a snapshot and move it to ``target``, when it is whole.

    Raises AttachError if it writes nothing, DeadlineExceeded.
    """
    process = psutil.Process(pid)
    folder = _folder(process)
    before = _files(folder)
    send(pid, number)
    path = _new_file(process, folder, before, deadline)
    _wait_until_whole(process, path, deadline, progress)
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        path.chmod(0o600)  # it holds all that the process has in memory
        shutil.move(path, target)
    except OSError as error:
        raise AttachError(
            f"'{path}' is written, but cannot be moved to '{target}': {error}"
        ) from None
    return target


def _folder(process: psutil.Process) -> Path:
    try:
        where = Path(process.cwd())
    except psutil.Error:
        raise AttachError(
            f"no permission to see where process {process.pid} works; run nodeleak as its user"
        ) from None
    named = option_of(arguments_of(process.pid), "diagnostic-dir")
    return where / named if named else where


def _files(folder: Path) -> set[Path]:
    return set(folder.glob("*.heapsnapshot"))


def _new_file(process: psutil.Process, folder: Path, before: set[Path], deadline: Deadline) -> Path:
    begin = deadline.within(_BEGIN)
    while not begin.expired:
        new = _files(folder) - before
        if new:
            return new.pop()
        if not process.is_running() or process.status() == psutil.STATUS_ZOMBIE:
            raise AttachError(f"process {process.pid} ended when the signal came")
        time.sleep(0.05)
    raise AttachError(
        f"process {process.pid} began no *.heapsnapshot in '{folder}' within "
        f"{begin.seconds or 0:.0f} s of the signal: is its main thread busy, or the folder "
        "not writable for it?"
    )


def _wait_until_whole(
    process: psutil.Process,
    path: Path,
    deadline: Deadline,
    progress: Callable[[str], object],
) -> None:
    size = -1
    while True:
        now = path.stat().st_size
        progress(f"{path.name}: {format_bytes(now)} written")
        if now == size and is_whole(path):
            return
        if not process.is_running() or process.status() == psutil.STATUS_ZOMBIE:
            raise AttachError(f"process {process.pid} ended while it wrote '{path}'")
        if deadline.expired:
            raise DeadlineExceeded(
                f"'{path}' is not whole after {deadline.seconds:g} s ({format_bytes(now)})"
            )
        size = now
        time.sleep(_LOOK)


def is_whole(path: Path) -> bool:
    """Whether a file ends as a snapshot does."""
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        file.seek(max(0, size - 64))
        end = file.read().rstrip()
    return size > 2 and end.endswith((b"]}", b"}}"))
