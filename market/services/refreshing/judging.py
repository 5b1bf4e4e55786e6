"""Whether a price that came is believed.  Pure: what is known is passed in.

Refused are prices that cannot be meant: of another currency than the instrument's, from the future.  Held back as suspects are
those that could be meant and mostly are not: a hundred times their neighbours, or moved by more than 30 % within a week without
a split (`reliability.md`: rivals took pence for pounds, and a dividend for a price).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from market.choices import SuspectReason
from market.providers.base import SymbolQuote
from portfolio_site.kernel.decimals import EXACT

JUMP = Decimal("0.30")
HUNDREDFOLD = (Decimal(50), Decimal(200))  # what a factor of a hundred looks like beside a move of the market
FRESH = timedelta(days=7)  # a price older than that says little about the newest
AHEAD = timedelta(minutes=5)  # a source's clock may be a little ahead of ours
CLOSE_BY = Decimal("0.05")  # two sources that differ by less agree
TOLD = Decimal("0.10")  # a price without a currency is believed where the last one is this near


@dataclass(frozen=True, slots=True)
class Known:
    """What a newest price is held against.

    price    the last good one, and when it was; None: there is none
    splits   new units for one old, multiplied: all splits since then
    """

    currency: str
    price: Decimal | None = None
    as_of: datetime | None = None
    splits: Decimal = Decimal(1)


def expected(known: Known) -> Decimal | None:
    """The last good price in today's units: after 4 for 1 a quarter of it."""
    return None if known.price is None else EXACT.divide(known.price, known.splits)


def suspicion(quote: SymbolQuote, known: Known) -> SuspectReason | None:
    """Why the newest price is not believed; None where it is."""
    before = expected(known)
    if quote.currency and quote.currency != known.currency:
        return SuspectReason.CURRENCY
    if not quote.currency and (before is None or moved(quote.price, before) > TOLD):
        return SuspectReason.CURRENCY
    if before is None:
        return None
    if is_hundredfold(quote.price, before):
        return SuspectReason.HUNDREDFOLD
    fresh = known.as_of is not None and quote.as_of - known.as_of <= FRESH
    return SuspectReason.JUMP if fresh and moved(quote.price, before) > JUMP else None


def from_the_future(quote: SymbolQuote, now: datetime) -> bool:
    return quote.as_of > now + AHEAD


def moved(price: Decimal, before: Decimal) -> Decimal:
    """The move as a fraction, always above zero: 0.3 is 30 % up or down."""
    return abs(EXACT.divide(price, before) - 1)


def agree(one: Decimal, other: Decimal) -> bool:
    """Whether two sources tell about the same price."""
    return moved(one, other) <= CLOSE_BY


def is_hundredfold(price: Decimal, before: Decimal) -> bool:
    """Whether one is about a hundred times the other: pence taken for pounds, or pounds for pence."""
    ratio = EXACT.divide(max(price, before), min(price, before))
    return HUNDREDFOLD[0] <= ratio <= HUNDREDFOLD[1]


def split_factor(splits: Sequence[tuple[Decimal, Decimal]]) -> Decimal:
    """New units for one old of all these splits (new, old)."""
    factor = Decimal(1)
    for new, old in splits:
        factor = EXACT.divide(EXACT.multiply(factor, new), old)
    return factor
