"""The numbers of source maps."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_nodeleak.sources import mappings
from pytest_nodeleak.sources.mappings import Mappings, Segment, decode_vlq, encode_vlq

NUMBER = st.integers(-(2**31) + 1, 2**31 - 1)
SEGMENT = st.tuples(
    st.integers(0, 2000), st.integers(0, 9), st.integers(0, 5000), st.integers(0, 300),
    st.none() | st.integers(0, 50),
)  # fmt: skip
LINE = st.lists(SEGMENT, max_size=6, unique_by=lambda segment: segment[0])


def written(lines: list[list[tuple[int, int, int, int, int | None]]]) -> str:
    """The mappings of absolute segments: an encoder as plain as can be."""
    last = [0, 0, 0, 0]
    texts = []
    for line in lines:
        column, parts = 0, []
        for segment in line:
            numbers = [segment[0] - column]
            column = segment[0]
            for index, value in enumerate(segment[1:]):
                if value is not None:
                    numbers.append(value - last[index])
                    last[index] = value
            parts.append(encode_vlq(numbers))
        texts.append(",".join(parts))
    return ";".join(texts)


@settings(deadline=None)
@given(st.lists(NUMBER))
def test_numbers_come_back(numbers):
    assert decode_vlq(encode_vlq(numbers)) == numbers


@pytest.mark.parametrize(
    ("text", "numbers"), [("A", [0]), ("C", [1]), ("D", [-1]), ("gB", [16]), ("AgBC", [0, 16, 1])]
)
def test_numbers_that_the_format_gives(text, numbers):
    assert decode_vlq(text) == numbers


@pytest.mark.parametrize("text", ["g", "!", "é", "gggggggggA"])
def test_no_numbers(text):
    with pytest.raises(ValueError, match="VLQ"):
        decode_vlq(text)


@pytest.mark.parametrize("block", [1, 20, 1 << 13])
@settings(max_examples=40, deadline=None)
@given(lines=st.lists(LINE, max_size=30), order=st.randoms())
def test_lines_come_back_in_any_order(block, lines, order):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mappings, "_BLOCK", block)
        read = Mappings(written(lines))
        numbers = list(range(len(lines)))
        order.shuffle(numbers)
        for number in numbers:
            expected = sorted(
                Segment(*segment[:4], -1 if segment[4] is None else segment[4])
                for segment in lines[number]
            )
            assert read.line(number) == expected


@settings(deadline=None)
@given(LINE, st.integers(0, 2100))
def test_the_last_segment_before_a_column(line, column):
    found = Mappings(written([line])).at(0, column)
    before = [segment for segment in line if segment[0] <= column]
    assert (found and found[:4]) == (max(before)[:4] if before else None)


@settings(deadline=None)
@given(st.text(alphabet="ABCDgz+/;,!é", max_size=60), st.integers(-1, 6), st.integers(-1, 50))
def test_any_text_is_survived(text, line, column):
    Mappings(text).at(line, column)


def test_a_line_that_overflows_is_empty():
    most = encode_vlq([0, 0, 2**31 - 1, 0])
    assert Mappings(",".join([most] * 3)).at(0, 0) is None


def test_a_segment_of_nothing():
    assert Mappings("AAAA,IA,I").at(0, 9) == Segment(4, -1, -1, -1, -1)
