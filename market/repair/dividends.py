"""Dividends that cannot be meant: in pence beside prices in pounds, or reported on two days."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from market.choices import ActionKind, SuspectReason
from market.providers.base import ActionRow, PriceRow
from market.repair.things import Doubt, Repair, ratio_of
from market.repair.units import HUNDREDTH, IN_HUNDREDTHS
from portfolio_site.kernel.decimals import EXACT

HIGH = Decimal("0.3")  # of the price: a dividend above that should be seen in it
SEEN = Decimal("0.33")  # of the dividend: the least fall on the ex-day that shows it
PLAIN = Decimal("0.15")  # of the price: a dividend that need not be seen
TWICE = timedelta(days=7)  # two equal dividends within that are one


def believable(actions: Sequence[ActionRow], rows: Sequence[PriceRow], currency: str) -> tuple[list[ActionRow], list[Repair], list[Doubt]]:
    """The actions without dividends that cannot be meant; what was mended, and what was left out.

    rows    oldest first, adjusted for splits: a dividend on the day of a split is held against the fall that it made itself
    """
    good, repairs, doubts = list[ActionRow](), list[Repair](), list[Doubt]()
    splits = [action for action in actions if action.kind == ActionKind.SPLIT]
    for action in _once(actions, rows, doubts):
        before, fall = _fall(action.ex_day, rows)
        amount = action.amount and on_a_unit_of_today(action.amount, action.ex_day, splits)
        if action.kind != ActionKind.DIVIDEND or amount is None or before is None or amount < HIGH * before or fall >= SEEN * amount:
            good.append(action)
        elif currency in IN_HUNDREDTHS and EXACT.multiply(amount, HUNDREDTH) <= PLAIN * before:
            good.append(replace(action, amount=EXACT.multiply(action.amount or amount, HUNDREDTH)))
            repairs.append(Repair(action.ex_day, "dividend", HUNDREDTH))
        else:
            doubts.append(Doubt(action.ex_day, amount, before, SuspectReason.DIVIDEND))
    return good, repairs, doubts


def on_a_unit_of_today(amount: Decimal, day: date, splits: Sequence[ActionRow]) -> Decimal:
    """What was paid on a unit of then, on a unit of today."""
    for split in splits:
        if split.ex_day > day:
            amount = EXACT.divide(amount, ratio_of(split))
    return amount


def _fall(day: date, rows: Sequence[PriceRow]) -> tuple[Decimal | None, Decimal]:
    """The last close before a day, and by how much the price was lower on that day; (None, 0) where it is not known."""
    place = bisect_left(rows, day, key=lambda row: row.day)
    if not 0 < place < len(rows):
        return None, Decimal(0)
    return rows[place - 1].close, rows[place - 1].close - rows[place].close


def _once(actions: Sequence[ActionRow], rows: Sequence[PriceRow], doubts: list[Doubt]) -> list[ActionRow]:
    """Of two equal dividends within a week the one after which the price fell more."""
    kept: list[ActionRow] = []
    for action in sorted(actions, key=lambda one: (one.ex_day, one.kind)):
        twin = next((one for one in kept if _twins(one, action)), None)
        if twin is None:
            kept.append(action)
            continue
        worse = min(twin, action, key=lambda one: _fall(one.ex_day, rows)[1])
        doubts.append(Doubt(worse.ex_day, worse.amount or Decimal(0), _fall(worse.ex_day, rows)[0], SuspectReason.DIVIDEND))
        if worse is twin:
            kept[kept.index(twin)] = action
    return kept


def _twins(one: ActionRow, other: ActionRow) -> bool:
    both = one.kind == other.kind == ActionKind.DIVIDEND
    return both and one.amount == other.amount and timedelta(0) < other.ex_day - one.ex_day <= TWICE
