"""The same ledger under every cost method, side by side.  Nothing that is stored changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from django.utils import timezone

from portfolio_site.kernel.dates import years_before
from portfolio_site.kernel.figures import Figure, Unit
from portfolios.choices import METHODS_SAID, CostMethod
from portfolios.errors import LedgerRefused
from portfolios.ledger.book import Book
from portfolios.ledger.gains import unrealised
from portfolios.ledger.replay import replay
from portfolios.models import Portfolio
from portfolios.selectors.ledger import ZERO, connected_to, events_of, rules_of
from portfolios.selectors.lot_shapes import MethodResult
from portfolios.selectors.world import World, world_of

POOLED = "Units of a pool have no day of their own."


def compare_methods(
    portfolio: Portfolio, instrument_id: int | None = None, *, as_of: date | None = None, known_at: datetime | None = None
) -> tuple[MethodResult, ...]:
    """What is held cost, and what sales brought, under each of the methods; of one instrument, or of all.  Eight queries at most."""
    today = timezone.localdate()
    is_now = as_of is None or as_of >= today
    day = today if as_of is None or is_now else as_of
    only = None if instrument_id is None else connected_to([portfolio.pk], [instrument_id])
    events, rules = events_of(portfolio, only, known_at=known_at, until=None if is_now else day), rules_of(portfolio)
    books: dict[CostMethod, Book | str] = {}
    for method in CostMethod:
        try:
            books[method] = replay(events, rules.under(method.value))
        except LedgerRefused as refused:
            books[method] = refused.detail
    known = next((book for book in books.values() if isinstance(book, Book)), None)
    if known is None:
        return tuple(_refused(portfolio, method, str(why)) for method, why in books.items())
    world = world_of([portfolio], {portfolio.pk: known}, portfolio.base_currency, day, is_now=is_now)
    wanted = sorted(known.positions.keys() if instrument_id is None else {instrument_id} & known.positions.keys())
    return tuple(
        _result(portfolio, method, book, wanted, world) if isinstance(book, Book) else _refused(portfolio, method, book)
        for method, book in books.items()
    )


def _result(portfolio: Portfolio, method: CostMethod, book: Book, wanted: Sequence[int], world: World) -> MethodResult:
    base = portfolio.base_currency
    positions = [book.positions[pk] for pk in wanted if pk in book.positions]
    long_gain, pooled = _long_gain(book, frozenset(wanted))
    return MethodResult(
        method=method.value,
        label=str(method.label),
        said=METHODS_SAID[method],
        is_own=method == portfolio.cost_method,
        cost=Figure("cost", Unit.MONEY, sum((one.cost for one in positions), ZERO), currency=base),
        realised=Figure("realised", Unit.MONEY, sum((one.realised for one in positions), ZERO), currency=base),
        long_gain=Figure.undefined("realised", Unit.MONEY, POOLED, base) if pooled else Figure("realised", Unit.MONEY, long_gain, currency=base),
        unrealised=_unrealised(book, wanted, world, base),
        lots=sum(len(one.lots) for one in positions),
    )


def _long_gain(book: Book, wanted: frozenset[int]) -> tuple[Decimal, bool]:
    """Gains of units held for more than a year, and whether any came from a pool."""
    total, pooled = ZERO, False
    a_year_before: dict[date, date] = {}
    for match in book.matches:
        if match.instrument not in wanted:
            continue
        if match.buy_id is None:
            pooled = True
            continue
        limit = a_year_before.get(match.closed_on)
        if limit is None:
            limit = a_year_before[match.closed_on] = years_before(match.closed_on, 1)
        if match.opened_on < limit:
            total += match.gain
    return total, pooled


def _unrealised(book: Book, wanted: Sequence[int], world: World, base: str) -> Figure:
    total, said = ZERO, []  # what cannot be valued stands at its cost: it gained nothing
    for pk in wanted:
        position, instrument = book.positions.get(pk), world.instruments[pk]
        if position is None or not position.quantity:
            continue
        price, rate = world.prices.get(pk), world.rate(instrument.currency, base)
        if price is None or rate is None:
            said.append(f"{world.why_not_valued(pk, base)} It stands at its cost.")
        else:
            total += unrealised(position, price.price, rate.rate).gain
    return Figure("unrealised", Unit.MONEY, total, currency=base, warnings=tuple(said))


def _refused(portfolio: Portfolio, method: CostMethod, why: str) -> MethodResult:
    nothing = Figure.undefined("realised", Unit.MONEY, why, portfolio.base_currency)
    return MethodResult(method.value, str(method.label), METHODS_SAID[method], method == portfolio.cost_method, nothing, nothing, nothing, nothing, 0)
