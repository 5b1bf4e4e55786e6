"""One history through all repairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from market.choices import ActionKind
from market.providers.base import ActionRow, History, PriceRow
from market.repair.dividends import believable, on_a_unit_of_today
from market.repair.splits import without_cliffs
from market.repair.things import ONE, Doubt, Mended, Repair, ratio_of, scaled
from market.repair.units import in_one_unit
from portfolio_site.kernel.decimals import EXACT, rounded

__all__ = ["Doubt", "Mended", "Repair", "adjusted", "raw", "repaired"]


def repaired(history: History, anchor: Decimal | None = None) -> Mended:
    """The history as it may be stored.

    anchor    a newest price known to be good, such as the stored quote, in the units of today; by it the unit of all is known
    """
    splits = [action for action in history.actions if action.kind == ActionKind.SPLIT]
    rows, doubts = adjusted(history.prices, splits), list[Doubt]()
    rows, unit_repairs, doubts = in_one_unit(rows, history.currency, anchor)
    paid = {action.ex_day: on_a_unit_of_today(action.amount, action.ex_day, splits) for action in history.actions if action.amount is not None}
    rows, split_repairs = without_cliffs(rows, splits, paid)
    places = 12 if splits else 18  # there and back through a ratio such as 3 for 1 leaves a remainder far behind the last digit that was sent
    actions, dividend_repairs, dividend_doubts = believable(history.actions, rows, history.currency)
    prices = tuple(_storable(row, places) for row in raw(rows, splits))
    return Mended(prices, tuple(actions), (*doubts, *dividend_doubts), (*unit_repairs, *split_repairs, *dividend_repairs))


def adjusted(rows: Sequence[PriceRow], splits: Sequence[ActionRow]) -> list[PriceRow]:
    """Raw rows in the units of today: prices of before a split divided by its ratio."""
    return _through(rows, splits, turn_back=False)


def raw(rows: Sequence[PriceRow], splits: Sequence[ActionRow]) -> list[PriceRow]:
    """Adjusted rows in the units of their own day."""
    return _through(rows, splits, turn_back=True)


def _through(rows: Sequence[PriceRow], splits: Sequence[ActionRow], *, turn_back: bool) -> list[PriceRow]:
    if not splits:
        return list(rows)
    later = sorted(splits, key=lambda split: split.ex_day)
    factor, done = ONE, list[PriceRow]()
    for row in reversed(rows):
        while later and later[-1].ex_day > row.day:
            factor = EXACT.multiply(factor, ratio_of(later.pop()))
        done.append(scaled(row, factor if turn_back else EXACT.divide(ONE, factor)))
    return done[::-1]


def _storable(row: PriceRow, places: int) -> PriceRow:
    def short(price: Decimal | None) -> Decimal | None:
        return None if price is None else rounded(price, places)

    return replace(row, close=rounded(row.close, places), open=short(row.open), high=short(row.high), low=short(row.low))
