"""A line of progress: played on a small terminal of our own, it leaves no trace."""

import re

import pytest

from pytest_nodeleak.report.progress import drawn


def play(text, columns, lines=4):
    """What a terminal shows after ``text``, and where its cursor is."""
    screen = [[" "] * columns for _ in range(lines)]
    row = column = 0
    for move, count, letter, char in re.findall(r"(\x1b\[(\d*)([A-Zm]))|([\s\S])", text):
        n = int(count or 1)
        if not move:
            if char == "\n":
                row += 1
            elif char == "\r":
                column = 0
            else:
                screen[row][column] = char
                column += 1
        elif letter == "K":
            screen[row][column:] = [" "] * (columns - column)
        elif letter in "ACD":
            row -= n if letter == "A" else 0
            column += n if letter == "C" else -n if letter == "D" else 0
    return ["".join(line).rstrip() for line in screen], row, column


@pytest.mark.parametrize(
    "before", ["", "test_it.py ..", "tests/test_cart.py::test_checkout_frees "]
)
def test_it_stands_beside_or_below_and_goes_without_a_trace(before):
    text, erase = drawn("snapshot 1: at 43 %\x1b[31m", len(before), 60)
    shown, row, column = play(before + text, 60)
    assert (row, column) == (0, len(before))
    beside = len(before) < 20
    assert "snapshot 1: at 43 %\\x1b[31m" in shown[0 if beside else 1]
    assert shown[0].startswith(before.rstrip())
    longer, again = drawn("x" * 200, len(before), 60)
    assert play(before + text + erase + longer + again, 60) == play(before, 60)
