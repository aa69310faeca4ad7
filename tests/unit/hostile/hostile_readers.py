"""Files of anybody's making, each read and shown in all the ways that there are.

Each reader takes the bytes of one file and a folder to work in. It ends, or raises NodeLeakError:
all else that it raises is a bug of ours. ``benchmarks/fuzz.py`` makes the files, and
``test_hostile_corpus.py`` reads those that were worth keeping.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path

from pytest_nodeleak.base.errors import NodeLeakError, SnapshotOrderError
from pytest_nodeleak.base.policy import Policy
from pytest_nodeleak.base.samples import Sample, Series
from pytest_nodeleak.baseline.ratchet import Accepted, merged
from pytest_nodeleak.baseline.text import accepted_text, read_accepted
from pytest_nodeleak.cli.replayed import _notes, _whole, _workload
from pytest_nodeleak.cli.snapshots import _put
from pytest_nodeleak.heap.diff.comparison import compare
from pytest_nodeleak.heap.diff.difference import SnapshotDiff, growth_over
from pytest_nodeleak.heap.diff.populations import populations_of, put_together
from pytest_nodeleak.heap.diff.since import growth_since
from pytest_nodeleak.heap.model.snapshot import HeapSnapshot
from pytest_nodeleak.heap.read.files import load_snapshot
from pytest_nodeleak.heap.read.profiles import is_profile, load_profile
from pytest_nodeleak.heap.show.classes import show_table
from pytest_nodeleak.heap.show.page import render_html
from pytest_nodeleak.heap.show.populations import population_table
from pytest_nodeleak.heap.show.recordings import profile_table, timeline_table
from pytest_nodeleak.heap.show.tables import Table, render_text, to_data
from pytest_nodeleak.heap.show.views import comparison_table, diff_table
from pytest_nodeleak.judge.verdict import LeakingConstructor, Verdict
from pytest_nodeleak.node import NodeExecutable
from pytest_nodeleak.replay.compared import Outcome, compared
from pytest_nodeleak.replay.recorded import recorded_from_json
from pytest_nodeleak.report import headline, properties, text_report, verdict_json
from pytest_nodeleak.report.artifacts import in_the_way, remove_artifacts
from pytest_nodeleak.report.html import render_page
from pytest_nodeleak.report.plot import plot
from pytest_nodeleak.report.run import Run, run_from_json, run_json
from pytest_nodeleak.sources import SourceMap, Sources, find_map

__all__ = ["READERS", "SEPARATOR", "Reader"]

Reader = Callable[[bytes, Path], None]
#: between the snapshots of one file, and between a map and its script
SEPARATOR = b"\n\0\n"
_GROUPS = ("class", "shape", "owner", "string")
_MOST_SNAPSHOTS = 3

_LEAK = LeakingConstructor("Receipt", 1.0, 4540, 182_000, 654_000, ("receipts (Map)", "Map entry"))
_VERDICT = Verdict(
    outcome="leak",
    reasons=("Receipt grew",),
    series=Series(tuple(Sample(3_000_000 + 60_000 * n, 0, 0, 0, 1, 3, 500 * n) for n in range(9))),
    seconds=6.6,
    workload="module('./cart')",
    script="/project/server.js",
    node="v20.20.2",
    policy=Policy(),
    constructors=(_LEAK,),
    iterations=4000,
)


def read_snapshots(data: bytes, folder: Path) -> None:
    """One to three snapshots: each shown, and what grew over them."""
    paths = []
    for number, part in enumerate(data.split(SEPARATOR)[:_MOST_SNAPSHOTS], 1):
        paths.append(folder / f"{number}.heapsnapshot")
        paths[-1].write_bytes(part)
    with suppress(NodeLeakError):
        load_snapshot(paths[0], detail="classes")
    snapshots = [load_snapshot(path) for path in paths]
    _shown(snapshots[-1])
    if len(snapshots) > 1:
        _compared(snapshots)
    else:
        _explained(growth_since(snapshots[0], 99))


def _shown(snapshot: HeapSnapshot) -> None:
    snapshot.type_totals()
    for group_by in _GROUPS:
        _printed(show_table(snapshot, group_by=group_by, retained=True))
    timeline = timeline_table(snapshot)
    if timeline is not None:
        _printed(timeline)


def _compared(snapshots: list[HeapSnapshot]) -> None:
    names = [snapshot.source for snapshot in snapshots]
    for group_by in ("class", "shape", "string"):
        rows = put_together([populations_of(snapshot, group_by) for snapshot in snapshots])
        _printed(population_table(rows, names, group_by=group_by, why="asked for"))
    comparison = compare(snapshots[0], snapshots[1])
    _printed(comparison_table(comparison))
    with suppress(SnapshotOrderError):
        growth_over(snapshots)
    _explained(growth_over(snapshots, check=False))


def _explained(diff: SnapshotDiff) -> None:
    for group_by in _GROUPS:
        _printed(diff_table(diff, group_by=group_by))
    for row in diff.explain(paths_per_row=2):
        diff.origin(row)
    json.dumps(diff.to_rows())
    assert all(map(repr, (diff, diff.containers, diff.slots, diff.sizes_by_kind)))


def _printed(table: Table) -> None:
    for text in (render_text(table, 80), json.dumps(to_data(table)), render_html(table)):
        _put(os.devnull, text)


def read_profile(data: bytes, folder: Path) -> None:
    """A .heapprofile."""
    path = folder / "x.heapprofile"
    path.write_bytes(data)
    is_profile(path)
    profile = load_profile(path)
    for sort in ("size", "count", "name"):
        _printed(profile_table(profile, sort=sort))


def read_verdict(data: bytes, folder: Path) -> None:
    """A verdict.json, or the verdicts of a run: every report of them."""
    kept = folder / "kept"
    kept.mkdir(exist_ok=True)
    (kept / "verdict.json").write_bytes(data)
    in_the_way(kept)
    remove_artifacts(kept)
    run = run_from_json(_text(data), "verdict.json")
    for verdict in run.verdicts():
        text_report(verdict).encode()
        headline(verdict)
        verdict_json(verdict)
        dict(properties([verdict]))
    run_json(run)
    render_page(run, run).encode()


def read_picture(data: bytes, folder: Path) -> None:
    """The same, drawn."""
    run: Run = run_from_json(_text(data), "verdict.json")
    plot([(test.nodeid, verdict) for test in run.tests for verdict in test.verdicts], "svg")


def read_baseline(data: bytes, folder: Path) -> None:
    """Accepted growth: what a leak is against it, and what it is written back as."""
    entries = read_accepted(_text(data), "accepted.json")
    today = date(2026, 8, 1)
    accepted = Accepted(entries, "accepted.json", today)
    measured = []
    for outcome in ("leak", "steady"):
        verdict = replace(_VERDICT, outcome=outcome)
        text_report(accepted.judged("test_cart.py::test_x", 1, verdict))
        measured.append(("test_cart.py::test_x", 1, verdict))
        accepted.remarks(measured[-1:])
        text = accepted_text(merged(entries, measured[-1:], today))
        read_accepted(text, "accepted.json")
    read_accepted(accepted_text(entries), "accepted.json")


def read_replay(data: bytes, folder: Path) -> None:
    """A replay.json, up to where its program would be started."""
    file = folder / "replay.json"
    recorded = recorded_from_json(_text(data), file)
    compared(recorded.outcome, Outcome.of(_VERDICT))
    compared(recorded.outcome, Outcome.of(replace(_VERDICT, outcome="steady")))
    node = NodeExecutable("/usr/bin/node", (20, 0, 0), "PATH")
    list(_notes(recorded.recipe, node, {}))
    with suppress(NodeLeakError):
        _whole(recorded.recipe.args, "args", "give them")
    with suppress(NodeLeakError):
        _workload(recorded.recipe, file)
    recorded.at(None)


def read_map(data: bytes, folder: Path) -> None:
    """A source map, and behind it, if there is more, the script that names it."""
    text, _, script = data.partition(SEPARATOR)
    found = SourceMap.parse(text, str(folder / "app.js.map"))
    if found is not None:
        _looked_up(found)
    (folder / "app.js.map").write_bytes(text)
    (folder / "app.js").write_bytes(script)
    url = (folder / "app.js").as_uri()
    named = script.decode(errors="replace")
    for each in (find_map(url), find_map(named, named)):
        if each is not None:
            _looked_up(each)
    sources = Sources(str(folder))
    for script_url in (url, named):
        sources.add_map_url(script_url, named)
        for line in range(3):
            sources.original(script_url, line, 7)


def _looked_up(found: SourceMap) -> None:
    for source in found.sources[:4]:
        found.is_ignored(source)
        found.source_text(source)
    for line in (*range(6), 1000):
        for column in (0, 1, 5, 40, 2**31):
            found.original(line, column)
            found.original_name(line, column)


def _text(data: bytes) -> str:
    """As the files are read; what is not UTF-8 their readers refuse before."""
    return data.decode(errors="replace")


READERS: dict[str, Reader] = {
    "snapshot": read_snapshots,
    "profile": read_profile,
    "verdict": read_verdict,
    "picture": read_picture,
    "baseline": read_baseline,
    "replay": read_replay,
    "map": read_map,
}
