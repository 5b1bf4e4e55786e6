"""Everything that the page of one instrument shows: position, lots, sales, price history with trades, gain and income."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from analytics.selectors.explaining.holding import holding_explanations
from analytics.selectors.explaining.income import holding_income_explanations
from analytics.selectors.explanations import Explanations
from analytics.selectors.holding_events import Dealings, marks, money_weighted
from analytics.selectors.income.figures import over_cost
from analytics.selectors.income.report import IncomeReport
from analytics.selectors.scope import Scope
from analytics.selectors.shapes import HoldingDetail, LotRow, SoldRow, YearIncome
from analytics.selectors.thinning import thinned
from market.models import Instrument
from market.selectors import PriceColumnView, day_number, day_of, price_columns
from portfolio_site.kernel.decimals import quotient
from portfolio_site.kernel.figures import Figure, Unit
from portfolios.ledger.records import EXPENSE, INCOME, Lot, Position, Posting
from portfolios.models import Portfolio
from portfolios.selectors import HoldingRow, InstrumentView, LotView, MatchView, lot_view

ZERO = Decimal(0)


def holding_detail(
    user: Any,
    portfolios: Sequence[Portfolio],
    instrument: Instrument,
    currency: str = "",
    *,
    today: date | None = None,
    as_of: date | None = None,
    known_at: datetime | None = None,
) -> HoldingDetail:
    """One instrument in some of a person's portfolios together, now or as of an earlier day, as known now or then (see Scope).

    Queries, whatever its history: those of `holdings_of`, then at most four for its entries, four for what it pays, and three for prices and rates.
    """
    scope = Scope(portfolios, currency, today=today, as_of=as_of, known_at=known_at).owned_by(user)
    row = scope.table.row(instrument.pk)
    dealings = Dealings(scope, instrument)
    column = price_columns([instrument.pk]).get(instrument.pk)
    postings = [posting for book in scope.books for posting in book.postings if posting.instrument == instrument.pk]
    days, closes = _history(column, scope.until)
    shown = [one.instrument.id for one in scope.table.rows]
    place = shown.index(instrument.pk) if instrument.pk in shown else None
    mwr, annual = money_weighted(dealings, row)
    earned = IncomeReport(scope, instrument=instrument.pk)
    income = None if row is None else earned.of_holding(instrument.pk)
    return HoldingDetail(
        instrument=InstrumentView.of(instrument) if row is None else row.instrument,
        currency=scope.currency,
        as_of=scope.today,
        row=row,
        table=scope.table,
        lots=tuple(_lots(scope, instrument, row)),
        sold=tuple(_sold(scope, instrument.pk)),
        days=days,
        closes=closes,
        simulated_from=None if column is None or column.simulated_from is None else day_of(column.simulated_from),
        average_cost_local=_average_local(scope, instrument),
        marks=tuple(marks(dealings, column)),
        parts=_parts(row, scope.currency),
        income=_income_by_year(postings),
        income_net=Figure("income", Unit.MONEY, _net(postings), currency=scope.currency),
        yield_on_cost=over_cost("yield_on_cost", ZERO, ZERO) if income is None else income.yield_on_cost,
        paying=income,
        money_weighted=mwr,
        money_weighted_is_annual=annual,
        previous_id=shown[place - 1] if place else None,
        next_id=shown[place + 1] if place is not None and place + 1 < len(shown) else None,
        explanations=Explanations(
            {**holding_explanations(scope, row).makers, **({} if row is None else holding_income_explanations(earned, instrument.pk))}
        ),
    )


def _history(column: PriceColumnView | None, until: date | None) -> tuple[tuple[date, ...], tuple[float, ...]]:
    """Closes for a chart, thinned."""
    if column is None:
        return (), ()
    at = thinned(column.days if until is None else column.days[column.days <= day_number(until)])
    return tuple(day_of(number) for number in column.days[at].tolist()), tuple(column.closes[at].tolist())


# ── lots and sales ──────────────────────────────────────────────────────────


def _lots(scope: Scope, instrument: Instrument, row: HoldingRow | None) -> list[LotRow]:
    """Open lots of all portfolios, oldest first, valued like the row."""
    found = []
    for pk, book in scope.told.books.items():
        position = book.positions.get(instrument.pk)
        if position is not None and row is not None:
            found += [LotRow(pk, _lot(position, lot, row, scope)) for lot in position.lots]
    return sorted(found, key=lambda one: (one.lot.opened_on, one.portfolio_id))


def _lot(position: Position, lot: Lot, row: HoldingRow, scope: Scope) -> LotView:
    price, rate = (one.value if isinstance(one.value, Decimal) else None for one in (row.price, row.rate))
    why, stale = row.price.why_not or row.rate.why_not, row.value.stale_since
    return lot_view(position, lot, price, rate, scope.currency, scope.today, why_not=why, stale_since=stale)


def _sold(scope: Scope, instrument: int) -> list[SoldRow]:
    """Parts of sales, the newest first."""
    found = [SoldRow(pk, MatchView.of(one)) for pk, book in scope.told.books.items() for one in book.matches if one.instrument == instrument]
    return sorted(found, key=lambda row: (row.match.closed_on, row.match.sale_id), reverse=True)


def _average_local(scope: Scope, instrument: Instrument) -> Figure:
    """Cost of one unit held, in the instrument's currency."""
    positions = [book.positions[instrument.pk] for book in scope.books if instrument.pk in book.positions]
    units = sum((position.quantity for position in positions), ZERO)
    if not units:
        return Figure.undefined("average_cost", Unit.MONEY, "Nothing is held.", instrument.currency)
    cost = sum((position.cost_local for position in positions), ZERO)
    return Figure("average_cost", Unit.MONEY, quotient(cost, units), currency=instrument.currency)


def as_quoted(amount: Figure, instrument: InstrumentView) -> Figure:
    """Money of one unit as the instrument is quoted: of a bond in percent of par."""
    if not (instrument.in_percent and isinstance(amount.value, Decimal)):
        return amount
    return replace(amount, value=quotient(amount.value, instrument.price_factor), currency=instrument.price_unit)


# ── gain and income ─────────────────────────────────────────────────────────


def _parts(row: HoldingRow | None, currency: str) -> tuple[tuple[str, Figure], ...]:
    """Where the gain came from; the parts add up to the total gain exactly."""
    if row is None or not row.total_gain.known:
        return ()

    def money(amount: Decimal) -> Figure:
        return Figure("total_gain", Unit.MONEY, amount, currency=currency)

    return (
        ("Price", row.price_part),
        ("Currency", row.currency_part),
        ("Realised", money(row.realised)),
        ("Income", money(row.income)),
        ("Costs", money(-row.expenses)),
    )


def _net(postings: Sequence[Posting]) -> Decimal:
    """Income less what was withheld or charged."""
    return sum((p.amount if p.kind == INCOME else -p.amount for p in postings if p.kind in {INCOME, EXPENSE}), ZERO)


def _income_by_year(postings: Sequence[Posting]) -> tuple[YearIncome, ...]:
    """Every year from the first payment to the last; years without any are zero."""
    gross: dict[int, Decimal] = defaultdict(Decimal)
    expenses: dict[int, Decimal] = defaultdict(Decimal)
    for posting in postings:
        if posting.kind == INCOME:
            gross[posting.day.year] += posting.amount
        elif posting.kind == EXPENSE:
            expenses[posting.day.year] += posting.amount
    if not gross:
        return ()
    return tuple(YearIncome(year, gross[year], expenses[year]) for year in range(min(gross), max(gross) + 1))
