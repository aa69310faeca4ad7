"""Whatever goes wrong: one clear error, soon, that quotes the program; nothing left behind."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from pytest_nodeleak.errors import (
    ConnectionLostError,
    LaunchError,
    NodeLeakError,
    NodeNotFoundError,
    NodeVersionError,
    TargetError,
    TargetExitedError,
    TargetOutOfMemoryError,
    TargetStuckError,
)
from pytest_nodeleak.node import NodeApp, find_node, open_node

from .conftest import PROMPT, Started, gone, processes_of


@contextmanager
def fails(
    kind: type[NodeLeakError], said: str, seconds: float = PROMPT
) -> Iterator[pytest.ExceptionInfo[NodeLeakError]]:
    """The one error of exactly this kind, in time, with nothing of ours chained to it."""
    began = time.monotonic()
    with pytest.raises(kind, match=said) as caught:
        yield caught
    assert time.monotonic() - began < seconds
    assert type(caught.value) is kind
    error = caught.value
    assert error.__cause__ is None
    assert error.__context__ is None or error.__suppress_context__


# -- while it loads ------------------------------------------------------------------------


def test_missing_script(start: Started) -> None:
    with fails(LaunchError, r"script not found: '.*/nowhere\.js'"):
        open_node(start.folder / "nowhere.js", node=start.node)


def test_missing_cwd(start: Started) -> None:
    with fails(LaunchError, r"its cwd '.*/nowhere' is no folder"):
        start("", cwd=start.folder / "nowhere")


@pytest.mark.parametrize("name", ["main.js", "main.mjs"])
def test_syntax_error(start: Started, name: str) -> None:
    with fails(LaunchError, r"(?s)failed to load \(exit status 1\); its stderr ends:.*SyntaxError"):
        start("let let = 1;", name=name)


@pytest.mark.parametrize("name", ["main.js", "main.mjs"])
def test_throws_on_start(start: Started, name: str) -> None:
    with fails(LaunchError, "failed to load") as caught:
        start(
            "console.log('before');\nfunction boot() { throw new Error('no database'); }\nboot();",
            name=name,
        )
    assert isinstance(caught.value, LaunchError)
    assert caught.value.returncode == 1
    assert "Error: no database" in caught.value.output
    assert (
        f"at boot ({'file://' if name.endswith('mjs') else ''}{start.folder}/{name}:2:25)"
        in str(caught.value)
    )
    assert "Debugger" not in str(caught.value)
    assert "before" not in caught.value.output


def test_rejects_in_top_level_await(start: Started) -> None:
    with fails(LaunchError, r"(?s)failed to load \(exit status 1\).*Error: no config"):
        start("await null; await Promise.reject(new Error('no config'));", name="main.mjs")


def test_rejects_late_in_top_level_await(start: Started) -> None:
    with fails(LaunchError, r"(?s)failed to load \(exit status 1\).*Error: no config"):
        start(
            "await new Promise((_, no) => setTimeout(() => no(new Error('no config')), 200));",
            name="main.mjs",
        )


@pytest.mark.parametrize("name", ["main.js", "main.mjs"])
@pytest.mark.parametrize(
    ("code", "said"),
    [
        (0, r"ended while it was loading \(exit status 0\); .* must not call process.exit"),
        (3, r"failed to load \(exit status 3\); its stderr ends:\n  giving up"),
    ],
)
def test_exit_while_loading(start: Started, code: int, said: str, name: str) -> None:
    with fails(LaunchError, said) as caught:
        start(f"console.error('giving up'); process.exit({code});", name=name)
    assert isinstance(caught.value, LaunchError)
    assert caught.value.returncode == code


def test_unsettled_top_level_await(start: Started) -> None:
    """Node ends such a module with status 13; the driver keeps the event loop alive."""
    with fails(LaunchError, r"still loading after 0\.7 s", 0.7 + PROMPT):
        start("await new Promise(() => {});", name="main.mjs", timeout=0.7)


def test_never_finishes_loading(start: Started) -> None:
    with fails(
        LaunchError, r"still loading after 0\.7 s; its stderr ends:\n  working", 0.7 + PROMPT
    ):
        start(
            "console.error('working'); setInterval(() => {}, 10); await new Promise(() => {});",
            name="main.mjs",
            timeout=0.7,
        )


@pytest.mark.parametrize("name", ["main.js", "main.mjs"])
def test_endless_loop_while_loading(start: Started, name: str) -> None:
    with fails(
        LaunchError, "(?s)still loading after 1 s; it is at:\n    at spin .*main", 1 + PROMPT
    ):
        start("function spin() { for (;;); }\nspin();", name=name, timeout=1)


def test_killed_while_loading(start: Started) -> None:
    with fails(LaunchError, "was killed by SIGKILL while it was loading"):
        start("process.kill(process.pid, 'SIGKILL'); for (;;);")


def test_out_of_memory_while_loading(start: Started) -> None:
    with fails(LaunchError, "ran out of memory while it was loading: FATAL ERROR", 8):
        start(
            "const a = []; for (;;) a.push({a: [1, 2, 3]});",
            node_args=["--max-old-space-size=20", "--max-semi-space-size=1"],
        )


def test_bad_flag(start: Started) -> None:
    with fails(
        LaunchError, r"node refused its options for '.*main.js': bad option: --no-such-flag"
    ):
        start("", node_args=["--no-such-flag"])


def test_bad_node_options(start: Started) -> None:
    with fails(LaunchError, r"--expose-internals is not allowed in NODE_OPTIONS"):
        start("", env={"NODE_OPTIONS": "--expose-internals"})


def test_missing_preload(start: Started) -> None:
    with fails(LaunchError, r"(?s)failed to load.*Cannot find module './missing'"):
        start("", node_args=["--require", "./missing"])


def test_nul_in_an_argument(start: Started) -> None:
    with fails(LaunchError, "cannot start '.*': embedded null byte"):
        start("", "a\0b")


@pytest.mark.parametrize("bad", [-1, float("nan"), "30"])
def test_timeout_of_loading_that_is_nonsense(start: Started, bad: object) -> None:
    with pytest.raises(NodeLeakError, match="is no time-out"):
        start("", timeout=bad)


def test_timeout_of_loading_that_is_too_short(start: Started) -> None:
    with fails(LaunchError, "within 0 s|0 s were over|still loading"):
        start("", timeout=0)


def test_error_handler_of_its_own(start: Started) -> None:
    """A program that survives its own error while loading is taken as it is."""
    for name in ("main.js", "main.mjs"):
        app = start(
            "process.on('uncaughtException', (e) => console.log('caught', e.message));"
            "process.on('unhandledRejection', (e) => console.log('caught', e.message));"
            "throw new Error('half loaded');",
            name=name,
            timeout=5,
        )
        app.wait_for_output("caught half loaded", timeout=2)
        assert app.evaluate("1") == 1


# -- the binary ----------------------------------------------------------------------------


def fake(folder: Path, text: str, mode: int = 0o755) -> Path:
    path = folder / "node"
    path.write_text(text)
    path.chmod(mode)
    return path


def test_node_that_is_too_old(start: Started) -> None:
    path = fake(start.folder, "#!/bin/sh\necho v16.0.0\n")
    with fails(NodeVersionError, r"\(from the argument\) is version 16\.0\.0; version 18 or newer"):
        start("", node=path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("#!/bin/sh\necho Python 3\n", "is not node: '--version' answered 'Python 3'"),
        ("#!/bin/sh\necho >&2 broken; exit 4\n", "answered 'broken' with exit status 4"),
        ("#!/no/such/interpreter\n", "cannot run node at"),
        ("just text", "cannot run node at .*Exec format error"),
        ("#!/bin/sh\nprintf '\\377\\376'\n", "is not node"),
    ],
)
def test_node_that_is_none(start: Started, text: str, said: str) -> None:
    with fails(NodeNotFoundError, said):
        start("", node=fake(start.folder, text))


def test_node_that_cannot_be_run(start: Started) -> None:
    with fails(NodeNotFoundError, "that is a directory; give the path of a node binary"):
        start("", node=start.folder)
    with fails(NodeNotFoundError, "no node executable at '.*/nowhere'"):
        start("", node=start.folder / "nowhere")
    with fails(NodeNotFoundError, "that file is not executable"):
        start("", node=fake(start.folder, "#!/bin/sh\n", 0o644))


def test_node_that_ends_without_an_inspector(start: Started) -> None:
    path = fake(start.folder, "#!/bin/sh\n[ $1 = --version ] && echo v20.0.0 || echo >&2 nope\n")
    with fails(LaunchError, r"ended while it was loading.*(\n.*)*nope"):
        start("", node=path)


def test_node_that_opens_no_inspector(start: Started) -> None:
    path = fake(start.folder, "#!/bin/sh\n[ $1 = --version ] && echo v20.0.0 || sleep 60\n")
    with fails(LaunchError, "did not open its inspector within 0.5 s", 0.5 + PROMPT):
        start("", node=path, timeout=0.5)


def test_node_behind_a_wrapper_script(start: Started) -> None:
    """nvm, volta and the like: closed descriptors and a process id that is not Node's."""
    path = fake(start.folder, f"#!/bin/sh\n'{start.node.path}' \"$@\"\n")
    app = start("", node=path)
    assert app.evaluate("1 + 1") == 2
    app.close()
    assert gone(start.folder, 0.5)


def test_inspector_address_that_nobody_answers(start: Started) -> None:
    path = fake(
        start.folder,
        "#!/bin/sh\n[ $1 = --version ] && echo v20.0.0 && exit\n"
        "echo >&2 Debugger listening on ws://127.0.0.1:1/x; sleep 60\n",
    )
    with fails(LaunchError, "lost '.*' while it was loading: cannot connect to the inspector"):
        start("", node=path)


def test_relative_node_is_made_absolute(start: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    (start.folder / "bin").mkdir()
    (start.folder / "bin" / "node").symlink_to(start.node.path)
    monkeypatch.chdir(start.folder)
    found = find_node("bin/node")
    assert os.path.isabs(found.path)
    assert start("", node="bin/node", cwd="/").evaluate("process.cwd()") == "/"


# -- while it runs -------------------------------------------------------------------------

ENDINGS = [
    ("process.exit(4)", TargetExitedError, "ended with exit status 4 while the workload ran", 4),
    ("process.exit()", TargetExitedError, "ended with exit status 0 while", 0),
    (
        "setImmediate(() => { throw new Error('boom in a timer') }); await new Promise(() => {})",
        TargetExitedError,
        r"(?s)ended with exit status 1 while the workload ran \(from iteration 1\); its stderr "
        "ends:.*Error: boom in a timer",
        1,
    ),
    (
        "Promise.reject(new Error('unhandled')); await new Promise(() => {})",
        TargetExitedError,
        "(?s)exit status 1 while.*Error: unhandled",
        1,
    ),
    ("process.kill(process.pid, 'SIGKILL')", TargetExitedError, "was killed by SIGKILL while", -9),
    ("process.abort()", TargetExitedError, "was killed by SIGABRT while", -6),
]


@pytest.mark.parametrize(("work", "kind", "said", "code"), ENDINGS, ids=[e[0] for e in ENDINGS])
def test_ends_during_a_run(
    start: Started, work: str, kind: type[TargetExitedError], said: str, code: int
) -> None:
    app = start("")
    with fails(kind, said) as caught:
        app.run(work, 5)
    assert isinstance(caught.value, TargetExitedError)
    assert caught.value.returncode == code
    assert not app.running
    # Whatever is asked afterwards has the same answer.
    with fails(kind, said.split(" while")[0].replace("(?s)", ""), 1):
        app.memory()


def test_ends_between_calls(start: Started) -> None:
    app = start("setTimeout(() => process.exit(7), 300);")
    time.sleep(0.8)
    assert not app.running
    with fails(TargetExitedError, "ended with exit status 7 while it was watched", 1):
        app.check_alive("it was watched")


def test_check_alive_of_a_busy_program_does_not_wait(start: Started) -> None:
    app = start("setTimeout(() => { for (;;); }, 100);")
    time.sleep(0.3)
    began = time.monotonic()
    app.check_alive("it was watched")
    assert app.running
    assert time.monotonic() - began < 0.2


def test_killed_from_outside(start: Started) -> None:
    app = start("")
    psutil.Process(app.pid).kill()
    with fails(TargetExitedError, "was killed by SIGKILL while evaluate ran"):
        app.evaluate("await new Promise(() => {})")


def test_out_of_memory_during_a_run(start: Started) -> None:
    app = start("global.kept = [];", node_args=["--max-old-space-size=30"])
    said = r"ran out of memory while the workload ran.*FATAL ERROR.*; lower `iterations`, or give"
    with fails(TargetOutOfMemoryError, said, 15) as caught:
        app.run("for (let i = 0; i < 1e4; i++) kept.push({i, list: [i]})", 10_000)
    assert isinstance(caught.value, TargetOutOfMemoryError)
    assert caught.value.returncode == -6


def test_endless_loop_in_evaluate(start: Started) -> None:
    app = start("global.spin = function spin() { for (;;); };")
    with fails(TargetStuckError, r"within 0.5 s while evaluate ran; it is at:\n +at spin \(", 2.5):
        app.evaluate("spin()", timeout=0.5)


def test_endless_loop_in_an_iteration(start: Started) -> None:
    app = start("global.n = 0; global.spin = () => { if (++n > 3) for (;;); };")
    with fails(
        TargetStuckError, r"(?s)while the workload ran.*; it is at:.*at global.spin", 6
    ) as c:
        app.run("spin()", 10, timeout=0.3)
    assert isinstance(c.value, TargetStuckError)
    assert "main.js:1" in c.value.stack
    assert "driver" not in c.value.stack


def test_endless_loop_in_a_module_of_the_workload(start: Started) -> None:
    from pytest_nodeleak import module

    start.write("for (;;);", "work.js")
    app = start("")
    with fails(TargetStuckError, r"(?s)it is at:.*work\.js:1", 4):
        app.run(module("./work.js", "x"), 1, timeout=0.5)


def test_a_long_loop_goes_on_after_it_was_looked_at(start: Started) -> None:
    app = start("global.work = () => { for (const end = Date.now() + 1500; Date.now() < end;); };")
    with fails(TargetStuckError, r"(?s)it is at:.*at global\.work", 2.5):
        app.evaluate("work(); global.finished = 1", timeout=0.4)
    assert app.evaluate("return finished", timeout=5) == 1


def test_a_promise_that_never_settles(start: Started) -> None:
    app = start("setInterval(() => { for (const e = Date.now() + 15; Date.now() < e;); }, 1);")
    said = "its event loop goes round: it waits for a promise that does not settle"
    with fails(TargetStuckError, said, 2.5):
        app.evaluate("await new Promise(() => {})", timeout=0.4)
    # The program itself is well, and was not left halted.
    assert app.evaluate("1") == 1
    assert app.run("await new Promise((r) => setTimeout(r, 1))", 3) == 3


def test_a_program_that_is_halted(start: Started) -> None:
    app = start("")
    psutil.Process(app.pid).suspend()
    with fails(TargetStuckError, "not even its debugger answers", 2.5):
        app.evaluate("1", timeout=0.4)
    began = time.monotonic()
    app.close()
    assert time.monotonic() - began < 1


def test_closed_standard_streams(start: Started) -> None:
    app = start("require('fs').closeSync(2); require('fs').closeSync(1);")
    assert app.run("1", 10) == 10
    app.memory()
    with fails(TargetExitedError, "exit status 9"):
        app.run("process.exit(9)", 1)


def test_closed_streams_while_loading(start: Started) -> None:
    with fails(LaunchError, "exit status 1"):
        start("require('fs').closeSync(2); throw new Error('unheard');")


def test_a_grandchild_that_holds_the_pipes(start: Started) -> None:
    """The end of the program is told at once, although its stderr stays open."""
    app = start(
        "require('child_process').spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)',"
        "__dirname], {detached: true, stdio: 'inherit'}).unref();"
        "setTimeout(() => { console.error('bye'); process.exit(2) }, 200);"
    )
    with fails(TargetExitedError, "(?s)exit status 2.*bye"):
        app.wait_for_output("never")
    app.close()
    assert processes_of(start.folder) == []


def test_the_program_closes_the_inspector(start: Started) -> None:
    app = start("")
    with pytest.raises(TargetError, match=r"inspector connection was cut|did not answer"):
        app.evaluate("require('inspector').close(); await new Promise(() => {})", timeout=2)
    began = time.monotonic()
    app.close()
    assert time.monotonic() - began < 1


USES: list[Callable[[NodeApp], object]] = [
    lambda app: app.memory(),
    lambda app: app.collect_garbage(),
    lambda app: app.take_snapshot(),
    lambda app: app.count_instances("Map"),
    lambda app: app.workers,
    lambda app: app.evaluate("1"),
    lambda app: app.run("1", 1),
    lambda app: app.wait_for_output("x"),
]


def test_every_call_tells_of_the_death(start: Started) -> None:
    app = start("setTimeout(() => { console.error('bye'); process.exit(6) }, 30);")
    time.sleep(0.3)
    for use in USES:
        with fails(TargetExitedError, r"(?s)exit status 6 while .*bye", 1.5):
            use(app)


# -- a connection that breaks --------------------------------------------------------------


def test_connection_cut_in_the_middle_of_a_snapshot(start: Started, tmp_path: Path) -> None:
    app = start("global.big = Array.from({length: 2e5}, (_, i) => ({i}));")
    path = tmp_path / "cut.heapsnapshot"
    transport = app._channel.session._transport
    receive, count = transport.receive, iter(range(100))
    when: list[float] = []

    def cut(deadline: object) -> object:
        if next(count) == 2:
            when.append(time.monotonic())
            transport.close()
        return receive(deadline)  # type: ignore[arg-type]

    transport.receive = cut  # type: ignore[method-assign, assignment]
    said = r"connection was cut while a heap snapshot was taken; the program \(pid \d+\) still runs"
    with fails(ConnectionLostError, said, 20):
        app.take_snapshot(path)
    assert time.monotonic() - when[0] < PROMPT
    assert not path.exists()
