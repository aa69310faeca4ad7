"""The names that users import: there, typed, lazy, and with the promises of their families."""

import ast
import importlib
import inspect
import pickle
import sys
from pathlib import Path

import pytest

import pytest_nodeleak
from pytest_nodeleak import LeakError, NodeLeakError, Sample, Series, assert_no_growth

ERRORS = [
    value
    for name in pytest_nodeleak.__all__
    if inspect.isclass(value := getattr(pytest_nodeleak, name)) and issubclass(value, Exception)
]


@pytest.mark.parametrize("name", pytest_nodeleak.__all__)
def test_every_name_is_there_documented_and_listed(name):
    value = getattr(pytest_nodeleak, name)
    assert value.__doc__
    assert name in dir(pytest_nodeleak)
    home = importlib.import_module(f"pytest_nodeleak.{pytest_nodeleak._HOME_OF[name]}")
    assert getattr(home, name) is value


def test_type_checkers_see_the_same_names():
    tree = ast.parse(Path(pytest_nodeleak.__file__).read_text(encoding="utf-8"))
    typed = {
        alias.asname
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.asname
    }
    assert typed == set(pytest_nodeleak.__all__)
    assert (Path(pytest_nodeleak.__file__).parent / "py.typed").exists()


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'pytest_nodeleak' has no attribute 'nothing'"):
        _ = pytest_nodeleak.nothing


def test_importing_the_package_loads_nothing_else(pytester):
    code = (
        "import sys, pytest_nodeleak\n"
        "print(sorted(m for m in sys.modules if m.startswith('pytest_nodeleak.')), "
        "[m for m in ('numpy', 'psutil', 'pytest') if m in sys.modules])"
    )
    assert pytester.run(sys.executable, "-c", code).outlines == ["[] []"]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_errors_name_themselves_shortly_and_cross_processes(error):
    assert error.__module__ == "pytest_nodeleak"
    made = error("what happened")
    assert str(pickle.loads(pickle.dumps(made))) == "what happened"


def test_the_family_of_errors():
    assert issubclass(LeakError, AssertionError)
    assert not issubclass(LeakError, NodeLeakError)
    for error in ERRORS:
        expected = error is LeakError or issubclass(error, UserWarning)
        assert issubclass(error, NodeLeakError) is not expected
    assert issubclass(pytest_nodeleak.PolicyError, ValueError)
    assert issubclass(pytest_nodeleak.TargetOutOfMemoryError, pytest_nodeleak.TargetExitedError)


def series(*heap):
    return Series(tuple(Sample(used, 0, 0, 0, 1, 1) for used in heap))


@pytest.mark.parametrize(
    "values",
    [[1, 2, 2], [3, 2, 1], [1, 2, 3, 2], series(5, 5, 5), series(1, 3, 2)],
)
def test_a_series_with_a_step_that_does_not_go_up_is_no_growth(values):
    assert_no_growth(values)


def test_a_series_that_goes_up_at_each_step_fails():
    message = r"grows monotonically: 1\.00 kB -> 3\.00 kB over 2 steps, \+1\.00 kB per step"
    with pytest.raises(LeakError, match=message):
        assert_no_growth([1000, 2000, 3000])
    with pytest.raises(LeakError, match=message):
        assert_no_growth(series(1000, 2000, 3000))


def test_two_values_show_no_trend():
    with pytest.raises(ValueError, match="a series of 2 values shows no trend; give at least 3"):
        assert_no_growth([1, 2])
