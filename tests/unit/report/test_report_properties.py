"""Verdicts for programs: JSON, JUnit properties, the summary of a run."""

import json
from dataclasses import replace

import pytest

from pytest_nodeleak import LeakingConstructor, Policy, Sample, Series, Verdict
from pytest_nodeleak.report import properties, verdict_json

LEAK = Verdict(
    outcome="leak",
    reasons=("Entry grew",),
    series=Series((Sample(1000, 0, 0, 0, 1, 1), Sample(2000, 0, 0, 0, 1, 1, 10, 0.5))),
    seconds=1.23456,
    workload="f()",
    script="/a.js",
    node="v20.20.2",
    policy=Policy(),
    constructors=(LeakingConstructor("Entry", 1.00000049, 10, 320, 640, per_window=(1.0,)),),
    windows=(10,),
    iterations=10,
    artifacts=".nodeleak/x",
)
STEADY = replace(LEAK, outcome="steady", constructors=(), reasons=("flat",), artifacts=None)


def test_properties_are_plain_values():
    assert properties([LEAK]) == [
        ("nodeleak_outcome", "leak"),
        (
            "nodeleak_verdict",
            "Entry leaks: +1.00 object per iteration, +64 B per iteration retained, "
            "in 1 of 1 windows",
        ),
        ("nodeleak_iterations", 10),
        ("nodeleak_seconds", 1.235),
        ("nodeleak_heap_used", 2000),
        ("nodeleak_constructor", "Entry"),
        ("nodeleak_per_iteration", 1.0),
        ("nodeleak_artifacts", ".nodeleak/x"),
    ]
    assert all(type(value) in (str, int, float) for _, value in properties([LEAK, STEADY]))


def test_a_second_measurement_has_names_of_its_own():
    names = [name for name, _ in properties([STEADY, LEAK])]
    assert names[:2] == ["nodeleak_outcome", "nodeleak_verdict"]
    assert "nodeleak_outcome_2" in names
    assert len(set(names)) == len(names)


def test_numbers_of_numpy_become_plain():
    numpy = pytest.importorskip("numpy")
    odd = replace(
        LEAK,
        iterations=numpy.int64(5),
        constructors=(replace(LEAK.constructors[0], per_iteration=numpy.float64(0.5)),),
    )
    assert all(type(value) in (str, int, float) for _, value in properties([odd]))


def test_json_is_ascii_and_whole():
    odd = replace(LEAK, constructors=(replace(LEAK.constructors[0], name="Caf\u00e9\ud800"),))
    text = verdict_json(odd)
    text.encode("ascii")
    found = json.loads(text)
    assert found["constructors"][0]["name"] == "Caf\u00e9\ud800"
    assert found == odd.to_json()
    assert found["schema"] == 1


def test_json_has_no_numbers_that_json_does_not_know():
    with pytest.raises(ValueError, match="not JSON compliant"):
        verdict_json(replace(LEAK, resolution=float("nan")))
