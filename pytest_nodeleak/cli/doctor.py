"""``nodeleak doctor``: can leaks be measured here, and would one be seen in this program?"""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import psutil

from ..base.units import format_bytes
from ..judge.verdict import SelfCheckError
from ..measuring.selfcheck import PLANT_RATE
from ..node import NodeExecutable, open_node
from ..node.probes.cost import snapshot_bytes
from ..node.process.room import memory_room
from .run import find_named_node, measure_file

__all__ = ["memory_text", "run_doctor"]

#: readings of an idle program for its noise, after some that are not counted
NOISE_ROUNDS = 8
NOISE_WARMUP = 3

#: what is measured if no script is given: a little of everything that programs do
_PROGRAM = """
const queue = [];
exports.iteration = async () => {
  queue.push({ id: queue.length, text: JSON.stringify({ at: Date.now() }) });
  if (queue.length > 50) queue.shift();
  await Promise.resolve(new Map(queue.map((job) => [job.id, job])));
};
"""


def run_doctor(arguments: argparse.Namespace) -> int:
    """Do what the arguments of ``nodeleak doctor`` say; returns the exit status.

    Raises NodeLeakError where nothing can be measured at all.
    """
    node = find_named_node(arguments)
    for line in _environment(node):
        print(line, flush=True)
    if arguments.file is not None:
        return _self_check(arguments)
    with tempfile.TemporaryDirectory(prefix="nodeleak-") as folder:
        script = Path(folder, "program.cjs")
        script.write_text(_PROGRAM, encoding="utf-8")
        arguments.file = str(script)
        return _self_check(arguments)


def _environment(node: NodeExecutable) -> Iterator[str]:
    yield _line("node", str(node))
    yield _line("flags", " ".join(node.quiet_flags()))
    yield _line(
        "python",
        f"{platform.python_version()}, pytest-nodeleak {version('pytest-nodeleak')}, "
        f"numpy {version('numpy')}",
    )
    machine = psutil.virtual_memory().available
    yield _line("memory", memory_text(machine, memory_room(os.getpid())))
    with tempfile.TemporaryDirectory(prefix="nodeleak-") as folder:
        script = Path(folder, "idle.cjs")
        script.write_text("", encoding="utf-8")
        began = time.monotonic()
        with open_node(script, node=node) as app:
            yield _line("inspector", f"answers {time.monotonic() - began:.2f} s after the start")
            for _ in range(NOISE_WARMUP):
                app.memory()
            used = [app.memory().heap_used for _ in range(NOISE_ROUNDS)]
            yield _line(
                "noise",
                f"heapUsed of an idle program moves by {format_bytes(max(used) - min(used))} over "
                f"{NOISE_ROUNDS} readings",
            )


def memory_text(machine: int, room: int) -> str:
    """How large a heap may be for snapshots; bytes free on the machine, and left to us there."""
    largest = format_bytes(room / snapshot_bytes(1))
    # What is free changes between two looks.
    where = "left in this container (cgroup)" if room < 0.9 * machine else "free"
    return f"{format_bytes(room)} {where}: snapshots of heaps of up to {largest}"


def _self_check(arguments: argparse.Namespace) -> int:
    try:
        verdict = measure_file(arguments, plant=PLANT_RATE)
    except SelfCheckError as error:
        print(_line("self-check", str(error).removeprefix("self-check: ")))
        if error.verdict is not None and error.verdict.outcome == "inconclusive":
            print(_line("", "a green result would not be one here: raise the budget"))
        return 1
    seen = verdict.reasons[0].removeprefix("self-check: ")
    print(_line("self-check", f"{seen}, in {verdict.seconds:.1f} s"))
    own = [f"{row.name} {row.pace}" for row in verdict.constructors[:3]]
    if own:
        also = f"the program leaks by itself as well: {', '.join(own)} per {verdict.unit}"
        print(_line("", also))
    return 0


def _line(name: str, text: str) -> str:
    return f"{name:<11} {text}".rstrip()
