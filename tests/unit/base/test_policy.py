import math
from dataclasses import fields

import pytest

from pytest_nodeleak import Policy, PolicyError
from pytest_nodeleak.base.options import PLUGIN_OPTIONS, POLICY_OPTIONS, camel_case, snake_case
from pytest_nodeleak.base.policy import Growth


def policy(**values):
    return Policy().with_values("the call", **values)


def test_the_table_of_options_has_every_field_of_the_policy_in_its_order():
    assert tuple(option.name for option in POLICY_OPTIONS) == Policy.names()
    assert (*Policy.names(), "also_ignored") == tuple(field.name for field in fields(Policy))


def test_every_option_has_a_help_and_no_name_stands_twice():
    options = POLICY_OPTIONS + PLUGIN_OPTIONS
    assert all(option.help and option.metavar for option in options)
    assert len({option.name for option in options}) == len(options)


@pytest.mark.parametrize("option", POLICY_OPTIONS, ids=lambda option: option.name)
def test_spelling_in_javascript_is_reversible(option):
    assert snake_case(camel_case(option.name)) == option.name


def test_spelling_in_javascript():
    assert camel_case("allocation_sites") == "allocationSites"
    assert snake_case("budget") == "budget"


@pytest.mark.parametrize(
    ("name", "given", "parsed"),
    [
        ("iterations", "50", 50),
        ("iterations", 50.0, 50),
        ("warmup", 0, 0),
        ("rounds", 2, 2),
        ("budget", "500ms", 0.5),
        ("budget", 3, 3.0),
        ("max_growth", "1 KB", Growth(1000.0)),
        ("max_growth", 64, Growth(64.0)),
        ("max_growth", "0.5 objects", Growth(0.5, "objects")),
        ("max_growth", "1 object", Growth(1.0, "objects")),
        ("ignore", "Metrics, Log*", ("Metrics", "Log*")),
        ("ignore", "Metrics\n Log*\n", ("Metrics", "Log*")),
        ("ignore", "{id, text}, Log", ("{id, text}", "Log")),
        ("ignore", ["A", "B"], ("A", "B")),
        ("ignore", "", ()),
        ("max_live", "Entry=10000, Session = 50", {"Entry": 10000, "Session": 50}),
        ("max_live", "{id, a=b}=7", {"{id, a=b}": 7}),
        ("max_live", ["Entry=1", "Session=2"], {"Entry": 1, "Session": 2}),
        ("max_live", {"Entry": 5}, {"Entry": 5}),
        ("snapshots", "Always ", "always"),
        ("allocation_sites", "never", "never"),
        ("jit", True, "on"),
        ("jit", "off", "off"),
        ("offheap", "no", "off"),
        ("strict", "yes", True),
        ("strict", "0", False),
        ("strict", True, True),
    ],
)
def test_values_as_people_write_them(name, given, parsed):
    assert getattr(policy(**{name: given}), name) == parsed


@pytest.mark.parametrize(
    ("name", "given", "wanted"),
    [
        ("iterations", 0, "0 is not a whole number of at least 1"),
        ("iterations", "many", "'many' is not a whole number of at least 1"),
        ("iterations", 2.5, "2.5 is not a whole number of at least 1"),
        ("iterations", True, "True is not a whole number of at least 1"),
        ("warmup", -1, "-1 is not a whole number of at least 0"),
        ("rounds", "1", "'1' is not a whole number of at least 2"),
        ("rounds", "9" * 5000, "is not a whole number of at least 2"),
        ("budget", 0, "0 is not a duration above 0, such as '10s'"),
        ("budget", "soon", "'soon' is not a duration such as '10s' or '500ms'"),
        ("budget", math.nan, "nan is not a duration such as '10s' or '500ms'"),
        ("max_growth", "a lot", "'a lot' is not a growth per iteration such as '1 KB'"),
        ("max_growth", -5, "-5 is not a growth per iteration such as '1 KB'"),
        ("ignore", 3, "3 is not a list of constructor names"),
        ("ignore", ["A", 3], "['A', 3] is not a list of constructor names"),
        ("max_live", "Entry", "'Entry' is not of the form 'Entry=10000, Session=50'"),
        ("max_live", "=5", "'=5' is not of the form"),
        ("max_live", ["Entry", 5], "['Entry', 5] is not of the form"),
        ("max_live", "Entry=some", "Entry: 'some' is not a whole number of at least 0"),
        ("max_live", {"Entry": -1}, "Entry: -1 is not a whole number of at least 0"),
        ("snapshots", "sometimes", "'sometimes' is not one of auto, always, never"),
        ("snapshots", True, "True is not one of auto, always, never"),
        ("allocation_sites", 1, "1 is not one of auto, always, never"),
        ("jit", "warm", "'warm' is not one of off, on"),
        ("offheap", "", "'' is not one of on, off"),
        ("strict", "maybe", "'maybe' is not yes or no"),
        ("strict", 2, "2 is not yes or no"),
    ],
)
def test_a_bad_value_is_named_with_its_source_and_what_would_be_right(name, given, wanted):
    with pytest.raises(PolicyError) as caught:
        Policy().with_values("--nodeleak-x", **{name: given})
    assert str(caught.value).startswith(f"bad value for {name} (from --nodeleak-x): ")
    assert wanted in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unknown_name_is_named_with_the_close_and_the_known_ones():
    with pytest.raises(PolicyError) as caught:
        policy(round=3)
    assert str(caught.value) == (
        "unknown policy 'round' (from the call); did you mean 'rounds'? known are: "
        + ", ".join(Policy.names())
    )
    with pytest.raises(PolicyError, match=r"'zzz' \(from the call\); known are: iterations"):
        policy(zzz=1)


def test_no_argument_of_our_own_gets_in_the_way_of_a_name():
    with pytest.raises(PolicyError, match="unknown policy 'source'"):
        policy(source="a")


def test_options_of_a_script_are_spelled_as_in_javascript():
    laid = Policy().with_script_options("a.js", {"maxGrowth": "1 KB", "max_live": {"E": 5}})
    assert laid.max_growth == Growth(1000.0)
    assert laid.max_live == {"E": 5}
    with pytest.raises(PolicyError, match=r"bad value for maxGrowth \(from a\.js\): 'x'"):
        Policy().with_script_options("a.js", {"maxGrowth": "x"})
    with pytest.raises(PolicyError, match=r"'maxGrow' \(from a\.js\); did you mean 'maxGrowth'\?"):
        Policy().with_script_options("a.js", {"maxGrow": 1})


def test_later_values_win_and_none_keeps():
    laid = policy(rounds=3, budget="5s").with_values("the marker", rounds=4, budget=None)
    assert (laid.rounds, laid.budget) == (4, 5.0)


def test_ignoring_goes_by_exact_name_or_glob_and_minds_case():
    laid = policy(ignore=["Metrics", "Log*"])
    assert laid.ignores("Metrics")
    assert laid.ignores("LogEntry")
    assert not laid.ignores("metrics")
    assert not laid.ignores("MyLog")


def test_a_bound_belongs_to_one_name():
    assert policy(max_live={"Entry": 0}).live_bound("Entry") == 0
    assert policy(max_live={"Entry": 0}).live_bound("Entries") is None
    assert Policy().live_bound("Entry") is None


def test_growth_counts_bytes_or_objects():
    assert (Growth(5.0).bytes, Growth(5.0).objects) == (5.0, 0.0)
    assert (Growth(0.5, "objects").bytes, Growth(0.5, "objects").objects) == (0.0, 0.5)
    assert [str(g) for g in (Growth(), Growth(1000.0), Growth(0.5, "objects"))] == [
        "0 B",
        "1.00 kB",
        "0.5 objects",
    ]


def test_as_json_it_is_made_of_plain_values_and_can_be_read_back():
    laid = policy(max_growth=1234.5, ignore="A,B", max_live="E=5", strict=True, budget="2s")
    plain = laid.to_json()
    assert plain["ignore"] == ["A", "B"]
    assert plain["max_live"] == {"E": 5}
    assert Policy().with_values("verdict.json", **plain) == laid
