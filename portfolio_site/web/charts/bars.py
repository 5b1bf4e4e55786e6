"""Charts of bars: where a gain came from, and amounts by year, quarter or month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from portfolio_site.web.charts.axes import SERIES, Chart, hover_money, money_axis, number_of, separators, short_text
from portfolio_site.web.numbers import signed
from portfolio_site.web.writing import MINUS, Showable, amounts_hidden, manner


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
        values = [number_of(step.amount) for step in self.steps]
        total = sum(values)
        unit = max((abs(v) for v in [*values, total]), default=1.0) / 100 if amounts_hidden() else 1.0
        texts = [short_text(v, self.currency) for v in values] + [short_text(total, self.currency).lstrip("+")]
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


def bridge(steps: Sequence[Step], currency: str, *, flows: frozenset[str], total_name: str) -> Chart:
    """What changed a value, from zero to the change: each step hangs at the end of the one before.  `flows` are neither gain nor loss."""
    values = [number_of(step.amount) for step in steps]
    total = sum(values)
    unit = (max((abs(v) for v in [*values, total]), default=1.0) / 100 or 1.0) if amounts_hidden() else 1.0
    starts = [sum(values[:place]) for place in range(len(values))]
    names = [*(step.name for step in steps), total_name]
    colours = ["@series-6" if step.name in flows else "@loss" if v < 0 else "@gain" for step, v in zip(steps, values, strict=True)]
    texts = [short_text(v, currency) for v in [*values, total]]
    trace = {
        "type": "bar",
        "x": names,
        "y": [round(v / unit, 2) for v in [*values, total]],
        "base": [round(v / unit, 2) for v in [*starts, 0.0]],
        "text": [] if amounts_hidden() else texts,
        "textposition": "outside",
        "textfont": {"size": 11.5, "color": "@text-2"},
        "cliponaxis": False,
        "hoverinfo": "skip",
        "marker": {"color": [*colours, "@series-1"], "cornerradius": 2},
        "meta": {"private": True},
    }
    layout = {
        "margin": {"l": 2, "r": 2, "t": 22, "b": 24},
        "hovermode": False,
        "bargap": 0.32,
        "yaxis": {"visible": False},
        "xaxis": {"showspikes": False, "tickangle": 0, "tickfont": {"size": 11.5, "color": "@text-2"}},
    }
    return {"data": [trace], "layout": layout}


def contributions(names: Sequence[str], points: Sequence[float]) -> Chart:
    """What each holding added to a return, fractions; the first at the top."""
    each = [round(point * 100, 4) for point in points]
    widest = max((abs(v) for v in each), default=1.0) or 1.0
    mark = manner().decimal
    texts = [("+" if v > 0 else MINUS if v < 0 else "") + f"{abs(v):.2f}".replace(".", mark) for v in each]
    trace = {
        "type": "bar",
        "orientation": "h",
        "x": each,
        "y": list(names),
        "text": texts,
        "textposition": "outside",
        "textfont": {"size": 11.5, "color": "@text-2"},
        "cliponaxis": False,
        "hoverinfo": "skip",
        "marker": {"color": ["@loss" if v < 0 else "@gain" for v in each], "cornerradius": 3},
    }
    layout = {
        "margin": {"l": 64, "r": 40, "t": 4, "b": 6},
        "hovermode": False,
        "bargap": 0.38,
        "xaxis": {"visible": False, "range": [min(0.0, *each) - widest * 0.14 if each else -1, max(0.0, *each) + widest * 0.14 if each else 1]},
        "yaxis": {
            "side": "left",
            "type": "category",
            "autorange": "reversed",
            "showgrid": False,
            "nticks": 0,
            "tickfont": {"size": 11.5, "color": "@text-2"},
        },
    }
    return {"data": [trace], "layout": layout}


def bars(names: Sequence[str], values: Sequence[Showable], currency: str, *, unfinished: bool = True) -> Chart:
    """Amounts by year or month; the present, unfinished period in full colour, earlier ones at half."""
    numbers = [number_of(value) for value in values]
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


@dataclass(frozen=True, slots=True)
class Stack:
    """One part of every bar: what it is called, its amounts, and those that are only expected, each bar in turn."""

    name: str
    amounts: Sequence[Showable]
    expected: Sequence[Showable]


def stacks(firsts: Sequence[date], labels: Sequence[str], parts: Sequence[Stack], currency: str) -> Chart:
    """Amounts by month, quarter or year, divided into parts; what is expected is hatched.

    firsts  the first day of each bar; `labels` what it is called
    """
    drawn = [[number_of(one) for one in row] for part in parts for row in (part.amounts, part.expected)]
    unit = (max((abs(v) for row in drawn for v in row), default=1.0) / 100 or 1.0) if amounts_hidden() else 1.0
    x, data = [first.isoformat() for first in firsts], []
    for place, part in enumerate(parts):
        colour = SERIES[place % len(SERIES)]
        for row, said, marker in (
            (drawn[2 * place], part.name, {"color": colour}),
            (
                drawn[2 * place + 1],
                f"{part.name}, expected",
                {"color": f"{colour}/25", "pattern": {"shape": "/", "fgcolor": colour, "size": 6, "solidity": 0.35}},
            ),
        ):
            if any(row):
                hover = "%{customdata}<br>" + f"%{{fullData.name}} {hover_money(currency, ',.2f')}<extra></extra>"
                data.append(
                    {
                        "type": "bar",
                        "name": said,
                        "x": x,
                        "y": [round(v / unit, 2) for v in row],
                        "customdata": list(labels),
                        "marker": marker,
                        "hovertemplate": hover,
                        "meta": {"private": True},
                    }
                )
    layout = {
        "separators": separators(),
        "barmode": "relative",
        "margin": {"l": 2, "r": 52, "t": 8, "b": 24},
        "bargap": 0.3,
        "hovermode": "closest",
        "xaxis": {"type": "date", "showspikes": False, "nticks": 8, "tickformat": "%Y" if _years_apart(firsts) else "%b %Y"},
        "yaxis": money_axis(currency, "~s") | {"nticks": 4},
        "meta": {"money": ["yaxis"]},
    }
    return {"data": data, "layout": layout}


def _years_apart(firsts: Sequence[date]) -> bool:
    return len(firsts) > 1 and (firsts[1] - firsts[0]).days > 300
