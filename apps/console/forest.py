"""The forest plot as geometry: where each mark of a difference lies on an axis that all rows share.

Pure functions; ``templates/components/_forest.html`` and ``_axis.html`` draw the values as SVG. Lengths are SVG units,
differences are percentage points (pp), student − teacher.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 280, 32
PAD = 8
RADIUS = 5.0
SMALLEST_SPAN = 4.0
REACH = 0.5
MOST_TICKS = 6

SHAPES = {"pass": "circle", "fail": "square", "inconclusive": "half", "invalid": "hexagon", "clear": "ring"}
UNJUDGED = "dot"


@dataclass(frozen=True, slots=True)
class Domain:
    """The stretch of differences an axis shows, in pp; ``low`` lies below ``high``."""

    low: float
    high: float

    def x(self, value: float) -> float:
        """Where a difference lies, kept inside the drawing."""
        share = (value - self.low) / (self.high - self.low)
        return round(PAD + min(max(share, 0.0), 1.0) * (WIDTH - 2 * PAD), 2)


@dataclass(frozen=True, slots=True)
class Tick:
    """A labelled place on the axis."""

    x: float
    label: str


@dataclass(frozen=True, slots=True)
class Axis:
    """The ticks of a column of plots, and where zero lies."""

    width: int
    ticks: tuple[Tick, ...]
    zero: float


@dataclass(frozen=True, slots=True)
class Forest:
    """One row of the plot. ``None`` where there is nothing to draw.

    ``margin`` is the x of the dashed limit; everything from 0 to there is the zone of losses that are too large.
    ``low`` and ``high`` are the ends of the interval, clipped to the axis where the flags say so. ``points`` outlines
    the hexagon of an invalid figure or an arrow head.
    """

    width: int
    height: int
    middle: float
    zero: float
    margin: float | None
    low: float | None
    high: float | None
    low_arrow: str | None
    high_arrow: str | None
    marker: float | None
    shape: str
    radius: float
    points: str
    half: str
    square: float
    label: str


def shared_domain(figures: Iterable[tuple[float | None, Sequence[float] | None, float | None]]) -> Domain:
    """One axis for all rows, each given as (delta_pp, interval_pp, margin_pp), any of them unknown.

    Every difference, every limit and zero are always inside. Intervals may stretch the axis by ``REACH`` of that span
    on each side and are clipped beyond, so that one wide interval does not flatten all others.
    """
    core, ends = [0.0], [0.0]
    for delta, interval, margin in figures:
        core += [delta] if delta is not None else []
        core += [-margin] if margin is not None else []
        ends += list(interval) if interval is not None else []
    low, high = min(core), max(core)
    span = max(high - low, SMALLEST_SPAN)
    # The eye needs a little room on both sides of the outermost mark.
    air = span * 0.06
    return Domain(
        low=min(max(min(ends), low - REACH * span), low) - air,
        high=max(min(max(ends), high + REACH * span), high) + air,
    )


def axis(domain: Domain) -> Axis:
    """Ticks at round distances, at most ``MOST_TICKS``, zero always among them."""
    step = _step(domain.high - domain.low)
    places = range(math.ceil(domain.low / step), math.floor(domain.high / step) + 1)
    ticks = tuple(Tick(domain.x(place * step), _tick_label(place * step)) for place in places)
    return Axis(WIDTH, ticks, domain.x(0.0))


def plot(
    delta_pp: float | None,
    interval_pp: Sequence[float] | None,
    margin_pp: float | None,
    *,
    domain: Domain,
    verdict: str | None,
    label: str,
) -> Forest:
    """Place one difference on the shared axis. ``margin_pp`` is the loss allowed, 0 or more; ``label`` names it all."""
    middle = HEIGHT / 2
    low, high = interval_pp if interval_pp is not None else (None, None)
    marker = None if delta_pp is None else domain.x(delta_pp)
    return Forest(
        width=WIDTH,
        height=HEIGHT,
        middle=middle,
        zero=domain.x(0.0),
        margin=None if margin_pp is None else domain.x(-margin_pp),
        low=None if low is None else domain.x(low),
        high=None if high is None else domain.x(high),
        low_arrow=_arrow(domain.x(low), middle, -1) if low is not None and low < domain.low else None,
        high_arrow=_arrow(domain.x(high), middle, 1) if high is not None and high > domain.high else None,
        marker=marker,
        shape=UNJUDGED if verdict is None else SHAPES[verdict],
        radius=RADIUS,
        points="" if marker is None else _hexagon(marker, middle),
        half="" if marker is None else _left_half(marker, middle),
        square=0.0 if marker is None else round(marker - RADIUS, 2),
        label=label,
    )


def _step(span: float) -> float:
    """The smallest of 0.5, 1, 2, 5, 10, … that leaves at most ``MOST_TICKS`` ticks."""
    step = 0.5
    for factor in (1, 2, 4, 10, 20, 40, 100):
        step = 0.5 * factor
        if span / step < MOST_TICKS:
            break
    return step


def _tick_label(value: float) -> str:
    return f"{value:+g}".replace("-", "\N{MINUS SIGN}") if value else "0"


def _arrow(x: float, y: float, direction: int) -> str:
    tip = x + direction * (PAD - 1)
    return f"{tip:g},{y:g} {x:g},{y - 4:g} {x:g},{y + 4:g}"


def _hexagon(x: float, y: float) -> str:
    corners = ((0, -6), (5.2, -3), (5.2, 3), (0, 6), (-5.2, 3), (-5.2, -3))
    return " ".join(f"{x + dx:g},{y + dy:g}" for dx, dy in corners)


def _left_half(x: float, y: float) -> str:
    return f"M{x:g} {y - RADIUS:g}A{RADIUS:g} {RADIUS:g} 0 0 0 {x:g} {y + RADIUS:g}Z"
