"""Dividends of a statement that were accepted from a proposal before: the statement's own row is left out, unless the person wants it.

A split needs no look of its own: one of the same ratio is a duplicate whoever recorded it.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from portfolios.actions.recorded import AFTER_EX_DAY, BEFORE_EX_DAY, LEAST, MOST
from portfolios.choices import TransactionKind
from portfolios.models import Portfolio, Transaction

ZERO = Decimal(0)


class Accepted(NamedTuple):
    """A dividend that was accepted: its number, the ex-day, and what it was before costs, None where that cannot be compared."""

    entry: int
    ex_day: date
    gross: Decimal | None
    currency: str


class AcceptedDividends:
    """Those of one portfolio, each of which stands for one row of a statement.  One query, made when it is first asked."""

    def __init__(self, portfolio: Portfolio) -> None:
        self._portfolio = portfolio
        self._left: dict[int, list[Accepted]] | None = None

    def _read(self) -> dict[int, list[Accepted]]:
        found: dict[int, list[Accepted]] = defaultdict(list)
        rows = Transaction.objects.live().filter(portfolio=self._portfolio, kind=TransactionKind.DIVIDEND, proposal__isnull=False)
        for row in rows.select_related("proposal__action"):
            gross = row.quantity * row.price if row.quantity is not None and row.price is not None else row.amount
            assert row.proposal is not None and row.instrument_id is not None
            found[row.instrument_id].append(Accepted(row.entry, row.proposal.action.ex_day, gross, row.currency))
        return found

    def take(self, instrument: int, day: date, gross: Decimal | None, currency: str) -> int | None:
        """The entry that a row of this day and amount is already, the nearest one; it stands for no other row then."""
        if self._left is None:
            self._left = self._read()
        near = [
            (abs((day - one.ex_day).days), one.entry, one)
            for one in self._left.get(instrument, ())
            if one.ex_day - BEFORE_EX_DAY <= day <= one.ex_day + AFTER_EX_DAY and _is_about(one, gross, currency)
        ]
        if not near:
            return None
        _, entry, nearest = min(near)
        self._left[instrument].remove(nearest)
        return entry


def _is_about(one: Accepted, gross: Decimal | None, currency: str) -> bool:
    """What was paid in another currency cannot be compared here: the nearest in time is taken for it."""
    if gross is None or not one.gross or currency != one.currency:
        return True
    return LEAST * one.gross <= gross <= MOST * one.gross
