"""Gains over a period, by instrument and in total.  Exact.  docs/numbers.md: "Gains".

Realised gains, income and expenses are those booked on the days of the period.  The unrealised gain is its change over the
period: what is open at the end less what was open at the close before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from analytics.selectors.amounts import Gains, GainsRow
from analytics.selectors.scope import Scope, less
from analytics.selectors.value import total
from portfolio_site.kernel.figures import Figure, Unit
from portfolios.choices import CostMethod
from portfolios.ledger.book import Book
from portfolios.ledger.records import EXPENSE, INCOME, REALISED
from portfolios.models import Portfolio
from portfolios.selectors import HoldingRow, HoldingsTable, InstrumentView

ZERO = Decimal(0)
LEFT_OUT = "Its unrealised gain is left out."
CURRENCY = "currency"  # the source of a posting that is a gain on cash of another currency


def gains(
    portfolios: Sequence[Portfolio], *, currency: str = "", start: date | None = None, end: date | None = None, today: date | None = None
) -> Gains:
    """Gains of some portfolios together, from the start of `start` (the beginning) to the end of `end` (now)."""
    return gains_of(Scope(portfolios, currency, today=today), start, end)


def gains_of(scope: Scope, start: date | None = None, end: date | None = None) -> Gains:
    """The same from what a scope has read; an earlier end, and a start, cost one table each."""
    last = min(end or scope.today, scope.today)
    closing = scope.table if last == scope.today else scope.table_on(last)
    opening = None if start is None else scope.table_on(start - timedelta(days=1))
    booked = _Booked(scope.currency)
    for book in scope.books:
        booked.add(book, start, last)
    shifts = _Shifts(scope, opening, closing)
    before, after = _by_instrument(opening), _by_instrument(closing)
    rows = [
        _instrument_row(view, before.get(view.id), after.get(view.id), booked, shifts, scope.currency)
        for view in _views(scope, before, after, booked)
    ]
    rows += _cash_rows(opening, closing, booked, scope.currency)
    rows.sort(key=lambda row: (not row.total.known, -(row.total.value or ZERO)))
    code = scope.currency
    realised, income, expenses = (sum((getattr(row, name) for row in rows), ZERO) for name in ("realised", "income", "expenses"))
    unrealised = total("unrealised", (row.unrealised for row in rows), code, left_out=LEFT_OUT)
    by_currency = sum(booked.currency_parts.values(), ZERO) + booked.sums[None, CURRENCY]
    return Gains(
        start=start,
        end=last,
        currency=code,
        realised=realised,
        unrealised=unrealised,
        income=income,
        expenses=expenses,
        total=_plus(unrealised, realised + income - expenses, "total_gain"),
        price_part=_plus(total("price_part", (row.open_price_part for row in rows), code, left_out=LEFT_OUT), realised - by_currency, "price_part"),
        currency_part=_plus(total("currency_part", (row.open_currency_part for row in rows), code, left_out=LEFT_OUT), by_currency, "currency_part"),
        net_flows=booked.net_flows,
        rows=tuple(rows),
    )


@dataclass(slots=True)
class _Booked:
    """What the ledgers booked in the period, by instrument; None: of no instrument.

    currency_parts  of what was realised; the rest of it is price
    """

    currency: str
    sums: dict[tuple[int | None, str], Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    currency_parts: dict[int, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    on_cash: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    net_flows: Decimal = ZERO

    def add(self, book: Book, start: date | None, last: date) -> None:
        for posting in book.postings:
            if _inside(posting.day, start, last):
                key = (CURRENCY if posting.source == CURRENCY else posting.kind) if posting.instrument is None else posting.kind
                self.sums[posting.instrument, key] += posting.amount
        for match in book.matches:
            if _inside(match.closed_on, start, last):
                self.currency_parts[match.instrument] += match.currency_part
        self.net_flows += sum((flow.amount for flow in book.flows if _inside(flow.day, start, last)), ZERO)


class _Shifts:
    """How much of a gain lies elsewhere because of purchases that came later.

    Under share matching a sale of one day may be matched with a purchase of the month after.  What the books of an earlier day
    know as realised then differs from what the whole ledger books on those days; the difference is an open gain of that day, so
    that the period's gains lead from its first value to its last.  Nothing under the other methods.
    """

    def __init__(self, scope: Scope, opening: HoldingsTable | None, closing: HoldingsTable) -> None:
        self.opening = {} if opening is None else self._of(scope, opening)
        self.closing = {} if closing is scope.table else self._of(scope, closing)

    @staticmethod
    def _of(scope: Scope, table: HoldingsTable) -> dict[int, Decimal]:
        if all(portfolio.cost_method != CostMethod.SECTION104 for portfolio in scope.portfolios):
            return {}
        known: dict[int, Decimal] = defaultdict(Decimal)
        for row in (*table.rows, *table.closed):
            known[row.instrument.id] += row.realised
        for book in scope.books:
            for posting in book.postings:
                if posting.kind == REALISED and posting.instrument is not None and posting.day <= table.as_of:
                    known[posting.instrument] -= posting.amount
        return known

    def of(self, instrument: int) -> Decimal:
        """What the open gain grew by over the period for this reason."""
        return self.closing.get(instrument, ZERO) - self.opening.get(instrument, ZERO)


def _inside(day: date, start: date | None, last: date) -> bool:
    return (start is None or day >= start) and day <= last


def _by_instrument(table: HoldingsTable | None) -> dict[int, HoldingRow]:
    return {} if table is None else {row.instrument.id: row for row in table.rows}


def _views(scope: Scope, before: dict[int, HoldingRow], after: dict[int, HoldingRow], booked: _Booked) -> list[InstrumentView]:
    """The instruments that gained or lost anything, or could have."""
    moved = {instrument for instrument, _ in booked.sums if instrument is not None}
    return [scope.instruments[pk] for pk in sorted(before.keys() | after.keys() | moved) if pk in scope.instruments]


def _open(row: HoldingRow | None, name: str, currency: str) -> Figure:
    """The open gain of a holding, or a part of it; nothing where it was not held."""
    if row is None:
        return Figure(name, Unit.MONEY, ZERO, currency=currency)
    found: Figure = getattr(row, name)
    return found


def _plus(figure: Figure, amount: Decimal, name: str) -> Figure:
    """The figure with an exact amount added."""
    if not isinstance(figure.value, Decimal):
        return Figure.undefined(name, Unit.MONEY, figure.why_not, figure.currency)
    return Figure(name, Unit.MONEY, figure.value + amount, currency=figure.currency, warnings=figure.warnings, stale_since=figure.stale_since)


def _instrument_row(
    view: InstrumentView, opening: HoldingRow | None, closing: HoldingRow | None, booked: _Booked, shifts: _Shifts, currency: str
) -> GainsRow:
    realised = booked.sums[view.id, REALISED]
    income, expenses = booked.sums[view.id, INCOME], booked.sums[view.id, EXPENSE]
    unrealised, price, exchange = (
        less(name, _open(closing, name, currency), _open(opening, name, currency)) for name in ("unrealised", "price_part", "currency_part")
    )
    if shift := shifts.of(view.id):
        unrealised, price = _plus(unrealised, shift, "unrealised"), _plus(price, shift, "price_part")
    by_currency = booked.currency_parts[view.id]
    return GainsRow(
        instrument=view,
        cash="",
        realised=realised,
        unrealised=unrealised,
        income=income,
        expenses=expenses,
        total=_plus(unrealised, realised + income - expenses, "total_gain"),
        price_part=_plus(price, realised - by_currency, "price_part"),
        currency_part=_plus(exchange, by_currency, "currency_part"),
        open_price_part=price,
        open_currency_part=exchange,
    )


def _cash_rows(opening: HoldingsTable | None, closing: HoldingsTable, booked: _Booked, currency: str) -> list[GainsRow]:
    """Currency gains on cash, open and realised; and what belongs to no instrument: interest, fees, taxes."""
    before = {} if opening is None else {cash.currency: cash.gain for cash in opening.cash}
    after = {cash.currency: cash.gain for cash in closing.cash}
    nothing = Figure("unrealised", Unit.MONEY, ZERO, currency=currency)
    rows = []
    for code in sorted({*before, *after}):
        change = less("unrealised", after.get(code, nothing), before.get(code, nothing))
        if change.value != 0:
            rows.append(_cash_row(code, ZERO, change, ZERO, ZERO, currency))
    realised, income, expenses = booked.sums[None, CURRENCY], booked.sums[None, INCOME], booked.sums[None, EXPENSE]
    if realised or income or expenses:
        rows.append(_cash_row("", realised, nothing, income, expenses, currency))
    return rows


def _cash_row(code: str, realised: Decimal, change: Figure, income: Decimal, expenses: Decimal, currency: str) -> GainsRow:
    nothing = Figure("price_part", Unit.MONEY, ZERO, currency=currency)
    return GainsRow(
        instrument=None,
        cash=code,
        realised=realised,
        unrealised=change,
        income=income,
        expenses=expenses,
        total=_plus(change, realised + income - expenses, "total_gain"),
        price_part=nothing,
        currency_part=_plus(change, realised, "currency_part"),
        open_price_part=nothing,
        open_currency_part=_plus(change, ZERO, "currency_part"),
    )
