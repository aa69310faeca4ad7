"""Programs that take away what the driver stands on: they are measured all the same, or refused."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import fault_table
import psutil
import pytest

from pytest_nodeleak.base.errors import LaunchError, TargetError, TargetStuckError, WorkloadError
from pytest_nodeleak.node import open_node

from .conftest import Started, fails

PROGRAMS = [
    pytest.param(
        "for (const name of ['setTimeout', 'setImmediate', 'setInterval', 'clearTimeout',"
        "  'queueMicrotask']) globalThis[name] = () => 0;"
        "Date.now = performance.now = process.hrtime = process.nextTick = () => 0;",
        {},
        marks=pytest.mark.fault(
            "The program",
            "fakes timers and clocks",
            forced="`setTimeout`, `setImmediate`, `Date.now`, `nextTick`... replaced",
            kept="the measurement",
        ),
        id="timers",
    ),
    pytest.param(
        "globalThis.Promise = class { then() { return this; } };"
        "JSON.stringify = JSON.parse = () => { throw new Error('mocked'); };"
        "globalThis.process = {}; delete globalThis.gc;",
        {},
        marks=pytest.mark.fault(
            "The program",
            "replaces globals",
            forced="`Promise`, `process`, `JSON`, `gc` replaced",
            kept="the measurement",
        ),
        id="globals",
    ),
    pytest.param(
        "for (const o of [Object, Array, Function, Promise, Map, Error, JSON, Reflect, process]) {"
        "  Object.freeze(o); if (o.prototype) Object.freeze(o.prototype); }"
        "Object.freeze(globalThis);",
        {"node_args": ["--frozen-intrinsics", "--disallow-code-generation-from-strings"]},
        marks=pytest.mark.fault(
            "The program",
            "freezes primordials",
            forced="`Object.freeze`, `--frozen-intrinsics`, "
            "`--disallow-code-generation-from-strings`",
            kept="the measurement",
        ),
        id="frozen",
    ),
    pytest.param(
        "const { Session, open } = require('inspector'); try { open(0); } catch {}"
        "global.session = new Session(); session.connect(); session.post('Debugger.enable');"
        "session.post('HeapProfiler.enable'); session.post('Profiler.enable');",
        {"env": {"NODE_OPTIONS": "--inspect --stack-trace-limit=3 --no-warnings"}},
        marks=pytest.mark.fault(
            "The program",
            "uses the inspector itself",
            forced="`inspector.open`, a Session, `NODE_OPTIONS=--inspect`",
            kept="the measurement",
        ),
        id="inspector",
    ),
    pytest.param(
        "const fs = require('fs'); fs.mkdirSync(__dirname + '/gone');"
        "process.chdir(__dirname + '/gone'); fs.rmdirSync(process.cwd());"
        "for (const fd of [0, 1, 2]) fs.closeSync(fd);",
        {},
        marks=pytest.mark.fault(
            "The program",
            "deletes its cwd, closes stdin, stdout and stderr",
            forced="`fs.rmdirSync`, `fs.closeSync`",
            kept="the measurement",
        ),
        id="cwd",
    ),
]


@pytest.mark.parametrize(("source", "options"), PROGRAMS)
def test_what_the_driver_stands_on_is_its_own(
    start: Started, source: str, options: dict[str, Any]
) -> None:
    app = start("global.kept = [];" + source, **options)
    assert app.run("kept[kept.length] = {}", 100) == 100
    assert app.memory().heap_used > 0
    assert app.evaluate("kept.length") == 100
    assert app.take_snapshot().node_count > 1000
    with pytest.raises(WorkloadError, match="Error: real"):
        app.run("throw new Error('real')", 1)
    fault_table.saw("the measurement, as of any program")


@pytest.mark.fault(
    "The program",
    'prints a false "Debugger listening" line',
    forced="on stderr, in a preload and in the script",
    kept="the measurement",
    seen="the measurement, as of any program",
)
def test_a_false_line_of_the_inspector(start: Started) -> None:
    false = "require('fs').writeSync(2, 'Debugger listening on ws://127.0.0.1:1/0\\n');"
    preload = start.write(false, "preload.js")
    app = start(false, node_args=["--require", str(preload)])
    assert app.run("1", 10) == 10


@pytest.mark.fault(
    "The program", "runs under the permission model", forced="`--permission` as flag and in env"
)
def test_the_permission_model_is_refused_with_its_reason(start: Started) -> None:
    with fails(LaunchError, r"'--permission', and its permission model closes the inspector"):
        start("", node_args=["--permission", "--allow-fs-read=*"])
    with fails(LaunchError, r"'--experimental-permission', and its permission model"):
        start("", env={"NODE_OPTIONS": "--experimental-permission"})


@pytest.mark.fault(
    "The program",
    "runs under the permission model, our driver out of reach",
    forced="`--permission --allow-inspector` (Node 25 and newer)",
)
def test_the_permission_model_with_an_inspector(start: Started) -> None:
    flags = ["--permission", "--allow-inspector"]
    if start.node.version < (25,):
        # Node 24 knows the model, but not how to keep the inspector.
        with fails(
            LaunchError, "bad option: --(permission|allow-inspector)|permission model keeps"
        ):
            start("", node_args=flags)
        return
    with fails(LaunchError, "permission model keeps '.*' from being measured: .*--allow-fs-read="):
        start("", node_args=flags)
    app = start("", node_args=[*flags, "--allow-fs-read=*"])
    assert app.run("1", 10) == 10


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.fault(
    "The program", "stops itself in an iteration", forced="SIGSTOP", kept="the program's output"
)
def test_a_program_that_stops_itself(start: Started) -> None:
    app = start("")
    with fails(TargetStuckError, r"a signal has stopped the program \(SIGSTOP, pid \d+\) while"):
        app.run("process.kill(process.pid, 'SIGSTOP')", 1)


@pytest.mark.fault(
    "The program",
    "throws what cannot be shown, or 50 MB of text",
    forced="a getter that throws, `Error.prepareStackTrace`, a long message",
    kept="the first 10,000 characters",
)
def test_what_is_thrown_is_shown_in_bounds(start: Started) -> None:
    app = start("")
    said = {
        "throw { get stack() { throw 1; } }": "a thrown value that cannot be shown",
        "Error.prepareStackTrace = () => { throw 1; }; throw new Error('real')": "Error: real$",
        "throw new Error('x'.repeat(5e7))": r"Error: x{9000,10000} \[\.\.\. cut\]$",
    }
    for work, text in said.items():
        with fails(WorkloadError, text) as caught:
            app.run(work, 1)
        assert len(str(caught.value)) < 11_000


@pytest.mark.fault(
    "The program",
    "stops the profiler that counts allocations",
    forced="`HeapProfiler.disable` by a Session of its own",
)
def test_a_profiler_that_is_taken_away(start: Started) -> None:
    from pytest_nodeleak import measure

    app = start(
        "global.kept = []; const s = new (require('inspector').Session)(); s.connect();"
        "setInterval(() => { s.post('HeapProfiler.startSampling');"
        "  s.post('HeapProfiler.stopSampling'); s.post('HeapProfiler.disable'); }, 5);"
    )
    with fails(TargetError, "the program has stopped V8's sampling heap profiler", 20):
        measure(app, "kept.push({})")


@pytest.mark.skipif(sys.platform == "win32", reason="names of Linux and macOS")
@pytest.mark.fault(
    "The machine",
    "names of 255 bytes, and of any character",
    forced="folder and script with umlauts, CJK, quotes, `%`, `#` and a newline",
    kept="the measurement",
    seen="the measurement, as of any program",
)
def test_names_of_files_that_are_odd(start: Started) -> None:
    folder = "größe 名前 %41#?'\" \n x"
    app = start("global.n = 1; exports.f = () => n;", name=f"{folder}/{'ü' * 125}.js")
    assert app.evaluate("require('./" + "ü" * 125 + ".js').f()") == 1
    assert app.take_snapshot(start.folder / folder / ("s" * 255)).node_count > 1000
    start("await import('node:fs'); globalThis.n = 2;", name=f"{folder}/{'m' * 251}.mjs")


@pytest.mark.skipif(os.name != "posix", reason="rlimits")
@pytest.mark.fault(
    "The machine",
    "no file descriptor left",
    forced="RLIMIT_NOFILE, a few more than are in use",
)
def test_no_file_descriptors(start: Started) -> None:
    script = start.write("")
    refused, left = _with_few_descriptors(lambda: open_node(script, node=start.node).close())
    assert len(refused) >= 3
    assert [text for text in refused if "Too many open files" not in text] == []
    fault_table.saw(f"LaunchError: {refused[0]}")
    # Debian's Python 3.11.2 leaves pipes open where no descriptor is left for the next one.
    _, left_by_python = _with_few_descriptors(_run_true)
    if not left_by_python:
        assert left == 0


def _with_few_descriptors(run: Callable[[], None]) -> tuple[list[str], int]:
    """What run() said with one more descriptor each time until it passed; how many it left open."""
    import resource

    usual = resource.getrlimit(resource.RLIMIT_NOFILE)
    used = psutil.Process().num_fds()
    refused: list[str] = []
    try:
        for limit in range(used - 3, used + 30):
            # Node itself raises its soft limit again.
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, usual[1]))
            try:
                run()
                break
            except (OSError, LaunchError) as error:
                refused.append(str(error))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, usual)
    return refused, psutil.Process().num_fds() - used


def _run_true() -> None:
    pipe = subprocess.PIPE
    subprocess.Popen(["true"], stdin=pipe, stdout=pipe, stderr=pipe).communicate(timeout=20)
