"""Where a setting comes from, which one wins, and how a bad one is refused."""

import pytest

from pytest_nodeleak import Policy
from pytest_nodeleak.base.options import PLUGIN_OPTIONS, POLICY_OPTIONS
from pytest_nodeleak.base.policy import Growth
from pytest_nodeleak.plugin import settings

# Of pytest-asyncio, about runs inside this one.
pytestmark = pytest.mark.filterwarnings("ignore:The configuration option")

OPTIONS = POLICY_OPTIONS + PLUGIN_OPTIONS
#: a value of each setting that is not its default, as text, and what is made of it
POLICY_VALUES = {
    "iterations": ("7", 7),
    "warmup": ("8", 8),
    "rounds": ("9", 9),
    "budget": ("500ms", 0.5),
    "explain": ("2min", 120.0),
    "max_growth": ("1 KB", Growth(1000.0)),
    "ignore": ("Metrics,Log*", ("Metrics", "Log*")),
    "max_live": ("Entry=5", {"Entry": 5}),
    "snapshots": ("never", "never"),
    "allocation_sites": ("never", "never"),
    "jit": ("on", "on"),
    "offheap": ("off", "off"),
    "heaps": ("main", "main"),
    "strict": ("yes", True),
    "show_strings": ("yes", True),
}


@pytest.fixture(autouse=True)
def no_variables(monkeypatch):
    for option in OPTIONS:
        monkeypatch.delenv(f"PYTEST_NODELEAK_{option.name.upper()}", raising=False)


def test_the_values_below_cover_the_policy():
    assert set(POLICY_VALUES) == set(Policy.names())


def test_without_settings_the_policy_is_the_default(pytester):
    config = pytester.parseconfigure()
    assert settings.base_policy(config) == Policy()
    assert settings.timeout(config) == 30
    assert settings.node_args(config) == []
    assert settings.nodes_named(config) == ([], "the default")
    assert settings.output_folder(config) == pytester.path / ".nodeleak"


@pytest.mark.parametrize("name", POLICY_VALUES)
def test_each_policy_by_option_variable_and_ini(name, pytester, monkeypatch):
    text, value = POLICY_VALUES[name]
    alone = any(option.flag for option in POLICY_OPTIONS if option.name == name)
    given = "" if alone else f"={text}"
    config = pytester.parseconfigure(f"--nodeleak-{name.replace('_', '-')}{given}")
    assert getattr(settings.base_policy(config), name) == value
    with monkeypatch.context() as patch:
        patch.setenv(f"PYTEST_NODELEAK_{name.upper()}", text)
        assert getattr(settings.base_policy(pytester.parseconfigure()), name) == value
    pytester.makeini(f"[pytest]\nnodeleak_{name} = {text}\n")
    assert getattr(settings.base_policy(pytester.parseconfigure()), name) == value


def test_option_wins_over_variable_over_ini(pytester, monkeypatch):
    pytester.makeini("[pytest]\nnodeleak_rounds = 3\nnodeleak_warmup = 3\nnodeleak_iterations = 3")
    monkeypatch.setenv("PYTEST_NODELEAK_ROUNDS", "4")
    monkeypatch.setenv("PYTEST_NODELEAK_WARMUP", "4")
    monkeypatch.setenv("PYTEST_NODELEAK_ITERATIONS", "")
    policy = settings.base_policy(pytester.parseconfigure("--nodeleak-rounds=5"))
    assert (policy.rounds, policy.warmup, policy.iterations) == (5, 4, 3)


def test_overriding_an_ini_value_on_the_command_line(pytester):
    pytester.makeini("[pytest]\nnodeleak_rounds = 3\n")
    config = pytester.parseconfigure("-o", "nodeleak_rounds=6")
    assert settings.setting(config, "rounds") == ("6", "-o nodeleak_rounds")


def test_lists_in_an_ini_file(pytester):
    pytester.makeini(
        "[pytest]\nnodeleak_ignore =\n    Metrics, Log*\n    {id, text}\n"
        "nodeleak_max_live =\n    Entry=5\n    Session=6\n"
        "nodeleak_node_args = --no-warnings '--title=a b'\n"
    )
    config = pytester.parseconfigure()
    policy = settings.base_policy(config)
    assert policy.ignore == ("Metrics", "Log*", "{id, text}")
    assert policy.max_live == {"Entry": 5, "Session": 6}
    assert settings.node_args(config) == ["--no-warnings", "--title=a b"]


@pytest.mark.parametrize("table", ["tool.pytest.ini_options", "tool.pytest"])
def test_lists_in_pyproject(table, pytester):
    if table == "tool.pytest" and pytest.version_tuple < (9, 0):
        pytest.skip("pytest 9 brought this table")
    pytester.makepyprojecttoml(
        f'[{table}]\nnodeleak_ignore = ["Metrics", "{{id, text}}"]\nnodeleak_rounds = "4"\n'
        'nodeleak_node_args = ["--title=a b"]\n'
    )
    config = pytester.parseconfigure()
    policy = settings.base_policy(config)
    assert (policy.ignore, policy.rounds) == (("Metrics", "{id, text}"), 4)
    assert settings.node_args(config) == ["--title=a b"]


def test_a_relative_node_or_output_refers_to_where_it_was_named(pytester, monkeypatch):
    folder = pytester.mkdir("sub")
    pytester.makeini("[pytest]\nnodeleak_output = out\n")
    config = pytester.parseconfig()
    assert settings.output_folder(config) == pytester.path / "out"
    assert settings.nodes_named(pytester.parseconfig("--nodeleak-node=node20"))[0] == ["node20"]
    monkeypatch.chdir(folder)
    config = pytester.parseconfig("--nodeleak-node=./bin/node", "--nodeleak-output=out")
    assert settings.nodes_named(config)[0] == [str(folder / "bin" / "node")]
    assert settings.output_folder(config) == folder / "out"


BAD = [
    ("rounds", "1", "'1' is not a whole number of at least 2"),
    ("budget", "soon", "'soon' is not a duration such as '10s' or '500ms'"),
    ("max_growth", "much", "'much' is not a growth per iteration such as '1 KB' or '0.5 objects'"),
    ("max_live", "Entry", "'Entry' is not of the form 'Entry=10000, Session=50'"),
    ("snapshots", "some", "'some' is not one of auto, always, never"),
    ("strict", "perhaps", "'perhaps' is not yes or no (nor true or false)"),
    ("timeout", "long", "'long' is not a duration such as '10s' or '500ms'"),
    ("timeout", "0", "'0' is not a duration above 0, such as '30s'"),
    ("node_args", "--title='a", "No closing quotation"),
    ("node", "/no/node", "no node executable at '/no/node'"),
]


def refused(result, said, source):
    """One line on stderr, status 4, no traceback, no test run."""
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    lines = [line for line in result.errlines if line.strip()]
    assert len(lines) == 1
    assert said in lines[0]
    assert f"(from {source})" in lines[0]
    result.stdout.no_fnmatch_line("*Traceback*")


@pytest.mark.parametrize(("name", "text", "said"), BAD)
def test_a_bad_value_ends_with_status_4_and_names_value_source_and_remedy(
    name, text, said, pytester, monkeypatch
):
    option = f"--nodeleak-{name.replace('_', '-')}"
    refused(pytester.runpytest_inprocess(f"{option}={text}"), said, option)
    with monkeypatch.context() as patch:
        variable = f"PYTEST_NODELEAK_{name.upper()}"
        patch.setenv(variable, text)
        refused(pytester.runpytest_inprocess(), said, f"the environment variable {variable}")
    ini = pytester.makeini(f"[pytest]\nnodeleak_{name} = {text}\n")
    refused(pytester.runpytest_inprocess(), said, f"nodeleak_{name} in {ini}")


MARKERS = [
    ("round=3", "unknown policy 'round'", "did you mean 'rounds'? known are: iterations, warmup"),
    ("rounds=1", "bad value for rounds", "1 is not a whole number of at least 2"),
    ("budget='soon'", "bad value for budget", "'soon' is not a duration"),
    ("3", "positional argument 3", "it takes keywords only: iterations, warmup"),
    ("'a', 'b'", "positional argument 'a', 'b'", "it takes keywords only: iterations, warmup"),
]


@pytest.mark.parametrize(("arguments", "said", "remedy"), MARKERS)
def test_a_bad_marker_ends_with_status_4(arguments, said, remedy, pytester):
    pytester.makepyfile(
        test_a=f"import pytest\n@pytest.mark.nodeleak({arguments})\ndef test_x(): pass"
    )
    result = pytester.runpytest_inprocess()
    refused(result, said, "the nodeleak marker of test_a.py::test_x")
    assert remedy in result.stderr.str()


def test_a_bad_marker_of_a_whole_file_names_the_file(pytester):
    pytester.makepyfile(
        test_a="import pytest\npytestmark = pytest.mark.nodeleak(rounds=0)\ndef test_x(): pass"
    )
    refused(
        pytester.runpytest_inprocess(), "bad value for rounds", "the nodeleak marker of test_a.py"
    )


def test_markers_lie_over_the_configuration_the_closest_wins(pytester):
    items = pytester.getitems(
        """
        import pytest
        pytestmark = pytest.mark.nodeleak(rounds=3, warmup=3, iterations=3)

        @pytest.mark.nodeleak(rounds=4, warmup=4)
        class TestA:
            @pytest.mark.nodeleak(rounds=5)
            def test_x(self): pass

            def test_y(self): pass

        def test_z(): pass
        """
    )
    base = Policy().with_values("--nodeleak-budget", budget="2s", iterations=1)
    found = {item.name: settings.marker_policy(base, item) for item in items}
    told = {name: (p.rounds, p.warmup, p.iterations, p.budget) for name, p in found.items()}
    assert told == {"test_x": (5, 4, 3, 2), "test_y": (4, 4, 3, 2), "test_z": (3, 3, 3, 2)}


def test_an_unknown_variable_is_refused_like_an_unknown_option(pytester, monkeypatch):
    monkeypatch.setenv("PYTEST_NODELEAK_MAX_GROWHT", "1 KB")
    result = pytester.runpytest_subprocess()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            "ERROR: unknown environment variable PYTEST_NODELEAK_MAX_GROWHT (its value is '1 KB'); "
            "did you mean PYTEST_NODELEAK_MAX_GROWTH[?] known are *iterations, warmup, *"
        ]
    )
    monkeypatch.delenv("PYTEST_NODELEAK_MAX_GROWHT")
    monkeypatch.setenv("PYTEST_NODELEAK_MAX_GROWTH", "1 KB")
    settings.refuse_unknown_names(pytester.parseconfig())


@pytest.mark.parametrize("strict", [(), ("-W", "error", "-p", "no:asyncio")])
def test_an_unknown_ini_value_is_refused_as_well(pytester, strict):
    ini = pytester.makeini("[pytest]\nnodeleak_budgett = 3s\n")
    result = pytester.runpytest_subprocess(*strict)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            f"ERROR: unknown setting nodeleak_budgett (from {ini}); did you mean nodeleak_budget[?]"
            " known are nodeleak_ and *iterations, warmup, *"
        ]
    )


def test_an_unknown_ini_value_of_the_command_line_is_refused_as_well(pytester):
    result = pytester.runpytest_subprocess("-o", "nodeleak_rond=3")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["ERROR: unknown setting nodeleak_rond (from -o); did you mean nodeleak_rounds[?]*"]
    )


def test_what_another_plugin_registers_is_no_unknown_setting(pytester):
    pytester.makeini("[pytest]\nnodeleak_team = web\nnodeleak_budget = 3s\n")
    pytester.makeconftest("def pytest_addoption(parser): parser.addini('nodeleak_team', 'x')")
    pytester.makepyfile("def test_a(pytestconfig): assert pytestconfig.getini('nodeleak_team')")
    assert pytester.runpytest_subprocess("-W", "error", "-p", "no:asyncio").ret == 0


def test_the_settings_are_shown_with_their_sources(pytester, monkeypatch):
    monkeypatch.setenv("PYTEST_NODELEAK_ROUNDS", "4")
    ini = pytester.makeini("[pytest]\nnodeleak_ignore =\n    Metrics\n    {id, text}\n")
    pytester.makepyfile(test_a="raise SystemExit('not collected')")
    result = pytester.runpytest_inprocess("--nodeleak-show-settings", "--nodeleak-budget=5s")
    assert result.ret == 0
    rows = {line.split()[0]: " ".join(line.split()[1:]) for line in result.outlines if line}
    assert {option.name for option in OPTIONS} < set(rows)
    assert rows["budget"] == "5s --nodeleak-budget"
    assert rows["rounds"] == "4 the environment variable PYTEST_NODELEAK_ROUNDS"
    assert rows["ignore"] == f"Metrics, {{id, text}} nodeleak_ignore in {ini}"
    assert rows["explain"] == "30s the default"
    bad = pytester.runpytest_inprocess("--nodeleak-show-settings", "--nodeleak-rounds=0")
    refused(bad, "'0' is not a whole number of at least 2", "--nodeleak-rounds")
