"""How far the heap engine agrees with DevTools, on real files; for development only.

    python benchmarks/heap_agreement.py --directory devtools FILE [FILE ...]
    python benchmarks/heap_agreement.py --directory devtools --diff BEFORE AFTER

Installs ``chrome-devtools-frontend`` and ``esbuild`` from npm into the directory, bundles
DevTools' heap snapshot worker and runs it under Node (22 or later) on each file; nothing
of it is copied into this repository. Prints rows of a Markdown table.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from pytest_nodeleak.heap import compare, load_snapshot
from pytest_nodeleak.heap.graph.dominators import (
    DominatorTree,
    class_accounts,
    essential_edges,
    owned_sizes,
)
from pytest_nodeleak.heap.graph.graph import graph_of

HERE = Path(__file__).resolve().parent
PACKAGES = ("chrome-devtools-frontend@1.0.1705227", "esbuild")
WORKER = "entrypoints/heap_snapshot_worker/heap_snapshot_worker.ts"
# Generated when DevTools is built, and not in the package; the worker shows no text.
LOCALES = (
    "export const BUNDLED_LOCALES = ['en-US'], LOCALES = ['en-US'], DEFAULT_LOCALE = 'en-US',"
    " LOCAL_FETCH_PATTERN = '', REMOTE_FETCH_PATTERN = '';\n"
)


def bundle(directory: Path) -> Path:
    """The worker as one file; installed and made unless it is there."""
    target = directory / "worker.mjs"
    if target.exists():
        return target
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "package.json").write_text("{}")
    environment = {**os.environ, "PUPPETEER_SKIP_DOWNLOAD": "1"}
    command = ["npm", "install", "--no-audit", "--no-fund", *PACKAGES]
    subprocess.run(command, cwd=directory, check=True, env=environment, stdout=sys.stderr)
    front_end = directory / "node_modules" / "chrome-devtools-frontend" / "front_end"
    (front_end / "core" / "i18n" / "locales.js").write_text(LOCALES)
    esbuild = directory / "node_modules" / ".bin" / "esbuild"
    options = ["--bundle", "--format=esm", "--platform=node", f"--outfile={target}"]
    subprocess.run([esbuild, front_end / WORKER, *options], check=True, stdout=sys.stderr)
    return target


def devtools(node: str, worker: Path, *files: str) -> dict[str, Any]:
    """What the worker says of a file, or of the difference of two."""
    command = [node, "--max-old-space-size=12000", str(HERE / "heap_agreement.mjs"), str(worker)]
    done = subprocess.run([*command, *files], capture_output=True, check=True, text=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def unshaped(classes: dict[str, list[int]], where: int) -> dict[str, int]:
    """One figure by class, shapes of plain objects under Object, detached ones by their name."""
    merged: dict[str, int] = {}
    for name, figures in classes.items():
        key = "Object" if name.startswith("{") else name.removeprefix("Detached ")
        merged[key] = merged.get(key, 0) + figures[where]
    return merged


def agreement(ours: dict[str, int], theirs: dict[str, int]) -> str:
    """``157 of 157`` classes, with the first that differ."""
    names = sorted(set(ours) | set(theirs))
    wrong = [name for name in names if ours.get(name, 0) != theirs.get(name, 0)]
    shown = f" ({', '.join(wrong[:4])})" if wrong else ""
    return f"{len(names) - len(wrong)} of {len(names)}{shown}"


def same(ours: list[int], theirs: list[int]) -> str:
    """``68,960 of 68,960`` nodes."""
    equal = sum(a == b for a, b in zip(ours, theirs, strict=True))
    return f"{equal:,} of {len(ours):,}"


def one_file(node: str, worker: Path, file: str) -> str:
    """A row of the table: classes that agree in count, shallow, retained; nodes likewise."""
    theirs = devtools(node, worker, file)
    snapshot = load_snapshot(file)
    accounts = class_accounts(snapshot)
    counts = {name: account.count for name, account in accounts.items()}
    shallow = {name: account.shallow_size for name, account in accounts.items()}
    retained = {name: account.retained_size for name, account in accounts.items()}
    # Shapes have retained sizes of their own, which do not add up to Object's.
    plain = {
        name: figures[2]
        for name, figures in theirs["classes"].items()
        if not name.startswith("{") and name != "Object" and not name.startswith("Detached ")
    }
    kept = {name: size for name, size in retained.items() if name in plain}
    sizes = owned_sizes(snapshot)
    tree = DominatorTree(graph_of(snapshot), essential_edges(graph_of(snapshot)))
    ids = [str(number) for number in snapshot.node_id.tolist()]
    # DevTools gives -5 to what it does not reach.
    distances = [max(-1, theirs["distances"][number]) for number in ids]
    cells = [
        Path(file).name,
        agreement(counts, unshaped(theirs["classes"], 0)),
        agreement(shallow, unshaped(theirs["classes"], 1)),
        agreement(kept, plain),
        same(sizes.tolist(), [theirs["sizes"][number][0] for number in ids]),
        same(tree.retained_sizes(sizes).tolist(), [theirs["sizes"][n][1] for n in ids]),
        same(graph_of(snapshot).distances.tolist(), distances),
    ]
    return f"| {' | '.join(cells)} |"


def difference(node: str, worker: Path, before: str, after: str) -> str:
    """A row for the Comparison view: new and deleted objects by class."""
    theirs = devtools(node, worker, before, after)["diff"]
    ours = compare(load_snapshot(before, detail="classes"), load_snapshot(after, detail="classes"))
    named = [change for change in ours.changes if not change.name.startswith("(")]
    classes = {name: figures for name, figures in theirs.items() if not name.startswith("(")}
    new = agreement({c.name: c.new for c in named}, unshaped(classes, 0))
    deleted = agreement({c.name: c.deleted for c in named}, unshaped(classes, 1))
    return f"| {Path(before).name} -> {Path(after).name} | {new} | {deleted} |"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("files", nargs="+")
    parser.add_argument("--directory", type=Path, required=True, help="for the npm packages")
    parser.add_argument("--node", default=shutil.which("node"), help="22 or later")
    parser.add_argument("--diff", action="store_true", help="compare pairs of files")
    arguments = parser.parse_args()
    worker = bundle(arguments.directory)
    if arguments.diff:
        for at in range(0, len(arguments.files) - 1, 2):
            print(difference(arguments.node, worker, *arguments.files[at : at + 2]), flush=True)
        return
    for file in arguments.files:
        print(one_file(arguments.node, worker, file), flush=True)


if __name__ == "__main__":
    main()
