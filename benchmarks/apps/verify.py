"""Checks an application without pytest-nodeleak: is it healthy, does it leak as planted?

``python benchmarks/apps/verify.py --only next --variants healthy,each --requests 1000 --rounds 6``
starts it plainly, sends requests, prints heapUsed after garbage collections for each round, the
growth per request over the last half of the rounds, and with ``--names`` the constructors that grew
between two heap snapshots.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import socket
import subprocess
import tempfile
import time
from collections import Counter
from pathlib import Path

from driving import HERE, VARIANTS, App, load_apps

GROUPS = {"string": "(string)", "concatenated string": "(string)", "sliced string": "(string)"}


class Probe:
    """What the preloaded ``probe.cjs`` answers."""

    def __init__(self, path: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(path)
        self._file = self._socket.makefile("r")

    def ask(self, line: str) -> str:
        self._socket.sendall((line + "\n").encode())
        return self._file.readline().strip()

    def heap_used(self) -> int:
        return int(json.loads(self.ask("memory"))["heapUsed"])


def populations(path: Path) -> Counter[str]:
    """Live objects by constructor, from a ``.heapsnapshot`` file."""
    data = json.loads(path.read_text("utf-8"))
    meta, nodes, strings = data["snapshot"]["meta"], data["nodes"], data["strings"]
    width, types = len(meta["node_fields"]), meta["node_types"][0]
    found: Counter[str] = Counter()
    for at in range(0, len(nodes), width):
        kind = types[nodes[at]]
        if kind in ("object", "closure"):
            found[strings[nodes[at + 1]] + ("()" if kind == "closure" else "")] += 1
        elif kind in GROUPS:
            found[GROUPS[kind]] += 1
    return found


def wait_for(pattern: str, log: Path, process: subprocess.Popen[bytes]) -> str:
    for _ in range(600):
        found = re.search(pattern, log.read_text("utf-8", "replace"))
        if found:
            return found.group(1)
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise SystemExit(f"not ready: {log.read_text('utf-8', 'replace')[-2000:]}")


def verify(app: App, variant: str, node: str, options: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as folder:
        log, at = Path(folder, "log"), f"{folder}/probe"
        command = [node, "--expose-gc", *(() if options.jit else ("--no-opt",))]
        command += ["--require", str(HERE / "probe.cjs")]
        command += [app.workload] if app.workload else app.start
        env = {**os.environ, **app.environment(variant), "PROBE": at}
        env["PROBE_KEEP"] = "1" if app.workload else ""
        with log.open("wb") as out:
            process = subprocess.Popen(command, cwd=app.folder, env=env, stdout=out, stderr=out)
        try:
            if app.workload:
                time.sleep(2)
                probe, client = Probe(at), None
            else:
                client = app.client(wait_for(app.ready, log, process))
                probe = Probe(at)
            rounds(app, variant, probe, client, Path(folder), options)
        finally:
            process.terminate()
            process.wait()


def rounds(app, variant, probe, client, folder: Path, options) -> None:  # type: ignore[no-untyped-def]
    def run() -> None:
        if client is None:
            assert probe.ask(f"run {options.requests}") == "done"
        else:
            for _ in range(options.requests):
                client()

    run()
    before = populations(snapshot(probe, folder / "1.heapsnapshot")) if options.names else None
    series, seconds = [probe.heap_used()], 0.0
    for _ in range(options.rounds):
        started = time.monotonic()
        run()
        seconds += time.monotonic() - started
        series.append(probe.heap_used())
    half = series[(len(series) - 1) // 2 :]
    per = (half[-1] - half[0]) / (options.requests * (len(half) - 1))
    each = 1000 * seconds / (options.requests * options.rounds)
    text = " ".join(f"{bytes_ / 1e6:.3f}" for bytes_ in series)
    print(
        f"{app.id} {variant}: {each:.2f} ms, {per:+.1f} B per request at last; MB: {text}",
        flush=True,
    )
    if before is not None:
        after = populations(snapshot(probe, folder / "2.heapsnapshot"))
        total = options.requests * options.rounds
        grown = Counter({name: n - before[name] for name, n in after.items()})
        for name, n in grown.most_common(6):
            print(f"    {n / total:+.3f} per request  {name[:80]!r}", flush=True)


def snapshot(probe: Probe, path: Path) -> Path:
    assert probe.ask(f"snapshot {path}") == str(path)
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default=None)
    parser.add_argument("--variants", default="healthy")
    parser.add_argument("--node", default="node")
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--names", action="store_true")
    parser.add_argument("--jit", action="store_true", help="with the optimising compilers")
    options = parser.parse_args()
    for app in load_apps():
        if options.only and app.id not in options.only.split(","):
            continue
        for variant in VARIANTS if options.variants == "all" else options.variants.split(","):
            verify(app, variant, options.node, options)


if __name__ == "__main__":
    main()
