"""A user's test file, as type checkers see it."""

import re
import subprocess
import sys

import pytest

from pytest_nodeleak import Policy
from pytest_nodeleak.assertions.keywords import PolicyKeywords

GOOD = """\
from pytest_nodeleak import LaunchNode, NodeApp, Verdict, assert_no_leak, every, measure, module


def test_cart(launch_node: LaunchNode) -> None:
    app: NodeApp = launch_node("cart.js", env={"PORT": "0"}, node_args=["--no-warnings"])
    verdict: Verdict = assert_no_leak(app, module("./cart", "checkout"), budget="10s", rounds=3)
    assert not measure(app, every("1s"), max_live={"Entry": 3}, ignore=["A"], strict=True).leaks
    assert_no_leak(app, lambda: verdict.seconds, max_growth=64, jit="off")
"""
BAD = "    assert_no_leak(app, 'work()', budgett=3)\n    measure(app, 'work()', jit='of')\n"
CHECKERS = {
    "mypy": ["--strict", "--cache-dir", "cache"],
    "pyright": ["--pythonpath", sys.executable],
}
STRICT = '{"typeCheckingMode": "strict"}'


def test_the_keywords_are_those_of_the_policy():
    assert tuple(PolicyKeywords.__annotations__) == Policy.names()


@pytest.mark.slow
@pytest.mark.parametrize("checker", CHECKERS)
def test_checkers_are_strict_and_content_until_a_keyword_is_wrong(tmp_path, checker):
    pytest.importorskip(checker)
    (tmp_path / "test_good.py").write_text(GOOD)
    (tmp_path / "test_bad.py").write_text(GOOD + BAD)
    (tmp_path / "pyrightconfig.json").write_text(STRICT)
    done = subprocess.run(
        [sys.executable, "-m", checker, *CHECKERS[checker], "test_good.py", "test_bad.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.findall(r"(\w+\.py):(\d+):.* error:? ?", done.stdout)
    assert sorted(set(found)) == [("test_bad.py", "10"), ("test_bad.py", "9")], done.stdout
    assert re.search(r'(argument|parameter named) "budgett"', done.stdout)
