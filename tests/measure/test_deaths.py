"""Programs that run out of memory while they are measured."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from pytest_nodeleak import (
    LeakError,
    TargetOutOfMemoryError,
    Verdict,
    assert_no_leak,
    load_snapshot,
    measure,
    module,
    open_node,
)
from pytest_nodeleak.node import NodeExecutable
from pytest_nodeleak.node.context import Alone

SMALL = ("--max-old-space-size=40",)
GROWS = """\
class Batch { constructor() { this.rows = Array.from({ length: 40000 }, (_, i) => ({ i })); } }
const batches = [];
exports.iteration = () => { batches.push(new Batch()); };
"""
# A healthy program, but for one iteration.
GIANT = """\
let n = 0;
exports.iteration = () => {
  if (++n < 500) return [];
  const all = [];
  for (;;) all.push(Array.from({ length: 10000 }, (_, i) => ({ i })));
};
"""


@pytest.mark.fault(
    "The program",
    "out of memory by its leak, while measured",
    forced="`--max-old-space-size=40`",
    kept="samples, the last GC's figures",
    seen="LeakError: ran out of memory after ...; heapUsed rose by 1.60 MB per iteration",
)
def test_a_program_that_dies_of_its_leak_is_a_leak(tmp_path: Path, node: NodeExecutable) -> None:
    path = tmp_path / "main.js"
    path.write_text(GROWS)
    with (
        open_node(path, node=node, node_args=SMALL) as app,
        pytest.raises(LeakError, match="the program ran out of memory after") as caught,
    ):
        assert_no_leak(app, module(str(path), "iteration"))
    verdict = caught.value.verdict
    assert verdict is not None
    assert "heap" in verdict.reasons[0]
    assert "FATAL ERROR: " in verdict.reasons[0]
    assert "; heapUsed rose by 1.60 MB per iteration until then" in verdict.reasons[0]
    assert len(verdict.series.samples) >= 2
    assert verdict.iterations >= 7
    assert verdict.to_json()["outcome"] == "leak"


@pytest.mark.slow
def test_what_node_wrote_near_the_end_belongs_to_the_verdict(
    tmp_path: Path, node: NodeExecutable
) -> None:
    path = tmp_path / "main.js"
    path.write_text(GROWS)
    options = ("--max-old-space-size=20", "--heapsnapshot-near-heap-limit=1")
    kept: list[Path] = []

    class Keeper(Alone):
        def keep(self, verdict: Verdict, snapshots: Sequence[Path]) -> Verdict:
            kept.extend(Path(shutil.copy(file, tmp_path / file.name)) for file in snapshots)
            return verdict

    with open_node(path, node=node, node_args=options, cwd=tmp_path, context=Keeper()) as app:
        verdict = measure(app, module(str(path), "iteration"))
    assert verdict.leaks
    (written,) = tmp_path.glob("Heap.*.heapsnapshot")  # where Node put it, it stays
    # On a busy machine one of ours may have been taken before.
    assert verdict.snapshots == tuple(file.name for file in kept)
    assert kept[-1].read_bytes() == written.read_bytes()
    assert load_snapshot(kept[-1]).classes()["Batch"][0] >= 3


@pytest.mark.fault(
    "The program",
    "out of memory by one iteration",
    forced="`--max-old-space-size=40`",
    kept="V8's own line",
    seen="TargetOutOfMemoryError",
)
def test_one_iteration_that_takes_too_much_is_an_error(
    tmp_path: Path, node: NodeExecutable
) -> None:
    path = tmp_path / "main.js"
    path.write_text(GIANT)
    with (
        open_node(path, node=node, node_args=SMALL) as app,
        pytest.raises(TargetOutOfMemoryError, match="ran out of memory while") as caught,
    ):
        assert_no_leak(app, module(str(path), "iteration"))
    assert caught.value.line.startswith("FATAL ERROR: ")
    assert 20e6 < caught.value.heap_used < 300e6
