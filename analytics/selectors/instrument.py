"""One instrument for whoever looks at it: what the market knows of it, and what the person has to do with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Any

from market.models import Instrument
from market.selectors import (
    ActionView,
    Adjustment,
    BarPage,
    ChartHistory,
    Span,
    actions_of,
    adjusted,
    chart_history,
    price_page,
    watchlists_with,
)
from portfolios.models import Portfolio
from portfolios.selectors import HoldingRow, holdings_of

PRICES = 15  # of one page of the history
LAST_DAY = date(9999, 12, 31)


@dataclass(frozen=True, slots=True)
class InstrumentPrices:
    """The chart and a page of the history, all in the same units; `actions` are all that are known, the newest first."""

    chart: ChartHistory
    page: BarPage
    actions: tuple[ActionView, ...]


@dataclass(frozen=True, slots=True)
class Stake:
    """What a person has to do with an instrument: `row` where it was ever held, on how many watchlists it stands."""

    row: HoldingRow | None
    currency: str
    watchlists: int


def prices_shown(
    instrument: Instrument, *, span: Span, adjustment: Adjustment, before: date | None = None, after: date | None = None
) -> InstrumentPrices:
    """Four queries.  Of the history the newest page, or the one before or after a day."""
    actions = tuple(actions_of([instrument.pk]))
    chart = chart_history(instrument, actions, span=span, adjustment=adjustment)
    told = partial(adjusted, factor=chart.factor)
    if after is not None:
        page = price_page(instrument.pk, PRICES, after=after, told=told)
    else:
        page = price_page(instrument.pk, PRICES, before=before or LAST_DAY, told=told)
        page = replace(page, later=before is not None)
    return InstrumentPrices(chart, page, actions[::-1])


def stake_in(user: Any, portfolios: Sequence[Portfolio], instrument: Instrument, currency: str) -> Stake:
    """The queries of `holdings_of`, none without portfolios, and one more."""
    row = holdings_of(portfolios, currency=currency).row(instrument.pk) if portfolios else None
    return Stake(row, currency, len(watchlists_with(user, instrument.pk)))
