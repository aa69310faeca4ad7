"""Columns in files are the same as in memory, whatever becomes of the disk."""

from __future__ import annotations

import gc
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import pytest
from heap_reference import heaps, read
from hypothesis import HealthCheck, given, settings

from pytest_nodeleak.heap import SnapshotDiff, growth_over, load_snapshot
from pytest_nodeleak.heap.graph.graph import graph_of
from pytest_nodeleak.heap.model import columns as module
from pytest_nodeleak.heap.model.columns import ColumnStore, File
from pytest_nodeleak.testing.snapshots import SnapshotBuilder

Patch = pytest.MonkeyPatch


@pytest.fixture
def in_files(monkeypatch: Patch) -> None:
    """Even the smallest column is in a file."""
    monkeypatch.setattr(module, "_LEAST_BYTES", 0)
    monkeypatch.setattr(module, "_LEAST_ITEMS", 1)


def filled(store: ColumnStore, dtype: type[np.generic] = np.uint32) -> np.ndarray:
    column = store.column(dtype, 10)
    for start in range(0, 1000, 100):
        column.append(np.arange(start, start + 100))
    return column.finish()


@pytest.mark.usefixtures("in_files")
def test_a_column_in_a_file() -> None:
    store = ColumnStore()
    values = filled(store)
    assert values.tolist() == list(range(1000))
    assert values.dtype == np.uint32
    assert not values.flags.writeable
    assert repr(store) == "<ColumnStore: 4,000 bytes in 1 files>"
    store.release()
    assert int(values[999]) == 999


def test_little_stays_in_memory() -> None:
    store = ColumnStore(size=100)
    assert filled(store).flags.writeable
    assert repr(store) == "<ColumnStore: 0 bytes in 0 files>"
    large = ColumnStore(size=1 << 30)
    assert filled(large).tolist() == list(range(1000))
    assert repr(large) == "<ColumnStore: 0 bytes in 0 files>"


@pytest.mark.usefixtures("in_files")
def test_wider_items_after_the_first() -> None:
    column = ColumnStore().column(np.uint32, 0)
    column.append(np.array([1, 2]))
    column.widen(np.int64)
    column.append(np.array([1 << 40]))
    assert column.finish().tolist() == [1, 2, 1 << 40]


@pytest.mark.usefixtures("in_files")
def test_nothing_is_left_open_or_in_the_folder(tmp_path: Path, monkeypatch: Patch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    gc.collect()  # what earlier tests have left
    before = psutil.Process().num_fds()
    store = ColumnStore()
    values = [filled(store) for _ in range(5)]
    unfinished = store.column(np.uint8, 0)
    assert psutil.Process().num_fds() > before
    assert not list(tmp_path.iterdir())
    del values, unfinished
    gc.collect()
    assert psutil.Process().num_fds() == before
    store.release()


@pytest.mark.usefixtures("in_files")
def test_where_the_system_has_no_files_without_names(tmp_path: Path, monkeypatch: Patch) -> None:
    monkeypatch.delattr(os, "O_TMPFILE")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert not filled(ColumnStore()).flags.writeable
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("in_files")
def test_without_a_folder_for_files(tmp_path: Path, monkeypatch: Patch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "missing"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    assert filled(ColumnStore()).tolist() == list(range(1000))


def full_after(monkeypatch: Patch, room: int) -> None:
    """The disk has room for so many bytes of each file; the last write is cut short."""

    def write(self: File, data: memoryview) -> None:
        left = max(0, room - os.fstat(self.number).st_size)
        os.write(self.number, data[:left])
        if left < len(data):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(File, "write", write)


@pytest.mark.usefixtures("in_files")
@pytest.mark.parametrize("room", [0, 1, 399, 400, 401, 2002, 3999])
def test_a_disk_that_fills_up(monkeypatch: Patch, room: int) -> None:
    full_after(monkeypatch, room)
    assert filled(ColumnStore()).tolist() == list(range(1000))
    assert ColumnStore().keep(bytearray(b"abc" * 2000)) == b"abc" * 2000


@pytest.mark.usefixtures("in_files")
def test_a_file_that_cannot_be_mapped(monkeypatch: Patch) -> None:
    def refuse(*args: object, **options: object) -> None:
        raise OSError(19, "No such device")

    monkeypatch.setattr(module.mmap, "mmap", refuse)
    assert filled(ColumnStore()).tolist() == list(range(1000))


def everything(text: str) -> object:
    snapshot = read(text)
    graph = graph_of(snapshot)
    return (
        snapshot.class_totals,
        snapshot.type_totals(),
        snapshot.max_odd_id,
        [ids.tolist() for ids in snapshot.id_sample],
        graph.strong.tolist(),
        graph.distances.tolist(),
        [snapshot.strings.find(snapshot.strings[i]) for i in range(len(snapshot.strings))],
    )


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(build=heaps())
def test_a_snapshot_in_files_is_the_same(build: SnapshotBuilder, monkeypatch: Patch) -> None:
    text = build.json()
    in_memory = everything(text)
    with monkeypatch.context() as patch:
        patch.setattr(module, "_LEAST_BYTES", 0)
        patch.setattr(module, "_LEAST_ITEMS", 1)
        patch.setattr(module, "_BLOCK", 3)
        patch.setattr(module, "_RELEASED", 6)
        assert everything(text) == in_memory


def leaking(folder: Path) -> list[Path]:
    """Three snapshots of a growing chain of objects, of a few thousand nodes."""
    files = []
    for shot in range(3):
        build = SnapshotBuilder()
        at = build.object("Window / app", id=3)
        build.edge(build.root, at, "shortcut", "app")
        for number in range(2000 + 500 * shot):
            link = build.object("Link", id=5 + 2 * number, size=24)
            build.edge(at, link, "property", "next")
            at = link
        files.append(folder / f"{shot + 1}.heapsnapshot")
        files[-1].write_text(build.json())
    return files


def explained(files: list[Path]) -> SnapshotDiff:
    diff = growth_over([load_snapshot(file) for file in files])
    assert diff.row("Link").survivors == (500, 500)
    return diff


@pytest.mark.parametrize("spoil", [None, lambda patch: full_after(patch, 5000)])
def test_a_difference_of_snapshots_in_files(
    tmp_path: Path, monkeypatch: Patch, spoil: Callable[[Patch], None] | None
) -> None:
    files = leaking(tmp_path)
    in_memory = explained(files).explain()
    monkeypatch.setattr(module, "_LEAST_BYTES", 0)
    monkeypatch.setattr(module, "_LEAST_ITEMS", 1)
    if spoil is not None:
        spoil(monkeypatch)
    diff = explained(files)
    # In a file it is read-only.
    assert diff.last.edge_to.flags.writeable == (spoil is not None)
    assert diff.explain() == in_memory
    assert in_memory[0].retained_size == 1000 * 24
