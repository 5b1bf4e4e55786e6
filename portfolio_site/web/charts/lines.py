"""Charts of daily series: a portfolio's value and return, and the price of one instrument."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import isfinite
from typing import Any

import numpy as np

from portfolio_site.web.charts.axes import Chart, Trace, hover_money, money_axis, separators
from portfolio_site.web.writing import SYMBOLS, amounts_hidden, locale

DETAIL = timedelta(days=3 * 366)  # every day this far back; one a week before
PERIODS = (("1W", 7), ("1M", 30), ("YTD", 0), ("1Y", 365), ("3Y", 3 * 365), ("5Y", 5 * 365), ("ALL", 0))


def kept(days: Sequence[date]) -> list[int]:
    """Which points of a daily series to send: all of the last three years, before that one a week; first and last always."""
    if not days:
        return []
    border = days[-1] - DETAIL
    last = len(days) - 1
    keep = [0]
    for i in range(1, last):
        if days[i] >= border or days[i].isocalendar()[:2] != days[i + 1].isocalendar()[:2]:
            keep.append(i)
    return keep + ([last] if last else [])


def periods(first: date, last: date, wanted: Sequence[str]) -> list[str]:
    """The periods that a history from `first` to `last` can show, and "ALL"."""
    length = (last - first).days
    fits = {name: days for name, days in PERIODS if days and length >= days * 0.9}
    return [name for name in wanted if name == "ALL" or name in fits or (name == "YTD" and first <= date(last.year, 1, 1))]


@dataclass(frozen=True, slots=True)
class History:
    """Daily series of a portfolio, same length as `days`.

    value      worth at each close, in `currency`
    invested   what was paid in so far, less what was taken out, in `currency`
    index      growth of one unit of money, time-weighted; any base
    benchmark  the same of the benchmark; empty without one
    same_money what the same flows since the beginning would be worth in it, in `currency`; empty without one
    """

    days: Sequence[date]
    value: Sequence[float]
    invested: Sequence[float]
    index: Sequence[float]
    benchmark: Sequence[float]
    currency: str
    benchmark_name: str = ""
    same_money: Sequence[float] = ()
    unusual: Sequence[Happened] = ()


@dataclass(frozen=True, slots=True)
class Happened:
    """A day that is marked on the line.  `text` is what hovering says, finished."""

    day: date
    text: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A trade or dividend on a price chart.  `text` is what hovering says, finished."""

    day: date
    price: float
    text: str


@dataclass(frozen=True, slots=True)
class PriceHistory:
    """Daily closes of one instrument, with what a person did on the way.  Everything as it is quoted: in its currency, or in percent of par."""

    days: Sequence[date]
    closes: Sequence[float]
    currency: str
    average_cost: float | None = None
    average_cost_text: str = ""
    buys: Sequence[Mark] = ()
    sales: Sequence[Mark] = ()
    dividends: Sequence[Mark] = ()


def _line(name: str, of: str, colour: str, width: float, hover: str, **more: Any) -> Trace:
    dash = more.pop("dash", None)
    line = {"color": colour, "width": width} | ({"dash": dash} if dash else {})
    return {"type": "scatter", "mode": "lines", "name": name, "x": [], "y": [], "line": line, "hovertemplate": hover, "meta": {"of": of}, **more}


def _last_dot(of: str) -> Trace:
    marker = {"size": 7, "color": "@series-1", "line": {"color": "@surface", "width": 2}}
    return {"type": "scatter", "mode": "markers", "x": [], "y": [], "marker": marker, "hoverinfo": "skip", "cliponaxis": False, "meta": {"of": of}}


def _marked(found: Sequence[Happened]) -> Trace:
    """Rings around days of the line that stands before them; the script finds their heights."""
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "Unusual day",
        "x": [one.day.isoformat() for one in found],
        "y": [],
        "text": [one.text for one in found],
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {"symbol": "diamond-open", "size": 9, "color": "@warn", "line": {"width": 2}},
        "meta": {"of": "marks", "private": True},
    }


def performance(history: History, *, wanted: Sequence[str] = ("1W", "1M", "YTD", "1Y", "3Y", "ALL")) -> Chart:
    """Value with the same money in the benchmark, and return with the benchmark; one chart, two views."""
    at = kept(history.days)
    hidden = amounts_hidden()
    unit = (history.value[-1] or 1.0) / 100 if hidden and len(history.value) else 1.0
    places = 3 if hidden else 2
    money = hover_money(history.currency)
    fill = {"type": "vertical", "colorscale": [[0, "@series-1/0"], [1, "@series-1/14"]]}
    name = history.benchmark_name
    value: list[Trace] = [
        {"type": "scatter", "mode": "lines", "x": [], "y": [], "line": {"width": 0}, "hoverinfo": "skip", "meta": {"of": "floor"}},
        _line("Portfolio", "value", "@series-1", 2, money, fill="tonexty", fillgradient=fill),
    ]
    returns: list[Trace] = []
    if len(history.benchmark):
        value.append(_line(f"Same money in {name}", "same", "@series-ref", 1.5, money, dash="4px,3px"))
        returns.append(_line(name, "benchmark", "@series-ref", 1.5, "%{y:+.2%}", dash="4px,3px"))
    returns.append(_line("Portfolio", "return", "@series-1", 2, "%{y:+.2%}", fill="tozeroy", fillcolor="@series-1/7"))
    for view in (value, returns):
        view += [_marked(history.unusual)] if history.unusual else []
    value.append(_last_dot("value"))
    returns.append(_last_dot("return"))
    zero = {"zeroline": True, "zerolinecolor": "@line-control", "zerolinewidth": 1, "tickformat": ".0%"}
    return {
        "kind": "performance",
        "currency": history.currency,
        "narrow": history.currency in SYMBOLS,
        "locale": locale(),
        "hidden": hidden,
        "names": {"benchmark": name, "same": f"Same money in {name}" if name else ""},
        "periods": periods(history.days[0], history.days[-1], wanted) if len(history.days) else [],
        "series": {
            "x": [history.days[i].isoformat() for i in at],
            "value": _sent(history.value, at, places, unit),
            "invested": _sent(history.invested, at, places, unit),
            "index": _sent(history.index, at, 6),
            "benchmark": _sent(history.benchmark, at, 6) if len(history.benchmark) else [],
            "same": _sent(history.same_money, at, places, unit) if len(history.same_money) else [],
        },
        "views": {
            "value": {
                "data": value,
                "layout": {"separators": separators(), "yaxis": money_axis(history.currency), "meta": {"money": ["yaxis"]}},
            },
            "return": {"data": returns, "layout": {"separators": separators(), "yaxis": zero}},
        },
    }


def falls(days: Sequence[date], depth: Sequence[float]) -> Chart:
    """How far each close lies under the highest before it, fractions at or below zero."""
    at = kept(days)
    x = [days[i].isoformat() for i in at]
    trace = {
        "type": "scatter",
        "mode": "lines",
        "x": x,
        "y": _sent(depth, at, 5),
        "line": {"color": "@loss", "width": 1.25},
        "fill": "tozeroy",
        "fillcolor": "@loss/14",
        "hovertemplate": "%{y:.1%}<extra></extra>",
    }
    layout = {
        "separators": separators(),
        "margin": {"l": 2, "r": 48, "t": 6, "b": 24},
        "xaxis": {"range": [x[0], x[-1]], "nticks": 4, "tickangle": 0} if x else {},
        "yaxis": {"tickformat": ".0%", "nticks": 4},
    }
    return {"data": [trace], "layout": layout}


def price(history: PriceHistory, *, wanted: Sequence[str] = ("1M", "YTD", "1Y", "3Y", "5Y", "ALL")) -> Chart:
    """Closes with trades, dividends and the average cost.  Trades are not green and red: buying is no gain.

    What a person paid stays with the server while amounts are hidden: no average cost, and trades stand at the close of their day.
    """
    at, hidden = kept(history.days), amounts_hidden()
    close = hover_money(history.currency, ",.2f")

    def marks(name: str, symbol: str, colour: str, found: Sequence[Mark], size: float) -> Trace:
        return {
            "type": "scatter",
            "mode": "markers",
            "name": name,
            "x": [mark.day.isoformat() for mark in found],
            "y": [None if hidden else mark.price for mark in found],
            "text": [mark.text for mark in found],
            "hovertemplate": "%{text}",
            "marker": {"symbol": symbol, "size": size, "color": colour, "line": {"color": "@surface", "width": 2 if size > 8 else 1}},
            "meta": {"of": "marks", "private": True},
        }

    layout: dict[str, Any] = {"separators": separators(), "yaxis": money_axis(history.currency, ",~f") | {"nticks": 6}}
    if history.average_cost is not None and not hidden:
        layout["meta"] = {"private": ["shapes", "annotations"]}
        level = history.average_cost
        layout["shapes"] = [
            {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": level, "y1": level, "line": {"color": "@text-3", "width": 1, "dash": "dot"}}
        ]
        words = {"text": history.average_cost_text, "showarrow": False, "font": {"size": 11.5, "color": "@text-3"}}
        layout["annotations"] = [{"xref": "paper", "x": 1, "xanchor": "right", "y": level, "yanchor": "top", **words}]
    return {
        "kind": "price",
        "periods": periods(history.days[0], history.days[-1], wanted) if len(history.days) else [],
        "series": {"x": [history.days[i].isoformat() for i in at], "close": [_rounded(float(history.closes[i])) for i in at]},
        "views": {
            "line": {
                "data": [
                    _line("Close", "close", "@series-1", 1.75, close),
                    marks("Dividend", "circle", "@series-3", history.dividends, 5.5),
                    marks("Buy", "triangle-up", "@series-2", history.buys, 13),
                    marks("Sell", "triangle-down", "@series-5", history.sales, 13),
                ],
                "layout": layout,
            }
        },
    }


def _sent(values: Sequence[float], at: Sequence[int], places: int, unit: float = 1.0) -> list[float | None]:
    """The kept points, rounded; a point without a number is a gap."""
    chosen = np.round(np.asarray(values, dtype=np.float64)[np.asarray(at, dtype=np.intp)] / unit, places)
    numbers: list[float | None] = chosen.tolist()
    if np.isfinite(chosen).all():
        return numbers
    return [number if number is not None and isfinite(number) else None for number in numbers]


def _rounded(value: float) -> float:
    """Six significant digits: more than a screen can show."""
    return float(f"{value:.6g}")
