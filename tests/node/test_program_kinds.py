"""Programs that are more than a script: built into a snapshot or a binary, with fewer rights."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import fault_table
import pytest

from pytest_nodeleak import attach
from pytest_nodeleak.base.errors import LaunchError

from .by_hand import ByHand
from .by_hand import by_hand as by_hand
from .conftest import Started, fails

ENTRY = """\
globalThis.kept = [];
globalThis.keep = () => kept.push({});
const { startupSnapshot } = require('v8');
if (startupSnapshot.isBuildingSnapshot()) {
  startupSnapshot.setDeserializeMainFunction(() => console.log('from the snapshot'));
}
"""


@pytest.mark.fault(
    "The program",
    "runs from a startup snapshot",
    forced="`--build-snapshot`, then `--snapshot-blob`; up to Node 20 it must know our flags",
)
def test_a_program_from_a_startup_snapshot(start: Started) -> None:
    if start.node.version < (18, 20):
        pytest.skip("came with Node 18.20")
    entry, blob = start.write(ENTRY, "entry.js"), start.folder / "program.blob"
    flags: list[str] = []

    def build() -> None:
        argv = [start.node.path, *flags, "--snapshot-blob", str(blob), "--build-snapshot"]
        subprocess.run([*argv, str(entry)], check=True, capture_output=True)

    build()
    options = ["--snapshot-blob", str(blob)]
    if start.node.version < (22,):
        with fails(LaunchError, "startup snapshot: up to version 20 that must be built") as caught:
            start("", node_args=options)
        # The message tells what to do.
        told = str(caught.value).partition("measuring needs: ")[2]
        flags = told.partition(";")[0].split()
        build()
    app = start("", node_args=options)
    assert app.wait_for_output("from the snapshot")
    assert app.run("keep()", 10) == 10
    assert app.evaluate("kept.length") == 10
    if start.node.version >= (22,):
        fault_table.saw("the measurement, as of any program")


@pytest.mark.fault(
    "The program",
    "runs from a binary of its own",
    forced="a single executable application (`--build-sea`, Node 25.5 and newer), attached to",
    seen="the measurement, as of any program",
)
def test_a_single_executable_application(by_hand: ByHand) -> None:
    if by_hand.node.version < (25, 5):
        pytest.skip("--build-sea came with Node 25.5")
    app, config = by_hand.folder / "app", by_hand.folder / "sea.json"
    script = by_hand.folder / "main.js"
    script.write_text("globalThis.kept = []; setInterval(() => {}, 1e3); console.log('ready');")
    told = {"main": str(script), "output": str(app), "disableExperimentalSEAWarning": True}
    config.write_text(json.dumps(told))
    node = by_hand.node.path
    subprocess.run([node, "--build-sea", str(config)], check=True, capture_output=True)
    process = subprocess.Popen(
        [app],
        env={**os.environ, "NODE_OPTIONS": "--inspect-port=0"},  # 9229 may be somebody else's
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    by_hand.processes.append(process)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    with attach(process.pid) as attached:
        assert attached.run("kept.push({})", 10) == 10
        assert attached.evaluate("kept.length") == 10
        assert attached.memory().heap_used > 0
    app.unlink()


@pytest.mark.skipif(sys.platform == "win32" or os.getuid() != 0, reason="needs root")
@pytest.mark.fault(
    "The program",
    "drops its privileges",
    forced="`process.setuid` and `process.setgid` to nobody; needs root",
    kept="the measurement",
    seen="the measurement, as of any program",
)
def test_a_program_that_becomes_somebody_else(start: Started) -> None:
    app = start("process.setgid(65534); process.setuid(65534); global.kept = [];")
    assert app.evaluate("process.getuid()") == 65534
    assert app.run("kept.push({})", 10) == 10
    assert app.memory().heap_used > 0
    # Into our own folder it may not write: by the wire then.
    assert app.take_snapshot().node_count > 1000
    app.close()
    assert not app.running
