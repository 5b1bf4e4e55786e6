"""One's own portfolios side by side: the same period, the same currency, the figures of the reports of returns and of risk.

Opening and closing values of the past, and what rests on them, are those of the daily series; today's value is exact.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import cached_property

from analytics.engine.errors import Undefined
from analytics.selectors.batch import SharedScope
from analytics.selectors.comparing.alone import alone_of, nothing, window_of
from analytics.selectors.comparing.shapes import Alone, Side, Sides
from analytics.selectors.reads import Together
from analytics.selectors.risk.report import RiskWindow
from analytics.selectors.scope import Scope, renamed
from analytics.snapshots.reading import Stored
from portfolio_site.kernel.figures import Figure, Unit
from portfolios.ledger.book import Book
from portfolios.ledger.events import Event
from portfolios.ledger.records import INCOME
from portfolios.models import Portfolio
from portfolios.selectors import HoldingsTable, events_in, tables_of

MOST_SIDES = 20


@dataclass(eq=False)
class OfScope(Together):
    """The portfolios of a scope, in its currency; those that cannot be told in it are none of them.  What the scope has read is not read again."""

    scope: Scope = field(kw_only=True)

    @cached_property
    def stored(self) -> Stored:
        return self.scope.stored

    @cached_property
    def books(self) -> dict[int, Book]:
        return self.scope.told.books

    @cached_property
    def tables(self) -> dict[int, HoldingsTable]:
        return tables_of(self.portfolios, currency=self.scope.currency, books=self.books, own_rates=self.scope.told.own_rates)

    @cached_property
    def _codes(self) -> set[str]:
        return {self.scope.currency} | super()._codes

    @cached_property
    def _events(self) -> dict[int, list[Event]]:
        return events_in(self.portfolios, self.scope.currency)


def scopes_of(scope: Scope) -> dict[int, Scope]:
    """Each portfolio of a scope by itself, as it stands now; those that cannot be told in its currency are absent."""
    known = [one for one in scope.portfolios if one.pk in scope.told.books]
    together = OfScope(known, known[0].owner if known else None, scope=scope)
    return {one.pk: SharedScope(one, together, scope.currency) for one in known}


class SideBySide:
    """The portfolios of a scope, each by itself."""

    def __init__(self, scope: Scope, start: date | None = None, end: date | None = None) -> None:
        self.scope, self.start, self.end = scope, start, end

    @cached_property
    def windows(self) -> dict[int, RiskWindow]:
        """By portfolio; those that cannot be told in the currency are absent."""
        return {pk: self._window(scope) for pk, scope in scopes_of(self.scope).items()}

    def _window(self, scope: Scope) -> RiskWindow:
        window = window_of(scope, self.start, self.end)
        stretch, code = window.stretch, scope.currency
        stretch.start_value = Figure("start_value", Unit.MONEY, float(stretch.daily.value[0]), currency=code)
        if stretch.last != scope.today:
            stretch.end_value = Figure("end_value", Unit.MONEY, float(stretch.daily.value[-1]), currency=code)
        return window

    @cached_property
    def result(self) -> Sides:
        rows = [self._side(one) for one in self.scope.portfolios]
        firsts = [row.since for row in rows if row.since is not None]
        first = min(firsts, default=None)
        last = min(self.end or self.scope.today, self.scope.today)
        return Sides(self.start, last, self.scope.currency, tuple(_placed(row, first) for row in rows))

    def _side(self, one: Portfolio) -> Side:
        window = self.windows.get(one.pk)
        if window is None:
            return self._untold(one, self.scope.told.untold[one.pk].detail)
        stretch = window.stretch
        return Side(
            portfolio=one,
            since=None if stretch.is_empty else stretch.first,
            begins_later=False,
            value=renamed("value", stretch.end_value),
            net_flows=stretch.net_flows,
            gain=stretch.gain,
            alone=alone_of(window),
            mwr=stretch.mwr,
            mwr_is_annual=stretch.mwr_is_annual,
            risk_level=window.level,
            income=income_of(window),
            warnings=window.scope.warnings,
        )

    def _untold(self, one: Portfolio, why: str) -> Side:
        code = self.scope.currency
        value, flows, gain, income = (Figure.undefined(name, Unit.MONEY, why, code) for name in ("value", "net_flows", "gain", "income"))
        twr, annual, spread, worst, mwr = (
            Figure.undefined(name, Unit.FRACTION, why) for name in ("twr", "twr_annualised", "volatility", "maximum_drawdown", "mwr")
        )
        alone = Alone(twr, annual, spread, worst, nothing(Undefined(why)))
        return Side(one, None, False, value, flows, gain, alone, mwr, False, Figure.undefined("risk_level", Unit.NUMBER, why), income)


def _placed(row: Side, first: date | None) -> Side:
    return replace(row, begins_later=first is not None and row.since is not None and row.since > first)


def income_of(window: RiskWindow) -> Figure:
    """Booked on the days of the period.  Exact."""
    before, last = window.stretch.daily.first, window.stretch.last
    amounts = (row.amount for book in window.scope.books for row in book.postings if row.kind == INCOME and before < row.day <= last)
    return Figure("income", Unit.MONEY, sum(amounts, Decimal(0)), currency=window.scope.currency)
