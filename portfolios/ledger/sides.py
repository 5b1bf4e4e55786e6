"""Which side pays: repaid capital, and cash for fractions of a unit, are received for what is held and paid by who is short."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import localcontext
from typing import Any

from portfolio_site.kernel.collecting import no_collecting
from portfolio_site.kernel.decimals import EXACT
from portfolio_site.kernel.money import Currency
from portfolios.ledger.book import LARGE
from portfolios.ledger.events import ZERO, Event, Reorganisation, ReturnOfCapital, Split, in_ledger_order
from portfolios.ledger.handlers import HANDLERS
from portfolios.ledger.replay import UNITS_MOVE
from portfolios.ledger.run import Rules, Run

BY_SIDE = (ReturnOfCapital, Split, Reorganisation)


class _Units(Run):
    """A run of which only the units count: they are the same under every method."""

    __slots__ = ()

    def pay(self, *_: Any, **__: Any) -> None:
        """Nobody looks at the money."""

    flow = earn = expend = realise = pay


def goes_by_side(event: Event) -> bool:
    """Whether money of it goes the other way where the units are short."""
    match event:
        case ReturnOfCapital():
            return bool(event.amount)
        case Split():
            return bool(event.cash)
        case Reorganisation():
            return any(leg.cash for leg in event.legs)
    return False


def short_then(asked: Sequence[Event], history: Iterable[Event], base: Currency) -> list[bool]:
    """For each event whether the units that it is of were short when it came.

    history  all events that count of their instruments, with those that are connected to them, in no order that matters; those that
             are asked about may be among them, and may be others: what was voided, or is not recorded yet
    Raises what the ledger refuses in a history that it would not have taken.
    """
    places = {id(event): place for place, event in enumerate(asked)}
    found = [False] * len(asked)
    ordered = in_ledger_order([*asked, *(event for event in history if type(event) in UNITS_MOVE and id(event) not in places)])
    counting = {id(event) for event in history}
    run = _Units(Rules(base, "average", tracks_cash=False, allows_short=True, asked=True))
    with localcontext(EXACT), no_collecting(len(ordered) > LARGE):
        for event in ordered:
            place = places.get(id(event))
            if place is not None:
                stock = run.stocks.get(getattr(event, "instrument", 0))
                found[place] = stock is not None and stock.quantity < ZERO
            if id(event) in counting and type(event) in UNITS_MOVE:
                HANDLERS[type(event)](run, event)
    return found
