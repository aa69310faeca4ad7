"""What taking a snapshot costs while it is parsed, against taking it alone.

    python benchmarks/capture.py                        # 20 and 120 MB of heap, 5 rounds
    python benchmarks/capture.py --objects 700000 --rounds 3 --node /opt/node24/bin/node

One program per size; in each round, in turns, the same heap is taken

- *parsed*: ``NodeApp.take_snapshot(detail="full")`` into a file, read while it grows;
- *sent*: through the inspector, and thrown away as it comes off the socket;
- *written*: by ``v8.writeHeapSnapshot``;
- with ``--busy`` also *sent, busy*: as sent, while another process keeps one CPU busy with
  nothing. That tells how much of what parsing costs is but the sharing of the machine.

Medians of all rounds, and of the ratios of each round. Capture is the time that the
program stands still, measured in the program. Its CPU time in it is measured as well, for
the machine may have other work. The parsed one is measured at three more
points: when its last chunk came, when the snapshot was read, and when what survived since
an earlier snapshot was explained. CPU and peak memory are Python's own. Linux only.
"""

from __future__ import annotations

import argparse
import gc
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from pytest_nodeleak import NodeApp, open_node
from pytest_nodeleak.base.deadline import Deadline
from pytest_nodeleak.heap import HeapSnapshot, SnapshotReader, growth_over
from pytest_nodeleak.inspector import chunks

HERE = Path(__file__).resolve().parent
# Objects of make_heap.js that fill about this many MB of heap.
SIZES = (90_000, 560_000)
MB = 1e6


@dataclass
class Round:
    """Seconds, CPU seconds of Python and of the program, bytes of text, bytes of memory."""

    times: dict[str, float] = field(default_factory=dict)
    cpu: dict[str, float] = field(default_factory=dict)
    program: dict[str, float] = field(default_factory=dict)
    text: int = 0
    memory: int = 0


class TimedReader(SnapshotReader):
    """Notes when the last chunk came; the benchmark puts it in the place of the reader."""

    last_chunk = 0.0

    def feed(self, chunk: str | bytes | bytearray | memoryview) -> None:
        TimedReader.last_chunk = time.monotonic()
        super().feed(chunk)


# The program stands still while a snapshot is taken: its timer stops, too.
WATCH = """
globalThis.watch = { from: 0, to: 0, cpu: 0 };
const cpu = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1e6; };
const clock = () => Number(process.hrtime.bigint()) / 1e9;
let last = clock();
let spent = cpu();
setInterval(() => {
  const now = clock();
  const used = cpu();
  if (now - last > watch.to - watch.from) {
    Object.assign(watch, { from: last, to: now, cpu: used - spent });
  }
  last = now;
  spent = used;
}, 1).unref();
return 0;
"""


def standstill(app: NodeApp) -> tuple[float, float, float]:
    """Begin and end of the longest standstill since the last call, on Python's clock.

    And the CPU time that the program spent in it, all its threads together.
    """
    found = app.evaluate(
        "await new Promise(r => setTimeout(r, 10)); const w = watch;"
        "globalThis.watch = { from: 0, to: 0, cpu: 0 }; return [w.from, w.to, w.cpu];"
    )
    return found[0], found[1], found[2]


def parsed(app: NodeApp, path: Path, before: HeapSnapshot, result: Round) -> None:
    gc.collect()
    with open("/proc/self/clear_refs", "w") as refs:
        refs.write("5")  # the peak of the resident set starts again
    at = cpu_seconds()
    start = time.monotonic()
    snapshot = app.take_snapshot(path)
    done = time.monotonic()
    result.cpu["parsed"] = cpu_seconds() - at
    growth_over([before, snapshot]).explain()
    explained = time.monotonic()
    result.memory = peak_memory()
    result.text = path.stat().st_size
    begun, ended, result.program["parsed"] = standstill(app)
    result.times.update(
        {
            "parsed": ended - begun,
            "parsed, all": done - start,
            "after chunk": done - TimedReader.last_chunk,
            "after capture": max(0.0, done - ended),
            "explained": max(0.0, explained - ended),
        }
    )


def sent(app: NodeApp, result: Round) -> None:
    """The messages as they come off the socket: what the inspector itself costs."""
    transport = app._channel.session._transport
    deadline = Deadline(600)
    request = {"id": 1_000_000, "method": "HeapProfiler.takeHeapSnapshot", "params": {}}
    at = cpu_seconds()
    start = time.monotonic()
    transport.send(json.dumps(request), deadline)
    while True:
        message = transport.receive(deadline)
        if not chunks.is_snapshot_chunk(message) and json.loads(message).get("id") == 1_000_000:
            break
    done = time.monotonic()
    result.cpu["sent"] = cpu_seconds() - at
    begun, ended, result.program["sent"] = standstill(app)
    result.times["sent, all"] = done - start
    result.times["sent"] = ended - begun
    result.times["sent after capture"] = max(0.0, done - ended)


def sent_busy(app: NodeApp, result: Round) -> None:
    other = Round()
    idle = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        sent(app, other)
    finally:
        idle.kill()
        idle.wait()
    result.times["sent, busy"] = other.times["sent"]


def written(app: NodeApp, path: Path, result: Round) -> None:
    app.evaluate(f"require('v8').writeHeapSnapshot({json.dumps(str(path))})", timeout=600)
    begun, ended, result.program["written"] = standstill(app)
    result.times["written"] = ended - begun
    path.unlink()


def cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def peak_memory() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) * 1024
    return 0


def measure(
    node: str | None, objects: int, rounds: int, directory: Path, busy: bool
) -> tuple[str, list[Round]]:
    """All rounds of one size; the order within a round moves on."""
    script = str(HERE / "make_heap.js")
    results = []
    with open_node(script, "-", str(objects), node=node, timeout=120) as app:
        app.evaluate(WATCH)
        path = directory / "capture.heapsnapshot"
        before = app.take_snapshot(detail="classes", timeout=600)
        before.condense()
        standstill(app)
        app.evaluate(f"leak({objects // 100})")
        for number in range(rounds):
            result = Round()
            steps: list[Callable[[], None]] = [
                lambda result=result: parsed(app, path, before, result),  # type: ignore[misc]
                lambda result=result: sent(app, result),  # type: ignore[misc]
                lambda result=result: written(app, path, result),  # type: ignore[misc]
            ]
            if busy:
                steps.append(lambda result=result: sent_busy(app, result))  # type: ignore[misc]
            at = number % len(steps)
            for step in steps[at:] + steps[:at]:
                step()
            results.append(result)
            show(result, f"  round {number + 1}", sys.stderr)
        return app.version, results


def show(result: Round, title: str, stream: object = None) -> None:
    times = result.times
    print(
        f"{title}: capture parsed {times['parsed']:.2f} s, sent {times['sent']:.2f} s, "
        f"written {times['written']:.2f} s; done {times['after chunk']:.3f} s after the last chunk",
        file=stream,  # type: ignore[arg-type]
    )


def report(version: str, results: list[Round]) -> None:
    def median(of: Callable[[Round], float]) -> float:
        return statistics.median(of(result) for result in results)

    text = median(lambda r: r.text) / MB
    capture = median(lambda r: r.times["parsed"])

    def share(name: str) -> str:
        seconds = median(lambda r: r.times[name])
        part = median(lambda r: r.times[name] / r.times["parsed"])
        return f"{seconds:8.3f} s  {part:6.1%} of the capture"

    print(f"\nNode {version}, {text:.0f} MB of text, {len(results)} rounds")
    print(f"  capture, parsed          {capture:8.3f} s")
    others = [name for name in ("sent", "written", "sent, busy") if name in results[0].times]
    for other in others:
        ratio = median(lambda r, other=other: r.times["parsed"] / r.times[other])  # type: ignore[misc]
        seconds = median(lambda r, other=other: r.times[other])  # type: ignore[misc]
        print(f"  capture, {other:<15} {seconds:8.3f} s  parsed takes {ratio:.3f} times as long")
    for other in ("sent", "written"):
        ratio = median(lambda r, other=other: r.program["parsed"] / r.program[other])  # type: ignore[misc]
        print(
            f"  CPU of the program       {'':10}parsed takes {ratio:.3f} times as much as {other}"
        )
    ratio = median(lambda r: r.times["parsed, all"] / r.times["sent, all"])
    if "sent, busy" in others:
        ratio = median(lambda r: r.times["sent, busy"] / r.times["sent"])
        print(f"  capture, sent, busy       {'':10}takes {ratio:.3f} times as long as sent")
    print(f"  until all is received     {'':10}parsed takes {ratio:.3f} times as long as sent")
    print(f"  read after last chunk    {share('after chunk')}")
    print(f"  sent after capture       {share('sent after capture')}")
    print(f"  read after capture       {share('after capture')}")
    print(f"  explained after capture  {share('explained')}")
    for name in ("parsed", "sent"):
        per_mb = median(lambda r, name=name: 1000 * r.cpu[name] / (r.text / MB))  # type: ignore[misc]
        print(f"  Python CPU, {name:<12} {per_mb:8.1f} ms per MB of text")
    memory = median(lambda r: r.memory)
    print(
        f"  Python peak memory       {memory / MB:8.0f} MB = {memory / MB / text:.2f} of the text"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--objects", type=int, nargs="+", default=SIZES, help="sizes of heaps")
    parser.add_argument("--node", help="default: the one that open_node finds")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--directory", type=Path, help="for the file; default: a temporary one")
    parser.add_argument("--busy", action="store_true", help="the control described above")
    arguments = parser.parse_args()
    import pytest_nodeleak.heap as heap

    heap.SnapshotReader = TimedReader  # type: ignore[misc]
    with tempfile.TemporaryDirectory(dir=arguments.directory) as directory:
        for objects in arguments.objects:
            print(f"{objects:,} objects...", file=sys.stderr)
            version, results = measure(
                arguments.node, objects, arguments.rounds, Path(directory), arguments.busy
            )
            report(version, results)


if __name__ == "__main__":
    main()
