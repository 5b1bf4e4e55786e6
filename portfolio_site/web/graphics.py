"""Graphics that the server draws without script, as template tags: plain SVG, sized by attributes.

Everything escapes through format_html, or through escape where rows repeat by the hundred; nothing emits a style attribute, a script
to run or an inline event handler.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django import template
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from portfolio_site.kernel.figures import Figure
from portfolio_site.web.json import dumps
from portfolio_site.web.numbers import trend
from portfolio_site.web.writing import Showable

register = template.Library()

SERIES = 8  # colours of parts and charts, in this order


def svg_path(points: Sequence[float], width: float, height: float, pad: float = 2) -> str:
    """The line through evenly spaced points, its least and greatest at the edges.  Needs two points."""
    low, high = min(points), max(points)
    step, scale = width / (len(points) - 1), (height - 2 * pad) / ((high - low) or 1)
    bottom = height - pad + low * scale
    return "M" + " ".join([f"{i * step:.1f} {bottom - p * scale:.1f}" for i, p in enumerate(points)])


def thinned(points: Sequence[float], most: int) -> list[float]:
    """At most `most` of the points, evenly spaced, the first and last kept."""
    if len(points) <= most:
        return [float(p) for p in points]
    step = (len(points) - 1) / (most - 1)
    return [float(points[round(i * step)]) for i in range(most)]


@register.simple_tag
def spark(points: Sequence[float], label: str = "") -> SafeString:
    """A line of the last days, no axis.  With fewer than two prices it says so."""
    if len(points) < 2:
        return mark_safe('<span class="muted sm">new</span>')  # nosec B308
    width, height = 88, 28
    values = thinned(points, 30)
    line = svg_path(values, width, height)  # digits only: nothing in it needs escaping
    return SafeString(  # nosec B703
        f'<svg class="spark {trend(values[-1] - values[0])}" viewBox="0 0 {width} {height}" preserveAspectRatio="none" role="img"'
        f' aria-label="{escape(label)}"><path class="spark__fill" d="{line} L{width} {height} L0 {height}Z"/><path d="{line}"/></svg>'
    )


def _fraction(part: Showable) -> float:
    value = part.value if isinstance(part, Figure) else part
    return float(value) if isinstance(value, (Decimal, int, float)) else 0.0


@register.simple_tag
def bar(part: Showable, colour: str = "c1") -> SafeString:
    """A part of a whole, 0 to 1; empty where the part is not known."""
    width = min(max(_fraction(part), 0), 1) * 100
    return SafeString(f'<svg class="bar {escape(colour)}" aria-hidden="true"><rect width="{width:.2f}%" height="100%"/></svg>')  # nosec B703


@register.simple_tag
def stackbar(parts: Iterable[Showable]) -> SafeString:
    """Several parts of one whole; the legend beside it carries names and figures."""
    start, cells = 0.0, []
    for i, part in enumerate(map(_fraction, parts)):
        cells.append((i % SERIES + 1, f"{start * 100:.2f}", f"{max(part * 100 - 0.35, 0.1):.2f}"))
        start += part
    inner = format_html_join("", '<rect class="c{}" x="{}%" width="{}%" height="100%"/>', cells)
    return format_html('<svg class="stackbar" aria-hidden="true">{}</svg>', inner)


@register.simple_tag
def target(actual: Showable, goal: Showable, colour: str = "c1", top: float = 0.55) -> SafeString:
    """Actual weight as a bar, target as a tick; `top` is the weight at the right edge."""
    return format_html(
        '<svg class="target {}" aria-hidden="true"><rect class="target__track" width="100%" height="6" y="5" rx="3"/>'
        '<rect width="{}%" height="6" y="5" rx="3"/><rect class="target__goal" x="{}%" width="2" height="16" rx="1"/></svg>',
        colour, f"{_fraction(actual) / top * 100:.1f}", f"{_fraction(goal) / top * 100:.1f}",
    )  # fmt: skip


@register.simple_tag
def chart_fallback(points: Sequence[float]) -> SafeString:
    """The same line as the chart that will replace it, so that the page is complete before any script runs."""
    if len(points) < 2:
        return SafeString("")
    return format_html(
        '<svg class="chart__fallback" viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true"><path d="{}"/></svg>',
        svg_path(thinned(points, 180), 100, 100, 4),
    )


@register.simple_tag
def areas_fallback(rows: Sequence[Sequence[float]]) -> SafeString:
    """The same areas as the chart that will replace them, one on top of the other.  A row of fractions for each."""
    below, paths = [0.0] * (len(rows[0]) if rows else 0), []
    for place, row in enumerate(rows):
        above = [low + share for low, share in zip(below, row, strict=True)]
        step = 100 / max(len(row) - 1, 1)
        there = [f"{i * step:.2f} {100 - high * 100:.2f}" for i, high in enumerate(above)]
        back = [f"{i * step:.2f} {100 - low * 100:.2f}" for i, low in reversed(list(enumerate(below)))]
        paths.append((place % SERIES + 1, "M" + "L".join([*there, *back]) + "Z"))
        below = above
    inner = format_html_join("", '<path class="c{}" d="{}"/>', paths)
    return format_html(
        '<svg class="chart__fallback chart__fallback--areas" viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">{}</svg>', inner
    )


@register.simple_tag
def candles_fallback(bars: Any) -> SafeString:
    """The same candles as the chart that will replace them: hollow where the price rose.  Takes `charts.Bars` that are whole."""
    low, high = min(bars.low), max(bars.high)
    step, scale = 100 / len(bars.close), 92 / ((high - low) or 1)
    paths: dict[bool, list[str]] = {True: [], False: []}
    for i, prices in enumerate(zip(bars.open, bars.high, bars.low, bars.close, strict=True)):
        at_open, at_high, at_low, at_close = (f"{96 - (price - low) * scale:.1f}" for price in prices)
        left, middle, right = f"{(i + 0.2) * step:.2f}", f"{(i + 0.5) * step:.2f}", f"{(i + 0.8) * step:.2f}"
        paths[prices[3] >= prices[0]].append(f"M{middle} {at_low}V{at_high}M{left} {at_open}H{right}V{at_close}H{left}Z")
    return format_html(
        '<svg class="chart__fallback chart__fallback--candles" viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">'
        '<path class="up" d="{}"/><path class="down" d="{}"/></svg>',
        "".join(paths[True]), "".join(paths[False]),
    )  # fmt: skip


@register.simple_tag
def donut(parts: Iterable[Any]) -> SafeString:
    """Parts of a whole as a ring, until the chart draws it.  Each part has a `weight` and a `colour` (1 to 8)."""
    start, rings = 0.0, []
    for part in parts:
        size = max(_fraction(part.weight), 0.0) * 100
        rings.append((part.colour, f"{max(size - 0.6, 0.1):.2f}", f"{100 - max(size - 0.6, 0.1):.2f}", f"{-start:.2f}"))
        start += size
    ring = '<circle class="c{}" cx="50" cy="50" r="42" pathLength="100" stroke-dasharray="{} {}" stroke-dashoffset="{}"/>'
    inner = format_html_join("", ring, rings)
    return format_html('<svg class="donut" viewBox="0 0 100 100" aria-hidden="true">{}</svg>', inner)


_JSON_ESCAPES = ((">", "\\u003E"), ("<", "\\u003C"), ("&", "\\u0026"))


@register.simple_tag
def chart_data(chart: dict[str, Any], name: str) -> SafeString:
    """The block that static/js/charts.js draws from, named like the chart; JSON without a space, escaped as json_script does."""
    text = dumps(chart).decode()
    for character, written in _JSON_ESCAPES:
        text = text.replace(character, written)  # three searches of a text that holds hardly any: faster than a table
    return SafeString(f'<script id="{escape(name)}" type="application/json">{text}</script>')  # nosec B703
