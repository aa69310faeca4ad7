"""The exact measure: heapUsed after a round is what it was after the round before."""

from __future__ import annotations

import statistics
from itertools import pairwise
from pathlib import Path

import pytest

from pytest_nodeleak import open_node
from pytest_nodeleak.node import NodeExecutable

PROGRAMS = {
    "idle": "global.iteration = null;",
    "busy": """
        const { once, EventEmitter } = require('events');
        class Order { constructor(id) { this.id = id; this.lines = new Map([[id, { n: 1 }]]); } }
        let n = 0;
        global.iteration = async () => {
          const text = JSON.stringify({ ...new Order(n % 7), at: `id-${n++ % 100}` });
          JSON.parse(text.replace(/[0-9]+/g, (digits) => '9' + digits));
          const bus = new EventEmitter();
          setImmediate(() => bus.emit('done', text));
          await once(bus, 'done');
          if (n % 16 === 0) console.log({ n, order: new Order(n) });
        };
        """,
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_the_noise_floor(program: str, tmp_path: Path, node: NodeExecutable) -> None:
    script = tmp_path / "program.js"
    script.write_text(program, encoding="utf-8")
    with open_node(script, node=node) as app:
        used = []
        for _ in range(13):
            if "= null" not in program:
                app.run("iteration()", 256)
            used.append(app.memory().heap_used)
    steps = [after - before for before, after in pairwise(used[4:])]
    assert statistics.median(steps) == 0
    # One object of 32 bytes per 100 iterations would be 82 bytes in every round.
    assert max(map(abs, steps)) < 300
