"""The noise of heapUsed: what it moves by per round when nothing leaks.

    python benchmarks/noise.py --node /opt/node20/bin/node --node /opt/node24/bin/node

Each program runs ten rounds after a warm-up of two; between rounds GC is forced and heapUsed read
as in a measurement. The table has the median change per round, and the largest.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from itertools import pairwise
from pathlib import Path

from pytest_nodeleak import open_node
from pytest_nodeleak.node import find_node

WARM_UP = 2
ROUNDS = 10

PROGRAMS = {
    "idle": (0, ""),
    "JSON, maps, classes": (
        1024,
        """
        class Order { constructor(id) { this.id = id; this.lines = new Map([[id, { n: 1 }]]); } }
        global.iteration = () => JSON.parse(JSON.stringify({ ...new Order(7), at: [1, 2, 3] }));
        """,
    ),
    "strings, regular expressions": (
        1024,
        """
        let n = 0;
        global.iteration = () => `id-${n++ % 100}`.replace(/[0-9]+/g, (m) => m + 1).split('-');
        """,
    ),
    "promises, timers, events": (
        64,
        """
        const { once, EventEmitter } = require('events');
        global.iteration = async () => {
          const bus = new EventEmitter();
          setTimeout(() => bus.emit('done', { ok: true }), 0);
          await once(bus, 'done');
        };
        """,
    ),
    "console.log of objects": (
        128,
        "let n = 0; global.iteration = () => console.log({ n: n++, list: [1, 2, 3] });",
    ),
    "HTTP, keep-alive": (
        32,
        """
        const http = require('http');
        const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
        const server = http.createServer((req, res) => res.end('{"ok":true}')).listen(0);
        global.iteration = () => new Promise((resolve, reject) => {
          const { port } = server.address();
          http.get({ port, agent }, (res) => res.resume().on('end', resolve)).on('error', reject);
        });
        """,
    ),
    "fetch (undici)": (
        32,
        """
        const server = require('http').createServer((req, res) => res.end('hello')).listen(0);
        global.iteration = async () =>
          (await fetch(`http://localhost:${server.address().port}`)).text();
        """,
    ),
}


def changes(node: str, source: str, iterations: int, folder: Path) -> list[int]:
    """Bytes by which heapUsed changed in each round."""
    script = folder / "program.js"
    script.write_text(source, encoding="utf-8")
    with open_node(script, node=node) as app:
        used: list[int] = []
        for _ in range(WARM_UP + ROUNDS + 1):
            if iterations:
                app.run("iteration()", iterations)
            used.append(app.memory().heap_used)
    return [after - before for before, after in pairwise(used[WARM_UP:])]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--node", action="append", metavar="PATH", help="may be repeated")
    arguments = parser.parse_args()
    nodes = [find_node(path) for path in arguments.node or [None]]
    print(f"{'bytes per round: median (largest)':44}", end="")
    print("".join(f"{node.version_text:>18}" for node in nodes))
    with tempfile.TemporaryDirectory() as folder:
        for name, (iterations, source) in PROGRAMS.items():
            title = f"{name}, {iterations} a round" if iterations else name
            print(f"{title:44}", end="", flush=True)
            for node in nodes:
                steps = changes(node.path, source, iterations, Path(folder))
                worst = max(steps, key=abs)
                print(f"{f'{statistics.median(steps):+.0f} ({worst:+d})':>18}", end="", flush=True)
            print()


if __name__ == "__main__":
    main()
