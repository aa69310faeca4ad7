"""Start a script under the inspector and hand it over when it has loaded."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..deadline import Deadline
from ..errors import ConnectionLostError, LaunchError, TargetError, TargetStuckError, hide_ours
from ..inspector import Session, WebSocketTransport
from .app import Context, NodeApp
from .find import NodeExecutable, find_node
from .process import TargetProcess

__all__ = ["open_node"]

__tracebackhide__ = hide_ours

DRIVER = Path(__file__).parent / "driver" / "driver.cjs"
_ADDRESS = re.compile(r"^Debugger listening on (ws://\S+)", re.MULTILINE)
_BAD_FLAG = re.compile(r"^\S*: (bad option: .*|.* is not allowed in NODE_OPTIONS)$", re.MULTILINE)


def open_node(
    script: str | os.PathLike[str],
    *args: str,
    env: Mapping[str, str | None] | None = None,
    cwd: str | os.PathLike[str] | None = None,
    node: NodeExecutable | str | os.PathLike[str] | None = None,
    node_args: Sequence[str] = (),
    jit: str = "off",
    timeout: float = 30.0,
    context: Context | None = None,
) -> NodeApp:
    """Start ``script`` and return when its top level has run (top-level await included)::

        with open_node("server.js") as app:
            verdict = measure(app, "require('./cart').checkout()")

    ``env`` is laid over the environment of this process (None removes a name), ``cwd`` is the
    current folder by default. ``jit="off"`` keeps V8's optimising compilers off, which makes
    the heap exact. ``timeout`` bounds the loading, in seconds.

    Raises LaunchError, NodeNotFoundError, NodeVersionError. Whoever does not use ``with`` calls ``close()``.
    """
    executable = node if isinstance(node, NodeExecutable) else find_node(node)
    folder = os.path.abspath(os.fspath(cwd) if cwd is not None else os.getcwd())
    if not os.path.isdir(folder):
        raise LaunchError(f"cannot start '{os.fspath(script)}': its cwd '{folder}' is no folder")
    path = os.path.join(folder, os.path.expanduser(os.fspath(script)))
    if not os.path.exists(path):
        raise LaunchError(f"script not found: '{path}'")
    argv = [
        executable.path,
        *(executable.quiet_flags() if jit == "off" else []),
        "--expose-gc",
        "--inspect=127.0.0.1:0",
        *node_args,
        "--require",
        str(DRIVER),
        path,
        *map(str, args),
    ]
    deadline = Deadline(timeout)
    process = TargetProcess(argv, env=_environment(env), cwd=folder)
    try:
        return _hand_over(process, executable, path, deadline, jit, context)
    except BaseException:
        process.stop()
        raise


def _environment(changes: Mapping[str, str | None] | None) -> dict[str, str]:
    env = dict(os.environ)
    for name, value in (changes or {}).items():
        if value is None:
            env.pop(name, None)
        else:
            env[name] = str(value)
    return env


def _hand_over(
    process: TargetProcess,
    executable: NodeExecutable,
    script: str,
    deadline: Deadline,
    jit: str,
    context: Context | None,
) -> NodeApp:
    url = _wait_for_address(process, script, deadline)
    try:
        session = Session(WebSocketTransport(url, deadline))
    except ConnectionLostError as error:
        raise _failed_start(process, script, str(error)) from None
    app = NodeApp(process, session, executable, script, jit=jit, context=context)
    try:
        # Tells when the program has ended and only waits for our disconnect.
        app.command(
            "NodeRuntime.notifyWhenWaitingForDisconnect", {"enabled": True}, deadline=deadline
        )
        app.start(deadline)
    except TargetStuckError as error:
        app.close()
        where = f"; it was at:\n{error.stack}" if error.stack else ""
        raise LaunchError(
            f"'{script}' was still loading after {deadline.seconds:g} s{where}"
            f"{_quote(process)}",
            output=process.stderr.tail(),
        ) from None
    except TargetError as error:
        app.close()
        raise _failed_start(process, script, str(error)) from None
    except BaseException:
        app.close()
        raise
    return app


def _wait_for_address(process: TargetProcess, script: str, deadline: Deadline) -> str:
    seen = -1
    while True:
        closed = process.stderr.closed
        # The children of fork() print theirs on the same stream: ours is the first.
        found = _ADDRESS.search(process.stderr.raw())
        if found is not None:
            return found.group(1)
        if closed or process.returncode is not None:
            process.wait(Deadline(2))
            found = _ADDRESS.search(process.stderr.raw())
            if found is not None and process.returncode is None:
                return found.group(1)
            raise _failed_start(process, script, "node ended before its inspector was open")
        if deadline.expired:
            raise LaunchError(
                f"node did not open its inspector within {deadline.seconds:g} s for '{script}'"
                f"{_quote(process)}",
                output=process.stderr.tail(),
            )
        process.stderr.wait_change(seen, deadline)
        seen = process.stderr.total


def _failed_start(process: TargetProcess, script: str, reason: str) -> LaunchError:
    code = process.returncode
    output = process.stderr.tail(30)
    bad = _BAD_FLAG.search(output)
    if bad is not None:
        message = f"node refused its options for '{script}': {bad.group(1)}"
    elif code is None:
        message = f"lost '{script}' while it was loading: {reason}"
    elif code == 0:
        message = f"'{script}' ended while it was loading (exit status 0, process.exit?)"
    elif code < 0:
        message = f"'{script}' was killed by signal {-code} while it was loading"
    else:
        message = f"'{script}' failed to load (exit status {code})"
    return LaunchError(message + _quote(process), returncode=code, output=output)


def _quote(process: TargetProcess) -> str:
    parts = []
    for stream in (process.stderr, process.stdout):
        text = stream.tail(30)
        if text:
            indented = "\n".join("  " + line for line in text.splitlines())
            parts.append(f"\n{stream.name} of the script:\n{indented}")
    return "".join(parts[:1])
