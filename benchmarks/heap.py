"""Speed and memory of the heap engine against memlab, on the same files, side by side.

    python benchmarks/heap.py --directory heaps

Makes three snapshots each of three programs (about 36, 190 and 950 MB a file; a few
minutes and 10 GB of memory the first time), installs memlab from npm beside them, and
runs ``memlab find-leaks`` and ``nodeleak diff`` in turns. CPU time is user and system of
the whole process, memory the peak of its resident set; medians of ``--repeat`` runs.
A last part compares a heap that is one linked list of a million with an array of them.
``--growth`` adds files of 4 MB and 2 GB, on our side alone.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
SIZES = {"36 MB": 83_000, "190 MB": 440_000, "950 MB": 2_150_000}
# With --growth, and without the peer.
ENDS = {"4 MB": 7_200, "2 GB": 4_650_000}
MEMLAB = "memlab@2.0.5"


@dataclass(frozen=True)
class Run:
    """One process: seconds of CPU, and MB of peak resident set."""

    cpu: float
    rss: float


def measure(command: list[str], directory: Path) -> Run:
    """Run a command to its end; its output is thrown away, a failure is fatal."""
    with open(directory / "last.log", "wb") as log:
        process = subprocess.Popen(
            command, cwd=directory, stdout=log, stderr=log, env=_environment()
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command)}: exit status {process.returncode}, see {log.name}")
    return Run(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def _environment() -> dict[str, str]:
    """Ours, and this package importable; installed packages have their bytecode."""
    environment = dict(os.environ)
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    paths = [str(HERE.parent), environment.get("PYTHONPATH", "")]
    environment["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
    return environment


def median(runs: list[Run]) -> Run:
    """CPU and memory each at their median."""
    return Run(
        statistics.median(run.cpu for run in runs), statistics.median(run.rss for run in runs)
    )


def make(directory: Path, node: str, name: str, count: int, form: str = "") -> list[str]:
    """Three snapshots of a program with ``count`` objects, made unless they are there."""
    files = [f"{name}-{number}.heapsnapshot" for number in (1, 2, 3)]
    if not all((directory / file).exists() for file in files):
        print(f"making {name} ({count:,} objects)...", file=sys.stderr)
        command = [node, "--expose-gc", "--max-old-space-size=16000", str(HERE / "make_heap.js")]
        subprocess.run(
            [*command, name, str(count), *([form] if form else [])], cwd=directory, check=True
        )
    return files


def install_memlab(directory: Path) -> Path:
    """The command's script; installed from npm unless it is there."""
    script = directory / "node_modules" / "memlab" / "bin" / "memlab"
    if not script.exists():
        print(f"installing {MEMLAB}...", file=sys.stderr)
        (directory / "package.json").write_text("{}")
        environment = {**os.environ, "PUPPETEER_SKIP_DOWNLOAD": "1"}
        command = ["npm", "install", "--no-audit", "--no-fund", MEMLAB]
        subprocess.run(command, cwd=directory, check=True, env=environment, stdout=sys.stderr)
    return script


def memlab_command(node: str, script: Path, files: list[str]) -> list[str]:
    """memlab on three files; it needs a larger heap than Node gives by itself."""
    flags = ("--baseline", "--target", "--final")
    given = [part for pair in zip(flags, files, strict=True) for part in pair]
    return [node, "--max-old-space-size=16000", str(script), "find-leaks", *given]


def our_command(files: list[str]) -> list[str]:
    """The same for us: survivors, retaining paths, retained sizes."""
    return [sys.executable, "-m", "pytest_nodeleak", "diff", *files, "--json", "-"]


def side_by_side(
    directory: Path, node: str, memlab: Path | None, repeat: int, growth: bool
) -> None:
    """The table of all sizes."""
    sizes = {**SIZES, **ENDS} if growth else SIZES
    print(
        f"{'file':>8} {'':>9} {'CPU s':>8} {'peak MB':>8}   {'CPU':>6} {'memory':>7} {'of file':>8}"
    )
    per_mb: list[float] = []
    for name, count in sizes.items():
        files = make(directory, node, name.replace(" ", ""), count)
        size = (directory / files[2]).stat().st_size / 1e6
        ours: list[Run] = []
        theirs: list[Run] = []
        for _ in range(repeat):
            if memlab is not None and name in SIZES:
                theirs.append(measure(memlab_command(node, memlab, files), directory))
            ours.append(measure(our_command(files), directory))
        us = median(ours)
        per_mb.append(us.cpu / size)
        if theirs:
            them = median(theirs)
            print(f"{size:>5.0f} MB {'memlab':>9} {them.cpu:>8.2f} {them.rss:>8.0f}")
            ratios = f"{them.cpu / us.cpu:>5.1f}x {us.rss / them.rss:>7.2f}"
        else:
            ratios = f"{'-':>6} {'-':>7}"
        share = us.rss / (size * 1e6 / (1 << 20))
        print(f"{'':>8} {'nodeleak':>9} {us.cpu:>8.2f} {us.rss:>8.0f}   {ratios} {share:>8.2f}")
    each = ", ".join(f"{1000 * value:.1f}" for value in per_mb)
    print(f"CPU ms per MB of one file ({', '.join(sizes)}): {each}")


def list_against_array(directory: Path, node: str, repeat: int) -> None:
    """A million objects in one chain, and in one array."""
    times = {}
    for form in ("array", "list"):
        files = make(directory, node, form, 1_000_000, form)
        times[form] = median([measure(our_command(files), directory) for _ in range(repeat)]).cpu
    print(
        f"a million in an array {times['array']:.2f} s, in a linked list {times['list']:.2f} s: "
        f"{times['list'] / times['array']:.2f} times"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--directory", type=Path, required=True, help="for files and memlab")
    parser.add_argument("--node", default=shutil.which("node"), help="default: the one on PATH")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--growth", action="store_true", help="4 MB and 2 GB as well, for us")
    parser.add_argument("--no-memlab", action="store_true", help="measure only our own side")
    arguments = parser.parse_args()
    if arguments.node is None:
        parser.error("no node on PATH; give --node")
    arguments.directory.mkdir(parents=True, exist_ok=True)
    memlab = None if arguments.no_memlab else install_memlab(arguments.directory)
    side_by_side(arguments.directory, arguments.node, memlab, arguments.repeat, arguments.growth)
    list_against_array(arguments.directory, arguments.node, arguments.repeat)


if __name__ == "__main__":
    main()
