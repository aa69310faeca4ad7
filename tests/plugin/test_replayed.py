"""``nodeleak replay`` of what a failed test has left."""

import json
import shutil
import subprocess
import sys

import pytest

TESTS = """\
def test_text(launch_node):
    app = launch_node("shop/cart.js", "--token=abc", "x", env={"KIND": "paper", "NOT": None})
    assert_no_leak(app, "require('./cart').leak()", budget="8s")

def test_callable(launch_node):
    app = launch_node("program.js")
    call = lambda: app.evaluate("require('./program').leak()")
    assert_no_leak(app, call, budget="3s", snapshots="never")
"""
CART = """\
class Receipt { constructor() { this.kind = process.env.KIND.length; } }
const kept = [];
exports.leak = () => { kept.push(new Receipt()); };
"""


def replay(project, folder, *args):
    argv = [sys.executable, "-m", "pytest_nodeleak", "replay", folder, *args]
    return subprocess.run(
        argv, capture_output=True, text=True, cwd=project.path, timeout=120, check=False
    )


@pytest.mark.slow
def test_a_failed_test_is_measured_again_elsewhere_and_after_the_fix(project):
    project.write("package.json", "{}")
    project.write("shop/cart.js", CART)
    project.tests(TESTS)
    project.run().assert_outcomes(failed=2)
    folder = ".nodeleak/test_it.py--test_text"
    text = (project.path / folder / "replay.json").read_text()
    found = json.loads(text)
    assert found["environment"] == {"given": ["KIND"], "removed": ["NOT"]}
    assert "paper" not in text
    assert "abc" not in text
    assert found["policy"]["budget"] == 8.0

    done = replay(project, ".nodeleak/test_it.py--test_callable")
    assert (done.returncode, done.stdout) == (2, "")
    assert "cannot be replayed: the workload is a Python callable (test_callable." in done.stderr

    project.write("attached/verdict.json", "{}")
    done = replay(project, "attached")
    assert (done.returncode, done.stdout) == (2, "")
    assert "'attached' cannot be replayed: it is of a program that ran already" in done.stderr

    done = replay(project, folder, "--env", "KIND=silk")
    assert (done.returncode, done.stdout) == (2, "")
    assert "have a secret left out (--token=***); give all of them after --" in done.stderr

    # A colleague has the folder and another clone.
    clone = project.path.parent / "clone"
    shutil.move(project.path, clone)
    project.path = clone
    done = replay(project, folder, "--env", "KIND=silk", "--", "y")
    assert done.stderr == ""
    assert done.returncode == 1
    assert done.stdout.startswith("Receipt leaks: +1.00 object per iteration")
    assert done.stdout.splitlines()[-1] == "still there: Receipt +1.00 (recorded +1.00)"

    project.write("shop/cart.js", "exports.leak = () => {};")
    done = replay(project, folder, "--json", "-", "--", "y")
    assert done.returncode == 0
    assert json.loads(done.stdout)["outcome"] == "steady"
    assert done.stderr.splitlines() == [
        "nodeleak: note: the test set KIND, whose values are not recorded; give them: "
        "--env KIND=VALUE",
        "gone: steady (recorded Receipt +1.00)",
    ]
