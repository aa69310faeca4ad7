"""The program's children run as they would without us: output, environment, arguments, end."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from pytest_nodeleak.base.errors import HeapGoneError, LaunchError
from pytest_nodeleak.node import NodeExecutable, open_node
from pytest_nodeleak.node.heaps.meeting import MeetingPoint

from .conftest import Started, gone
from .heaps import await_heaps

LOOK = """
const env = { ...process.env };
console.log(JSON.stringify({
  execArgv: process.execArgv, argv: process.argv.slice(2), env, cache: Object.keys(require.cache),
  preloads: process._preload_modules, gc: typeof gc, keys: Object.keys(globalThis),
  resources: process.getActiveResourcesInfo().filter((name) => name !== 'PipeWrap'),
}));
console.error('to stderr');
"""

MAIN = """
const { execFile, execFileSync } = require('child_process');
const env = process.env;
globalThis.look = (options) => new Promise((done) => {
  execFile(process.execPath, [require.resolve('./look.js'), 'a'], options, (...all) => done(all));
});
globalThis.lookSync = (options) =>
  execFileSync(process.execPath, [require.resolve('./look.js'), 'a'], { ...options, stdio: 'pipe' })
    .toString();
"""

ENVIRONMENTS: list[dict[str, str]] = [
    {},
    {"NODE_OPTIONS": ""},
    {"NODE_OPTIONS": "--no-warnings --stack-trace-limit=20", "A": "x y"},
]


@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_a_child_sees_what_it_would_have_seen(start: Started, env: dict[str, str]) -> None:
    look = start.write(LOOK, "look.js")
    app = start(MAIN)
    plain = subprocess.run(
        [start.node.path, look, "a"], env=env, capture_output=True, text=True, check=True
    )
    expected: dict[str, Any] = json.loads(plain.stdout)
    error, out, err = app.evaluate(f"await look({{ env: {json.dumps(env)} }})")
    assert (error, err) == (None, plain.stderr)
    assert json.loads(out) == expected
    assert json.loads(app.evaluate(f"lookSync({{ env: {json.dumps(env)} }})")) == expected


def test_a_child_inherits_the_programs_environment(start: Started) -> None:
    start.write(LOOK, "look.js")
    app = start(MAIN, env={"NODE_OPTIONS": "--no-warnings", "B": "c"})
    _, out, _ = app.evaluate("await look({})")
    assert json.loads(out)["env"] == app.evaluate("({ ...process.env })")


def test_its_output_is_exactly_its_own_also_while_it_is_asked(start: Started) -> None:
    start.write(
        "process.stdin.on('data', () => { console.log('out'); console.error('err');"
        " process.exitCode = 3; process.stdin.destroy(); });",
        "job.js",
    )
    app = start(
        """
        const { spawn } = require('child_process');
        const child = spawn(process.execPath, [require.resolve('./job.js')]);
        const said = { out: '', err: '' };
        child.stdout.on('data', (data) => { said.out += data; });
        child.stderr.on('data', (data) => { said.err += data; });
        globalThis.finish = () => new Promise((done) => {
          child.on('close', (code) => done([code, said.out, said.err]));
          child.stdin.write('go');
        });
        """
    )
    _, child = await_heaps(app, lambda heaps: len(heaps) == 2)
    child.memory()
    child.take_snapshot()
    assert app.evaluate("await finish()") == [3, "out\n", "err\n"]
    assert app.output == ""


def test_what_is_no_node_is_started_as_ever(start: Started) -> None:
    app = start(
        "globalThis.out = require('child_process').execFileSync('/bin/echo', ['a b']).toString();"
        "globalThis.failed = require('child_process').spawnSync('/not/there').error.code;"
    )
    assert app.evaluate("[out, failed]") == ["a b\n", "ENOENT"]


def test_children_with_a_permission_model_run(start: Started) -> None:
    """They cannot be looked into, and must not fail to read our file."""
    start.write("console.log('it runs')", "job.js")
    flag = "--permission" if start.node.version[0] >= 24 else "--experimental-permission"
    if start.node.version[0] < 20:
        pytest.skip("no permission model")
    app = start(
        f"const flags = ['{flag}', '--no-warnings', '--allow-fs-read=' + __dirname + '/*'];"
        "globalThis.out = require('child_process').execFileSync(process.execPath,"
        " [...flags, require.resolve('./job.js')]).toString();"
    )
    assert app.evaluate("out") == "it runs\n"


def test_pending_deprecations_stay_silent(start: Started) -> None:
    start.write("console.log('it runs')", "job.js")
    app = start(
        "globalThis.out = require('child_process').spawnSync(process.execPath,"
        " [require.resolve('./job.js')]); globalThis.all = String(out.stdout) + out.stderr;",
        env={"NODE_PENDING_DEPRECATION": "1"},
    )
    assert app.evaluate("all") == "it runs\n"
    assert app.stderr == ""


@pytest.mark.ends
def test_children_that_end_at_a_random_moment(start: Started) -> None:
    """50 of them, asked and not asked: no hang, no orphan, nothing on their streams."""
    start.write(
        """
        const how = process.argv[3];
        setTimeout(() => {
          if (how === 'exit') process.exit();
          if (how === 'kill') process.kill(process.pid, 'SIGKILL');
          if (how === 'throw') process.reallyExit(1);
          if (how === 'end') clearInterval(it);
        }, Number(process.argv[2]));
        const it = setInterval(() => {}, 1000);
        const { Worker } = require('worker_threads');
        if (how === 'exit') new Worker('setInterval(() => {}, 1000)', { eval: true }).unref();
        """,
        "job.js",
    )
    # Three at a time, whatever the machine can do.
    app = start(
        """
        const { spawn } = require('child_process');
        globalThis.left = 50; globalThis.said = '';
        let begun = 0;
        const next = () => {
          if (begun === 50) return;
          const life = (begun * 37) % 400;
          const how = ['exit', 'kill', 'throw', 'end'][begun++ % 4];
          const child = spawn(process.execPath, [require.resolve('./job.js'), life, how]);
          child.stdout.on('data', (data) => { said += data; });
          child.stderr.on('data', (data) => { said += data; });
          child.on('close', () => { left--; next(); });
        };
        for (let i = 0; i < 3; i++) next();
        """
    )
    asked = met = 0
    end = time.monotonic() + 90
    while app.evaluate("left"):
        assert time.monotonic() < end, (app.heaps(), app.other_children())
        for heap in app.heaps()[1:]:
            asked += 1
            with suppress(HeapGoneError):
                heap.memory(settle=1)
                met += 1
    assert asked > met > 0
    assert app.evaluate("said") == ""
    assert len(app.heaps()) == 1
    assert app.output == ""


def test_a_child_ends_by_itself_while_nobody_looks(start: Started) -> None:
    start.write("setTimeout(() => {}, 50);", "job.js")
    app = start(
        "globalThis.over = new Promise((done) => require('child_process')"
        ".fork('./job.js', { cwd: __dirname }).on('exit', done));"
    )
    assert app.evaluate("await over", timeout=10) == 0
    assert len(app.heaps()) == 1


def test_the_folder_of_the_meeting_point_goes(start: Started, tmp_path: Path) -> None:
    app = start("")
    folder = Path(
        json.loads(app._census._meeting.environment("off", "x")["NODELEAK_HEAPS"])["socket"]
    )
    assert folder.exists()
    assert (folder.parent.stat().st_mode & 0o77) == 0
    app.close()
    assert not folder.parent.exists()


def test_a_program_that_fails_to_start_leaves_no_folder(
    node: NodeExecutable, tmp_path: Path
) -> None:

    (tmp_path / "main.js").write_text("throw new Error('no')")
    before = tempfile.tempdir
    tempfile.tempdir = str(tmp_path)
    try:
        with pytest.raises(LaunchError):
            open_node(tmp_path / "main.js", node=node)
    finally:
        tempfile.tempdir = before
    assert [path.name for path in tmp_path.iterdir()] == ["main.js"]
    assert gone(tmp_path)


def test_folders_of_killed_sessions_are_cleared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", tempfile.mkdtemp(prefix="n", dir="/tmp"))
    parent = Path(tempfile.gettempdir())
    try:
        living, dead, young = (parent / f"nodeleak-heaps-{name}" for name in "abc")
        listening = []
        for folder in (living, dead, young):
            folder.mkdir()
            listening.append(socket.socket(socket.AF_UNIX))
            listening[-1].bind(str(folder / "s"))
            listening[-1].listen()
            if folder is not young:
                os.utime(folder, (0, 0))
        for sock in listening[1:]:
            sock.close()
        MeetingPoint().close()
        listening[0].close()
        assert sorted(parent.iterdir()) == [living, young]
    finally:
        shutil.rmtree(parent)
