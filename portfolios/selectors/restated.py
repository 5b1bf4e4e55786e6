"""Ledgers told in another currency than their own.  numbers.md: "The identity that always holds … in the report currency".

The ledger is replayed with every entry at the rate of its own day: what an entry moved is first worth what its own rate says
in the portfolio's base currency (the trade's own rate before the day's), and that is worth what the reference rate of the day
says in the report currency.  An entry that was settled in the report currency needs no rate.  So costs, gains and flows are
those of a person who counts in that currency, the identity holds to the last decimal, and a gain on the base currency itself
is a gain.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from market.errors import MissingRate
from market.selectors import RateView, own_rates_version, prices_version, rates
from portfolio_site.kernel.decimals import EXACT
from portfolio_site.kernel.money import Currency
from portfolios.ledger.book import Book
from portfolios.ledger.events import ONE, Event
from portfolios.ledger.replay import replay
from portfolios.models import Portfolio
from portfolios.selectors.ledger import _shelf, books_of, events_of_all, rules_of
from portfolios.selectors.portfolios import ledger_version


def in_currency(events: Iterable[Event], base: str, currency: str, found: dict[tuple[str, str, date], RateView]) -> list[Event]:
    """The events of a ledger in `base`, told in `currency`.  Raises MissingRate, with the day, where no rate is known."""
    code = Currency(currency)
    told = []
    for event in events:
        if event.currency == code:
            told.append(replace(event, fx_rate=ONE))
            continue
        rate = found.get((base, currency, event.day))
        if rate is None:
            raise MissingRate(
                f"No {base}/{currency} rate is known for {event.day.day} {event.day:%b %Y} or the days before, when an entry was recorded. Enter the rate yourself.",
                base=base,
                quote=currency,
                date=event.day.isoformat(),
            )
        told.append(replace(event, fx_rate=EXACT.multiply(_own_rate(event, base), rate.rate)))
    return told


def _own_rate(event: Event, base: str) -> Decimal:
    return ONE if event.currency == base else event.fx_rate


def events_in(portfolios: Sequence[Portfolio], currency: str, *, until: date | None = None) -> dict[int, list[Event]]:
    """The events of several ledgers, told in one currency, by portfolio.  At most three queries.  Raises MissingRate."""
    events = events_of_all(portfolios, until=until)
    bases = {portfolio.pk: portfolio.base_currency for portfolio in portfolios}
    wanted = {(bases[pk], currency, event.day) for pk, rows in events.items() if bases[pk] != currency for event in rows}
    found = rates(wanted, user=portfolios[0].owner) if wanted else {}
    return {pk: rows if bases[pk] == currency else in_currency(rows, bases[pk], currency, found) for pk, rows in events.items()}


def books_in(portfolios: Sequence[Portfolio], currency: str, *, until: date | None = None) -> dict[int, Book]:
    """The books of several portfolios, all in one currency; with `until` as they stood at the end of that day.

    Those in their own currency cost what `books_of` costs.  For the others two queries tell whether a rate has changed since
    they were last told; where they must be told again, at most three more.  Raises MissingRate.
    """
    own = [portfolio for portfolio in portfolios if portfolio.base_currency == currency]
    others = [portfolio for portfolio in portfolios if portfolio.base_currency != currency]
    found = books_of(own, until=until) if own else {}
    if not others:
        return found
    mark = _rates_mark(others[0].owner)
    keys = {portfolio.pk: f"{ledger_version(portfolio)}.{currency}.{mark}.{until or ''}" for portfolio in others}
    found |= {pk: book for pk, key in keys.items() if (book := _shelf.get(key)) is not None}
    missing = [portfolio for portfolio in others if portfolio.pk not in found]
    if missing:
        events = events_in(missing, currency, until=until)
        for portfolio in missing:
            rules = replace(rules_of(portfolio), base_currency=Currency(currency))
            found[portfolio.pk] = replay(events[portfolio.pk], rules)
            _shelf.put(keys[portfolio.pk], found[portfolio.pk])
    return found


def _rates_mark(owner: Any) -> str:
    """New whenever a reference rate or one of the person's own rates changes."""
    return ".".join(str(part) for part in (prices_version([])[0][1], *own_rates_version(owner)))
