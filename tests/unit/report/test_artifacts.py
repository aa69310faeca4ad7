"""The folder of a measurement: its name, what is written, what is removed and what never is."""

import json
from dataclasses import replace

import pytest

from pytest_nodeleak import Policy, Sample, Series, Verdict
from pytest_nodeleak.report.artifacts import (
    folder_name,
    ignore_in_git,
    in_the_way,
    measurement_folder,
    measurement_folders,
    remove_artifacts,
    write_artifacts,
)

VERDICT = Verdict(
    outcome="leak",
    reasons=("heapUsed rose",),
    series=Series((Sample(1000, 0, 0, 0, 1, 1),)),
    seconds=1.0,
    workload="f()",
    script="/a.js",
    node="v20.20.2",
    policy=Policy(),
)


def taken(folder, *numbers):
    """Snapshot files as a measurement leaves them, and a verdict that lists them."""
    folder.mkdir(exist_ok=True)
    files = [folder / f"snapshot-{number}.heapsnapshot" for number in numbers]
    for file in files:
        file.write_text(file.name)
    return replace(VERDICT, snapshots=tuple(file.name for file in files)), files


def names(folder):
    return sorted(file.name for file in folder.iterdir())


@pytest.mark.parametrize(
    ("nodeid", "name"),
    [
        ("test_cart.py::test_checkout", "test_cart.py--test_checkout"),
        ("tests/test_cart.py::test_x[a]", "tests-test_cart.py--test_x[a]"),
        (
            "a/t.py::TestCart::test_x[1-2.5]",
            "a-t.py--TestCart--test_x[1-2.5]",
        ),
        ("tests/cart.leak.mjs", "tests-cart.leak.mjs"),
        ("t.py::test_é", "t.py--test_é"),
    ],
)
def test_plain_node_ids_are_readable_folder_names(nodeid, name):
    assert folder_name(nodeid) == name


ODD = [
    "t.py::test[a/b]",
    "t.py::test[a\\b]",
    "t.py::test[a:b]",
    "t.py::test[a::b]",
    "t.py::test[a-b]",
    "t.py::test[a--b]",
    "t.py::test[a b]",
    "t.py::test[a_b]",
    "t.py::test[../../etc]",
    "t.py::test[a\x00b]",
    "t.py::test[a\nb]",
    "t.py::test[\ud800]",
    "t.py::test[*?<>|\"']",
    "t.py::test[" + "x" * 300 + "]",
    "t.py::test[" + "x" * 301 + "]",
    "t.py::test_" + "日" * 200,
    "a/t.py::test",
    "a-t.py::test",
    "a/b-t.py::test",
    "a-b/t.py::test",
    "t.py::A::test",
    "t.py::A--test",
]


def test_odd_node_ids_give_folder_names_that_any_system_takes_and_no_two_share(tmp_path):
    found = [folder_name(nodeid) for nodeid in ODD]
    assert len({name.lower() for name in found}) == len(ODD)
    for name in found:
        assert len(name.encode()) < 200
        (tmp_path / name).mkdir()
        assert (tmp_path / name).parent == tmp_path
    assert len(list(tmp_path.iterdir())) == len(ODD)


def test_further_measurements_of_a_test_are_numbered_and_found_again(tmp_path):
    folders = [measurement_folder(tmp_path, "t.py::test_x", number) for number in range(3)]
    assert [folder.name for folder in folders] == [
        "t.py--test_x",
        "t.py--test_x-2",
        "t.py--test_x-3",
    ]
    other = measurement_folder(tmp_path, "t.py::test_x2", 0)
    for folder in (*folders[1:], other):
        folder.mkdir()
    assert measurement_folders(tmp_path, "t.py::test_x") == folders[1:]
    assert measurement_folders(tmp_path / "missing", "t.py::test_x") == []


def test_written_are_snapshots_verdict_and_report(tmp_path):
    verdict, files = taken(tmp_path / "temporary", 1, 2, 3)
    kept = write_artifacts(verdict, files, tmp_path / "a" / "b", shown="shown/b")
    assert kept.artifacts == "shown/b"
    assert names(tmp_path / "a" / "b") == [
        "report.txt",
        "snapshot-1.heapsnapshot",
        "snapshot-2.heapsnapshot",
        "snapshot-3.heapsnapshot",
        "verdict.json",
    ]
    assert names(tmp_path / "temporary") == []
    written = json.loads((tmp_path / "a" / "b" / "verdict.json").read_text())
    assert written == kept.to_json()
    files_line = "3 snapshots, verdict.json, report.txt; snapshots hold the process's memory"
    assert f"artifacts  shown/b/ ({files_line})" in (tmp_path / "a/b/report.txt").read_text()


def test_an_older_run_leaves_no_stale_snapshot(tmp_path):
    folder = tmp_path / "out"
    write_artifacts(*taken(tmp_path / "t", 1, 2, 3, 4), folder)
    (folder / "notes.txt").write_text("mine")
    write_artifacts(*taken(tmp_path / "t", 1), folder)
    assert names(folder) == ["notes.txt", "report.txt", "snapshot-1.heapsnapshot", "verdict.json"]


def test_removed_is_what_the_verdict_lists_then_the_folder_if_empty(tmp_path):
    folder = tmp_path / "out"
    write_artifacts(*taken(tmp_path / "t", 1, 2, 3), folder)
    assert remove_artifacts(folder)
    assert not folder.exists()
    assert not remove_artifacts(folder)


def test_files_of_others_stay(tmp_path):
    folder = tmp_path / "out"
    write_artifacts(*taken(tmp_path / "t", 1), folder)
    (folder / "snapshot-7.heapsnapshot").write_text("mine")
    (folder / "notes.txt").write_text("mine")
    assert remove_artifacts(folder)
    assert names(folder) == ["notes.txt", "snapshot-7.heapsnapshot"]


@pytest.mark.parametrize(
    "verdict", ["", "{", "[]", '"leak"', '{"schema": 1}', '{"outcome": "leak"}', "\xff"]
)
def test_a_folder_without_a_verdict_of_ours_is_left_alone(tmp_path, verdict):
    (tmp_path / "verdict.json").write_bytes(verdict.encode("latin-1"))
    (tmp_path / "snapshot-1.heapsnapshot").write_text("mine")
    assert not remove_artifacts(tmp_path)
    assert names(tmp_path) == ["snapshot-1.heapsnapshot", "verdict.json"]
    assert in_the_way(tmp_path) == tmp_path / "verdict.json"


@pytest.mark.fault(
    "Files",
    "a verdict.json that names files elsewhere",
    forced="`../../x` among its snapshots",
    kept="those files",
    seen="nothing is removed",
)
def test_a_verdict_cannot_name_files_elsewhere(tmp_path):
    precious = tmp_path / "precious"
    precious.write_text("mine")
    folder = tmp_path / "out"
    write_artifacts(*taken(tmp_path / "t", 1), folder)
    found = json.loads((folder / "verdict.json").read_text())
    found["snapshots"] += ["../precious", str(precious), 3, None]
    (folder / "verdict.json").write_text(json.dumps(found))
    assert remove_artifacts(folder)
    assert precious.read_text() == "mine"
    assert not folder.exists()


@pytest.mark.fault(
    "Files",
    "a file of somebody else's in the way",
    forced="`verdict.json` of another tool",
    kept="that file",
    seen="artifacts could not be written to ...",
)
def test_a_file_of_others_is_not_overwritten(tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "snapshot-2.heapsnapshot").write_text("mine")
    verdict, files = taken(tmp_path / "t", 1, 2)
    kept = write_artifacts(verdict, files, folder)
    assert names(folder) == ["snapshot-2.heapsnapshot"]
    assert (folder / "snapshot-2.heapsnapshot").read_text() == "mine"
    assert kept.artifacts is None
    assert kept.reasons[-1] == (
        f"artifacts could not be written to '{folder}': 'snapshot-2.heapsnapshot' there is not ours"
    )


def test_a_folder_that_cannot_be_made_is_said_and_the_verdict_stands(tmp_path):
    (tmp_path / "file").write_text("")
    verdict, files = taken(tmp_path / "t", 1)
    kept = write_artifacts(verdict, files, tmp_path / "file" / "out")
    assert kept.outcome == "leak"
    assert kept.artifacts is None
    assert kept.reasons[-1] == (
        f"artifacts could not be written to '{tmp_path / 'file' / 'out'}': Not a directory"
    )


def test_of_a_failed_write_nothing_is_left(tmp_path):
    verdict, files = taken(tmp_path / "t", 1, 2)
    files[1].unlink()
    kept = write_artifacts(verdict, files, tmp_path / "out")
    assert "No such file or directory" in kept.reasons[-1]
    assert not (tmp_path / "out").exists()


def test_a_new_folder_for_artifacts_is_ignored_by_git(tmp_path):
    ignore_in_git(tmp_path / "a" / ".nodeleak")
    assert (tmp_path / "a" / ".nodeleak" / ".gitignore").read_text().endswith("\n*\n")


def test_a_folder_of_the_users_own_is_not(tmp_path):
    ignore_in_git(tmp_path)
    assert names(tmp_path) == []
    (tmp_path / "file").write_text("")
    ignore_in_git(tmp_path / "file" / "below")
