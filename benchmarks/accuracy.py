"""How often ``nodeleak run`` is right, on folders of cases with a known answer.

``python benchmarks/accuracy.py [FOLDER ...]`` runs each variant of each case, prints one line per
run as it goes, and at the end a table with every wrong verdict. See ``benchmarks/README.md``.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
DEFAULT_FOLDER = HERE / "cases"
PEERS = HERE / "peers"
TOOL = "nodeleak"
PEER_SCRIPTS = {"leakage": PEERS / "leakage.js", "every-round-up": PEERS / "every-round-up.js"}
OUTCOMES = {0: "steady", 1: "leak", 2: "error", 3: "inconclusive"}
ROWS_THAT_COUNT = 3
#: process groups that are under way, so that an interrupt leaves none behind
RUNNING: set[int] = set()


@cache
def node_version(node: str) -> str:
    """``v22.1.0``, or the path itself if it does not say."""
    try:
        said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return node
    return said.stdout.strip() or node


@dataclass(frozen=True)
class Answer:
    """What is true of a program in one of its variants."""

    leaks: bool
    culprits: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Case:
    """One program with a known answer for each of its variants, as its folder describes it."""

    id: str
    folder: Path
    answers: dict[str, Answer]
    flags: tuple[str, ...] = ()
    env: dict[str, str] = field(default_factory=dict)
    node_aliases: dict[str, str] = field(default_factory=dict)
    iterations: int = 200
    node_below: int | None = None

    def fits(self, node: str | None) -> bool:
        """False where this release of Node itself grows, so that there is no right answer."""
        if self.node_below is None or node is None:
            return True
        major = node_version(node).lstrip("v").partition(".")[0]
        return not major.isdigit() or int(major) < self.node_below

    def own_node(self, variant: str) -> Path | None:
        """The Node that this variant brings along, where the leak is one of a Node release."""
        alias = self.node_aliases.get(variant)
        return self.folder / "node_modules" / alias / "bin" / "node" if alias else None


@dataclass(frozen=True)
class Job:
    """One run to do: who judges which variant of which case, on which Node."""

    judge: str
    case: Case
    variant: str
    node: str | None
    number: int

    @property
    def answer(self) -> Answer:
        return self.case.answers[self.variant]

    @property
    def subject(self) -> tuple[str, str, str, str]:
        """What has to get the same verdict in all runs."""
        return (self.judge, self.case.id, self.variant, self.node or "")

    @property
    def label(self) -> str:
        where = f" {node_version(self.node)}" if self.node else ""
        return f"{self.case.id} {self.variant}{where}"


@dataclass(frozen=True)
class Result:
    """What one run said, and how long a person waited for it."""

    outcome: str
    names: tuple[str, ...]
    seconds: float
    wall: float
    detail: str = ""


# --- reading cases ------------------------------------------------------------------------------


def load_cases(folder: Path) -> list[Case]:
    """All cases under ``folder``: a folder of cases, or one that has ``cases/`` in it."""
    root = folder / "cases" if (folder / "cases").is_dir() else folder
    listed = manifest_of(root)
    found = sorted(path.parent for path in root.glob("*/case.json"))
    if not found:
        raise SystemExit(f"{folder}: no cases here (looked for */case.json)")
    return [read_case(path, listed.get(path.name, {})) for path in found]


def manifest_of(root: Path) -> dict[str, dict[str, Any]]:
    """The rows of a ``manifest.json`` beside or above the cases, by id; empty without one."""
    for path in (root / "manifest.json", root.parent / "manifest.json"):
        if path.is_file():
            return {row["id"]: row for row in json.loads(path.read_text("utf-8"))}
    return {}


def read_case(folder: Path, listed: dict[str, Any]) -> Case:
    meta: dict[str, Any] = json.loads((folder / "case.json").read_text("utf-8"))
    return Case(
        id=folder.name,
        folder=folder,
        answers=read_answers(meta, listed.get("distinctiveConstructors", ())),
        flags=tuple(meta.get("flags", ())),
        env={name: str(value) for name, value in meta.get("env", {}).items()},
        node_aliases=dict(meta.get("node", {})),
        iterations=int(meta.get("iterations", 200)),
        node_below=meta.get("nodeBelow"),
    )


def read_answers(meta: dict[str, Any], distinctive: Sequence[str]) -> dict[str, Answer]:
    """By variant: as ``variants`` describes each, else ``fixed`` and, of a leak, ``leaky``."""
    described = meta.get("variants")
    if isinstance(described, dict):
        return {
            name: Answer(bool(one["expectLeak"]), frozenset(one.get("culprits", ())))
            for name, one in described.items()
        }
    fixed = {"fixed": Answer(leaks=False)}
    if not meta["expectLeak"]:
        return fixed
    culprits = frozenset(meta.get("culprits", distinctive))
    return {"leaky": Answer(leaks=True, culprits=culprits), **fixed}


def install(cases: Iterable[Case]) -> None:
    """``npm install`` wherever a case has dependencies that are not there yet."""
    folders = [case.folder / sub for case in cases for sub in (".", "leaky", "fixed")]
    for folder in [*folders, PEERS]:
        if not needs_install(folder):
            continue
        print(f"npm install in {folder}", flush=True)
        command = ["npm", "install", "--no-audit", "--no-fund", "--loglevel=error"]
        if subprocess.run(command, cwd=folder, check=False).returncode != 0:
            print(f"  failed: {folder}", flush=True)


def needs_install(folder: Path) -> bool:
    manifest = folder / "package.json"
    if not manifest.is_file() or (folder / "node_modules").is_dir():
        return False
    return bool(json.loads(manifest.read_text("utf-8")).get("dependencies"))


# --- running ------------------------------------------------------------------------------------


def run_job(job: Job, limit: float, extra: Sequence[str]) -> Result:
    env = {**os.environ, "NODE_NO_WARNINGS": "1", **job.case.env, "VARIANT": job.variant}
    command = tool_command(job, extra) if job.judge == TOOL else peer_command(job)
    started = time.monotonic()
    code, out, err = run_bounded(command, job.case.folder, env, limit)
    wall = time.monotonic() - started
    if code is None:
        return Result("error", (), wall, wall, f"no answer within {limit:.0f} s")
    return read_result(code, out, err, wall)


def tool_command(job: Job, extra: Sequence[str]) -> list[str]:
    command = [sys.executable, "-m", "pytest_nodeleak", "run", str(job.case.folder / "workload.js")]
    node = job.case.own_node(job.variant) or job.node
    if node:
        command += ["--node", str(node)]
    command += [f"--node-arg={flag}" for flag in job.case.flags]
    return [*command, *extra, "--json", "-"]


def peer_command(job: Job) -> list[str]:
    node = job.case.own_node(job.variant) or job.node or "node"
    script = PEER_SCRIPTS[job.judge]
    return [str(node), "--expose-gc", *job.case.flags, str(script), str(job.case.iterations)]


def run_bounded(
    command: Sequence[str], cwd: Path, env: dict[str, str], limit: float
) -> tuple[int | None, str, str]:
    """Exit code (None: it took too long and was ended with its children), stdout, stderr."""
    with subprocess.Popen(
        command,
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
    ) as process:
        RUNNING.add(process.pid)
        try:
            out, err = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            end_group(process.pid)
            out, err = process.communicate()
            return None, out, err
        finally:
            RUNNING.discard(process.pid)
    return process.returncode, out, err


def end_group(pid: int) -> None:
    """End a command of ours and all that it started; gone already is fine."""
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def read_result(code: int, out: str, err: str, wall: float) -> Result:
    """The verdict printed as JSON; an answer that fits no contract counts as an error."""
    verdict = last_json(out)
    said = OUTCOMES.get(code, "error")
    if verdict is None:
        return Result("error", (), wall, wall, last_line(err) or f"exit code {code}")
    outcome = str(verdict.get("outcome", "error"))
    names = tuple(str(row.get("name")) for row in verdict.get("constructors", ()))
    seconds = float(verdict.get("seconds", wall))
    if said != outcome:
        return Result("error", names, seconds, wall, f"exit code {code} with outcome {outcome}")
    return Result(outcome, names, seconds, wall, "; ".join(map(str, verdict.get("reasons", ()))))


def last_json(text: str) -> dict[str, Any] | None:
    """The last JSON object in ``text`` that starts at the beginning of a line."""
    decoder = json.JSONDecoder()
    starts = [i for i, char in enumerate(text) if char == "{" and (i == 0 or text[i - 1] == "\n")]
    for start in reversed(starts):
        try:
            value, _ = decoder.raw_decode(text, start)
        except ValueError:
            continue
        if isinstance(value, dict) and "outcome" in value:
            return value
    return None


def last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:200] if lines else ""


# --- scoring ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Score:
    """A run and whether it was right."""

    job: Job
    result: Result

    @property
    def leaking(self) -> bool:
        return self.job.answer.leaks

    @property
    def right(self) -> bool:
        return self.result.outcome == ("leak" if self.leaking else "steady")

    @property
    def fault(self) -> str:
        """What went wrong; empty where nothing did."""
        if self.right:
            return ""
        if self.result.outcome in ("inconclusive", "error"):
            return self.result.outcome
        return "missed" if self.leaking else "false alarm"

    @property
    def named(self) -> bool | None:
        """Was a culprit among the first rows? None where nothing can be named."""
        if (
            self.job.judge != TOOL
            or not self.leaking
            or not self.job.answer.culprits
            or self.result.outcome != "leak"
        ):
            return None
        return bool(self.job.answer.culprits & set(self.result.names[:ROWS_THAT_COUNT]))

    @property
    def line(self) -> str:
        rows = ", ".join(self.result.names[:ROWS_THAT_COUNT])
        naming = "" if self.named is not False else "  [culprit not named]"
        status = "ok" if self.right else self.fault.upper()
        detail = self.result.detail if self.fault else ""
        return (
            f"{self.job.judge:<10} {status:<12} {self.result.wall:6.2f} s  {self.job.label}"
            f"  {rows}{naming}{'  ' + detail[:160] if detail else ''}"
        )

    def to_json(self) -> dict[str, Any]:
        job, result = self.job, asdict(self.result)
        return {
            "judge": job.judge,
            "case": job.case.id,
            "variant": job.variant,
            "node": job.node,
            "run": job.number,
            "expected": "leak" if self.leaking else "steady",
            "culprits": sorted(job.answer.culprits),
            "named": self.named,
            "fault": self.fault,
            **result,
            "names": list(self.result.names),
        }


def share(part: int, whole: int) -> str:
    return f"{part} of {whole} ({100 * part / whole:.1f} %)" if whole else "none"


def quantiles(values: Sequence[float]) -> str:
    if not values:
        return "-"
    ordered = sorted(values)
    p90 = ordered[min(len(ordered) - 1, int(0.9 * len(ordered)))]
    return f"median {statistics.median(ordered):.2f}, p90 {p90:.2f}, worst {ordered[-1]:.2f}"


def unstable(scores: Iterable[Score]) -> list[str]:
    """The subjects whose runs did not all end the same, with what they said."""
    said: dict[tuple[str, str, str, str], list[str]] = defaultdict(list)
    for score in scores:
        said[score.job.subject].append(score.result.outcome)
    return [
        f"{case} {variant}{f' {node_version(node)}' if node else ''}: {', '.join(outcomes)}"
        for (_, case, variant, node), outcomes in said.items()
        if len(set(outcomes)) > 1
    ]


def table(judge: str, scores: Sequence[Score]) -> Iterator[str]:
    """The summary of one judge, line by line."""
    leaky = [score for score in scores if score.leaking]
    healthy = [score for score in scores if not score.leaking]
    naming = [score.named for score in scores if score.named is not None]
    subjects = len({score.job.subject for score in scores})
    changed = unstable(scores)
    rows = (
        ("recall", share(sum(score.right for score in leaky), len(leaky))),
        (
            "false alarms",
            share(sum(score.fault == "false alarm" for score in healthy), len(healthy)),
        ),
        (
            "inconclusive",
            share(sum(score.fault == "inconclusive" for score in scores), len(scores)),
        ),
        ("errors", share(sum(score.fault == "error" for score in scores), len(scores))),
        (f"culprit in the first {ROWS_THAT_COUNT}", share(sum(naming), len(naming))),
        ("same verdict in all runs", share(subjects - len(changed), subjects)),
        ("seconds, healthy", quantiles([score.result.wall for score in healthy])),
        ("seconds, leaking", quantiles([score.result.wall for score in leaky])),
    )
    yield f"{judge}: {len(scores)} runs"
    for name, value in rows:
        yield f"  {name:<26} {value}"
    for text in changed:
        yield f"  changed its mind: {text}"
    for score in scores:
        if score.fault:
            yield f"  {score.fault}: {score.job.label}: {score.result.detail or 'no reason given'}"
        elif score.named is False:
            yield (
                f"  not named: {score.job.label}: said {', '.join(score.result.names[:5])};"
                f" grows {', '.join(sorted(score.job.answer.culprits))}"
            )


# --- command line -------------------------------------------------------------------------------


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    add = parser.add_argument
    add("folders", nargs="*", type=Path, metavar="FOLDER", help="folders of cases; default: ours")
    add("--node", action="append", metavar="PATH", help="a Node to run on; repeat for several")
    add("--runs", type=int, default=1, metavar="N", help="runs of each variant (1)")
    add("--only", default="*", metavar="GLOB", help="ids to run; several with commas")
    add("--jobs", type=int, default=1, metavar="N", help="runs at the same time (1)")
    add("--load", type=int, default=0, metavar="N", help="busy loops beside it (0)")
    add("--variants", default="*", metavar="GLOB", help="variants to run; several with commas")
    add(
        "--peer",
        action="append",
        default=[],
        choices=sorted(PEER_SCRIPTS),
        help="judge with it, too",
    )
    add("--no-tool", action="store_true", help="run the peers alone")
    add("--extra", action="append", default=[], metavar="OPTION", help="passed on to nodeleak run")
    add("--limit", type=float, default=120.0, metavar="SECONDS", help="for one run (120)")
    add("--json", type=Path, metavar="FILE", help="all runs, as JSON")
    add("--install", action="store_true", help="npm install in the folders that need it, first")
    return parser.parse_args(argv)


def plan(cases: Sequence[Case], options: argparse.Namespace) -> list[Job]:
    """All jobs, run by run: what changes with time hits all cases alike."""
    judges = [*([] if options.no_tool else [TOOL]), *options.peer]
    return [
        Job(judge, case, variant, node, number)
        for number in range(1, options.runs + 1)
        for node in options.node or [None]
        for case in cases
        if case.fits(node)
        for variant in case.answers
        if matches(variant, options.variants)
        for judge in judges
    ]


def matches(name: str, patterns: str) -> bool:
    return any(fnmatch(name, pattern) for pattern in patterns.split(","))


def select(folders: Sequence[Path], patterns: str) -> list[Case]:
    cases = [
        case for folder in folders or [DEFAULT_FOLDER] for case in load_cases(folder.resolve())
    ]
    chosen = [case for case in cases if matches(case.id, patterns)]
    if not chosen:
        raise SystemExit(f"no case matches {patterns!r}")
    return chosen


def run_all(jobs: Sequence[Job], options: argparse.Namespace) -> list[Score]:
    """Run the jobs, a line for each as it ends; interrupted, what is done counts."""
    scores: list[Score] = []

    def one(job: Job) -> Score:
        return Score(job, run_job(job, options.limit, options.extra))

    with ThreadPoolExecutor(max_workers=max(1, options.jobs)) as pool:
        pending = pool.map(one, jobs)
        try:
            for score in pending:
                scores.append(score)
                print(score.line, flush=True)
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            for pid in tuple(RUNNING):
                end_group(pid)
            print("interrupted: the table counts what was done", flush=True)
    return scores


@contextmanager
def busy_loops(number: int) -> Iterator[None]:
    """Processes that take what CPU they get."""
    command = [sys.executable, "-c", "while True: pass"]
    loops = [subprocess.Popen(command) for _ in range(number)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def main(argv: Sequence[str] | None = None) -> int:
    options = parse(argv)
    cases = select(options.folders, options.only)
    if options.install:
        install(cases)
    jobs = plan(cases, options)
    with busy_loops(options.load):
        scores = run_all(jobs, options)
    for judge in dict.fromkeys(score.job.judge for score in scores):
        print()
        print("\n".join(table(judge, [score for score in scores if score.job.judge == judge])))
    if options.json:
        rows = [score.to_json() for score in scores]
        options.json.write_text(json.dumps(rows, indent=1) + "\n", "utf-8")
    wrong = any(score.fault for score in scores if score.job.judge == TOOL)
    return 1 if wrong or len(scores) < len(jobs) else 0


if __name__ == "__main__":
    sys.exit(main())
