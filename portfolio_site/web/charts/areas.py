"""Shares of a whole over time, one on top of the other."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from portfolio_site.web.charts.axes import SERIES, Chart, separators

REST = "@series-ref"  # of what is unclassified


def areas(days: Sequence[date], names: Sequence[str], shares: Sequence[Sequence[float]], rest: int | None = None) -> Chart:
    """One area for each name, the first at the bottom.  `shares`: a row of fractions for each; of a day they add up to one.

    rest  the place of the part that is unclassified, drawn without a colour of its own
    """
    x = [day.isoformat() for day in days]
    colours = [REST if place == rest else SERIES[place % len(SERIES)] for place in range(len(names))]
    data = [
        {
            "type": "scatter",
            "mode": "lines",
            "stackgroup": "mix",
            "name": name,
            "x": x,
            "y": [round(share, 5) for share in row],
            "line": {"color": colour, "width": 1},
            "fillcolor": f"{colour}/55",
            "hovertemplate": "%{y:.1%}",
        }
        for name, row, colour in zip(names, shares, colours, strict=True)
    ]
    span = (days[-1] - days[0]).days if len(days) > 1 else 0
    xaxis = {"tickformat": "%Y" if span > 1500 else "%b %Y" if span > 400 else "%b", "nticks": 7, "range": [x[0], x[-1]], "hoverformat": "%-d %b %Y"}
    return {"data": data, "layout": {"separators": separators(), "xaxis": xaxis, "yaxis": {"tickformat": ".0%", "range": [0, 1]}}}
