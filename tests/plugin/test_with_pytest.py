"""Beside what people use of pytest, in few runs: leak tests are tests like any other."""

import importlib.util

import pytest

SUITE = """\
import unittest

FINE, LEAK = module('./program', 'fine'), module('./program', 'leak')


@pytest.mark.xfail(raises=LeakError, strict=True)
def test_known(launch_node):
    assert_no_leak(launch_node('program.js'), LEAK, allocation_sites='never', snapshots='never')


@pytest.mark.skip(reason='not today')
def test_skipped(launch_node):
    launch_node('no.js')


@pytest.mark.parametrize('name', ['fine', 'pure'])
def test_each(launch_node, name):
    assert_no_leak(launch_node('program.js'), f"require('./program').fine('{name}')")


@pytest.fixture(scope='class')
def shared(launch_node_session):
    return launch_node_session('program.js')


class TestShared:
    def test_one(self, shared):
        assert_no_leak(shared, FINE)

    def test_two(self, shared):
        assert shared.evaluate('1') == 1


class CaseTest(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def app(self, launch_node):
        self.app = launch_node('program.js')

    def test_it(self):
        self.assertFalse(measure(self.app, FINE).leaks)


def test_settings(launch_node):
    app = launch_node('program.js')
    assert app.evaluate('process.title') == 'from-the-conftest'
    policy = app.context.policy()
    assert (policy.rounds, policy.iterations) == (6, 200)
"""
CONFTEST = """\
import pytest

@pytest.fixture(scope='session')
def node_launch_args(node_launch_args): return [*node_launch_args, '--title=from-the-conftest']
"""
LEAK_FILE = "exports.iteration = require('./program').fine;\n"
#: what many have, and how it is asked for; where it is not installed, it is not tried
OTHERS = {
    "pytest_randomly": "--randomly-seed=1",
    "pytest_rerunfailures": "--reruns=1",
    "pytest_timeout": "--timeout=300",
}


@pytest.fixture
def suite(project, monkeypatch):
    project.off = ["cacheprovider", "asyncio"]
    project.tests(SUITE, "sub/test_it.py")
    project.write("conftest.py", CONFTEST)
    project.write("sub/fine.leak.js", LEAK_FILE.replace("./program", "../program"))
    project.write("sub/program.js", (project.path / "program.js").read_text())
    project.write("pytest.ini", "[pytest]\nnodeleak_rounds = 5\n")
    monkeypatch.setenv("PYTEST_ADDOPTS", "-o nodeleak_rounds=6 --nodeleak-iterations=200")
    return project


def installed():
    return [option for name, option in OTHERS.items() if importlib.util.find_spec(name)]


@pytest.mark.slow
def test_all_of_it(suite):
    workers = ["-p", "xdist", "-n", "4", "--dist=loadscope"]
    result = suite.run("--import-mode=importlib", *workers, *installed())
    result.assert_outcomes(passed=7, xfailed=1, skipped=1)
    result.stdout.fnmatch_lines(["nodeleak: 1 leaking, 5 steady"])
    assert suite.gone(0)


@pytest.mark.slow
def test_last_failed_names_leak_files_as_well(project):
    project.off = ["asyncio"]
    project.write("a.leak.js", "exports.iteration = () => { throw new Error('no'); };")
    project.write("b.leak.js", LEAK_FILE)
    project.run().assert_outcomes(passed=1, failed=1)
    again = project.run("--lf", "-v")
    again.assert_outcomes(failed=1)
    again.stdout.fnmatch_lines(["a.leak.js::iteration FAILED*"])
