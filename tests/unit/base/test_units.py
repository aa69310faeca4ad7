import math

import pytest

from pytest_nodeleak.base.units import (
    format_bytes,
    format_count,
    format_rate,
    parse_bytes,
    parse_seconds,
)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (10, 10),
        (0.5, 0.5),
        ("10", 10),
        ("10s", 10),
        (" 1.5 s ", 1.5),
        (".5s", 0.5),
        ("500ms", 0.5),
        ("2min", 120),
        ("2m", 120),
        ("1h", 3600),
        ("1e2 ms", 0.1),
        ("3 SEC", 3),
        (0, 0),
    ],
)
def test_durations(value, seconds):
    assert parse_seconds(value) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("value", "size"),
    [
        (64, 64),
        ("64 B", 64),
        ("64", 64),
        ("1 KB", 1000),
        ("1kb", 1000),
        ("1k", 1000),
        ("1KiB", 1024),
        ("2MiB", 2 * 1024**2),
        ("1.5 MB", 1_500_000),
        ("1 GB", 10**9),
        ("1 GiB", 1024**3),
    ],
)
def test_sizes(value, size):
    assert parse_bytes(value) == size


@pytest.mark.parametrize(
    "value",
    [
        "",
        "ten",
        "10 parsecs",
        "-1s",
        -1,
        None,
        True,
        [10],
        math.inf,
        math.nan,
        "1e999",
        "1 2",
        "10s later",
    ],
)
def test_what_is_no_quantity_says_so_with_the_value(value):
    for parse in (parse_seconds, parse_bytes):
        with pytest.raises(ValueError, match=r"is not a (duration|size) such as") as caught:
            parse(value)
        assert repr(value) in str(caught.value)


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (8, "8 B"),
        (0.08, "0.08 B"),
        (0.4, "0.4 B"),
        (7.62, "7.6 B"),
        (9.99, "10 B"),
        (999, "999 B"),
        (999.6, "1.00 kB"),
        (1000, "1.00 kB"),
        (9994, "9.99 kB"),
        (9996, "10.0 kB"),
        (31_300, "31.3 kB"),
        (99_960, "100 kB"),
        (999_400, "999 kB"),
        (999_600, "1.00 MB"),
        (4_210_000, "4.21 MB"),
        (5e9, "5.00 GB"),
        (5e12, "5000 GB"),
        (-1234, "-1.23 kB"),
    ],
)
def test_sizes_as_text_have_three_digits(size, text):
    assert format_bytes(size) == text


@pytest.mark.parametrize(
    ("rate", "text"),
    [
        (0, "0.00"),
        (1, "1.00"),
        (0.1, "0.10"),
        (0.05, "0.050"),
        (0.012, "0.012"),
        (0.005, "0.0050"),
        (0.0004, "0.0004"),
        (1234.5, "1,234.50"),
    ],
)
def test_rates_as_text_show_what_small_ones_are(rate, text):
    assert format_rate(rate) == text


def test_counts_as_text():
    assert [format_count(n) for n in (0, 999, 12_345, 1_234_567.0)] == [
        "0",
        "999",
        "12,345",
        "1,234,567",
    ]


def test_a_size_as_text_can_be_read_back():
    for size in (1, 64, 999, 1500, 2_500_000, 3e9):
        assert parse_bytes(format_bytes(size)) == pytest.approx(size, rel=0.01)
