"""Prices before and after splits.

Stored prices and dividends are raw: as they were on the day.  Adjusted for splits they are in the units of today, so that a split
is no step in a chart; dividends are never taken out of prices.  Raw and adjusted ones are never mixed: a caller has all of the one
or all of the other, and says which.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import partial

from market.choices import ActionKind
from market.models import Instrument
from market.providers.demo import SOURCE as DEMO
from market.selectors.actions import ActionView, actions_of
from market.selectors.prices import PriceBar, Told
from market.splits import ONE, Factor, units_since
from portfolio_site.kernel.decimals import EXACT, quotient, rounded


class Adjustment(enum.StrEnum):
    """What prices of earlier days are told in."""

    RAW = "raw"  # as quoted on the day
    SPLITS = "splits"  # in today's units


def factors(actions: Iterable[ActionView]) -> Factor:
    """From the splits among these actions, by the day of a price."""
    return units_since(
        (one.ex_day, one.ratio_new, one.ratio_old) for one in actions if one.kind == ActionKind.SPLIT and one.ratio_new and one.ratio_old
    )


def adjusted(bars: Iterable[PriceBar], factor: Factor) -> Iterator[PriceBar]:
    """The same days in today's units."""
    return (_adjusted(bar, factor(bar.day)) for bar in bars)


def adjusted_amount(amount: Decimal, day: date, factor: Factor) -> Decimal:
    """What was paid on one unit of that day, on one of today's."""
    units = factor(day)
    return amount if units == ONE else quotient(amount, units)


def _adjusted(bar: PriceBar, units: Decimal) -> PriceBar:
    if units == ONE:
        return bar
    open_, high, low = (None if price is None else quotient(price, units) for price in (bar.open, bar.high, bar.low))
    volume = None if bar.volume is None else int(rounded(EXACT.multiply(Decimal(bar.volume), units), 0))
    return replace(bar, open=open_, high=high, low=low, close=quotient(bar.close, units), volume=volume)


def told_in(instrument: Instrument, adjustment: Adjustment) -> tuple[Adjustment, Told]:
    """How its prices can be told, next to what was wanted, and what tells bars so.  One query for splits, none for raw prices."""
    if adjustment is Adjustment.RAW or why_not_adjusted(instrument):
        return Adjustment.RAW, iter
    return Adjustment.SPLITS, partial(adjusted, factor=factors(actions_of([instrument.pk])))


def why_not_adjusted(instrument: Instrument) -> str:
    """Why its prices cannot be told otherwise than they are stored; empty where they can."""
    if instrument.provider == DEMO:
        return "The prices of the demo market are adjusted for splits already."
    if instrument.owner_id is not None:
        return "Prices of your own are shown as you entered them."
    return ""
