"""A series of numbers as a row of bars. Pure."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["sparkline"]

_BARS = "▁▂▃▄▅▆▇█"


def sparkline(values: Sequence[float], *, most: int = 40, least_range: float = 0.0) -> str:
    """One bar for each value, for the mean of several where there are more than ``most``.

    The lowest value has the lowest bar. The highest has the highest one, unless the values are
    less than ``least_range`` apart: noise must not look like a mountain.
    """
    if not values:
        return ""
    shown = _resampled(values, most)
    low, high = min(shown), max(shown)
    span = max(high - low, least_range)
    if span <= 0:
        return _BARS[0] * len(shown)
    scale = (len(_BARS) - 1) / span
    return "".join(_BARS[round((value - low) * scale)] for value in shown)


def _resampled(values: Sequence[float], most: int) -> list[float]:
    count = len(values)
    if count <= most:
        return list(values)
    means = []
    for bar in range(most):
        part = values[bar * count // most : (bar + 1) * count // most]
        means.append(sum(part) / len(part))
    return means
