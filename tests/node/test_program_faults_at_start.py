"""Whatever goes wrong while it starts: one clear error, soon; nothing is left."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pytest_nodeleak.base.errors import (
    LaunchError,
    NodeLeakError,
    NodeNotFoundError,
    NodeVersionError,
)
from pytest_nodeleak.node import find_node, open_node

from .conftest import PROMPT, Started, fails, gone

# -- while it loads ------------------------------------------------------------------------


@pytest.mark.fault("The program", "no script", forced="a path where nothing is")
def test_missing_script(start: Started) -> None:
    with fails(LaunchError, r"script not found: '.*/nowhere\.js'"):
        open_node(start.folder / "nowhere.js", node=start.node)


@pytest.mark.fault("The program", "no working directory", forced="`cwd` that is no folder")
def test_missing_cwd(start: Started) -> None:
    with fails(LaunchError, r"its cwd '.*/nowhere' is no folder"):
        start("", cwd=start.folder / "nowhere")


@pytest.mark.parametrize("name", ["main.js", "main.mjs"])
@pytest.mark.fault(
    "The program", "syntax error", forced="CommonJS and ES module", kept="the program's output"
)
def test_syntax_error(start: Started, name: str) -> None:
    with fails(LaunchError, r"(?s)failed to load \(exit status 1\); its stderr ends:.*SyntaxError"):
        start("let let = 1;", name=name)


@pytest.mark.parametrize("name", ["main.js", "main.mjs"])
@pytest.mark.fault(
    "The program",
    "throws while it loads",
    forced="CommonJS and ES module",
    kept="the program's output",
)
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


@pytest.mark.fault(
    "The program",
    "rejects in top-level await",
    forced="`await Promise.reject(...)`",
    kept="the program's output",
)
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
@pytest.mark.fault(
    "The program",
    "exits while it loads",
    forced="`process.exit(0)`, `process.exit(3)`",
    kept="the program's output",
)
def test_exit_while_loading(start: Started, code: int, said: str, name: str) -> None:
    with fails(LaunchError, said) as caught:
        start(f"console.error('giving up'); process.exit({code});", name=name)
    assert isinstance(caught.value, LaunchError)
    assert caught.value.returncode == code


@pytest.mark.fault(
    "The program",
    "top-level await that never settles",
    forced="time-out 0.7 s",
    kept="the program's output",
)
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
@pytest.mark.fault(
    "The program",
    "endless loop while it loads",
    forced="`for (;;);`, time-out 1 s",
    kept="where it is",
)
def test_endless_loop_while_loading(start: Started, name: str) -> None:
    with fails(
        LaunchError, "(?s)still loading after 1 s; it is at:\n    at spin .*main", 1 + PROMPT
    ):
        start("function spin() { for (;;); }\nspin();", name=name, timeout=1)


@pytest.mark.fault(
    "The program", "is killed while it loads", forced="SIGKILL", kept="the program's output"
)
def test_killed_while_loading(start: Started) -> None:
    with fails(LaunchError, "was killed by SIGKILL while it was loading"):
        start("process.kill(process.pid, 'SIGKILL'); for (;;);")


@pytest.mark.fault(
    "The program",
    "out of memory while it loads",
    forced="`--max-old-space-size=20`",
    kept="V8's own line",
)
def test_out_of_memory_while_loading(start: Started) -> None:
    with fails(LaunchError, "ran out of memory while it was loading: FATAL ERROR", 8):
        start(
            "const a = []; for (;;) a.push({a: [1, 2, 3]});",
            node_args=["--max-old-space-size=20", "--max-semi-space-size=1"],
        )


@pytest.mark.fault("The program", "a flag that Node does not know", forced="`node_args`")
def test_bad_flag(start: Started) -> None:
    with fails(
        LaunchError, r"node refused its options for '.*main.js': bad option: --no-such-flag"
    ):
        start("", node_args=["--no-such-flag"])


@pytest.mark.fault("The program", "NODE_OPTIONS that Node refuses", forced="`env`")
def test_bad_node_options(start: Started) -> None:
    with fails(LaunchError, r"--expose-internals is not allowed in NODE_OPTIONS"):
        start("", env={"NODE_OPTIONS": "--expose-internals"})


@pytest.mark.fault(
    "The program",
    "a preload that is missing",
    forced="`--require ./missing`",
    kept="the program's output",
)
def test_missing_preload(start: Started) -> None:
    with fails(LaunchError, r"(?s)failed to load.*Cannot find module './missing'"):
        start("", node_args=["--require", "./missing"])


@pytest.mark.fault("The program", "a NUL character in an argument", forced="`a\\\\0b`")
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


@pytest.mark.fault("The program", "Node that is too old", forced="a binary that answers v16.0.0")
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
@pytest.mark.fault(
    "The program",
    "a binary that is no Node",
    forced="scripts that answer nonsense, fail or cannot be run",
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


@pytest.mark.fault(
    "The program",
    "Node that ends at once",
    forced="a wrapper that exits",
    kept="the program's output",
)
def test_node_that_ends_without_an_inspector(start: Started) -> None:
    path = fake(start.folder, "#!/bin/sh\n[ $1 = --version ] && echo v20.0.0 || echo >&2 nope\n")
    with fails(LaunchError, r"ended while it was loading.*(\n.*)*nope"):
        start("", node=path)


@pytest.mark.fault(
    "The program",
    "Node that opens no inspector",
    forced="a wrapper that drops the option",
    kept="the program's output",
)
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


@pytest.mark.fault(
    "The wire",
    'a false "Debugger listening" line from Node itself',
    forced="a wrapper that prints it",
    kept="the program's output",
)
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
