"""Heap snapshots, written by the program and, where it cannot write, sent by its inspector."""

from __future__ import annotations

import errno
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import psutil
import pytest

from pytest_nodeleak.base.errors import (
    AttachError,
    ConnectionLostError,
    PolicyError,
    TargetExitedError,
    TargetStuckError,
)
from pytest_nodeleak.heap import SnapshotReader, load_snapshot
from pytest_nodeleak.node import NodeApp

from .conftest import PROMPT, Started, fails

BIG = "global.big = Array.from({length: 4e5}, (_, i) => ({i}));"
Way = Callable[[NodeApp], NodeApp]


def written(app: NodeApp) -> NodeApp:
    return app


def sent(app: NodeApp) -> NodeApp:
    """As if the program had no right to write files."""
    app.evaluate(
        "globalThis[Symbol.for('pytest-nodeleak.driver')].writeSnapshot = () => {"
        " throw new Error('EACCES: permission denied') }"
    )
    return app


def elsewhere(app: NodeApp) -> NodeApp:
    """As if the program had file systems of its own."""
    app.evaluate(
        "globalThis[Symbol.for('pytest-nodeleak.driver')].writeSnapshot = () => ''",
    )
    return app


ways = pytest.mark.parametrize("way", [written, sent])


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files, empty."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_the_program_writes_it_itself(start: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    app = start("")
    asked: list[str] = []
    call = app._channel.session.call

    def noted(method: str, *args: object, **options: object) -> object:
        asked.append(method)
        return call(method, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(app._channel.session, "call", noted)
    app.take_snapshot()
    assert "HeapProfiler.takeHeapSnapshot" not in asked
    sent(app).take_snapshot()
    assert "HeapProfiler.takeHeapSnapshot" in asked


@pytest.mark.parametrize("way", [written, sent, elsewhere])
def test_in_memory_and_as_a_file_they_are_the_same(
    start: Started, way: Way, tmp_path: Path, scratch: Path
) -> None:
    app = way(
        start(
            "class Cart {}; global.carts = Array.from({length: 40}, () => new Cart());"
            "global.odd = ['\\n\\u2028\\\\\"', 'ü日', '😀', '\\ud800'];"
        )
    )
    path = tmp_path / "one.heapsnapshot"
    taken = app.take_snapshot(path)
    loaded = load_snapshot(path)
    assert taken.classes() == loaded.classes()
    assert taken.edge_count == loaded.edge_count > 50_000
    streamed = app.take_snapshot()
    classes = app.take_snapshot(detail="classes")
    for snapshot in (taken, streamed, classes):
        assert snapshot.classes()["Cart"][0] == 40
        assert len(set(snapshot.strings.find("ü日"))) == 1
    assert not list(scratch.rglob("*.heapsnapshot"))


def test_a_relative_path_is_ours_not_the_program_s(
    start: Started, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = start("process.chdir('/')")
    monkeypatch.chdir(tmp_path)
    app.take_snapshot("here.heapsnapshot")
    assert (tmp_path / "here.heapsnapshot").stat().st_size > 1_000_000


@pytest.mark.fault(
    "The machine",
    "a snapshot to a path that cannot be written",
    forced="a missing folder",
    seen="PolicyError: cannot write '...': there is no folder '...'",
)
def test_a_file_that_cannot_be_written(start: Started, tmp_path: Path) -> None:
    app = start("")
    with pytest.raises(PolicyError, match="there is no folder"):
        app.take_snapshot(tmp_path / "no" / "such" / "folder.heapsnapshot")
    assert app.evaluate("1") == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is of Linux")
@pytest.mark.fault(
    "The machine",
    "no space for a snapshot",
    forced="`/dev/full`",
    seen="OSError: no space left; no half file",
)
def test_a_full_disk(start: Started, tmp_path: Path) -> None:
    app = start("")
    full = tmp_path / "full.heapsnapshot"
    full.symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left") as caught:
        app.take_snapshot(full)
    assert caught.value.errno == errno.ENOSPC
    assert full.is_char_device()  # nothing that was not ours is removed
    assert app.evaluate("1") == 1


@pytest.mark.fault(
    "The machine",
    "no folder for temporary files",
    forced="`TMPDIR` that is gone",
    kept="the snapshot, by the wire",
    seen="the snapshot",
)
def test_without_a_folder_for_temporary_files(
    start: Started, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = start("")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    assert app.take_snapshot().node_count > 10_000


@ways
def test_a_reader_that_fails_leaves_no_file(
    start: Started, way: Way, tmp_path: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = way(start(""))
    path = tmp_path / "x.heapsnapshot"

    def fail(self: SnapshotReader, chunk: bytes) -> None:
        raise RuntimeError("reader broke")

    with monkeypatch.context() as patch:
        patch.setattr(SnapshotReader, "feed", fail)
        for where in (path, None):
            with pytest.raises(RuntimeError, match="reader broke"):
                app.take_snapshot(where)
    assert not path.exists()
    assert not list(scratch.rglob("*.heapsnapshot"))
    # What was still on its way does not confuse what follows.
    assert app.evaluate("2") == 2
    app.take_snapshot(path)
    assert path.stat().st_size > 1_000_000


def when_grown(path: Path, act: Callable[[], object]) -> list[float]:
    """Have ``act`` called, by a thread, when the file at ``path`` has grown to 1 MB."""
    done: list[float] = []

    def watch() -> None:
        while not path.exists() or path.stat().st_size < 1_000_000:
            time.sleep(0.001)
        done.append(time.monotonic())
        act()

    threading.Thread(target=watch, daemon=True).start()
    return done


@pytest.mark.ends
@ways
@pytest.mark.fault(
    "The wire",
    "cut in the middle of a snapshot",
    forced="both ways of taking it",
    seen="ConnectionLostError; no half file",
)
def test_connection_cut_in_the_middle(start: Started, way: Way, tmp_path: Path) -> None:
    app = way(start(BIG))
    path = tmp_path / "cut.heapsnapshot"
    when = when_grown(path, app._channel.session._transport.close)
    # Node 18 to 22 at times crash when they lose their debugger.
    said = (
        r"connection was cut while a heap snapshot was taken, and the program \(pid \d+\) still"
        r"|was killed by SIGSEGV while a heap snapshot was taken"
    )
    with pytest.raises((ConnectionLostError, TargetExitedError), match=said):
        app.take_snapshot(path)
    assert time.monotonic() - when[0] < PROMPT
    assert not path.exists()


@pytest.mark.ends
@ways
@pytest.mark.fault(
    "The wire",
    "killed in the middle of a snapshot",
    forced="SIGKILL, both ways",
    seen="TargetExitedError; no half file",
)
def test_program_killed_in_the_middle(start: Started, way: Way, tmp_path: Path) -> None:
    app = way(start(BIG))
    path = tmp_path / "killed.heapsnapshot"
    when = when_grown(path, psutil.Process(app.pid).kill)
    with fails(TargetExitedError, "was killed by SIGKILL while a heap snapshot was taken", 20):
        app.take_snapshot(path)
    assert time.monotonic() - when[0] < PROMPT
    assert not path.exists()
    assert not [thread for thread in threading.enumerate() if thread.name == "nodeleak-follow"]


@ways
@pytest.mark.fault(
    "The wire",
    "a snapshot that takes longer than its time-out",
    forced="both ways",
    seen="TargetStuckError; no half file",
)
def test_longer_than_its_time_out(start: Started, way: Way, scratch: Path) -> None:
    app = way(start(BIG))
    with fails(TargetStuckError, r"while a heap snapshot was taken", 20):
        app.take_snapshot(timeout=0.05)
    assert not list(scratch.rglob("*.heapsnapshot"))


def test_every_way_gives_the_same_program(start: Started, tmp_path: Path) -> None:
    app = start(
        "class Kept {}; globalThis.kept = [new Kept(), new Kept()];",
        node_args=["--heapsnapshot-signal=SIGUSR2"],
        cwd=tmp_path,
    )
    ways: tuple[Literal["inspector", "program", "signal"], ...] = ("inspector", "program", "signal")
    for via in ways:
        path = tmp_path / f"{via}.heapsnapshot"
        assert app.take_snapshot(path, via=via).classes()["Kept"][0] == 2
        assert path.is_file()
    assert len(list(tmp_path.glob("*.heapsnapshot"))) == 3
    plain = start("setInterval(() => {}, 1e3)", name="plain.js")
    with pytest.raises(AttachError, match="was not started with --heapsnapshot-signal"):
        plain.take_snapshot(via="signal")
