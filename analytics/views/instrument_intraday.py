"""The chart of an instrument's prices within the newest days, where somebody asked for them, and asking."""

from __future__ import annotations

from datetime import datetime
from itertools import groupby
from typing import Any

from analytics.views.instrument_chart import level_of
from market.models import Instrument
from market.selectors import IntradayPrices, intraday_prices, shown_source
from market.services.on_demand import intraday_state
from portfolio_site.web import charts
from portfolio_site.web.numbers import price
from portfolio_site.web.times import clock, day_short

SPANS = {"1D": 1, "5D": 5}  # as the address and the page call them, with their trading days
_TICKS = 6


def intraday_context(instrument: Instrument, span: str, *, candles: bool) -> dict[str, Any]:
    """One query.  `state` says how far a question is, and why there is nobody to ask."""
    prices = intraday_prices(instrument.pk, days=SPANS[span])
    bars = _bars(instrument, prices)
    drawn = charts.quotes(bars, candles=candles) if len(bars.x) > 1 else None
    return {
        "bars": bars,
        "chart": drawn,
        "alert_at": level_of(bars.close[-1]) if drawn is not None else None,
        "candles": candles and bars.whole,
        "chart_said": _said(instrument, prices),
        "intraday": prices,
        "intraday_source": shown_source(prices.source) if prices.source else "",
        "state": intraday_state(instrument),
        "intraday_span": span,
    }


def _bars(instrument: Instrument, prices: IntradayPrices) -> charts.Bars:
    names = [_named(bar.start) for bar in prices.bars]
    return charts.Bars.of(prices.bars, names, instrument.currency, named=True, ticks=_ticks(prices))


def _named(start: datetime) -> str:
    """“20 Nov 15:35” in the person's time zone: also what hovering says."""
    return f"{day_short(start)} {clock(start)}"


def _ticks(prices: IntradayPrices) -> list[tuple[int, str]]:
    """The middle of each day; of one day some times."""
    if len(prices.days) > 1:
        days = [list(group) for _, group in groupby(enumerate(prices.bars), key=lambda one: one[1].day)]
        return [(bars[len(bars) // 2][0], day_short(bars[0][1].day)) for bars in days]
    step = max(1, len(prices.bars) // _TICKS)
    return [(at, clock(prices.bars[at].start)) for at in range(step // 2, len(prices.bars), step)]


def _said(instrument: Instrument, prices: IntradayPrices) -> str:
    """The chart as a sentence, for those who do not see it."""
    if len(prices.bars) < 2:
        return ""
    first, last = prices.bars[0], prices.bars[-1]
    return (
        f"Price of {instrument.name} every five minutes: {price(first.close, instrument.currency)} at {_named(first.start)},"
        f" {price(last.close, instrument.currency)} at {_named(last.start)}."
    )
