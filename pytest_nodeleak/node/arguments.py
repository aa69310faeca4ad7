"""What Node is asked to run, and with which options: what cannot be measured is refused before."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..base.errors import LaunchError, PolicyError, hide_ours
from .pause import DRIVER

__all__ = [
    "checked_arguments",
    "checked_environment",
    "checked_file",
    "checked_path",
    "checked_text",
    "listed",
    "refuse_binary",
    "refuse_permissions",
]

__tracebackhide__ = hide_ours

_PERMISSION = ("--permission", "--experimental-permission")
#: Node runs something else than the script, or in another process
_MODES = {
    "--build-sea",
    "--build-snapshot",
    "--build-snapshot-config",
    "--check",
    "--eval",
    "--experimental-sea-config",
    "--help",
    "--interactive",
    "--print",
    "--prof-process",
    "--run",
    "--test",
    "--v8-options",
    "--version",
    "--watch",
    "-c",
    "-e",
    "-h",
    "-i",
    "-p",
    "-pe",
    "-v",
}
#: the first bytes of executable files: ELF, Mach-O (either order of bytes, universal), Windows
_EXECUTABLE = (
    b"\x7fELF",
    b"\xfe\xed\xfa\xce",
    b"\xfe\xed\xfa\xcf",
    b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe",
    b"\xca\xfe\xba\xbe",
    b"MZ\x90\x00",
)


def listed(node_args: Sequence[str]) -> list[str]:
    """``node_args`` as a list of texts. Raises LaunchError for one text: it would be letters."""
    if isinstance(node_args, str):
        raise LaunchError(f"node_args is the text {node_args!r}; give a list: [{node_args!r}]")
    strangers = [arg for arg in node_args if not isinstance(arg, str | os.PathLike)]
    if strangers:
        raise LaunchError(f"node_args has {strangers[0]!r}; give texts, such as '--no-warnings'")
    return [os.fspath(arg) for arg in node_args]


def checked_path(value: object, name: str) -> str:
    """A path as a text; ``name`` is what it was given as. Raises LaunchError for anything else."""
    if isinstance(value, str | os.PathLike):
        return str(os.fspath(value))
    raise LaunchError(f"{name} is {value!r}; give a path, as a text or a pathlib.Path")


def checked_text(value: object, name: str) -> str:
    """JavaScript that somebody gave as ``name``. Raises PolicyError for what is no text."""
    if isinstance(value, str):
        return value
    raise PolicyError(f"{name} takes JavaScript as a text, not {value!r}")


def checked_file(path: str | os.PathLike[str] | None) -> Path | None:
    """Where a file is to be written. Raises PolicyError if there is no such folder."""
    if path is None:
        return None
    if not isinstance(path, str | os.PathLike):
        raise PolicyError(f"{path!r} is no path; give a text or a pathlib.Path")
    file = Path(path)
    if not file.absolute().parent.is_dir():
        raise PolicyError(f"cannot write '{file}': there is no folder '{file.parent}'")
    if file.is_dir():
        raise PolicyError(f"cannot write '{file}': it is a folder; give a file")
    return file


def checked_environment(env: object) -> Mapping[str, str | None]:
    """Changes to the environment. Raises LaunchError for what is no mapping of names."""
    if env is None:
        return {}
    if isinstance(env, Mapping) and all(isinstance(name, str) for name in env):
        return env
    raise LaunchError(
        f"env is {env!r}; give a mapping of names to texts, such as {{'PORT': '0'}} (None removes "
        "a name)"
    )


def checked_arguments(node_args: Sequence[str]) -> list[str]:
    """Options for node itself, without those that would take the inspector or the script from us.

    Raises LaunchError.
    """
    given = listed(node_args)
    for arg in given:
        if arg.startswith("--inspect"):
            raise LaunchError(
                f"node_args contains '{arg}', but the inspector is in use for measuring, on "
                "127.0.0.1 and a port of its own; leave it out"
            )
        if arg.startswith("--build-snapshot"):
            raise LaunchError(
                f"node_args contains '{arg}', with which Node builds a snapshot and ends; build "
                "it before, and give ['--snapshot-blob', FILE] alone"
            )
        if arg.partition("=")[0] in _MODES:
            raise LaunchError(
                f"node_args contains '{arg}', with which Node does not run the script, or not in "
                "this process; leave it out"
            )
    return given


def refuse_permissions(options: Sequence[str]) -> None:
    """Node's permission model closes the inspector, unless it is told not to."""
    given = [option for option in options if option in _PERMISSION]
    if given and "--allow-inspector" not in options:
        raise LaunchError(
            f"node is started with '{given[0]}', and its permission model closes the inspector, "
            "which is in use for measuring; leave it out, or add '--allow-inspector' (Node 25 and "
            f"newer) and '--allow-fs-read={DRIVER.parent}'"
        )


def refuse_binary(path: str) -> None:
    """A program that is no script, such as a single executable application. Raises LaunchError."""
    try:
        with open(path, "rb") as file:
            first = file.read(4)
    except OSError:
        return  # a folder with an index.js, or what Node will say itself
    if first in _EXECUTABLE:
        raise LaunchError(
            f"'{path}' is an executable file, not a script; of a single executable application "
            "measure the script that it was built of, or start it and use `nodeleak attach --pid`"
        )
