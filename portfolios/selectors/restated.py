"""Ledgers told in another currency than their own.  numbers.md: "The identity that always holds … in the report currency".

The ledger is replayed with every entry at the rate of its own day: what an entry moved is first worth what its own rate says
in the portfolio's base currency (the trade's own rate before the day's), and that is worth what the reference rate of the day
says in the report currency.  An entry that was settled in the report currency needs no rate.  So costs, gains and flows are
those of a person who counts in that currency, the identity holds to the last decimal, and a gain on the base currency itself
is a gain.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from market.errors import MissingRate
from market.selectors import RateView, own_rates_version, prices_version, rates
from portfolio_site.kernel.decimals import EXACT
from portfolio_site.kernel.money import Currency
from portfolios.choices import TransactionKind
from portfolios.ledger.book import Book
from portfolios.ledger.events import ONE, Event, FxExchange, Reorganisation, Split, StockDividend
from portfolios.ledger.replay import replay
from portfolios.models import Portfolio, Transaction
from portfolios.selectors.ledger import KeptBooks, books_of, events_of_all, moment_key, rules_of
from portfolios.selectors.portfolios import ledger_version
from portfolios.selectors.shelf import shelf


@dataclass(frozen=True, slots=True)
class Told:
    """Books in one currency, by portfolio; and why some portfolios cannot be told in it.

    own_rates  whether the person has exchange rates of their own; true where nobody had to look
    """

    books: dict[int, Book]
    untold: dict[int, MissingRate]
    own_rates: bool = True


def in_currency(events: Iterable[Event], base: str, currency: str, found: dict[tuple[str, str, date], RateView]) -> list[Event]:
    """The events of a ledger in `base`, told in `currency`.  Raises MissingRate, with the day, where no rate is known."""
    code = Currency(currency)
    told = []
    for event in events:
        changed: dict[str, Any] = {}
        for name, paid_in in _rates_in(event):
            if paid_in == code or _is_without_money(event):
                changed[name] = ONE
                continue
            rate = found.get((base, currency, event.day))
            if rate is None:
                raise MissingRate(
                    f"No {base}/{currency} rate is known for {event.day.day} {event.day:%b %Y} or the days before, when an entry was made. "
                    "Enter the rate yourself.",
                    base=base,
                    quote=currency,
                    date=event.day.isoformat(),
                )
            changed[name] = rate.rate if paid_in == base else EXACT.multiply(getattr(event, name), rate.rate)
        told.append(replace(event, **changed))
    return told


def _rates_in(event: Event) -> Iterator[tuple[str, Currency]]:
    """The rates that an event holds, each with the currency that it is of."""
    yield "fx_rate", event.currency
    if isinstance(event, FxExchange):
        yield "given_rate", event.given_currency
    elif (costs_currency := getattr(event, "costs_currency", None)) is not None:
        yield "costs_rate", costs_currency


def _is_without_money(event: Event) -> bool:
    """A corporate action that pays nothing needs no rate."""
    if isinstance(event, Reorganisation):
        return not (event.cash or event.fees or event.taxes or any(leg.cash for leg in event.legs))
    return (isinstance(event, Split) and not event.cash) or (isinstance(event, StockDividend) and not event.gross)


def events_in(
    portfolios: Sequence[Portfolio],
    currency: str,
    *,
    instruments: Iterable[int] | None = None,
    kinds: Iterable[str] | None = None,
    until: date | None = None,
    known_at: datetime | None = None,
) -> dict[int, list[Event]]:
    """The events of several ledgers, told in one currency, by portfolio.  At most three queries.  Raises MissingRate.

    instruments  only events of these; events without an instrument are left out then
    kinds        only entries of these kinds
    until, known_at  only events up to that day, as they were known at that moment
    """
    events = events_of_all(portfolios, instruments=instruments, kinds=kinds, until=until, known_at=known_at)
    found = _rates_for(portfolios, events, currency, own=True)
    return {one.pk: _told(events[one.pk], one.base_currency, currency, found) for one in portfolios}


def _rates_for(portfolios: Sequence[Portfolio], events: dict[int, list[Event]], currency: str, *, own: bool) -> dict[tuple[str, str, date], RateView]:
    wanted = {(one.base_currency, currency, event.day) for one in portfolios if one.base_currency != currency for event in events[one.pk]}
    return rates(wanted, user=portfolios[0].owner if own else None) if wanted else {}


def _told(events: list[Event], base: str, currency: str, found: dict[tuple[str, str, date], RateView]) -> list[Event]:
    return events if base == currency else in_currency(events, base, currency, found)


def told_in(
    portfolios: Sequence[Portfolio],
    currency: str,
    *,
    until: date | None = None,
    known_at: datetime | None = None,
    stored: KeptBooks | None = None,
) -> Told:
    """The books of several portfolios, all in one currency; with `until` as they stood at the end of that day, with `known_at` as
    they were known then (exchange rates are those of now).

    Those in their own currency cost what `books_of` costs.  For the others two queries tell whether a rate has changed since
    they were last told; where they must be told again, at most three more.
    """
    own = [portfolio for portfolio in portfolios if portfolio.base_currency == currency]
    others = [portfolio for portfolio in portfolios if portfolio.base_currency != currency]
    books = dict(books_of(own, until=until, known_at=known_at, stored=stored)) if own else {}
    if not others:
        return Told(books, {})
    count, newest = own_rates_version(others[0].owner)
    mark = f"{prices_version([])[0][1]}.{count}.{newest}"  # new whenever a reference rate or one of the person's own changes
    answer = Told(books, {}, own_rates=count > 0)
    keys = {portfolio.pk: f"{ledger_version(portfolio)}.{currency}.{mark}{moment_key(until, known_at)}" for portfolio in others}
    answer.books.update({pk: book for pk, key in keys.items() if (book := shelf.get(key)) is not None})
    missing = [portfolio for portfolio in others if portfolio.pk not in answer.books]
    if missing:
        events = events_of_all(missing, until=until, known_at=known_at)
        found = _rates_for(missing, events, currency, own=answer.own_rates)
        for portfolio in missing:
            rules = replace(rules_of(portfolio), base_currency=Currency(currency))
            try:
                told = in_currency(events[portfolio.pk], portfolio.base_currency, currency, found)
            except MissingRate as problem:
                answer.untold[portfolio.pk] = problem
                continue
            answer.books[portfolio.pk] = replay(told, rules)
            shelf.put(keys[portfolio.pk], answer.books[portfolio.pk])
    return answer


def books_in(portfolios: Sequence[Portfolio], currency: str, *, until: date | None = None) -> dict[int, Book]:
    """As `told_in`, for callers that need every portfolio.  Raises MissingRate."""
    answer = told_in(portfolios, currency, until=until)
    for problem in answer.untold.values():
        raise problem
    return answer.books


def transfer_entries(portfolios: Sequence[Portfolio]) -> frozenset[int]:
    """The entries that moved units in or out in kind, by the number that events carry.  One query; none for no portfolios."""
    kinds = [TransactionKind.TRANSFER_IN, TransactionKind.TRANSFER_OUT, TransactionKind.ADJUSTMENT]
    ids = [portfolio.pk for portfolio in portfolios]
    if not ids:
        return frozenset()
    return frozenset(
        row.entry for row in Transaction.objects.live().filter(portfolio__in=ids, kind__in=kinds, instrument__isnull=False).only("pk", "origin_id")
    )
