"""heapUsed over iterations as inline SVG; colours come from the page's style. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from ...base.phases import Phase
from ...base.samples import Sample
from ...base.units import format_bytes
from ...judge.verdict import Verdict
from ..columns import one_line, shorten
from ..text import headline

__all__ = ["Scale", "chart", "common_scale", "framed_chart"]

_WIDTH, _HEIGHT = 520, 230
_LEFT, _RIGHT, _TOP, _BOTTOM = 72, 14, 22, 34
#: the least height of the picture in bytes, and as a share of the heap: noise is no mountain
_LEAST_BYTES, _LEAST_SHARE = 100_000, 0.04
_MOST_POINTS = 60
_MOST_HEAPS = 6
_COLOURS = {"leak": "#c8202f", "inconclusive": "#a65a00", "steady": "#187a3a"}
#: on a page of others' making
_STYLE = (
    ".nodeleak{max-width:40rem;color:#667080;font:13px sans-serif}"
    ".nodeleak text{font-size:12px;fill:#667080}"
    ".nodeleak polyline{fill:none;stroke:#1f8ea8;stroke-width:2}"
    ".nodeleak .h0{stroke:var(--c);stroke-width:2.5}.nodeleak .area{fill:var(--c);opacity:.13}"
    ".nodeleak circle{fill:var(--c)}.nodeleak .grid{stroke:#dfe3e8}"
    ".nodeleak .warm{fill:#8a94a320}.nodeleak .win{fill:#1660c426}"
    ".nodeleak line.shot{stroke:#8a3fc4;stroke-dasharray:3 3}.nodeleak .legend{display:none}"
)


@dataclass(frozen=True)
class Scale:
    """Iterations and bytes that the picture spans."""

    first: float
    last: float
    low: float
    high: float

    def x(self, iterations: float) -> str:
        share = (iterations - self.first) / max(self.last - self.first, 1)
        return _number(_LEFT + share * (_WIDTH - _LEFT - _RIGHT))

    def y(self, size: float) -> str:
        share = (size - self.low) / max(self.high - self.low, 1)
        return _number(_HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM))


def common_scale(verdicts: Sequence[Verdict]) -> Scale:
    """One scale for several pictures, so that eyes can compare them."""
    samples = [s for verdict in verdicts for _, line in _lines(verdict) for s in line]
    low, high = min(s.heap_used for s in samples), max(s.heap_used for s in samples)
    span = max(1.15 * (high - low), _LEAST_SHARE * high, _LEAST_BYTES)
    low = max(0, int((low + high - span) / 2))
    first = min(s.iterations for s in samples)
    return Scale(first, max(s.iterations for s in samples), low, low + span)


def chart(verdict: Verdict, scale: Scale | None = None) -> str:
    """An ``<svg>`` element: each heap a line, warm-up, windows and snapshots marked."""
    scale = scale or common_scale([verdict])
    title = f"heapUsed over {verdict.iterations:,} iterations: {verdict.outcome}"
    parts = [
        f'<svg class="chart" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-label="{escape(title)}">',
        *_marks(verdict, scale),
        *_axes(verdict, scale),
    ]
    lines = _lines(verdict)
    for number, (_, samples) in reversed(list(enumerate(lines))):
        parts.append(_line(samples, scale, number))
    return "".join([*parts, "</svg>", _legend(lines, verdict)])


def framed_chart(verdict: Verdict) -> str:
    """A chart that brings its own style, for a page of another tool."""
    colour = "#1660c4" if verdict.accepted else _COLOURS[verdict.outcome]
    return (
        f'<div class="nodeleak" style="--c:{colour}"><style>{_STYLE}</style>'
        f"<p>{escape(headline(verdict))}</p>{chart(verdict)}</div>"
    )


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _lines(verdict: Verdict) -> list[tuple[str, Sequence[Sample]]]:
    """Name and readings of each heap, the one that is meant first, with its warm-up."""
    series = verdict.series.samples
    warm = verdict.warm_readings if verdict.heap == "main" else ()
    lines: list[tuple[str, Sequence[Sample]]] = [(verdict.heap, _thinned([*warm, *series]))]
    lines += [(name, _thinned(s.samples)) for name, s in verdict.heaps if name != verdict.heap]
    return lines[:_MOST_HEAPS]


def _thinned(samples: Sequence[Sample]) -> Sequence[Sample]:
    step = -(-len(samples) // _MOST_POINTS)
    return samples if step <= 1 else [*samples[:-1:step], samples[-1]]


def _line(samples: Sequence[Sample], scale: Scale, number: int) -> str:
    points = " ".join(f"{scale.x(s.iterations)},{scale.y(s.heap_used)}" for s in samples)
    first, last = scale.x(samples[0].iterations), scale.x(samples[-1].iterations)
    drawn = f'<polyline class="h{number}" points="{points}"/>'
    if number:
        return drawn
    floor = _HEIGHT - _BOTTOM
    area = f'<polygon class="area" points="{first},{floor} {points} {last},{floor}"/>'
    dots = "".join(
        f'<circle cx="{scale.x(s.iterations)}" cy="{scale.y(s.heap_used)}" r="2.2">'
        f"<title>{s.iterations:,}: {format_bytes(s.heap_used)}</title></circle>"
        for s in samples
    )
    return area + drawn + dots


def _marks(verdict: Verdict, scale: Scale) -> list[str]:
    """Warm-up and windows as bands, snapshots as lines."""
    top, height = _TOP, _HEIGHT - _TOP - _BOTTOM
    parts = []
    for phase in verdict.phases:
        first, last = max(phase.first, scale.first), min(phase.last, scale.last)
        kind = phase.name.split(" ")[0]
        if kind == "snapshot" and first <= scale.last:
            x = scale.x(first)
            parts.append(
                f'<line class="shot" x1="{x}" x2="{x}" y1="{top - 6}" y2="{top + height}">'
                f"<title>{escape(_named(phase))}</title></line>"
                f'<circle class="shot" cx="{x}" cy="{top - 7}" r="3"/>'
            )
        elif kind in ("warm-up", "window") and last > first:
            wide = max(float(scale.x(last)) - float(scale.x(first)), 1.5)
            parts.append(
                f'<rect class="{"warm" if kind == "warm-up" else "win"}" x="{scale.x(first)}" '
                f'y="{top}" width="{_number(wide)}" height="{height}">'
                f"<title>{escape(_named(phase))}</title></rect>"
            )
    return parts


def _named(phase: Phase) -> str:
    return shorten(one_line(phase.name), 60)


def _axes(verdict: Verdict, scale: Scale) -> list[str]:
    parts = []
    for number in range(4):
        size = scale.low + number * (scale.high - scale.low) / 3
        y = scale.y(size)
        parts.append(
            f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y}" y2="{y}"/>'
            f'<text x="{_LEFT - 6}" y="{y}" dy="4" text-anchor="end">{format_bytes(size)}</text>'
        )
    floor = _HEIGHT - _BOTTOM + 16
    unit = (
        "iterations" if verdict.unit == "iteration" else f"x {shorten(one_line(verdict.unit), 20)}"
    )
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    return [
        *parts,
        f'<text x="{_LEFT}" y="{floor}">{scale.first:,.0f}</text>',
        f'<text x="{middle}" y="{floor}" text-anchor="middle">{escape(unit)}</text>',
        f'<text x="{_WIDTH - _RIGHT}" y="{floor}" text-anchor="end">{scale.last:,.0f}</text>',
    ]


def _legend(lines: Sequence[tuple[str, object]], verdict: Verdict) -> str:
    items = [
        f'<span><i class="h{number}"></i>{escape(shorten(one_line(name), 40))}</span>'
        for number, (name, _) in enumerate(lines)
    ]
    kinds = {phase.name.split(" ")[0] for phase in verdict.phases}
    known = (("warm-up", "warm", "warm-up"), ("window", "win", "window"))
    items += [f'<span><i class="{css}"></i>{word}</span>' for k, css, word in known if k in kinds]
    if "snapshot" in kinds:
        items.append('<span><i class="shot"></i>snapshot</span>')
    return f'<div class="legend">{"".join(items)}</div>'
