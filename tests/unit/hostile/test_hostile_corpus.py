"""What fuzzing has kept, each file of it read: a result or an error of ours, in bounds.

``corpus`` has a folder for each kind of file, of what ``benchmarks/fuzz.py`` has made: small files
that together reach most of the lines, in most of the orders, that an hour of it reached.
"""

from __future__ import annotations

import contextlib
import gc
import time
import tracemalloc
from pathlib import Path

import pytest
from hostile_readers import READERS

from pytest_nodeleak.base.errors import NodeLeakError

CORPUS = Path(__file__).parent / "corpus"
#: a verdict is drawn as well
ALSO = {"verdict": ("verdict", "picture")}
CASES = [
    pytest.param(target, file, id=f"{target}-{file.name}")
    for file in sorted(CORPUS.glob("*/*"))
    for target in ALSO.get(file.parent.name, (file.parent.name,))
]
#: bytes of memory and seconds of CPU for a file of some kB
BOUND, SOON = 64_000_000, 20.0


@pytest.mark.parametrize(("target", "file"), CASES)
@pytest.mark.fault(
    "Files",
    "files that coverage-guided fuzzing has kept",
    forced="snapshots, profiles, verdicts, accepted growth, recordings, source maps; "
    "`benchmarks/fuzz.py`",
    seen="an error of ours, or a result; at most 64 MB of memory",
)
def test_a_file_of_the_corpus_is_refused_or_read(tmp_path: Path, target: str, file: Path) -> None:
    data = file.read_bytes()
    began = time.process_time()
    tracemalloc.start()
    try:
        with contextlib.suppress(NodeLeakError):
            READERS[target](data, tmp_path)
        gc.collect()
        assert tracemalloc.get_traced_memory()[1] < BOUND
    finally:
        tracemalloc.stop()
    assert time.process_time() - began < SOON


def test_each_kind_has_files_that_are_read_and_files_that_are_refused(tmp_path: Path) -> None:
    folders = sorted(CORPUS.iterdir())
    assert {folder.name for folder in folders} == READERS.keys() - {"picture"}
    for folder in folders:
        refused = {_is_refused(folder.name, file, tmp_path) for file in folder.iterdir()}
        # A source map that is broken is as good as none.
        assert refused == ({False} if folder.name == "map" else {False, True}), folder.name


def _is_refused(target: str, file: Path, folder: Path) -> bool:
    try:
        READERS[target](file.read_bytes(), folder)
    except NodeLeakError:
        return True
    return False
