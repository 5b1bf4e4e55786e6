"""What the market says on a day about everything that is held: instruments, prices and rates, read in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.utils import timezone

from market.models import Instrument
from market.selectors import OwnWords, PriceView, QuoteView, RateView, described, prices_on, quotes_of, rates
from portfolios.ledger.book import Book
from portfolios.models import Portfolio

OLD_RATE = timedelta(days=4)  # a long weekend: an older rate is said to be old
OLD_CLOSE = timedelta(days=4)


@dataclass(frozen=True, slots=True)
class PriceNow:
    """The worth of one unit that a holding is valued at."""

    price: Decimal
    previous: Decimal | None
    day: date
    stale: bool
    quote: QuoteView | None = None


@dataclass(frozen=True, slots=True)
class World:
    """What valuing needs to know of the market, read in a fixed number of queries.  `words`: what holders say, by person and instrument."""

    day: date
    instruments: dict[int, Instrument]
    words: dict[tuple[int, int], OwnWords]
    prices: dict[int, PriceNow]
    rates: dict[tuple[str, str, date], RateView]

    def rate(self, base: str, quote: str) -> RateView | None:
        return RateView(Decimal(1), self.day, "") if base == quote else self.rates.get((base, quote, self.day))

    def why_not_valued(self, instrument_id: int, currency: str) -> str:
        """Why units of an instrument have no value in a currency, in a sentence that names it; "" where they have one."""
        instrument = self.instruments[instrument_id]
        if instrument_id not in self.prices:
            return f"No price of {instrument.symbol} is known."
        if self.rate(instrument.currency, currency) is None:
            return f"No {instrument.currency}/{currency} rate is known, which {instrument.symbol} needs."
        return ""


def world_of(portfolios: Sequence[Portfolio], books: dict[int, Book], currency: str, day: date, *, is_now: bool, own_rates: bool = True) -> World:
    """Instruments, prices and rates for these books in `currency`, or each in its own where that is blank.

    Four queries at most, five on an earlier day.
    """
    held = {pk for book in books.values() for pk, position in book.positions.items() if position.quantity}
    every = {pk for book in books.values() for pk in book.positions}
    instruments, words = described(every, {portfolio.owner_id for portfolio in portfolios}) if every else ({}, {})
    prices = _prices_now(held, instruments, day) if is_now else _prices_then(held, day)
    pairs: set[tuple[str, str, date]] = set()
    for portfolio in portfolios:
        book, told = books[portfolio.pk], currency or portfolio.base_currency
        used = {instruments[pk].currency for pk, position in book.positions.items() if position.quantity}
        used |= {str(code) for code, pool in book.cash.items() if pool.amount or pool.cost}
        pairs |= {(code, told, day) for code in used if code != told}
    owner = portfolios[0].owner if portfolios and own_rates else None
    return World(day, instruments, words, prices, rates(pairs, user=owner) if pairs else {})


def _prices_now(held: set[int], instruments: dict[int, Instrument], day: date) -> dict[int, PriceNow]:
    quotes = quotes_of(held, instruments) if held else {}
    found = {pk: PriceNow(quote.unit_price, quote.unit_previous, timezone.localdate(quote.as_of), quote.stale, quote) for pk, quote in quotes.items()}
    unquoted = held - found.keys()
    for pk, close in (prices_on(unquoted, day) if unquoted else {}).items():
        found[pk] = PriceNow(close.worth, None, close.day, instruments[pk].owner_id is None and day - close.day > OLD_CLOSE)
    return found


def _prices_then(held: set[int], day: date) -> dict[int, PriceNow]:
    if not held:
        return {}
    closes: dict[int, PriceView] = prices_on(held, day)
    before: dict[int, PriceView] = prices_on(held, day - timedelta(days=1))
    return {pk: PriceNow(view.worth, before[pk].worth if pk in before else None, view.day, day - view.day > OLD_CLOSE) for pk, view in closes.items()}
