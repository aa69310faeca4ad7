"""JSON of others: whatever it holds, one ValueError, and one sentence of whoever reads it."""

from __future__ import annotations

from pathlib import Path

import fault_table
import pytest

from pytest_nodeleak.base.errors import NodeLeakError, PolicyError, SnapshotFormatError
from pytest_nodeleak.base.json_text import finite, parsed_json, whole
from pytest_nodeleak.baseline.text import read_accepted
from pytest_nodeleak.heap.read.profiles import load_profile
from pytest_nodeleak.replay.recorded import recorded_from_json
from pytest_nodeleak.report.artifacts import remove_artifacts
from pytest_nodeleak.report.run import run_from_json

HOSTILE = {
    "deep": ("[" * 100_000, "it is nested too deeply"),
    "infinite": ('{"schema": 1e999}', "1e999 is no number that can be read"),
    "nan": ('{"schema": NaN}', "NaN is no number that can be read"),
    "long": ('{"schema": ' + "9" * 5000 + "}", r"99999999999999999999\.\.\. is no number"),
}


@pytest.mark.parametrize(("text", "said"), HOSTILE.values(), ids=HOSTILE)
def test_what_no_program_of_ours_has_written(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parsed_json(text)


def test_what_json_is() -> None:
    assert parsed_json('[1, -2.5, 1e3, null, "x", {"a": 123456789012345678901}]') == [
        *[1, -2.5, 1000.0, None, "x", {"a": 123456789012345678901}]
    ]


@pytest.mark.parametrize(("text", "said"), HOSTILE.values(), ids=HOSTILE)
@pytest.mark.fault(
    "Files",
    "JSON that is too deep, or has numbers that are none",
    forced="100,000 brackets, 1e999, NaN, 5,000 digits; as verdict, run, accepted growth, "
    "replay.json, .heapprofile",
)
def test_whoever_reads_it_says_one_sentence(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "x.heapprofile"
    path.write_text(text)
    kinds: tuple[type[NodeLeakError], ...] = (PolicyError, SnapshotFormatError)
    for read in (
        lambda: run_from_json(text, "x.json"),
        lambda: read_accepted(text, "x.json"),
        lambda: recorded_from_json(text, tmp_path / "replay.json"),
        lambda: load_profile(path),
    ):
        with pytest.raises(kinds) as caught:
            read()
        assert caught.value.__cause__ is None
        fault_table.saw(f"{type(caught.value).__name__}: {caught.value}")
    (tmp_path / "verdict.json").write_text(text)
    assert not remove_artifacts(tmp_path)


@pytest.mark.parametrize("found", ["inf", "nan", "1e999", 1e300, 10**17, "9" * 400, -(1 << 54)])
def test_numbers_that_no_program_counts_to(found: object) -> None:
    for read in (finite, whole):
        with pytest.raises(ValueError, match="is no number that can be read"):
            read(found)


def test_numbers_that_programs_have() -> None:
    assert [whole(found) for found in (0, -3, "12", 2.5, 1 << 53)] == [0, -3, 12, 2, 1 << 53]
    assert [finite(found) for found in (1, "0.5", -1e9)] == [1.0, 0.5, -1e9]
    with pytest.raises(TypeError):
        whole(None)


def test_numbers_of_a_verdict_that_are_texts() -> None:
    text = '{"tests": [{"test": "x", "line": "many", "verdicts": []}]}'
    assert run_from_json(text, "x.json").tests[0].line == 0
