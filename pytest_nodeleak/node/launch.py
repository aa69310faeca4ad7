"""Start a script under the inspector and hand it over when it has loaded."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from ..base.deadline import Deadline
from ..base.errors import (
    ConnectionLostError,
    DeadlineExceeded,
    LaunchError,
    PolicyError,
    TargetError,
    TargetStuckError,
    hide_ours,
)
from ..base.recipe import Recipe
from ..inspector import Session, WebSocketTransport
from .app import NodeApp
from .arguments import (
    checked_arguments,
    checked_environment,
    checked_path,
    refuse_binary,
    refuse_permissions,
)
from .context import Context
from .deaths import ending, out_of_memory, quoted
from .find import NodeExecutable, find_node
from .heaps.meeting import MeetingPoint
from .pause import DRIVER, PRELOADED
from .process.descendants import new_mark
from .process.target import TargetProcess

__all__ = ["LaunchNode", "open_node"]

__tracebackhide__ = hide_ours

_ADDRESS = re.compile(r"^Debugger listening on (ws://\S+)", re.MULTILINE)
_WAITS = re.compile(r"^nodeleak: the driver waits$", re.MULTILINE)
# Seconds after which a Node without its driver may be waiting for something else.
_BOOTING = 2.0
_INSPECT = "--inspect=127.0.0.1:0"
_DENIED = re.compile(r"code: 'ERR_ACCESS_DENIED'")
_OTHER_FLAGS = re.compile(r"startup snapshot because it was built with a different version of V8")
_BAD_FLAG = re.compile(r"^\S*: (bad option: .*|.* is not allowed in NODE_OPTIONS)$", re.MULTILINE)


class LaunchNode(Protocol):
    """The type of the ``launch_node`` fixture."""

    def __call__(
        self,
        script: str | os.PathLike[str],
        *args: str,
        env: Mapping[str, str | None] | None = None,
        cwd: str | os.PathLike[str] | None = None,
        node: NodeExecutable | str | os.PathLike[str] | None = None,
        node_args: Sequence[str] = (),
    ) -> NodeApp: ...


def open_node(
    script: str | os.PathLike[str],
    *args: str,
    env: Mapping[str, str | None] | None = None,
    cwd: str | os.PathLike[str] | None = None,
    node: NodeExecutable | str | os.PathLike[str] | None = None,
    node_args: Sequence[str] = (),
    jit: str = "off",
    heaps: str = "all",
    timeout: float = 30.0,
    context: Context[Any] | None = None,
) -> NodeApp:
    """Start ``script`` and return when its top level has run (top-level await included)::

        with open_node("server.js") as app:
            verdict = measure(app, "require('./cart').checkout()")

    ``env`` is laid over the environment of this process (None removes a name), ``cwd`` is the
    current folder by default. ``jit="off"`` keeps V8's optimising compilers off, which makes
    the heap exact. ``heaps="main"`` leaves worker threads and children alone; otherwise they are
    found by ``app.heaps()``. ``timeout`` bounds the loading, in seconds.

    Raises LaunchError, NodeNotFoundError, NodeVersionError. Whoever does not use ``with``
    calls ``close()``.
    """
    if heaps not in ("all", "main"):
        raise PolicyError(f"open_node(heaps={heaps!r}): it is 'all' or 'main'")
    deadline = Deadline(timeout)
    script, env = checked_path(script, "the script"), checked_environment(env)
    if node is not None and not isinstance(node, NodeExecutable):
        node = checked_path(node, "node")
    executable = node if isinstance(node, NodeExecutable) else find_node(node)
    folder = os.path.abspath(os.getcwd() if cwd is None else checked_path(cwd, "cwd"))
    if not os.path.isdir(folder):
        raise LaunchError(f"cannot start '{script}': its cwd '{folder}' is no folder")
    path = os.path.join(folder, os.path.expanduser(script))
    if not os.path.exists(path):
        raise LaunchError(f"script not found: '{path}'")
    environment = _environment(env)
    refuse_binary(path)
    options = checked_arguments(node_args)
    refuse_permissions([*options, *environment.get("NODE_OPTIONS", "").split()])
    argv = [
        executable.path,
        *(executable.quiet_flags() if jit == "off" else []),
        "--expose-gc",
        _INSPECT,
        *options,
        "--require",
        str(DRIVER),
        *(["--import=" + PRELOADED.as_uri()] if _imports(node_args, environment) else []),
        path,
        *map(str, args),
    ]
    mark = new_mark()
    meeting = None
    try:
        meeting = MeetingPoint() if heaps == "all" else None
        extra = {} if meeting is None else meeting.environment(jit, *mark.values())
        process = TargetProcess(argv, env={**environment, **extra}, cwd=folder, mark=mark)
    except BaseException as error:
        if meeting is not None:
            meeting.close()
        if isinstance(error, OSError):  # no file descriptor left, no folder for temporary files
            raise LaunchError(f"cannot start '{path}': {error}") from None
        raise
    if meeting is not None:
        process.after_stop = meeting.close
    try:
        session = _connect(process, path, deadline)
        app = NodeApp(process, session, executable, path, jit=jit, context=context, meeting=meeting)
        app.recipe = _recipe(path, args, folder, executable, node_args, env, timeout)
        _wait_until_loaded(app, process, path, deadline)
        return app
    except BaseException:
        process.stop()
        raise


def _recipe(
    script: str,
    args: Sequence[str],
    folder: str,
    node: NodeExecutable,
    node_args: Sequence[str],
    env: Mapping[str, str | None],
    timeout: float,
) -> Recipe:
    """How to start it again; of variables the names alone, for values may be secret."""
    return Recipe(
        script=script,
        args=tuple(map(str, args)),
        cwd=folder,
        node=node.path,
        node_version=node.version_text,
        node_args=tuple(map(str, node_args)),
        env_given=tuple(sorted(name for name, value in env.items() if value is not None)),
        env_removed=tuple(sorted(name for name, value in env.items() if value is None)),
        timeout=timeout,
    )


def _imports(node_args: Sequence[str], env: Mapping[str, str]) -> bool:
    """Whether modules are preloaded, which Node awaits before the script."""
    return any(
        arg == "--import" or arg.startswith("--import=")
        for arg in [*map(str, node_args), *env.get("NODE_OPTIONS", "").split()]
    )


def _environment(changes: Mapping[str, str | None]) -> dict[str, str]:
    env = dict(os.environ)
    for name, value in changes.items():
        if value is None:
            env.pop(name, None)
        else:
            env[name] = str(value)
    return env


def _connect(process: TargetProcess, script: str, deadline: Deadline) -> Session:
    url = _wait_for(_ADDRESS, process, script, deadline)
    if not url:
        raise LaunchError(
            f"'{process.argv[0]}' did not open its inspector within {_seconds(deadline)} "
            f"for '{script}'{quoted(process)}",
            output=process.stderr.tail(),
        )
    # NODE_OPTIONS, or a preload of the program's own, can make Node wait for a debugger first.
    _wait_for(_WAITS, process, script, deadline.within(_BOOTING))
    try:
        return Session(WebSocketTransport(url, deadline))
    except (ConnectionLostError, DeadlineExceeded) as error:
        raise _failed_start(process, script, str(error)) from None


def _wait_until_loaded(
    app: NodeApp, process: TargetProcess, script: str, deadline: Deadline
) -> None:
    try:
        app.start(deadline)
    except TargetStuckError as error:
        where = f"; it is at:\n{error.stack}" if error.stack else ""
        raise LaunchError(
            f"'{script}' was still loading after {_seconds(deadline)}{where}{quoted(process)}",
            output=process.stderr.tail(),
        ) from None
    except TargetError as error:
        raise _failed_start(process, script, str(error)) from None


def _wait_for(
    pattern: re.Pattern[str], process: TargetProcess, script: str, deadline: Deadline
) -> str:
    """What ``pattern`` finds in stderr; "" when the time is over. Raises LaunchError."""
    seen = -1
    while True:
        over = process.stderr.closed or process.returncode is not None
        # The children of fork() print theirs on the same stream: ours is the first.
        found = pattern.search(process.stderr.raw())
        if found is not None:
            return found.group(found.lastindex or 0)
        if over:
            raise _failed_start(process, script, "it did not open its inspector")
        if deadline.expired:
            return ""
        process.stderr.wait_change(seen, deadline)
        seen = process.stderr.total


def _seconds(deadline: Deadline) -> str:
    return f"{deadline.seconds or 0:g} s"


def _failed_start(process: TargetProcess, script: str, reason: str) -> LaunchError:
    """The error for a script that was gone before it had loaded."""
    code = process.wait(Deadline(0.5))
    output = process.stderr.tail(30)
    bad = _BAD_FLAG.search(output)
    memory = out_of_memory(process)
    if bad is not None:
        return LaunchError(
            f"node refused its options for '{script}': {bad.group(1)}",
            returncode=code,
            output=output,
        )
    if _OTHER_FLAGS.search(output):
        flags = " ".join(process.argv[1 : process.argv.index(_INSPECT)])
        message = (
            f"node cannot start '{script}' from its startup snapshot: up to version 20 that must "
            f"be built by the same Node with the flags that measuring needs: {flags}"
        )
    elif _DENIED.search(output) and str(DRIVER.parent) in output:
        message = (
            f"Node's permission model keeps '{script}' from being measured: the driver may not be "
            f"read, or not do its work; add '--allow-fs-read={DRIVER.parent}'"
        )
    elif code is None:
        # What is quoted comes once.
        message = f"lost '{script}' while it was loading: {reason}".removesuffix(quoted(process))
    elif memory:
        message = f"'{script}' ran out of memory while it was loading: {memory}"
    elif code == 0:
        message = (
            f"'{script}' ended while it was loading (exit status 0); a script to be measured "
            "must not call process.exit()"
        )
    elif code < 0:
        message = f"'{script}' {ending(code)} while it was loading"
    else:
        message = f"'{script}' failed to load (exit status {code})"
    return LaunchError(message + quoted(process), returncode=code, output=output)
