"""Which processes a program has started, those included that have cut their ties to it."""

from __future__ import annotations

import contextlib
import os
import secrets
import sys
import time
from collections.abc import Iterable

import psutil

__all__ = ["end_all", "family", "new_mark"]

_VARIABLE = "NODELEAK_TARGET"


def new_mark() -> dict[str, str]:
    """A variable for the program's environment, by which its descendants are found again."""
    return {_VARIABLE: secrets.token_hex(8)}


def family(pid: int | None, mark: dict[str, str]) -> list[psutil.Process]:
    """Processes below ``pid``, and on Linux all that carry ``mark``: detached ones too.

    ``pid`` is None once it has been reaped and may be anybody's.
    """
    found: dict[int, psutil.Process] = {}
    try:
        if pid is not None:
            found = {child.pid: child for child in psutil.Process(pid).children(recursive=True)}
    except psutil.Error:
        pass  # it is gone; its children may not be
    for number in _marked(mark[_VARIABLE]):
        if number != pid and number not in found:
            try:
                found[number] = psutil.Process(number)
            except psutil.Error:
                continue
    return list(found.values())


def _marked(value: str) -> list[int]:
    if sys.platform != "linux":
        return []
    wanted = f"{_VARIABLE}={value}".encode()
    found = []
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/environ", "rb") as file:
                if wanted in file.read():
                    found.append(int(name))
        except OSError:
            continue  # another user's, or gone
    return found


def end_all(processes: Iterable[psutil.Process], seconds: float = 3.0) -> None:
    """Kill them and wait until they are gone; zombies that nobody reaps count as gone."""
    left = list(processes)
    for process in left:
        _kill(process)
    end = time.monotonic() + seconds
    while True:
        left = [process for process in left if _lives(process)]
        if not left or time.monotonic() > end:
            return
        time.sleep(0.002)


def _kill(process: psutil.Process) -> None:
    with contextlib.suppress(psutil.Error):
        process.kill()


def _lives(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running()) and process.status() != str(psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False
