"""Splits that a source applied to a part of the history only, so that the adjusted series has cliffs of just their ratio."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

from market.providers.base import ActionRow, PriceRow
from market.repair.things import ONE, Repair, log, ratio_of, scaled
from portfolio_site.kernel.decimals import EXACT

BEFORE, AFTER = timedelta(days=60), timedelta(days=15)  # around the ex-day: where such cliffs stand
NEAR = 0.35  # of the logarithm of the ratio: how far a move of the market may blur a cliff
LEAST = 0.25  # logarithm of a ratio below which a cliff looks like an ordinary bad day


def without_cliffs(rows: Sequence[PriceRow], splits: Sequence[ActionRow], dividends: Mapping[date, Decimal]) -> tuple[list[PriceRow], list[Repair]]:
    """Adjusted rows, oldest first, in which each split is applied throughout or not at all; and what was mended.

    The newest rows are right: a source adjusts history to them.  Going back from there, each cliff of the split's ratio or of its
    inverse means that the rows before it are of the other kind, until the next cliff.
    """
    mended, repairs = list(rows), list[Repair]()
    for split in splits:
        ratio = ratio_of(split)
        if abs(log(ratio)) >= LEAST:
            repairs += _level(mended, split.ex_day, ratio, dividends)
    return mended, repairs


def _level(rows: list[PriceRow], ex_day: date, ratio: Decimal, dividends: Mapping[date, Decimal]) -> list[Repair]:
    """Mends the rows in place."""
    repairs: list[Repair] = []
    level, newer = 0, None  # the power of the ratio that the rows before need
    for place in range(len(rows) - 1, -1, -1):
        row = rows[place]
        if row.day > ex_day + AFTER:
            continue
        if newer is not None and row.day >= ex_day - BEFORE:
            level += _cliff(row, newer, ratio, dividends)
        newer = row
        if level:
            factor = ratio if level > 0 else EXACT.divide(ONE, ratio)
            for _ in range(abs(level)):
                rows[place] = scaled(rows[place], factor)
            repairs.append(Repair(row.day, "split", factor))
    return repairs


def _cliff(older: PriceRow, newer: PriceRow, ratio: Decimal, dividends: Mapping[date, Decimal]) -> int:
    """+1 where prices fall by the ratio from one row to the next as delivered, −1 where they rise by it, else 0."""
    step, move = log(ratio), log(EXACT.divide(newer.close + dividends.get(newer.day, Decimal(0)), older.close))
    if abs(move - step) < NEAR * abs(step):
        return 1
    return -1 if abs(move + step) < NEAR * abs(step) else 0
