"""A fan of futures: what most of them stay within, the middle, and what is paid in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from portfolio_site.web.charts.axes import Chart, Trace, hover_money, money_axis, separators
from portfolio_site.web.writing import amounts_hidden


@dataclass(frozen=True, slots=True)
class Fan:
    """Of one length: `bands` are (name, lower, upper), the widest first; `goal` a worth, None without one."""

    days: Sequence[date]
    bands: Sequence[tuple[str, Sequence[float], Sequence[float]]]
    middle: Sequence[float]
    paid: Sequence[float]
    goal: float | None


def fan(drawn: Fan, currency: str) -> Chart:
    """While amounts are hidden, money is scaled so that the middle begins at 100."""
    if amounts_hidden():
        drawn = _scaled(drawn, drawn.middle[0] / 100 or 1.0)
    x, hover = [day.isoformat() for day in drawn.days], hover_money(currency)
    data: list[Trace] = []
    for place, (name, lower, upper) in enumerate(drawn.bands):
        edge = {"type": "scatter", "mode": "lines", "x": x, "line": {"width": 0, "color": "@series-1"}, "hoverinfo": "skip"}
        data.append({**edge, "y": _sent(lower)})
        data.append({**edge, "y": _sent(upper), "name": name, "fill": "tonexty", "fillcolor": f"@series-1/{(14, 24)[min(place, 1)]}"})
    data.append(_line("half of the futures", x, drawn.middle, "@series-1", 2, hover))
    data.append(_line("paid in", x, drawn.paid, "@series-ref", 1.5, hover))
    if drawn.goal is not None:
        data.append(
            {**_line("goal", [x[0], x[-1]], [drawn.goal] * 2, "@series-2", 1.5, hover), "line": {"color": "@series-2", "width": 1.5, "dash": "dot"}}
        )
    layout: dict[str, Any] = {
        "separators": separators(),
        "margin": {"l": 2, "r": 60, "t": 6, "b": 24},
        "xaxis": {"range": [x[0], x[-1]], "nticks": 6, "tickangle": 0, "hoverformat": "%b %Y"},
        "yaxis": {**money_axis(currency), "nticks": 6, "rangemode": "tozero"},
        "hovermode": "x unified",
        "meta": {"money": ["yaxis"]},
    }
    return {"data": data, "layout": layout}


def _scaled(drawn: Fan, unit: float) -> Fan:
    def shape(values: Sequence[float]) -> list[float]:
        return [value / unit for value in values]

    bands = [(name, shape(lower), shape(upper)) for name, lower, upper in drawn.bands]
    return Fan(drawn.days, bands, shape(drawn.middle), shape(drawn.paid), None if drawn.goal is None else drawn.goal / unit)


def _line(name: str, x: list[str], y: Sequence[float], colour: str, width: float, hover: str) -> Trace:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": x,
        "y": _sent(y),
        "line": {"color": colour, "width": width},
        "hovertemplate": f"{name} {hover}<extra></extra>",
    }


def _sent(values: Sequence[float]) -> list[float]:
    return [round(float(value), 2) for value in values]
