"""What weakens the figures of one person: of what they hold, watch and owe, and of whoever tells its prices.

The share of a group is how much of net worth it concerns, signs aside (numbers.md, "What is not known").
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any

from analytics.selectors.completeness import Completeness, completeness, size
from market.models import Instrument, Watchlist, WatchlistItem
from market.selectors.health import Weakness, WeakPoint, weak_points
from market.services.status import SourceStatus, sources_status
from portfolio_site.kernel.decimals import product, quotient
from portfolio_site.kernel.figures import Figure, Unit
from portfolios.ledger.book import Book
from portfolios.models import Holding, Portfolio
from portfolios.selectors import HoldingsTable, Told, holdings_of, portfolios_of, told_in

NO_NET_WORTH = "Net worth is not above zero; there are no shares of it."


@dataclass(frozen=True, slots=True)
class WeakGroup:
    """Weak points of one kind, and the share of net worth that they concern."""

    kind: Weakness
    points: tuple[WeakPoint, ...]
    share: Figure


@dataclass(frozen=True, slots=True)
class Overdrawn:
    """Cash of a portfolio that is below zero since that day: a deposit, a sale or an exchange may be missing."""

    portfolio_id: int
    portfolio_name: str
    amount: Figure
    since: date


@dataclass(frozen=True, slots=True)
class Health:
    """Everything that the page tells.

    overdrawn_share  of net worth, signs aside
    sources          all that are on; empty where prices come from the demo market or by hand alone
    """

    groups: tuple[WeakGroup, ...]
    overdrawn: tuple[Overdrawn, ...]
    overdrawn_share: Figure
    sources: tuple[SourceStatus, ...]
    complete: Completeness
    currency: str

    @property
    def points(self) -> tuple[WeakPoint, ...]:
        """The worst first."""
        return tuple(point for group in self.groups for point in group.points)


def data_health(user: Any, currency: str = "") -> Health:
    """What weakens figures of what the person holds or watches, the worst first; shares are of all their portfolios together.

    currency  to add portfolios up in; where blank, that of the first one

    At most 18 queries, however many instruments and portfolios.
    """
    portfolios = _known_owner(user, list(portfolios_of(user)))
    currency = currency or (portfolios[0].base_currency if portfolios else "EUR")
    told = told_in(portfolios, currency) if portfolios else Told({}, {})
    table = holdings_of(portfolios, currency=currency, told=told)
    visible = Instrument.objects.visible_to(user)
    watched = (
        WatchlistItem.objects.filter(watchlist__in=Watchlist.objects.visible_to(user), instrument__in=visible)
        .order_by()
        .values_list("instrument_id", flat=True)
        .distinct()
    )
    held = _held(portfolios)
    points = weak_points(user, {pk for _, pk, _ in held} | set(watched), _pairs(portfolios, held, told.books, currency))
    overdrawn = tuple(sorted(_overdrawn(portfolios, told.books), key=lambda one: (one.portfolio_name, one.amount.currency)))
    return Health(
        groups=tuple(_group(Weakness(kind), tuple(rows), table) for kind, rows in groupby(points, key=lambda one: one.kind)),
        overdrawn=overdrawn,
        overdrawn_share=_overdrawn_share(overdrawn, table),
        sources=sources_status(),
        complete=completeness(table),
        currency=currency,
    )


def _known_owner(user: Any, portfolios: list[Portfolio]) -> list[Portfolio]:
    """Spares the queries that would look the owner up."""
    for one in portfolios:
        if one.owner_id == user.pk:
            one.owner = user
    return portfolios


def _held(portfolios: Sequence[Portfolio]) -> list[tuple[int, int, str]]:
    """Portfolio, instrument and its currency, of each open holding; also where a portfolio cannot be told in the currency of all."""
    rows = Holding.objects.filter(portfolio__in=[one.pk for one in portfolios], is_open=True)
    return list(rows.values_list("portfolio", "instrument", "instrument__currency").distinct()) if portfolios else []


def _pairs(portfolios: Sequence[Portfolio], held: Iterable[tuple[int, int, str]], books: Mapping[int, Book], currency: str) -> set[tuple[str, str]]:
    """Every rate that a value of today needs: into the currency of each portfolio, and into that of all."""
    bases = {one.pk: one.base_currency for one in portfolios}
    used = [(portfolio, code) for portfolio, _, code in held]
    used += [(pk, str(code)) for pk, book in books.items() for code, pool in book.cash.items() if pool.amount]
    pairs = {(code, to) for portfolio, code in used for to in (bases[portfolio], currency)}
    pairs |= {(base, currency) for base in bases.values()}
    return {(base, quote) for base, quote in pairs if base != quote}


def _overdrawn(portfolios: Sequence[Portfolio], books: Mapping[int, Book]) -> Iterable[Overdrawn]:
    for one in portfolios:
        if (book := books.get(one.pk)) is None or not one.tracks_cash:
            continue
        for code, pool in book.cash.items():
            if pool.amount < 0:
                amount = Figure("cash", Unit.MONEY, pool.amount, currency=str(code))
                yield Overdrawn(one.pk, one.name, amount, _below_zero_since(book, str(code)))


def _below_zero_since(book: Book, code: str) -> date:
    """The day on which the balance went below zero and has been there ever since."""
    steps = [step for step in book.cash_steps if str(step.currency) == code]
    sound = next((place for place in range(len(steps) - 1, -1, -1) if steps[place].amount_after >= 0), -1)
    return steps[sound + 1].day


# ── shares of net worth ─────────────────────────────────────────────────────


def _group(kind: Weakness, points: tuple[WeakPoint, ...], table: HoldingsTable) -> WeakGroup:
    ids = {point.instrument_id for point in points}
    held = [row for row in table.rows if row.instrument.id in ids]
    if kind == Weakness.NO_RATE:  # cash without a rate has no value, and holdings without one stand at their cost
        return WeakGroup(kind, points, Figure.undefined("concerned_share", Unit.FRACTION, "What has no value is no share of net worth."))
    return WeakGroup(kind, points, _share([row.value for row in held], table, tuple(said for row in held for said in row.value.warnings)))


def _overdrawn_share(rows: Sequence[Overdrawn], table: HoldingsTable) -> Figure:
    rates = {cash.currency: cash.rate for cash in table.cash}
    values, missing = [], []
    for row in rows:
        rate, amount = rates[row.amount.currency].value, row.amount.value
        if isinstance(rate, Decimal) and isinstance(amount, Decimal):
            values.append(Figure("cash", Unit.MONEY, product(amount, rate), currency=table.currency))
        else:
            missing.append(f"{rates[row.amount.currency].why_not} It is not in the share.")
    return _share(values, table, tuple(dict.fromkeys(missing)))


def _share(figures: Sequence[Figure], table: HoldingsTable, warnings: tuple[str, ...] = ()) -> Figure:
    whole = table.value.value
    if not isinstance(whole, Decimal):
        return Figure.undefined("concerned_share", Unit.FRACTION, table.value.why_not)
    if whole <= 0:
        return Figure.undefined("concerned_share", Unit.FRACTION, NO_NET_WORTH)
    return Figure("concerned_share", Unit.FRACTION, quotient(size(figures), whole), warnings=warnings)
