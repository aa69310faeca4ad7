"""assert_no_leak in a test: red, green, expected, undecided, and what is left on disk."""

import json
import os
import xml.etree.ElementTree as ElementTree

import pytest

LEAK = "assert_no_leak(launch_node('program.js'), \"require('./program').leak()\""
#: as red, without the wait for a verdict on growth
BOUND = f"{LEAK}, max_live={{'Entry': 3}})"
FINE = "assert_no_leak(launch_node('program.js'), \"require('./program').fine()\""


@pytest.mark.fault(
    "Secrets",
    "snapshots, which hold the process's memory",
    forced="a leak test that fails",
    kept="files of mode 0600 in a folder of mode 0700",
    seen="artifacts  .../ (3 snapshots, ...; snapshots hold the process's memory)",
)
def test_a_leak_fails_with_the_report_and_a_green_test_leaves_nothing(project):
    project.tests(
        f"def test_leak(launch_node):\n    {LEAK})\n\n"
        f"def test_fine(launch_node):\n    assert {FINE}).outcome == 'steady'\n"
    )
    before = project.files()
    result = project.run("--junitxml=../junit.xml", "-rA")
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.re_match_lines(
        [
            r"nodeleak: node .*node \(from .*\)",
            r">       assert_no_leak\(launch_node",
            r"E       pytest_nodeleak.LeakError: Entry leaks: \+1\.00 object per iteration, \+.*",
            r"E         heapUsed   [▁-█]+  .* MB over .* iterations",
            r"E         added in \d windows of .* iterations, alive in snapshot \d:",
            r"E           constructor   per iteration +count +shallow +retained",
            r"E           Entry                 \+1\.00 .*",
            r"E             kept alive by  kept \(Array\) in module program\.js -> \[n\]",
            r"E         workload   require\('\./program'\)\.leak\(\)",
            r"E         measured   .* iterations .* s, node v\d+.*",
            r"E         artifacts  \.nodeleak/test_it\.py--test_leak/",
            r"E                    \(\d snapshots, .*\)",
            r"test_it\.py:\d+: LeakError",
            r"-+ nodeleak -+",
            r"require\('\./program'\)\.leak\(\): Entry leaks: .*",
            r"nodeleak: 1 leaking, 1 steady",
            r"FAILED test_it\.py::test_leak - Entry leaks: \+1\.00 .*",
        ]
    )
    # No frame but the user's.
    result.stdout.no_fnmatch_line("*api.py*")
    result.stdout.no_fnmatch_line("*measurement.py*")
    folder = project.path / ".nodeleak" / "test_it.py--test_leak"
    snapshots = [f"snapshot-{number}.heapsnapshot" for number in (1, 2, 3)]
    names = sorted(path.name for path in folder.iterdir())
    assert names[:5] == ["replay.json", "report.txt", *snapshots]
    result.stdout.fnmatch_lines(["E *(* snapshots, *; snapshots hold the process's memory)"])
    if os.name == "posix":
        assert folder.stat().st_mode & 0o777 == 0o700
        assert {(folder / name).stat().st_mode & 0o777 for name in snapshots} == {0o600}
    for name in snapshots:
        assert json.loads((folder / name).read_text())["snapshot"]["meta"]
    verdict = json.loads((folder / "verdict.json").read_text())
    assert (verdict["schema"], verdict["outcome"]) == (1, "leak")
    assert verdict["constructors"][0]["name"] == "Entry"
    assert verdict["artifacts"] == ".nodeleak/test_it.py--test_leak"
    assert (folder / "report.txt").read_text().startswith("Entry leaks: +1.00 object per iteration")
    ours = [name for name in project.files() if name.startswith(".nodeleak/")]
    assert sorted([*before, *ours]) == project.files()
    assert ours[0] == ".nodeleak/.gitignore"
    assert all(name.split("/")[1] in (".gitignore", folder.name) for name in ours)
    assert project.leftovers() == []
    assert project.gone(0)
    _check_junit(project)


def _check_junit(project):
    cases = ElementTree.parse(project.path / "../junit.xml").iter("testcase")
    found = {
        case.get("name"): {p.get("name"): p.get("value") for p in case.iter("property")}
        for case in cases
    }
    assert found["test_leak"]["nodeleak_outcome"] == "leak"
    assert found["test_leak"]["nodeleak_constructor"] == "Entry"
    assert float(found["test_leak"]["nodeleak_per_iteration"]) == pytest.approx(1, abs=0.05)
    assert found["test_leak"]["nodeleak_artifacts"] == ".nodeleak/test_it.py--test_leak"
    assert found["test_fine"]["nodeleak_outcome"] == "steady"
    assert found["test_fine"]["nodeleak_verdict"].startswith("steady: ")
    assert int(found["test_fine"]["nodeleak_iterations"]) > 100
    assert int(found["test_fine"]["nodeleak_heap_used"]) > 1_000_000


@pytest.mark.slow
def test_an_expected_leak_is_xfailed_and_its_repair_is_noticed(project):
    project.tests(
        "expected = pytest.mark.xfail(raises=LeakError, strict=True, reason='known')\n\n"
        f"@expected\ndef test_leak(launch_node):\n    {LEAK})\n\n"
        f"@expected\ndef test_fine(launch_node):\n    {FINE})\n\n"
        f"def test_raises(launch_node):\n    with pytest.raises(LeakError, match='Entry: '):\n"
        f"        {BOUND}\n"
    )
    result = project.run("-rxX")
    result.assert_outcomes(xfailed=1, failed=1, passed=1)
    result.stdout.fnmatch_lines(["*test_fine*", "[[]XPASS(strict)[]] known", "XFAIL *test_leak*"])
    # The evidence of a known leak stays, a test that passes leaves none.
    assert project.artifacts() == ["test_it.py--test_leak"]


@pytest.mark.exhaustive
@pytest.mark.slow
def test_artifacts_go_when_the_leak_is_repaired_and_none_gets_stale(project):
    project.tests(
        "import os\n"
        "def test_x(launch_node):\n"
        "    app = launch_node('program.js')\n"
        "    for name in os.environ['WORK'].split():\n"
        "        measure(app, module('./program', name), max_live='Entry=3')\n"
        "    assert os.environ['WORK'].count('leak') == 0\n"
    )
    folder = project.path / ".nodeleak" / "test_it.py--test_x"

    def run(work):
        os.environ["WORK"] = work
        return project.run()

    run("leak leak").assert_outcomes(failed=1)
    assert project.artifacts() == [folder.name, f"{folder.name}-2"]
    (folder / "notes.txt").write_text("mine")
    (folder / "snapshot-8.heapsnapshot").write_text("mine, too")
    run("leak fine").assert_outcomes(failed=1)
    assert project.artifacts() == [folder.name]
    run("fine").assert_outcomes(passed=1)
    assert sorted(path.name for path in folder.iterdir()) == [
        "notes.txt",
        "snapshot-8.heapsnapshot",
    ]


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    monkeypatch.setenv("WORK", "")


@pytest.mark.slow
def test_parameters_with_odd_characters_have_folders_of_their_own(project):
    project.tests(
        "@pytest.mark.parametrize('odd', ['a/b:c', '../../ü ?*', 'x' * 300])\n"
        "def test_x(launch_node, odd, nodeleak_output):\n"
        "    assert not nodeleak_output.exists()\n"
        "    try:\n"
        f"        {BOUND}\n"
        "    finally:\n"
        "        print('folder', nodeleak_output.name, nodeleak_output.exists())\n"
    )
    before = project.files()
    result = project.run()
    result.assert_outcomes(failed=3)
    told = {line.split()[1] for line in result.outlines if line.startswith("folder ")}
    assert set(project.artifacts()) == told
    assert len(told) == 3
    ours = {name for name in project.files() if name.startswith(".nodeleak/")}
    assert set(before) | ours == set(project.files())


@pytest.mark.parametrize("where", ["file", "read-only"])
@pytest.mark.fault(
    "The machine",
    "an output folder that cannot be written",
    forced="a file in its place, a folder without permission",
    kept="the verdict",
    seen="LeakError with: artifacts could not be written to ...",
)
@pytest.mark.slow
def test_an_output_folder_that_cannot_be_written_does_not_lose_the_verdict(project, where):
    blocked = project.path / ".nodeleak"
    if where == "file":
        blocked.write_text("mine")
    else:
        blocked.mkdir(mode=0o500)
        if os.access(blocked, os.W_OK):
            pytest.skip("root may write everywhere")
    project.tests(f"def test_leak(launch_node):\n    {BOUND}\n")
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.re_match_lines(
        [
            r"E +pytest_nodeleak.LeakError: leak: Entry: .* more than max_live=3",
            r"E +artifacts could not be written to.*",
            r"FAILED .* - leak: Entry: .*",
        ]
    )
    result.stdout.no_re_match_line(r"E +artifacts  ")
    assert project.leftovers() == []


POLICIES = f"""
def check(outcome, launch_node, **policy):
    verdict = measure(launch_node('program.js'), "require('./program').leak()", **policy)
    assert verdict.outcome == outcome

def test_ignore_by_call(launch_node):
    check('steady', launch_node, ignore=['Ent*'])

@pytest.mark.nodeleak(max_growth='1 object')
def test_growth_by_marker(launch_node):
    check('steady', launch_node)

@pytest.mark.nodeleak(max_growth='1 object')
def test_call_wins_over_marker(launch_node):
    check('leak', launch_node, max_growth='0.5 objects')

def test_bound_kept(launch_node):
    check('steady', launch_node, max_live={{'Entry': 10_000_000}})

def test_bound_exceeded(launch_node):
    with pytest.raises(LeakError, match=r'leak: Entry: \\d+ live objects, more than max_live=3'):
        {BOUND}
"""


@pytest.mark.slow
def test_policies_of_the_call_and_the_marker_have_their_effect(project):
    project.tests(POLICIES)
    project.run().assert_outcomes(passed=5)
    assert project.artifacts() == []


#: what a measurement that cannot decide hands on, without the wait for one
UNDECIDED = """\
import dataclasses, pytest
from pytest_nodeleak.plugin.record import Record

@pytest.fixture(autouse=True)
def undecided(monkeypatch):
    def keep(self, verdict, snapshots):
        reasons = ("cannot tell; raise the budget",)
        return real(self, dataclasses.replace(verdict, outcome="inconclusive", reasons=reasons), ())
    real = Record.keep
    monkeypatch.setattr(Record, "keep", keep)
"""


@pytest.mark.slow
def test_an_inconclusive_measurement_warns_and_strict_makes_it_fail(project):
    project.write("conftest.py", UNDECIDED)
    project.tests(
        f"def test_lax(launch_node):\n    {FINE})\n\n"
        f"def test_strict(launch_node):\n    {FINE}, strict=True)\n"
    )
    result = project.run()
    result.assert_outcomes(passed=1, failed=1, warnings=1)
    result.stdout.re_match_lines(
        [
            r"E +pytest_nodeleak\.InconclusiveError: inconclusive: .+",
            r"E +raise the budget.*",
            r".*test_it\.py:\d+: InconclusiveWarning: inconclusive: .+",
            r" +raise the budget.*",
            r" +This is a warning only; strict=True makes it a failure\.",
            r"UNDECIDED: 2 measurements without a verdict",
            r"  test_it\.py::test_lax \(it passed: .+",
            r"nodeleak: 2 inconclusive",
        ]
    )
    result.stdout.no_re_match_line(r" +artifacts  .*lax")
    assert project.artifacts() == ["test_it.py--test_strict"]
    result = project.run("-W", "error", "-k", "lax")
    result.assert_outcomes(failed=1)
    result.stdout.re_match_lines([r"E +pytest_nodeleak\.InconclusiveWarning: inconclusive: .*"])
    result.stdout.no_fnmatch_line("*api.py*")
    assert project.artifacts() == ["test_it.py--test_lax", "test_it.py--test_strict"]


def test_instances_are_counted(project):
    project.tests(
        "def test_x(launch_node):\n"
        "    app = launch_node('program.js')\n"
        '    app.evaluate("globalThis.Job = class Job {}; global.jobs = [new Job(), new Job()]")\n'
        "    assert assert_instances(app, 'Job', at_most=2) == 2\n"
        "    assert_instances(app, 'Job', at_most=1)\n"
    )
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["E*LeakError: 2 live instances of Job after GC, at most 1 * allowed"]
    )
