"""What worker threads and children cost a healthy test, against looking at the main heap alone.

    python benchmarks/heaps.py                          # 4 others, 5 rounds
    python benchmarks/heaps.py --others 16 --rounds 3 --node /opt/node24/bin/node

The same program is measured in turns with ``heaps="all"`` and ``heaps="main"``: others that rest
while the main thread works, and others that do the work, each in its turn. Medians of the seconds
from the start of the program to its end, and of the ratios of each round.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from pytest_nodeleak import measure, module, open_node

PROGRAM = """
const { Worker, isMainThread, parentPort } = require('worker_threads');
const { fork } = require('child_process');
const n = Number(process.env.OTHERS);
if (!isMainThread) parentPort.on('message', (m) => parentPort.postMessage(m));
else if (process.argv[2] === 'child') {
  process.on('message', (m) => process.send(m));
  process.on('disconnect', () => process.exit());
} else {
  const others = Array.from({ length: n }, () =>
    process.env.KIND === 'child' ? fork(__filename, ['child']) : new Worker(__filename));
  const ask = (other, m) => new Promise((done) => {
    other.once('message', done);
    process.env.KIND === 'child' ? other.send(m) : other.postMessage(m);
  });
  let i = 0;
  exports.rest = () => { for (let k = i++; k < i + 2000; k++) Math.sqrt(k); };
  exports.work = () => ask(others[i++ % n], i);
}
"""


def seconds(node: str | None, kind: str, export: str, others: int, heaps: str) -> float:
    """Of one measurement, which must be steady."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "program.js")
        script.write_text(PROGRAM, encoding="utf-8")
        began = time.monotonic()
        env = {"OTHERS": str(others), "KIND": kind}
        with open_node(script, node=node, env=env, heaps=heaps) as app:
            verdict = measure(app, module(str(script), export), heaps=heaps)
        if verdict.outcome != "steady":
            print(f"  {kind} {export} {heaps}: {verdict}")
        return time.monotonic() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--others", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--node")
    options = parser.parse_args()
    print("others           all s   main s   all / main")
    for kind in ("worker", "child"):
        for export in ("rest", "work"):
            rounds = [
                tuple(
                    seconds(options.node, kind, export, options.others, heaps)
                    for heaps in ("all", "main")
                )
                for _ in range(options.rounds)
            ]
            each, alone = (statistics.median(column) for column in zip(*rounds, strict=True))
            ratio = statistics.median(a / b for a, b in rounds)
            kinds = "children" if kind == "child" else "workers"
            name = f"{options.others} {kinds} {export}"
            print(f"{name:16} {each:5.2f}    {alone:5.2f}        {ratio:.2f}")


if __name__ == "__main__":
    main()
