"""The invariants of a ledger that hold after every step: L1, L3, L4, L5 and L13.  Exact; there is no tolerance anywhere."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from portfolio_site.kernel.decimals import exact
from portfolios.ledger.book import Book
from portfolios.models import CashBalance, Holding, Portfolio, Transaction
from portfolios.selectors import book_of
from portfolios.services import check_portfolio
from tests.ledger.build import balance
from tests.ledger.reference import Fold
from tests.truth.model import Ledger, folded

_MONEY = ("quantity", "price", "amount", "fees", "taxes", "fx_rate", "accrued", "given_amount", "reinvested_quantity", "costs_rate")


def check(ledger: Ledger) -> Book:
    """All of them, on one portfolio.  Returns its book."""
    portfolio = Portfolio.objects.get(pk=ledger.key)
    book, state = book_of(portfolio), folded(ledger.events(), ledger.rules)
    same_as_the_fold(portfolio, book, state)
    never_below_zero(book, ledger)
    every_decimal_is_explained(book)
    lots_add_up(book)
    stored_numbers_are_numbers(portfolio)
    return book


def same_as_the_fold(portfolio: Portfolio, book: Book, state: Fold) -> None:
    """L1: the book, the stored rows and a rebuild of them all equal the independent fold of what was commanded."""
    lots = {i: [(lot.opened_on, lot.quantity, lot.cost, lot.cost_local) for lot in p.lots] for i, p in book.positions.items() if p.lots}
    wanted = {i: [(lot.day, lot.units, lot.cost, lot.local) for lot in kept] for i, kept in state.lots.items() if kept}
    for i in lots.keys() | wanted.keys():
        assert lots.get(i) == wanted.get(i), f"L1: the lots of {i} differ from the fold: {lots.get(i)}"
    assert (book.realised, book.income, book.expenses) == (state.realised, state.income, state.expenses), "L1: the gains differ from the fold"
    assert book.net_flows == state.flows, "L1: the flows differ from the fold"
    stored = {row.instrument_id: row for row in Holding.objects.filter(portfolio=portfolio)}
    assert {i: (row.quantity, row.cost, row.cost_local) for i, row in stored.items() if row.is_open} == {
        i: tuple(sum(lot[n] for lot in kept) for n in (1, 2, 3)) for i, kept in wanted.items()
    }, "L1: the stored holdings differ from the fold"
    on_cash = book.realised - sum((p.realised for p in book.positions.values()), Decimal(0))
    assert sum((row.realised for row in stored.values()), on_cash) == state.realised, "L1: the stored gains differ from the fold"
    cash = {row.currency: (row.amount, row.cost) for row in CashBalance.objects.filter(portfolio=portfolio)}
    assert cash == {str(code): tuple(pool) for code, pool in state.cash.items() if any(pool)}, "L1: the stored cash differs from the fold"
    assert check_portfolio(portfolio) == [], "L1: the stored rows differ from a rebuild"


def never_below_zero(book: Book, ledger: Ledger) -> None:
    """L3: at no past moment less than nothing is held, unless the portfolio may be short."""
    assert ledger.rules.allows_short or all(step.quantity_after >= 0 for step in book.steps), "L3: units below zero"


def every_decimal_is_explained(book: Book) -> None:
    """L4: value less flows is gains and income less expenses, at prices and rates that nobody ever saw."""
    prices = {i: Decimal(i * 7 % 89) / 8 for i in book.positions}
    rates: dict[Any, Decimal] = {p.currency: Decimal("0.713") for p in book.positions.values() if p.currency}
    rates |= dict.fromkeys(book.cash, Decimal("0.713"))
    assert balance(book, prices, rates) == 0, "L4: a part of the wealth is not explained"


def lots_add_up(book: Book) -> None:
    """L5: lots add up to the position, and matches to what was taken from it; no units, no cost."""
    for position in book.positions.values():
        sums = [sum((getattr(lot, name) for lot in position.lots), Decimal(0)) for name in ("quantity", "cost", "cost_local")]
        assert sums == [position.quantity, position.cost, position.cost_local], "L5: lots do not add up"
        assert position.quantity or not position.cost, "L5: cost without units"
    for match in book.matches:
        assert match.gain == match.proceeds - match.cost == match.price_part + match.currency_part, "L5: parts of a gain do not add up"


def stored_numbers_are_numbers(portfolio: Portfolio) -> None:
    """L13: every number that is stored can be read, is finite and in range."""
    for row in Transaction.objects.filter(portfolio=portfolio):
        for name in _MONEY:
            value = getattr(row, name)
            assert value is None or exact(value) == value, f"L13: {name}"


def snapshot(portfolio_id: int) -> tuple[Any, ...]:
    """Everything that a refusal must leave as it was."""
    portfolio = Portfolio.objects.get(pk=portfolio_id)
    rows = Transaction.objects.filter(portfolio=portfolio).order_by("pk").values_list("pk", "voided_at")
    holdings = Holding.objects.filter(portfolio=portfolio).order_by("instrument").values_list("instrument", "quantity", "cost", "realised")
    cash = CashBalance.objects.filter(portfolio=portfolio).order_by("currency").values_list("currency", "amount", "cost")
    return portfolio.revision, list(rows), list(holdings), list(cash)
