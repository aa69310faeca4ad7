"""heapUsed of runs as one PNG or SVG picture, by matplotlib (extra ``html``)."""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence

from ..base.errors import PolicyError
from ..judge.verdict import Verdict
from .columns import one_line, shorten
from .terminal import word_of
from .text import headline

__all__ = ["FORMATS", "plot"]

FORMATS = ("png", "svg", "pdf")
_COLOURS = {
    "leak": "#c8202f",
    "inconclusive": "#a65a00",
    "steady": "#187a3a",
    "accepted": "#1660c4",
}
#: picture in inches, and dots of one
_SIZE, _DOTS = (9.0, 5.0), 150
#: the least height in bytes and as a share of the heap: noise is no mountain
_LEAST_BYTES, _LEAST_SHARE = 100_000, 0.04


def plot(verdicts: Sequence[tuple[str, Verdict]], kind: str = "png") -> bytes:
    """A picture of all ``verdicts``, each with its label, over the iterations since their start.

    Raises PolicyError if there is no matplotlib.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise PolicyError(
            "a picture needs matplotlib, which is not installed: "
            "pip install 'pytest-nodeleak[html]'"
        ) from None
    figure = Figure(figsize=_SIZE, dpi=_DOTS, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for label, verdict in verdicts:
        _draw(axes, label, verdict)
    low, high = axes.get_ylim()
    spread = max(high - low, _LEAST_SHARE * high, _LEAST_BYTES / 1e6)
    axes.set_ylim((low + high - spread) / 2, (low + high + spread) / 2)
    axes.set_xlabel("iterations")
    axes.set_ylabel("heapUsed after forced GC, MB")
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    if verdicts:  # matplotlib warns of a legend of nothing
        axes.legend(frameon=False, loc="upper left", fontsize="small")
    with io.BytesIO() as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a font without the signs of a name
        figure.savefig(file, format=kind)
        return file.getvalue()


def _draw(axes: object, label: str, verdict: Verdict) -> None:
    samples = [*(verdict.warm_readings if verdict.heap == "main" else ()), *verdict.series.samples]
    start = samples[0].iterations
    colour = _COLOURS[word_of(verdict)]
    told = _plain(f"{label}: {headline(verdict)}" if label else headline(verdict))
    axes.plot(  # type: ignore[attr-defined]
        [sample.iterations - start for sample in samples],
        [sample.heap_used / 1e6 for sample in samples],
        color=colour,
        marker="o",
        markersize=3,
        label=told,
    )
    for phase in verdict.phases:
        if phase.name.startswith("snapshot"):
            x = phase.first - start
            axes.axvline(x, color=colour, alpha=0.4, linestyle=":")  # type: ignore[attr-defined]


def _plain(text: str) -> str:
    """A dollar would begin a formula, and an underscore in front what has no place in a legend."""
    plain = shorten(one_line(text), 90).replace("$", r"\$")
    return f" {plain}" if plain.startswith("_") else plain
