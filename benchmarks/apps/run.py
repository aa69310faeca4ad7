"""Is the verdict right on real applications in production mode?

``python benchmarks/apps/run.py`` starts each application beside this file as its users do, in each
of its variants, measures it through the Python API, prints a line per run and at the end a table.
See ``benchmarks/README.md``.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(1, str(HERE.parent))

import accuracy  # noqa: E402
from accuracy import ROWS_THAT_COUNT, TOOL, Answer, Case, Job, Result, Score, matches  # noqa: E402
from driving import RATES, App, load_app, load_apps  # noqa: E402

#: iterations per round, for the peers
ITERATIONS = 60


@dataclass(frozen=True)
class AppScore(Score):
    """A run; a culprit is named by its class, or by the function or file that allocates it."""

    @property
    def named(self) -> bool | None:
        if self.job.judge != TOOL or not self.leaking or self.result.outcome != "leak":
            return None
        return any(is_culprit(row, self.job.answer.culprits) for row in self.result.names)


def is_culprit(row: str, culprits: frozenset[str]) -> bool:
    """``row`` is the name of a constructor, or with `` @ function (file:line:column)``."""
    name, _, place = row.partition(" @ ")
    return name in culprits or any(
        re.search(rf"(?<!\w){re.escape(one)}(?!\w)", place) for one in culprits
    )


def as_case(app: App) -> Case:
    answers = {"healthy": Answer(leaks=False)}
    for variant in RATES:
        answers[variant] = Answer(leaks=True, culprits=frozenset(app.culprits[variant]))
    return Case(id=app.id, folder=app.folder, answers=answers, iterations=ITERATIONS)


# --- one measurement, in a process of its own -----------------------------------------------------


def measure_one(app: App, variant: str, node: str | None, policy: dict[str, str]) -> dict[str, Any]:
    """Start the application, measure it, and say what came out."""
    from pytest_nodeleak import measure, module, open_node

    script, *arguments = [app.workload] if app.workload else app.start
    program = open_node(
        script, *arguments, env=app.environment(variant), cwd=app.folder, node=node, timeout=60
    )
    client = None
    try:
        if app.workload:
            verdict = measure(program, module(f"./{app.workload}", "iteration"), **policy)
        else:
            client = app.client(program.wait_for_output(app.ready, timeout=60).group(1))
            verdict = measure(program, client, **policy)
    finally:
        if client:
            client.close()
        program.close()
    rows = [
        {"name": f"{row.name} @ {row.allocated_at}" if row.allocated_at else row.name}
        for row in verdict.constructors[:ROWS_THAT_COUNT]
    ]
    return {
        "outcome": verdict.outcome,
        "constructors": rows,
        "reasons": list(verdict.reasons),
        "seconds": verdict.seconds,
        "iterations": verdict.iterations,
    }


def main_of_one(app_id: str, variant: str, node: str, policy: dict[str, str]) -> int:
    said = measure_one(load_app(HERE / app_id), variant, node or None, policy)
    print("\n" + json.dumps(said))
    return {text: code for code, text in accuracy.OUTCOMES.items()}[said["outcome"]]


# --- all of them ----------------------------------------------------------------------------------


def run_job(job: Job, options: argparse.Namespace) -> Result:
    env = {**os.environ, "NODE_NO_WARNINGS": "1"}
    if job.judge == TOOL:
        command = [sys.executable, str(HERE / "run.py"), "--one", job.case.id, job.variant]
        command += [job.node or "", json.dumps(dict(one.split("=", 1) for one in options.policy))]
        folder = job.case.folder
    else:
        app = load_app(job.case.folder)
        env |= {**app.environment(job.variant), "APP_FOLDER": str(job.case.folder)}
        command = accuracy.peer_command(job)
        folder = HERE / "in-process"
    started = time.monotonic()
    code, out, err = accuracy.run_bounded(command, folder, env, options.limit)
    wall = time.monotonic() - started
    if code is None:
        return Result("error", (), wall, wall, f"no answer within {options.limit:.0f} s")
    return accuracy.read_result(code, out, err, wall)


def run_all(jobs: Sequence[Job], options: argparse.Namespace) -> list[Score]:
    scores: list[Score] = []

    def one(job: Job) -> Score:
        return AppScore(job, run_job(job, options))

    with ThreadPoolExecutor(max_workers=max(1, options.jobs)) as pool:
        try:
            for score in pool.map(one, jobs):
                scores.append(score)
                print(score.line, flush=True)
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            for pid in tuple(accuracy.RUNNING):
                accuracy.end_group(pid)
            print("interrupted: the table counts what was done", flush=True)
    return scores


def install(apps: Sequence[App], peers: bool) -> None:
    """Packages and builds that are not there yet, one after the other."""
    folders = [app.folder for app in apps] + ([accuracy.PEERS] if peers else [])
    for folder in folders:
        if accuracy.needs_install(folder):
            print(f"npm install in {folder.name}", flush=True)
            options = ["--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"]
            subprocess.run(["npm", "install", *options], cwd=folder, check=False)
    quiet = {**os.environ, "NEXT_TELEMETRY_DISABLED": "1", "ASTRO_TELEMETRY_DISABLED": "1"}
    for app in apps:
        if app.built and not (app.folder / app.built).exists():
            print(f"npm run build in {app.id}", flush=True)
            build = ["npm", "run", "--silent", "build"]
            subprocess.run(build, cwd=app.folder, env=quiet, check=False)


def counts(scores: Sequence[Score]) -> str:
    """Right, wrong and inconclusive, as one line."""
    kinds = {"": "right", "missed": "wrong", "false alarm": "wrong"}
    said = Counter(kinds.get(score.fault, score.fault) for score in scores)
    return ", ".join(f"{said[kind]} {kind}" for kind in ("right", "wrong", "inconclusive", "error"))


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    add = parser.add_argument
    add("--only", default="*", metavar="GLOB", help="applications; several with commas")
    add("--variants", default="*", metavar="GLOB", help="variants; several with commas")
    add("--node", action="append", metavar="PATH", help="a Node to run on; repeat for several")
    add("--runs", type=int, default=1, metavar="N", help="runs of each variant (1)")
    add("--jobs", type=int, default=1, metavar="N", help="runs at the same time (1)")
    add("--load", type=int, default=0, metavar="N", help="busy loops beside it (0)")
    add(
        "--peer",
        action="append",
        default=[],
        choices=sorted(accuracy.PEER_SCRIPTS),
        help="judge with it, too, with server and client in one process",
    )
    add("--no-tool", action="store_true", help="run the peers alone")
    add("--policy", action="append", default=[], metavar="NAME=VALUE", help="passed on to measure")
    add("--limit", type=float, default=240.0, metavar="SECONDS", help="for one run (240)")
    add("--json", type=Path, metavar="FILE", help="all runs, as JSON")
    add("--install", action="store_true", help="npm install and npm run build where needed, first")
    add("--one", nargs=4, help=argparse.SUPPRESS)
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    options = parse(argv)
    if options.one:
        app_id, variant, node, policy = options.one
        return main_of_one(app_id, variant, node, json.loads(policy))
    apps = [app for app in load_apps() if matches(app.id, options.only)]
    if not apps:
        raise SystemExit(f"no application matches {options.only!r}")
    options.node = [shutil.which(node) or node for node in options.node or []]
    if options.install:
        install(apps, bool(options.peer))
    jobs = accuracy.plan([as_case(app) for app in apps], options)
    with accuracy.busy_loops(options.load):
        scores = run_all(jobs, options)
    for judge in dict.fromkeys(score.job.judge for score in scores):
        own = [score for score in scores if score.job.judge == judge]
        print()
        print("\n".join(accuracy.table(judge, own)))
        print(f"  in short: {counts(own)}")
    if options.json:
        rows = [score.to_json() for score in scores]
        options.json.write_text(json.dumps(rows, indent=1) + "\n", "utf-8")
    wrong = any(score.fault for score in scores if score.job.judge == TOOL)
    return 1 if wrong or len(scores) < len(jobs) else 0


if __name__ == "__main__":
    sys.exit(main())
