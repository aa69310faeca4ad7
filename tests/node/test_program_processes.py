"""Worker threads and child processes of the program work, and end with it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

import pytest_nodeleak
from pytest_nodeleak.base.errors import TargetExitedError
from pytest_nodeleak.node import NodeExecutable

from .conftest import Started, gone, processes_of

WORKER = """
const { Worker, isMainThread, parentPort, workerData } = require('worker_threads');
if (isMainThread) {
  global.ask = (n) => new Promise((resolve, reject) => {
    const worker = new Worker(__filename, { workerData: n });
    worker.on('message', resolve).on('error', reject);
  });
  global.keep = () => new Promise((resolve, reject) => {
    const worker = new Worker(__filename, { workerData: 'stay' });
    worker.on('message', () => resolve(worker.threadId)).on('error', reject);
    (global.workers ||= []).push(worker);
  });
} else {
  parentPort.postMessage(workerData === 'stay' ? 0 : workerData * 2);
  if (workerData === 'stay') setInterval(() => {}, 1000);
}
"""


def test_worker_threads_run_and_end(start: Started) -> None:
    app = start(WORKER)
    assert app.evaluate("await ask(21)", timeout=10) == 42
    app.run("await ask(1)", 5)
    app.memory()


def test_workers_are_listed(start: Started) -> None:
    app = start(WORKER)
    assert app.workers == []
    ids = [app.evaluate("return await keep()") for _ in range(3)]
    assert [worker.id for worker in app.workers] == ids
    assert "main.js" in app.workers[0].url
    # Started after the listing, a worker does not wait for a debugger.
    assert app.evaluate("await ask(4)", timeout=10) == 8
    app.evaluate("await workers.pop().terminate()")
    assert len(app.workers) == 2
    assert app.evaluate("await ask(5)", timeout=10) == 10


def test_listing_workers_keeps_no_memory(start: Started) -> None:
    app = start(WORKER)
    app.evaluate("return await keep()")
    for _ in range(8):
        app.workers  # noqa: B018
        app.memory()
    before = app.memory().heap_used
    for _ in range(10):
        app.workers  # noqa: B018
    assert app.memory().heap_used - before < 500


def test_fork(start: Started) -> None:
    start.write(
        "process.on('message', (n) => process.send({ n: n + 1, argv: process.execArgv,"
        "loaded: Object.keys(require.cache) }));",
        "child.js",
    )
    app = start(
        """
        const { fork } = require('child_process');
        global.ask = (n) => new Promise((resolve) => {
          const child = fork('./child.js', { cwd: __dirname });
          child.on('message', (m) => { resolve(m); child.kill(); });
          child.send(n);
        });
        """
    )
    answer = app.evaluate("await ask(1)", timeout=10)
    assert answer["n"] == 2
    assert answer["loaded"] == [str(start.folder / "child.js")]
    assert not [arg for arg in answer["argv"] if "inspect" in arg or "driver" in arg]
    assert "Debugger" not in app.stderr
    app.run("await ask(1)", 3)


def test_cluster(start: Started) -> None:
    app = start(
        """
        const cluster = require('cluster');
        if (cluster.isPrimary ?? cluster.isMaster) {
          for (let i = 0; i < 2; i++) cluster.fork();
          global.online = 0;
          cluster.on('listening', () => online++);
        } else {
          require('http').createServer((q, r) => r.end('ok')).listen(0, '127.0.0.1');
        }
        """
    )
    end = time.monotonic() + 10
    while app.evaluate("return online") < 2:
        assert time.monotonic() < end, app.output
    assert len(processes_of(start.folder)) == 3
    app.memory()
    app.close()
    assert gone(start.folder, 0.5)


def test_spawned_node_without_our_environment(start: Started) -> None:
    app = start(
        """
        const { execFileSync } = require('child_process');
        global.out = execFileSync(process.execPath, ['-p', 'process.execArgv.length + "," +'
          + '("NODELEAK_LIFELINE" in process.env)']).toString();
        """
    )
    assert app.evaluate("out") == "2,false\n"


CHILDREN = """
const { spawn } = require('child_process');
const sleeper = "process.on('SIGTERM', () => {}); process.on('SIGHUP', () => {});"
  + "setTimeout(() => {}, 60000); // " + __dirname;
const options = { detached: %s, stdio: 'ignore' };
// A child, and a grandchild whose parent ends at once.
spawn(process.execPath, ['-e', sleeper], options).unref();
const middle = "require('child_process').spawn(process.execPath, ['-e', " + JSON.stringify(sleeper)
  + "], " + JSON.stringify(options) + ").unref(); process.exit();";
spawn(process.execPath, ['-e', middle], options).on('exit', () => console.log('all there'));
"""


@pytest.mark.parametrize("detached", ["false", "true"])
@pytest.mark.fault(
    "The program",
    "children that ignore signals, detached ones too",
    forced="`spawn(..., {detached: true})` and `close()`",
    seen="no process is left",
)
def test_all_descendants_end_with_the_program(start: Started, detached: str) -> None:
    app = start(CHILDREN % detached)
    app.wait_for_output("all there")
    assert len(processes_of(start.folder)) == 3
    began = time.monotonic()
    app.close()
    assert time.monotonic() - began < 1
    assert processes_of(start.folder) == []


@pytest.mark.parametrize("detached", ["false", "true"])
@pytest.mark.fault(
    "The program",
    "children that outlive the program",
    forced="SIGKILL of the program, then `close()`",
    seen="no process is left",
)
def test_descendants_of_a_dead_program_end_too(start: Started, detached: str) -> None:
    app = start(CHILDREN % detached)
    app.wait_for_output("all there")
    psutil.Process(app.pid).kill()
    time.sleep(0.1)
    app.close()
    assert processes_of(start.folder) == []


@pytest.mark.fault(
    "The program",
    "ignores signals and loops in its exit handler",
    forced="`close()`",
    seen="no process is left",
)
def test_a_program_that_ignores_signals_ends(start: Started) -> None:
    app = start(
        "for (const s of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(s, () => {});"
        "process.on('exit', () => { for (;;); });"
    )
    began = time.monotonic()
    app.close()
    assert time.monotonic() - began < 1
    assert not psutil.pid_exists(app.pid)


PARENT = """
import fcntl, signal, sys, time
from pytest_nodeleak import open_node
# A shell's background job, where the tests may run, ignores it.
signal.signal(signal.SIGINT, signal.default_int_handler)
if sys.argv[3] == "portable":
    def fcntl_of_another_system(*args):
        raise OSError("not here")
    fcntl.fcntl = fcntl_of_another_system
app = open_node(sys.argv[1], node=sys.argv[2])
if "all there" in open(sys.argv[1]).read():
    app.wait_for_output("all there")
print(app.pid, flush=True)
if sys.argv[3] == "evaluate":
    app.evaluate("await new Promise(() => {})", timeout=60)
time.sleep(60)
"""

LIVES = {
    "idle": "",
    "busy": "setTimeout(() => { for (;;); }, 50);",
    "with children": CHILDREN % "false",
    "deaf": "process.on('SIGTERM', () => {}); process.on('SIGHUP', () => {}); process.kill = null;",
}


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize(
    ("life", "how"),
    [(life, how) for how in ("sleep", "portable") for life in LIVES],
)
@pytest.mark.fault(
    "pytest",
    "SIGKILL of our process",
    forced="idle, busy and deaf programs, with children; by the kernel and by a shell that watches",
    seen="no process is left within 2 s",
)
def test_the_program_ends_when_we_are_killed(start: Started, life: str, how: str) -> None:
    """By the kernel where it can; elsewhere ("portable") by a shell that watches."""
    script = start.write(LIVES[life])
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, script, start.node.path, how], stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        time.sleep(0.3)
        assert psutil.pid_exists(pid)
        parent.kill()
    assert gone(start.folder, 2.0), processes_of(start.folder)


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("doing", ["sleep", "evaluate"])
@pytest.mark.parametrize("signal", ["SIGINT", "SIGTERM"])
@pytest.mark.fault(
    "pytest",
    "SIGINT and SIGTERM outside of pytest",
    forced="while it sleeps and while a call waits",
    seen="KeyboardInterrupt; no process is left",
)
def test_interrupt(start: Started, doing: str, signal: str) -> None:
    """Ctrl-C during a call, and a polite kill: the program is gone, we as well."""
    import signal as signals

    script = start.write("")
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, script, start.node.path, doing],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        time.sleep(0.2)
        parent.send_signal(getattr(signals, signal))
        _, errors = parent.communicate(timeout=5)
    assert (b"KeyboardInterrupt" in errors) == (signal == "SIGINT")
    assert gone(start.folder, 2.0), processes_of(start.folder)


@pytest.mark.fault(
    "pytest",
    "a program that nobody closes",
    forced="`sys.exit()` of ours",
    seen="no process is left, nothing on stderr",
)
def test_dropped_without_close_ends_at_exit(start: Started) -> None:
    script = start.write("")
    code = (
        "import sys; from pytest_nodeleak import open_node\n"
        "app = open_node(sys.argv[1], node=sys.argv[2]); sys.exit(3)"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, script, start.node.path],
        capture_output=True,
        timeout=20,
        check=False,
    )
    assert done.returncode == 3
    assert done.stderr == b""
    assert processes_of(start.folder) == []


# heapdump's handler is native; a kernel that tells of one, and a kill that tells who listens,
# stand in for it.
NATIVE_HANDLER = """
const fs = require('fs');
const read = fs.readFileSync;
fs.readFileSync = (path, ...rest) =>
  path === '/proc/self/status' ? 'SigCgt:\\t0000000000000800\\n' : read(path, ...rest);
process.kill = (pid, signal) => process.listenerCount('SIGUSR2');
require(process.argv[2]).allowOwnSignals();
const during = [
  process.kill(process.pid, 'SIGUSR2'), process.kill(process.pid, 12),
  process.kill(process.pid, 'SIGTERM'), process.kill(1, 'SIGUSR2'), process.kill(process.pid, 0),
];
console.log(JSON.stringify([during, process.listenerCount('SIGUSR2')]));
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's account of handlers is Linux's")
def test_own_signals_with_a_native_handler_end_nothing(
    node: NodeExecutable, tmp_path: Path
) -> None:
    script = tmp_path / "native.js"
    script.write_text(NATIVE_HANDLER)
    signals = Path(pytest_nodeleak.__file__).parent / "node" / "driver" / "signals.cjs"
    done = subprocess.run(
        [node.path, script, signals], capture_output=True, text=True, check=True, timeout=30
    )
    assert json.loads(done.stdout) == [[1, 1, 0, 0, 0], 0]


@pytest.mark.parametrize("name", ["SIGTERM", "SIGUSR2", "SIGKILL"])
def test_a_program_may_end_itself_by_a_signal(start: Started, name: str) -> None:
    app = start(f"setTimeout(() => process.kill(process.pid, '{name}'), 100);")
    with pytest.raises(TargetExitedError, match=f"killed by {name}"):
        app.wait_for_output("never", timeout=10)
