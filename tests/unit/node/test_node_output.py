"""The buffer of a stream: bounded, whole where it can be, cleaned of the inspector's lines."""

from __future__ import annotations

import os
import threading
import time

from hypothesis import given
from hypothesis import strategies as st

from pytest_nodeleak.base.deadline import Deadline
from pytest_nodeleak.node.process.output import OutputBuffer, pump


@given(
    pieces=st.lists(st.binary(max_size=60)),
    head=st.integers(0, 50),
    tail=st.integers(1, 50),
)
def test_head_and_tail_are_kept_and_nothing_else(pieces: list[bytes], head: int, tail: int) -> None:
    buffer = OutputBuffer("stdout", head=head, tail=tail)
    for piece in pieces:
        buffer.write(piece)
        assert len(buffer._head) <= head
        assert len(buffer._tail) <= 2 * tail + 60
    whole = b"".join(pieces)
    assert buffer.total == len(whole)
    raw = buffer.raw()
    if len(whole) <= head + tail:
        assert raw == whole.decode("utf-8", "replace")
    else:
        gap = f"\n[... {len(whole) - head - tail} bytes not kept ...]\n"
        wanted = whole[:head] + gap.encode() + whole[-tail:]
        assert raw == wanted.decode("utf-8", "replace")


def test_memory_is_bounded_over_a_flood() -> None:
    buffer = OutputBuffer("stdout")
    for _ in range(2000):
        buffer.write(b"x" * 65536)
    assert buffer.total == 2000 * 65536
    assert len(buffer._head) + len(buffer._tail) < 700_000
    assert len(buffer.raw()) < 400_000


INSPECTOR = (
    "Debugger listening on ws://127.0.0.1:1/a-b\n"
    "For help, see: https://nodejs.org/en/docs/inspector\n"
    "Debugger attached.\n"
    "nodeleak: the driver waits\nnodeleak: the driver runs\n"
    "Waiting for the debugger to disconnect...\n"
    "Debugger ending on ws://127.0.0.1:1/a-b\n"
)


def test_lines_of_the_inspector_are_left_out() -> None:
    buffer = OutputBuffer("stderr")
    buffer.write(b"before\n" + INSPECTOR.encode() + b"said: Debugger attached.\nafter")
    assert buffer.text() == "before\nsaid: Debugger attached.\nafter"
    assert "ws://127.0.0.1:1/a-b" in buffer.raw()


def test_tail_is_short_and_printable() -> None:
    buffer = OutputBuffer("stderr")
    buffer.write(b"\n".join(b"line %d" % n for n in range(100)) + b"\n\n\n")
    assert buffer.tail(2) == "line 98\nline 99"
    assert len(buffer.tail().splitlines()) == 20
    buffer.write(b"\x00\x07\x1b[31mred\x1b[0m\ttab")
    assert buffer.tail(1) == "\ufffd\ufffd\x1b[31mred\x1b[0m\ttab"
    buffer.write(b"y" * 100_000)
    assert len(buffer.tail()) <= 4000
    assert OutputBuffer("stdout").tail() == ""


def test_waiting_for_a_change_and_for_the_end() -> None:
    buffer = OutputBuffer("stdout")
    assert not buffer.wait_change(0, Deadline(0.01))
    assert not buffer.wait_closed(Deadline(0.01))
    timer = threading.Timer(0.05, buffer.write, [b"x"])
    timer.start()
    began = time.monotonic()
    assert buffer.wait_change(0, Deadline(5))
    assert time.monotonic() - began < 2
    timer.join()
    assert buffer.wait_change(0, Deadline(0))
    buffer.close()
    assert buffer.wait_closed(Deadline(0))
    assert buffer.wait_change(1, Deadline(5))
    assert "closed, 1 bytes, 0 dropped" in repr(buffer)


def test_pump_ends_with_its_stream() -> None:
    read, write = os.pipe()
    buffer = OutputBuffer("stdout")
    stream = os.fdopen(read, "rb")
    thread = pump(stream, buffer)
    os.write(write, b"some")
    assert buffer.wait_change(0, Deadline(2))
    os.write(write, b" more")
    os.close(write)
    thread.join(2)
    assert not thread.is_alive()
    assert stream.closed
    assert buffer.closed
    assert buffer.text() == "some more"
