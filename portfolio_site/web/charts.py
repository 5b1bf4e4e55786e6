"""Charts as Plotly figures: plain dicts of traces and layout, ready for JSON.

Conventions.  Colours are names of design tokens: "@series-1", "@gain/20" (20 % opaque), "@gain~50" (half mixed into the surface);
static/js/charts.js resolves them against the theme in force and adds the layout that all charts share.  Each figure passes
plotly.graph_objects unchanged (a test holds them to it); nothing here imports plotly, so that pages start quickly.

A chart with periods carries its series once; its figures hold traces without points, and `meta.of` says which series fills
them.  `meta.private` marks what shows amounts, `layout.meta.money` an axis of money: the script takes both away while amounts
are hidden.  When the server itself hides amounts, only the shape leaves it: money is scaled so that the last point is 100.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from math import isfinite
from typing import Any

from portfolio_site.kernel.figures import Figure
from portfolio_site.web.numbers import money0, pct, share, signed
from portfolio_site.web.writing import MINUS, NBSP, SYMBOLS, Showable, amounts_hidden, locale, manner

Trace = dict[str, Any]
Chart = dict[str, Any]

SERIES = tuple(f"@series-{n}" for n in range(1, 9))
MOST_SLICES = 7
DETAIL = timedelta(days=3 * 366)  # every day this far back; one a week before
PERIODS = (("1W", 7), ("1M", 30), ("YTD", 0), ("1Y", 365), ("3Y", 3 * 365), ("5Y", 5 * 365), ("ALL", 0))


# ── money on axes ───────────────────────────────────────────────────────────


def affixes(currency: str) -> tuple[str, str]:
    """What stands before and after an amount of this currency in the person's locale."""
    symbol = SYMBOLS.get(currency)
    how = manner()
    if not how.symbol_first:
        return "", NBSP + (symbol or currency)
    return (symbol + how.symbol_gap, "") if symbol else (currency + NBSP, "")


def money_axis(currency: str, tickformat: str = "~s") -> dict[str, Any]:
    before, after = affixes(currency)
    return {"tickprefix": before, "ticksuffix": after, "tickformat": tickformat}


def separators() -> str:
    """Decimal mark and grouping of the locale, in Plotly's form."""
    how = manner()
    return how.decimal + how.group


def hover_money(currency: str, form: str = ",.0f", variable: str = "y") -> str:
    before, after = affixes(currency)
    return f"{before}%{{{variable}:{form}}}{after}"


def _number(value: Showable) -> float:
    inside = value.value if isinstance(value, Figure) else value
    return float(inside) if isinstance(inside, (Decimal, int, float)) else 0.0


def _short(value: float, currency: str) -> str:
    """A change on a bar: +€1.9k, −€13."""
    before, after = affixes(currency)
    size = abs(value)
    for limit, unit in ((1e6, "m"), (1e3, "k")):
        if size >= limit:
            text = f"{size / limit:.1f}".replace(".", manner().decimal) + unit
            break
    else:
        text = f"{size:.0f}"
    return ("+" if value > 0 else MINUS if value < 0 else "") + before + text + after


# ── series ──────────────────────────────────────────────────────────────────


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


@dataclass(frozen=True, slots=True)
class Mark:
    """A trade or dividend on a price chart.  `text` is what hovering says, finished."""

    day: date
    price: float
    text: str


@dataclass(frozen=True, slots=True)
class PriceHistory:
    """Daily closes of one instrument, with what a person did on the way.  Everything in the instrument's currency."""

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


def price(history: PriceHistory, *, wanted: Sequence[str] = ("1M", "YTD", "1Y", "3Y", "5Y", "ALL")) -> Chart:
    """Closes with trades, dividends and the average cost.  Trades are not green and red: buying is no gain."""
    at = kept(history.days)
    close = hover_money(history.currency, ",.2f")

    def marks(name: str, symbol: str, colour: str, found: Sequence[Mark], size: float) -> Trace:
        return {
            "type": "scatter",
            "mode": "markers",
            "name": name,
            "x": [mark.day.isoformat() for mark in found],
            "y": [mark.price for mark in found],
            "text": [mark.text for mark in found],
            "hovertemplate": "%{text}",
            "marker": {"symbol": symbol, "size": size, "color": colour, "line": {"color": "@surface", "width": 2 if size > 8 else 1}},
            "meta": {"of": "marks", "private": True},
        }

    layout: dict[str, Any] = {"separators": separators(), "yaxis": money_axis(history.currency, ",~f") | {"nticks": 6}}
    if history.average_cost is not None:
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
    chosen = (float(values[i]) / unit for i in at)
    return [round(value, places) if isfinite(value) else None for value in chosen]


def _rounded(value: float) -> float:
    """Six significant digits: more than a screen can show."""
    return float(f"{value:.6g}")


# ── parts of a whole ────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a whole.  `amount` is an amount of money, `weight` a fraction; either may be undefined."""

    name: str
    amount: Figure
    weight: Figure
    colour: int = 1  # which series colour


def top_parts(parts: Sequence[Part], other: Part | None = None) -> list[Part]:
    """Coloured in the order of the chart; at most seven and "Other"."""
    shown = list(parts[:MOST_SLICES]) + ([other] if other is not None else [])
    return [Part(part.name, part.amount, part.weight, i % len(SERIES) + 1) for i, part in enumerate(shown)]


def donut(parts: Sequence[Part]) -> Chart:
    """Largest first, clockwise from the top; the legend is the breakdown beside it."""
    known = [part for part in parts if part.weight.known and _number(part.weight) > 0]
    trace = {
        "type": "pie",
        "hole": 0.7,
        "labels": [part.name for part in known],
        "values": [round(_number(part.weight), 6) for part in known],
        "text": [f"{money0(part.amount)} · {share(part.weight)}" for part in known],
        "hovertemplate": "%{label}<br>%{text}<extra></extra>",
        "textinfo": "none",
        "sort": False,
        "direction": "clockwise",
        "rotation": 0,
        "marker": {"colors": [SERIES[part.colour - 1] for part in known], "line": {"color": "@surface", "width": 2}},
        "meta": {"private": True},
    }
    return {"data": [trace], "layout": {"margin": {"l": 8, "r": 8, "t": 6, "b": 14}, "hovermode": "closest"}}


@dataclass(frozen=True, slots=True)
class Tile:
    """One holding on the map: its group, its share of the whole, and its change today."""

    name: str
    group: str
    weight: Figure
    change: Figure
    amount: Figure


def _tint(change: Figure) -> str:
    value = _number(change)
    if not change.known or abs(value) < 0.00005:
        return "@surface-3"
    return ("@gain" if value > 0 else "@loss") + ("~50" if abs(value) > 0.015 else "~25")


def treemap(tiles: Sequence[Tile]) -> Chart:
    """Holdings by size within their class, tinted by today's change; fills stay pale enough to read on."""
    known = [tile for tile in tiles if tile.weight.known and _number(tile.weight) > 0]
    groups = list(dict.fromkeys(tile.group for tile in known))
    weights = {group: sum(_number(tile.weight) for tile in known if tile.group == group) for group in groups}
    blank = [""] * len(groups)
    trace = {
        "type": "treemap",
        "branchvalues": "total",
        "ids": [f"g:{group}" for group in groups] + [f"t:{i}" for i, _ in enumerate(known)],
        "labels": groups + [tile.name for tile in known],
        "parents": blank + [f"g:{tile.group}" for tile in known],
        "values": [round(weights[group], 9) for group in groups] + [round(_number(tile.weight), 9) for tile in known],
        "text": blank + [pct(tile.change) if tile.change.known else "" for tile in known],
        "customdata": blank + [money0(tile.amount) for tile in known],
        "texttemplate": "%{label}<br>%{text}",
        "hovertemplate": "%{label} %{customdata}<extra></extra>",
        "marker": {
            "colors": ["@surface-3"] * len(groups) + [_tint(tile.change) for tile in known],
            "line": {"color": "@surface", "width": 1.5},
            "pad": {"t": 0, "l": 0, "r": 0, "b": 0},
            "cornerradius": 4,
        },
        "pathbar": {"visible": False},
        "tiling": {"pad": 2},
        "textfont": {"size": 11, "color": "@text"},
        "sort": True,
        "meta": {"private": "hover"},
    }
    layout = {"margin": {"l": 0, "r": 0, "t": 0, "b": 0}, "hovermode": "closest", "uniformtext": {"minsize": 10, "mode": "hide"}}
    return {"data": [trace], "layout": layout}


# ── bars ────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Step:
    """One bar of a waterfall: a change that adds up to the total, in the chart's currency."""

    name: str
    amount: Showable


@dataclass(frozen=True, slots=True)
class Waterfall:
    """Where a gain came from: changes from zero, and their sum."""

    steps: Sequence[Step]
    currency: str
    total_name: str = "Total"
    flows: frozenset[str] = field(default_factory=frozenset)  # names of steps that are neither gain nor loss

    def figure(self) -> Chart:
        values = [_number(step.amount) for step in self.steps]
        total = sum(values)
        unit = max((abs(v) for v in [*values, total]), default=1.0) / 100 if amounts_hidden() else 1.0
        texts = [_short(v, self.currency) for v in values] + [_short(total, self.currency).lstrip("+")]
        trace = {
            "type": "waterfall",
            "orientation": "v",
            "x": [*(step.name for step in self.steps), self.total_name],
            "y": [round((v / (unit or 1.0)), 2) for v in [*values, total]],
            "measure": ["relative"] * len(values) + ["total"],
            "text": [] if amounts_hidden() else texts,
            "textposition": "outside",
            "textfont": {"size": 11.5, "color": "@text-2"},
            "cliponaxis": False,
            "connector": {"line": {"color": "@line-control", "width": 1}},
            "increasing": {"marker": {"color": "@gain"}},
            "decreasing": {"marker": {"color": "@loss"}},
            "totals": {"marker": {"color": "@series-1"}},
            "hoverinfo": "skip",
            "meta": {"private": True},
        }
        layout = {
            "margin": {"l": 2, "r": 2, "t": 20, "b": 24},
            "hovermode": False,
            "bargap": 0.34,
            "yaxis": {"visible": False},
            "xaxis": {"showspikes": False, "tickangle": 0, "tickfont": {"size": 11.5, "color": "@text-2"}},
        }
        return {"data": [trace], "layout": layout}

    def said(self) -> str:
        """The chart as a sentence, for those who do not see it."""
        parts = [f"{step.name} {signed(step.amount, self.currency)}" for step in self.steps]
        return ", ".join(parts)


def bars(names: Sequence[str], values: Sequence[Showable], currency: str, *, unfinished: bool = True) -> Chart:
    """Amounts by year or month; the present, unfinished period in full colour, earlier ones at half."""
    numbers = [_number(value) for value in values]
    unit = max((abs(v) for v in numbers), default=1.0) / 100 if amounts_hidden() else 1.0
    last = len(names) - 1
    trace = {
        "type": "bar",
        "x": list(names),
        "y": [round(v / (unit or 1.0), 2) for v in numbers],
        "marker": {"color": ["@series-3" if i == last or not unfinished else "@series-3~50" for i in range(len(names))], "cornerradius": 4},
        "hovertemplate": hover_money(currency, ",.2f") + "<extra></extra>",
        "meta": {"private": True},
    }
    layout = {
        "separators": separators(),
        "margin": {"l": 2, "r": 46, "t": 8, "b": 22},
        "bargap": 0.4,
        "hovermode": "closest",
        "xaxis": {"type": "category", "showspikes": False},
        "yaxis": money_axis(currency, "~s") | {"nticks": 4},
        "meta": {"money": ["yaxis"]},
    }
    return {"data": [trace], "layout": layout}
