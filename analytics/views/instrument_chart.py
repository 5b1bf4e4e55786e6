"""The chart and the tables of an instrument's prices, as its page shows them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from analytics.selectors import InstrumentPrices
from market.choices import ActionKind
from market.models import Instrument
from market.selectors import ActionView, Adjustment, ChartHistory, Interval, Span, adjusted_amount, shown_source
from portfolio_site.kernel.decimals import plain
from portfolio_site.web import charts
from portfolio_site.web.numbers import price
from portfolio_site.web.times import day

SPANS = {Span.MONTH: "1M", Span.HALF_YEAR: "6M", Span.YEAR_TO_DATE: "YTD", Span.YEAR: "1Y", Span.FIVE_YEARS: "5Y", Span.ALL: "All"}
_SAID = {
    Span.MONTH: "over the last month",
    Span.HALF_YEAR: "over the last six months",
    Span.YEAR_TO_DATE: "since the start of the year",
    Span.YEAR: "over the last year",
    Span.FIVE_YEARS: "over the last five years",
    Span.ALL: "since the first price that is known",
}
STEPS = {Interval.DAY: "Day by day", Interval.WEEK: "Week by week", Interval.MONTH: "Month by month"}


def chart_context(instrument: Instrument, prices: InstrumentPrices, *, candles: bool) -> dict[str, Any]:
    history = prices.chart
    bars = bars_of(instrument, history)
    drawn = charts.quotes(bars, candles=candles, tickformat=_tickformat(history)) if len(bars.x) > 1 else None
    return {
        "bars": bars,
        "chart": drawn,
        "history": history,
        "spans": [(one, SPANS[one], one == history.span) for one in history.spans],
        "candles": candles and bars.whole,
        "step": STEPS[history.step],
        "alert_at": level_of(bars.close[-1]) if drawn is not None and _in_units_of_today(history) else None,
        "adjusted": history.adjustment is Adjustment.SPLITS,
        "has_splits": any(one.kind == ActionKind.SPLIT for one in prices.actions),
        "chart_said": _said(instrument, history),
        "lines": [(bar, shown_source(bar.source)) for bar in reversed(prices.page.bars)],
        "wide": any(bar.open is not None for bar in prices.page.bars),
        "with_volume": any(bar.volume is not None for bar in prices.page.bars),
        "newer": prices.page.bars[-1].day if prices.page.bars and prices.page.later else None,
        "older": prices.page.bars[0].day if prices.page.bars and prices.page.earlier else None,
    }


@dataclass(frozen=True, slots=True)
class Level:
    """A price on a chart, and how an address holds it: “213.4”."""

    price: Decimal
    text: str


def level_of(close: float) -> Level:
    price = Decimal(f"{close:.6g}")
    return Level(price, plain(price))


def _in_units_of_today(history: ChartHistory) -> bool:
    """Whether a level of the chart is one that the newest price can reach: not where earlier prices stand as quoted before a split."""
    return history.adjustment is Adjustment.SPLITS or not any(one.kind == ActionKind.SPLIT for one in history.actions)


def bars_of(instrument: Instrument, history: ChartHistory) -> charts.Bars:
    """The bars of a chart, in floats, with what happened on them."""
    bars = history.bars
    days = [bar.day for bar in bars]

    def happened(kind: ActionKind) -> Sequence[charts.Happening]:
        found = [(bisect_left(days, one.ex_day), one) for one in history.actions if one.kind == kind]
        return [charts.Happening(at, action_said(instrument, one, history)) for at, one in found if at < len(days)]

    names = [one.isoformat() for one in days]
    return charts.Bars.of(bars, names, instrument.currency, dividends=happened(ActionKind.DIVIDEND), splits=happened(ActionKind.SPLIT))


@dataclass(frozen=True, slots=True)
class ActionLine:
    """A dividend or split in the table; `text` is empty where its source does not tell how much."""

    day: date
    name: str
    text: str
    source: str


def action_lines(instrument: Instrument, actions: Sequence[ActionView]) -> list[ActionLine]:
    """As they were on the day."""
    return [ActionLine(one.ex_day, str(ActionKind(one.kind).label), _told(instrument, one), shown_source(one.source)) for one in actions]


def _told(instrument: Instrument, action: ActionView) -> str:
    if action.kind == ActionKind.SPLIT:
        return "" if action.ratio_new is None or action.ratio_old is None else f"{plain(action.ratio_new)} for {plain(action.ratio_old)}"
    return "" if action.amount is None else price(action.amount, instrument.currency)


def action_said(instrument: Instrument, action: ActionView, history: ChartHistory) -> str:
    """“Dividend $0.82 on 3 Jun 2020 ($0.205 in today's units)”, or “Split 4 for 1 on 31 Aug 2020”."""
    if action.kind == ActionKind.SPLIT:
        return f"Split {_told(instrument, action)} on {day(action.ex_day)}"
    amount = action.amount
    if amount is None:
        return f"Dividend on {day(action.ex_day)}"
    text = f"Dividend {price(amount, instrument.currency)} on {day(action.ex_day)}"
    today = adjusted_amount(amount, action.ex_day, history.factor)
    return text if today == amount else f"{text} ({price(today, instrument.currency)} in today’s units)"


def _said(instrument: Instrument, history: ChartHistory) -> str:
    """The chart as a sentence, for those who do not see it."""
    if len(history.bars) < 2:
        return ""
    first, last = history.bars[0], history.bars[-1]
    told = ", adjusted for splits" if history.adjustment is Adjustment.SPLITS else ""
    return (
        f"Price of {instrument.name} {_SAID[history.span]}{told}: {price(first.close, instrument.currency)} on {day(first.day)},"
        f" {price(last.close, instrument.currency)} on {day(last.day)}."
    )


def _tickformat(history: ChartHistory) -> str:
    if not history.bars:
        return "%b %Y"
    days = (history.bars[-1].day - history.bars[0].day).days
    return "%Y" if days > 1500 else "%b %Y" if days > 200 else "%-d %b"
