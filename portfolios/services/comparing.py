"""What a ledger comes to whether two instruments are one or two: by that a merge, and taking it back, is judged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from portfolio_site.kernel.decimals import EXACT
from portfolio_site.kernel.errors import DomainError
from portfolios.ledger.book import Book
from portfolios.ledger.events import Event
from portfolios.ledger.replay import replay
from portfolios.models import Portfolio
from portfolios.selectors.ledger import events_of, rules_of

ZERO = Decimal(0)
_SHOWN = Decimal(1).scaleb(-8)  # pools of two and of one round differently far behind that


class Told(NamedTuple):
    """What a ledger comes to: units by instrument; and of the time up to which it is locked, the gain of each sale and the sums of each holding.

    `refused`: why it cannot be replayed; then nothing else is told.
    """

    units: dict[int, Decimal]
    gains: dict[int, Decimal]
    sums: dict[int, tuple[Decimal, ...]]
    refused: str = ""


def told_of(portfolio: Portfolio, stays: int, goes: int) -> Told:
    """The ledger as it stands, with the two counted as one."""
    try:
        events = events_of(portfolio)
        book = replay(events, rules_of(portfolio))
    except DomainError as refused:
        return Told({}, {}, {}, refused.code.replace("_", " "))
    one = {goes: stays}
    units: dict[int, Decimal] = defaultdict(Decimal)
    for pk, position in book.positions.items():
        units[one.get(pk, pk)] = EXACT.add(units[one.get(pk, pk)], position.quantity)
    return Told({pk: quantity for pk, quantity in units.items() if quantity}, *_told_of_lock(portfolio, events, book, one))


def _told_of_lock(
    portfolio: Portfolio, events: Iterable[Event], book: Book, one: dict[int, int]
) -> tuple[dict[int, Decimal], dict[int, tuple[Decimal, ...]]]:
    until = portfolio.locked_until
    if until is None:
        return {}, {}
    gains: dict[int, Decimal] = defaultdict(Decimal)
    for match in book.matches:
        if match.closed_on <= until:
            gains[match.sale_id] += match.gain
    sums: dict[int, tuple[Decimal, ...]] = {}
    for pk, held in replay([event for event in events if event.day <= until], rules_of(portfolio)).positions.items():
        add = (held.quantity, held.cost, held.realised, held.income, held.expenses)
        sums[one.get(pk, pk)] = tuple(map(EXACT.add, sums.get(one.get(pk, pk), (ZERO,) * len(add)), add))
    return {number: gain.quantize(_SHOWN) for number, gain in gains.items()}, {
        pk: tuple(value.quantize(_SHOWN) for value in values) for pk, values in sums.items()
    }
