"""What a workload in Python raises: as it is, with the iteration, and without our frames."""

import sys

import pytest


def test_the_iteration_is_said_and_our_frames_are_left_out(project):
    project.tests(
        "calls = []\n\n"
        "def request():\n"
        "    calls.append(1)\n"
        "    if len(calls) == 3:\n"
        "        raise LookupError('no such page')\n\n"
        "async def awaited():\n"
        "    request()\n\n"
        "@pytest.mark.parametrize('work', [request, awaited])\n"
        "def test_it(launch_node, work):\n"
        "    calls.clear()\n"
        "    assert_no_leak(launch_node('program.js'), work)\n\n"
        "def test_no_app():\n"
        "    measure('lib.js', 'work()')\n"
    )
    result = project.run()
    result.assert_outcomes(failed=3)
    text = result.stdout.str()
    for ours in ("called.py", "loops.py", "meter.py", "measured.py", "leaks.py", "base_events"):
        assert ours not in text
    result.stdout.fnmatch_lines(
        [
            ">       assert_no_leak(launch_node('program.js'), work)",
            ">           raise LookupError('no such page')",
            "E           LookupError: no such page",
            "test_it.py:9: LookupError",
            "E*PolicyError: the program to measure is 'lib.js'; give a NodeApp: *: "
            "measure(launch_node('lib.js'), workload)",
        ]
    )
    if sys.version_info >= (3, 11):
        assert result.outlines.count("E           in iteration 3 of the workload") == 2


def test_a_script_instead_of_a_program_is_told_by_each_function():
    from pytest_nodeleak import PolicyError, assert_instances, assert_no_leak, measure

    for function in (assert_no_leak, measure, assert_instances):
        with pytest.raises(PolicyError, match=rf"{function.__name__}\(launch_node\('lib.js'\)"):
            function("lib.js", "work()")
