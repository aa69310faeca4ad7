"""A failure's lines in colours that mean something, for pytest would paint them all red. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["calm_lines"]

_RESET, _BOLD, _DIM, _CYAN = "\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[36m"
_ROW = re.compile(r"E {7}\S.* \+[0-9,.]+ ")
_LABEL = re.compile(r"(E +)(heapUsed|external|RSS|kept alive by|allocated at|piles up in|in full)")
_QUIET = re.compile(r"E {3,7}(workload|measured|artifacts|constructor) ")


def calm_lines(lines: Sequence[str]) -> list[str]:
    """Lines of one failure as pytest keeps them: the first that begins with E stays as it is,
    what follows resets the colours; rows of the table are bold, labels cyan, small print dim.
    """
    calm: list[str] = []
    seen = False
    for line in lines:
        calm.append(f"{_RESET}{_painted(line)}" if seen else line)
        seen = seen or line.startswith("E  ")
    return calm


def _painted(line: str) -> str:
    if _QUIET.match(line):
        return f"{_DIM}{line}{_RESET}"
    if _ROW.match(line):
        return f"{_BOLD}{line}{_RESET}"
    return _LABEL.sub(rf"\1{_CYAN}\2{_RESET}", line, count=1)
