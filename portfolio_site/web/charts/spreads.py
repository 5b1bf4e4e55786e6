"""Charts of risk: a rate that moves through time, how often returns fell where, and how closely things move together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from portfolio_site.web.charts.axes import Chart, Trace, separators
from portfolio_site.web.charts.lines import kept

MOST_NAMED = 14  # things of a map of pairs whose numbers still fit their cells


@dataclass(frozen=True, slots=True)
class Bin:
    """Returns from `low` up to `high`, fractions, and how many fell there."""

    low: float
    high: float
    count: int


@dataclass(frozen=True, slots=True)
class Threshold:
    """A line across a distribution at a return, and what stands at its head."""

    at: float
    text: str


def share_line(days: Sequence[date], values: Sequence[float]) -> Chart:
    """A fraction of zero or more, such as a volatility, through time."""
    at = kept(days)
    x = [days[i].isoformat() for i in at]
    trace: Trace = {
        "type": "scatter",
        "mode": "lines",
        "x": x,
        "y": [round(float(values[i]), 5) for i in at],
        "line": {"color": "@series-1", "width": 2},
        "fill": "tozeroy",
        "fillcolor": "@series-1/7",
        "hovertemplate": "%{y:.1%}<extra></extra>",
    }
    layout = {
        "separators": separators(),
        "margin": {"l": 2, "r": 48, "t": 6, "b": 24},
        "xaxis": {"range": [x[0], x[-1]], "nticks": 5, "tickangle": 0} if x else {},
        "yaxis": {"tickformat": ".0%", "nticks": 5, "rangemode": "tozero"},
    }
    return {"data": [trace], "layout": layout}


def index_line(days: Sequence[date], values: Sequence[float]) -> Chart:
    """What 100 on the first day became."""
    at = kept(days)
    x = [days[i].isoformat() for i in at]
    trace: Trace = {
        "type": "scatter",
        "mode": "lines",
        "x": x,
        "y": [round(float(values[i]), 2) for i in at],
        "line": {"color": "@series-1", "width": 2},
        "hovertemplate": "%{y:.1f}<extra></extra>",
    }
    layout = {
        "separators": separators(),
        "xaxis": {"range": [x[0], x[-1]], "nticks": 5, "tickangle": 0} if x else {},
        "yaxis": {"tickformat": ".0f", "nticks": 5},
    }
    return {"data": [trace], "layout": layout}


def distribution(bins: Sequence[Bin], thresholds: Sequence[Threshold], worst: float) -> Chart:
    """How many days fell into each bin; those wholly at or below the return `worst` in the colour of losses."""
    trace: Trace = {
        "type": "bar",
        "x": [round((one.low + one.high) / 2, 6) for one in bins],
        "y": [one.count for one in bins],
        "width": [round((one.high - one.low) * 0.92, 6) for one in bins],
        "marker": {"color": ["@loss~50" if one.high <= worst else "@series-1~50" for one in bins]},
        "customdata": [[one.low, one.high] for one in bins],
        "hovertemplate": "%{customdata[0]:+.2%} to %{customdata[1]:+.2%}<br>%{y} days<extra></extra>",
    }
    shapes, notes = [], []
    for place, line in enumerate(thresholds):
        at = round(line.at, 6)
        shapes.append(
            {"type": "line", "x0": at, "x1": at, "yref": "paper", "y0": 0, "y1": 1, "line": {"color": "@loss", "width": 1.25, "dash": "dot"}}
        )
        words = {"text": line.text, "showarrow": False, "font": {"size": 11.5, "color": "@text-2"}}
        notes.append({"x": at, "xanchor": "right", "xshift": -4, "yref": "paper", "y": 1 - 0.11 * place, "yanchor": "top", **words})
    layout: dict[str, Any] = {
        "separators": separators(),
        "margin": {"l": 2, "r": 48, "t": 6, "b": 24},
        "bargap": 0,
        "hovermode": "closest",
        "xaxis": {"tickformat": "+.0%", "showspikes": False, "nticks": 7},
        "yaxis": {"nticks": 4, "rangemode": "tozero"},
        "shapes": shapes,
        "annotations": notes,
    }
    return {"data": [trace], "layout": layout}


def pairs(names: Sequence[str], values: Sequence[Sequence[float | None]]) -> Chart:
    """A map of pairs, from −1 to 1; None where a pair has no number."""
    texts = [["" if value is None else f"{value:.2f}".replace("-", "−") for value in row] for row in values]
    trace: Trace = {
        "type": "heatmap",
        "x": list(names),
        "y": list(names),
        "z": [[None if value is None else round(value, 3) for value in row] for row in values],
        "zmin": -1,
        "zmax": 1,
        "colorscale": [[0, "@series-2~80"], [0.5, "@surface-2"], [1, "@series-1~80"]],
        "showscale": False,
        "xgap": 2,
        "ygap": 2,
        "text": texts,
        "texttemplate": "%{text}" if len(names) <= MOST_NAMED else "",
        "textfont": {"size": 10.5, "color": "@text"},
        "hovertemplate": "%{y} and %{x}: %{z:.2f}<extra></extra>",
    }
    layout: dict[str, Any] = {
        "separators": separators(),
        "margin": {"l": 72, "r": 2, "t": 4, "b": 52},
        "hovermode": "closest",
        "xaxis": {"type": "category", "showspikes": False, "tickangle": -45},
        "yaxis": {"type": "category", "side": "left", "autorange": "reversed", "showgrid": False, "nticks": len(names)},
    }
    return {"data": [trace], "layout": layout}
