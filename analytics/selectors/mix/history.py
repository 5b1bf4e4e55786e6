"""How the mix came about: shares of the exposure at the end of each month.  Parts are those that things have today: no past classification is known.

The last day is that of the report, from the exact figures; the months before it are closes.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import numpy as np

from analytics import memory
from analytics.border import FloatArray
from analytics.choices import By
from analytics.monthly import Monthly, monthly
from analytics.selectors.mix.exposure import Mix
from analytics.selectors.mix.shapes import MixHistory
from analytics.selectors.value import CASH, parts_of
from market.selectors import Part, day_number, day_of, price_columns
from portfolios.selectors import HoldingRow

MOST_PARTS = 8
_ONE = Decimal(1)
OTHER, UNCLASSIFIED = "other", ""


def mix_history(mix: Mix, by: By, start: date | None = None) -> MixHistory:
    """By one dimension, from the month that `start` lies in; three queries where it must be computed anew.

    Months in which nothing was held, or cash without a rate, are left off.
    """
    found = _monthly(mix)
    kept = found.known & (found.worth.sum(axis=0) > 0)
    if start is not None:
        kept &= found.days >= day_number(start)
    kept[-1] = mix.exposure.known
    keys, names, table = _by_part(mix, by, found)
    shares = table[:, kept] / np.maximum(table[:, kept].sum(axis=0), 1e-300)
    if kept[-1]:
        shares[:, -1] = _today(mix, by, keys)
    keys, names, shares = _gathered(keys, names, shares)
    days = tuple(day_of(number) for number in found.days[kept].tolist())
    return MixHistory(by, days, tuple(keys), tuple(names), tuple(tuple(row.tolist()) for row in shares))


def _monthly(mix: Mix) -> Monthly:
    return memory.mixes.of(mix.scope.key, lambda: _computed(mix))


def _computed(mix: Mix) -> Monthly:
    scope = mix.scope
    quoted = {pk: view.currency for pk, view in scope.instruments.items()}
    market = scope.market(price_columns(quoted), quoted, {str(code) for book in scope.books for code in book.cash})
    return monthly(scope.books, currency=scope.currency, market=market, last=scope.today, costs=scope.costs)


def _by_part(mix: Mix, by: By, found: Monthly) -> tuple[list[str], list[str], FloatArray]:
    """Exposure by part: keys, names, and one row of months for each."""
    rows = {row.instrument.id: row for row in (*mix.table.rows, *mix.table.closed)}
    names: dict[str, str] = {one.key: one.name for one in mix.slices(by)}
    held = [_parts(mix, by, key, rows) for key in found.keys]
    for parts in held:
        names.update({part.key: part.name for part in parts if part.key not in names})
    place = {key: number for number, key in enumerate(names)}
    fractions = np.zeros((len(names), len(held)))
    for number, parts in enumerate(held):
        for part in parts:
            fractions[place[part.key], number] += float(part.weight)
    return list(names), list(names.values()), fractions @ found.worth


def _parts(mix: Mix, by: By, key: int | str, rows: dict[int, HoldingRow]) -> tuple[Part, ...]:
    if isinstance(key, str):
        return (Part(key, key, _ONE),) if by is By.CURRENCY else (Part(CASH, "Cash", _ONE),)
    return parts_of(rows[key], by, mix.told)


def _today(mix: Mix, by: By, keys: list[str]) -> FloatArray:
    weights = {one.key: float(one.weight.value or 0) for one in mix.slices(by)}
    return np.array([weights.get(key, 0.0) for key in keys])


def _gathered(keys: list[str], names: list[str], shares: FloatArray) -> tuple[list[str], list[str], FloatArray]:
    """The largest of the last day and, after them, of all days, with the smaller ones together; what is unclassified last."""
    if not shares.size:
        return [], [], shares[:0]
    order = sorted(range(len(keys)), key=lambda i: (keys[i] == UNCLASSIFIED, -shares[i, -1], -float(shares[i].mean()), keys[i]))
    order = [i for i in order if shares[i].any()]
    named = [i for i in order if keys[i] != UNCLASSIFIED]
    rest = [i for i in order if keys[i] == UNCLASSIFIED]
    many = len(order) > MOST_PARTS
    shown = named[: MOST_PARTS - 1 - len(rest)] if many else named
    small = named[len(shown) :]
    rows = [shares[i] for i in shown] + ([shares[small].sum(axis=0)] if small else []) + [shares[i] for i in rest]
    found = [keys[i] for i in shown] + ([OTHER] if small else []) + [UNCLASSIFIED] * len(rest)
    called = [names[i] for i in shown] + (["Other"] if small else []) + [names[i] for i in rest]
    return found, called, np.vstack(rows)
