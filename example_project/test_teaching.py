"""Programs that work by themselves: started, left alone, watched."""

import pytest

from pytest_nodeleak import LeakError, assert_no_leak, every


def test_fixed_program_is_steady(launch_node):
    app = launch_node("teaching/fixed.js")
    assert_no_leak(app, every("200ms"))


@pytest.mark.xfail(raises=LeakError, strict=True, reason="the leak that the lesson is about")
def test_teaching_program(launch_node):
    app = launch_node("teaching/index.js")
    assert_no_leak(app, every("200ms"))
