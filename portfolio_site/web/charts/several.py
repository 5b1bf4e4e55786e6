"""Several things over the same days, each from zero: what one unit of money became in each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from portfolio_site.web.charts.axes import SERIES, Chart, Trace, separators
from portfolio_site.web.charts.lines import kept

MOST = 5
REFERENCE = "@series-ref"


@dataclass(frozen=True, slots=True)
class Rebased:
    """One line: a return at each of the days, a fraction; None before it begins.  `is_reference`: dashed, without a colour of its own."""

    name: str
    returns: Sequence[float | None]
    is_reference: bool = False


def several(days: Sequence[date], lines: Sequence[Rebased]) -> Chart:
    """At most five lines; the first is the one that the others are beside, and is drawn over them."""
    at = kept(days)
    x = [days[i].isoformat() for i in at]
    colours = iter(SERIES)
    data: list[Trace] = []
    for place, line in enumerate(lines[:MOST]):
        colour = REFERENCE if line.is_reference else next(colours)
        look: dict[str, Any] = {"color": colour, "width": 2 if not place else 1.5}
        if line.is_reference:
            look["dash"] = "4px,3px"
        y = [None if (value := line.returns[i]) is None else round(value, 6) for i in at]
        data.append({"type": "scatter", "mode": "lines", "name": line.name, "x": x, "y": y, "line": look, "hovertemplate": "%{y:+.2%}"})
    span = (days[-1] - days[0]).days if len(days) > 1 else 0
    form = "%Y" if span > 1500 else "%b %Y" if span > 400 else "%-d %b" if span < 60 else "%b"
    zero = {"zeroline": True, "zerolinecolor": "@line-control", "zerolinewidth": 1, "tickformat": ".0%"}
    xaxis = {"range": [x[0], x[-1]], "nticks": 4 if form == "%b %Y" else 6, "tickangle": 0, "tickformat": form} if x else {}
    return {"data": data[::-1], "layout": {"separators": separators(), "xaxis": xaxis, "yaxis": zero}}
