"""Holdings and cash balances as stored rows: a projection of the ledger that can be dropped and made again, row for row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from portfolio_site.kernel.decimals import NotExact, exact
from portfolio_site.kernel.errors import Invalid
from portfolios.errors import LedgerRefused
from portfolios.ledger.book import Book
from portfolios.ledger.gains import worth
from portfolios.ledger.records import CashPool, Position
from portfolios.ledger.replay import replay
from portfolios.models import CashBalance, Holding, Portfolio, Transaction
from portfolios.selectors.ledger import events_of, rules_of
from portfolios.services.locking import only_writer
from portfolios.transfers.legs import legs_of, stale_arrivals

ZERO, ONE = Decimal(0), Decimal(1)
_HOLDING = ("quantity", "cost", "cost_local", "realised", "income", "expenses", "is_open", "opened_on", "changed_on")


def _holding(portfolio: Portfolio, position: Position) -> Holding:
    return Holding(
        portfolio=portfolio,
        instrument_id=position.instrument,
        quantity=exact(position.quantity),
        cost=exact(position.cost),
        cost_local=exact(position.cost_local),
        realised=exact(position.realised),
        income=exact(position.income),
        expenses=exact(position.expenses),
        is_open=position.is_open,
        opened_on=position.opened_on,
        changed_on=position.changed_on,
    )


def write_holdings(portfolio: Portfolio, book: Book, instruments: Iterable[int]) -> None:
    """Rewrite the rows of these instruments from a book that holds at least them.  Two queries."""
    touched = set(instruments)
    if not touched:
        return
    Holding.objects.filter(portfolio=portfolio, instrument__in=touched).delete()
    try:
        rows = [_holding(portfolio, book.positions[pk]) for pk in sorted(touched & book.positions.keys())]
    except NotExact:
        raise Invalid("The holding would come to more than can be kept: at most 20 digits stand before the point.") from None
    Holding.objects.bulk_create(rows)


def write_cash(portfolio: Portfolio, pools: Iterable[CashPool], *, replacing: Iterable[str] | None = None) -> None:
    """Rewrite the balances of these currencies; of all where `replacing` is missing.  Two queries."""
    stale = CashBalance.objects.filter(portfolio=portfolio)
    (stale if replacing is None else stale.filter(currency__in=list(replacing))).delete()
    try:
        rows = [
            CashBalance(portfolio=portfolio, currency=str(pool.currency), amount=exact(pool.amount), cost=exact(pool.cost))
            for pool in sorted(pools, key=lambda pool: pool.currency)
            if pool.amount or pool.cost
        ]
    except NotExact:
        raise Invalid("The cash would come to more than can be kept: at most 20 digits stand before the point.") from None
    CashBalance.objects.bulk_create(rows)


def write_all(portfolio: Portfolio, book: Book) -> None:
    """Rewrite every row of the portfolio's projection."""
    Holding.objects.filter(portfolio=portfolio).exclude(instrument__in=book.positions).delete()
    write_holdings(portfolio, book, book.positions)
    write_cash(portfolio, book.cash.values())


def rebuild_projection(portfolio: Portfolio) -> None:
    """Drop the stored holdings and balances and make them again from the ledger."""
    with only_writer(portfolio, by=None) as locked:
        write_all(locked, replay(events_of(locked), rules_of(locked)))


# ── checking ────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it must be.  Names no amount."""

    portfolio_id: int
    what: str


def check_portfolio(portfolio: Portfolio) -> list[Finding]:
    """Whether the stored rows equal a rebuild from zero, and the identity of numbers.md holds to the last decimal.

    The identity is checked at prices and rates that are made up from the keys of instruments: it must hold at any.
    Both legs of each transfer to another portfolio say the same.  Five queries, six with such transfers.
    """
    found: list[Finding] = []
    events = events_of(portfolio)
    try:
        book = replay(events, rules_of(portfolio))
    except LedgerRefused as refused:
        return [Finding(portfolio.pk, f"the ledger cannot be replayed: {refused.code}")]
    stored = {row.instrument_id: row for row in Holding.objects.filter(portfolio=portfolio)}
    for pk in sorted(stored.keys() | book.positions.keys()):
        found += _compare_holding(portfolio, stored.get(pk), book.positions.get(pk), pk)
    cash = {row.currency: (row.amount, row.cost) for row in CashBalance.objects.filter(portfolio=portfolio)}
    wanted = {str(pool.currency): (pool.amount, pool.cost) for pool in book.cash.values() if pool.amount or pool.cost}
    found += [
        Finding(portfolio.pk, f"the balance in {code} differs from the ledger")
        for code in sorted(cash.keys() | wanted.keys())
        if cash.get(code) != wanted.get(code)
    ]
    return found + _check_transfers(portfolio, book) + _check_identity(portfolio, book)


def _check_transfers(portfolio: Portfolio, book: Book) -> list[Finding]:
    """Neither leg is without the other, and what arrives is what the book carried out."""
    links = Transaction.objects.live().filter(portfolio=portfolio, link__isnull=False).values_list("link", "origin_id", "pk")
    numbers = {link: origin or pk for link, origin, pk in links}
    legs = legs_of(numbers) if numbers else {}
    found = [Finding(portfolio.pk, f"entry {number} is half a transfer") for link, number in numbers.items() if len(legs.get(link, {})) != 2]
    stale = stale_arrivals(portfolio, book) if numbers else []
    return found + [Finding(portfolio.pk, f"what entry {one.leaving.entry} moved differs from what arrived") for one in stale]


def _compare_holding(portfolio: Portfolio, row: Holding | None, position: Position | None, pk: int) -> list[Finding]:
    if row is None or position is None:
        return [Finding(portfolio.pk, f"the holding of instrument {pk} {'is missing' if row is None else 'has no entries'}")]
    wrong = [name for name in _HOLDING if getattr(row, name) != getattr(position, name)]
    return [Finding(portfolio.pk, f"the holding of instrument {pk} differs from the ledger in {', '.join(wrong)}")] if wrong else []


def _check_identity(portfolio: Portfolio, book: Book) -> list[Finding]:
    prices = {pk: ONE + Decimal(pk % 97) / Decimal(8) for pk in book.positions}
    currencies = {position.currency for position in book.positions.values() if position.currency} | set(book.cash)
    rates = {code: ONE + Decimal(sum(map(ord, code)) % 89) / Decimal(16) for code in currencies if code != book.base_currency}
    result = worth(book, prices, rates)
    if result.value - book.net_flows != book.realised + result.gain + book.income - book.expenses:
        return [Finding(portfolio.pk, "value less flows is not gains and income less expenses")]
    return []


def check_integrity(portfolio_ids: Iterable[int] | None = None) -> list[Finding]:
    """Check these portfolios, or all."""
    portfolios = Portfolio.objects.all() if portfolio_ids is None else Portfolio.objects.filter(pk__in=list(portfolio_ids))
    return [finding for portfolio in portfolios.iterator(chunk_size=200) for finding in check_portfolio(portfolio)]
