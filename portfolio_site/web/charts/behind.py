"""Charts of what lies behind a return: effects by category, and a figure that rolls through time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from portfolio_site.web.charts.axes import SERIES, Chart, Trace, separators
from portfolio_site.web.charts.lines import kept


def effects(names: Sequence[str], layers: Sequence[tuple[str, Sequence[float]]]) -> Chart:
    """Effects by category, fractions, side by side on one bar: what helps to the right of zero, what cost to the left."""
    data: list[Trace] = [
        {
            "type": "bar",
            "orientation": "h",
            "name": title,
            "x": [round(value * 100, 4) for value in values],
            "y": list(names),
            "marker": {"color": SERIES[place], "cornerradius": 2},
            "hovertemplate": f"{title} %{{x:+.2f}} pp<extra></extra>",
        }
        for place, (title, values) in enumerate(layers)
    ]
    layout = {
        "separators": separators(),
        "barmode": "relative",
        "margin": {"l": 12, "r": 12, "t": 4, "b": 24},
        "hovermode": "closest",
        "bargap": 0.38,
        "xaxis": {"showspikes": False, "zeroline": True, "zerolinecolor": "@line-control", "zerolinewidth": 1, "ticksuffix": " pp", "nticks": 5},
        "yaxis": {
            "side": "left",
            "automargin": True,
            "type": "category",
            "autorange": "reversed",
            "showgrid": False,
            "nticks": 0,
            "tickfont": {"size": 11.5, "color": "@text-2"},
        },
    }
    return {"data": data, "layout": layout}


def rolling(days: Sequence[date], values: Sequence[float | None], mean: float, form: str) -> Chart:
    """A figure of the time up to each day, with its mean; None leaves a gap.  `form`: how a number of it is written, such as ".1%"."""
    at = kept(days)
    x = [days[i].isoformat() for i in at]
    trace: Trace = {
        "type": "scatter",
        "mode": "lines",
        "x": x,
        "y": [None if (value := values[i]) is None else round(value, 5) for i in at],
        "line": {"color": "@series-1", "width": 1.75},
        "connectgaps": False,
        "hovertemplate": f"%{{y:{form}}}<extra></extra>",
    }
    average: Trace = {
        "type": "scatter",
        "mode": "lines",
        "x": x[:1] + x[-1:],
        "y": [round(mean, 5)] * len(x[:1] + x[-1:]),
        "line": {"color": "@series-ref", "width": 1.5, "dash": "4px,3px"},
        "hoverinfo": "skip",
    }
    layout: dict[str, Any] = {
        "separators": separators(),
        "margin": {"l": 2, "r": 52, "t": 6, "b": 24},
        "xaxis": {"range": [x[0], x[-1]], "nticks": 5, "tickangle": 0} if x else {},
        "yaxis": {"tickformat": form, "nticks": 5},
    }
    return {"data": [average, trace], "layout": layout}
