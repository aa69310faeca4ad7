"""A deadline shared by nested waits."""

from __future__ import annotations

import socket
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_nodeleak.base.deadline import Deadline
from pytest_nodeleak.base.errors import DeadlineExceeded, PolicyError


def test_never() -> None:
    never = Deadline(None)
    assert never.remaining is None
    assert never.timeout() is None
    assert never.timeout(2) == 2
    assert not never.expired
    never.check("waiting")
    assert never.within(3).seconds == 3
    assert repr(never) == "<Deadline never>"


def test_it_ends() -> None:
    deadline = Deadline(0.02)
    assert not deadline.expired
    deadline.check("waiting")
    time.sleep(0.03)
    assert deadline.expired
    assert deadline.remaining == 0.0
    with pytest.raises(DeadlineExceeded, match=r"0\.02 s were over while the door was open"):
        deadline.check("the door was open")
    assert Deadline(0).expired


@given(outer=st.floats(0, 1e6), inner=st.floats(0, 1e6))
def test_a_step_never_ends_later_than_the_whole(outer: float, inner: float) -> None:
    whole = Deadline(outer)
    step = whole.within(inner)
    left, part = whole.remaining, step.remaining
    assert left is not None
    assert part is not None
    assert part <= inner
    assert part <= left + 0.05
    assert (whole.timeout(inner) or 0) <= inner


@pytest.mark.parametrize("bad", [-0.001, float("nan"), float("-inf"), "5", b"5", True, [], 1j])
def test_what_is_no_number_of_seconds(bad: object) -> None:
    with pytest.raises(PolicyError, match="is no time-out; give seconds, 0 or more, or None"):
        Deadline(bad)  # type: ignore[arg-type]


@pytest.mark.parametrize("long", [1e10, 1e300, float("inf"), 10**400], ids="abcd")
def test_very_long_is_never_and_no_overflow(long: float) -> None:
    deadline = Deadline(long)
    with socket.socket() as sock:
        sock.settimeout(deadline.timeout())
    assert threading.Event().wait(deadline.timeout(0.001)) is False
    assert not deadline.expired
    with socket.socket() as sock:
        sock.settimeout(Deadline(1e9).timeout())
