"""Cash balances as they follow a change."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal

from portfolio_site.kernel.money import Currency
from portfolios.ledger.carry import carried_on, is_plain
from portfolios.ledger.events import Event, in_ledger_order
from portfolios.ledger.records import CashPool
from portfolios.ledger.replay import replay
from portfolios.models import CashBalance, Portfolio, Transaction
from portfolios.selectors.ledger import cash_moves, event_of, events_moving, events_of, rules_of
from portfolios.selectors.loading import rows_of
from portfolios.selectors.rows import BY_SIDE
from portfolios.services.projections import write_cash

MOST_CARRIED = 100  # entries, new ones and those of their days, for which a balance is carried on; beyond that a replay is as good


def move_cash(portfolio: Portfolio, written: Collection[int], come: Sequence[Event], gone: Sequence[Event]) -> None:
    """Rewrite the balances that a change moved, once it is written.

    written  the keys of the rows that `come` are the events of
    A balance in the portfolio's own currency moves by the cash that the entries move, whatever else is in the ledger.  One in
    another currency has a pooled cost that depends on all that moved it: it is carried on where the new entries come last, else
    replayed.  Where units may be short, who is short pays what others receive of some entries, so that any change may turn their
    payments round: all is replayed.
    """
    if not portfolio.tracks_cash:
        return
    if portfolio.allows_short and _pays_by_side(portfolio, gone):
        write_cash(portfolio, replay(events_of(portfolio), rules_of(portfolio)).cash.values())
        return
    base, moved = portfolio.base_currency, defaultdict[str, Decimal](Decimal)
    touched: set[str] = set()
    for sign, events in ((1, come), (-1, gone)):
        for move in (move for event in events for move in cash_moves(event)):
            if move.amount:
                moved[str(move.currency)] += sign * move.amount
                touched.add(str(move.currency))
    if foreign := touched - {base}:
        if not gone and _come_last(portfolio, written, come, foreign):
            pools = carried_on(_stored(portfolio, foreign), come, Currency(base))
        else:
            book = replay(events_moving(portfolio, foreign), rules_of(portfolio))
            pools = [pool for code, pool in book.cash.items() if str(code) in foreign]
        write_cash(portfolio, pools, replacing=foreign)
    if base in touched:
        stored = CashBalance.objects.filter(portfolio=portfolio, currency=base).first()
        after = (stored.amount if stored else Decimal(0)) + moved[base]
        write_cash(portfolio, [CashPool(Currency(base), after, after)], replacing=[base])


def _come_last(portfolio: Portfolio, written: Collection[int], come: Sequence[Event], currencies: Iterable[str]) -> bool:
    """Whether the new entries pay by themselves, and come after all others that may move these balances.  One query, two at most."""
    if len(come) > MOST_CARRIED or not all(is_plain(event) for event in come):
        return False
    since = min(event.day for event in come)
    moving = Transaction.objects.live().filter(portfolio=portfolio, traded_on__gte=since).settling_in(currencies).exclude(pk__in=written)
    beside = [event_of(row) for row in rows_of(moving.order_by("traded_on", "pk")[: MOST_CARRIED + 1])]
    if len(beside) > MOST_CARRIED:
        return False
    return all(event is other for event, other in zip(in_ledger_order([*beside, *come]), in_ledger_order(beside), strict=False))


def _stored(portfolio: Portfolio, currencies: Iterable[str]) -> list[CashPool]:
    """The balances as they are stored, nothing where there is none.  One query."""
    found = {row.currency: row for row in CashBalance.objects.filter(portfolio=portfolio, currency__in=list(currencies))}
    return [
        CashPool(Currency(code), found[code].amount, found[code].cost) if code in found else CashPool(Currency(code), Decimal(0), Decimal(0))
        for code in currencies
    ]


def _pays_by_side(portfolio: Portfolio, gone: Iterable[Event]) -> bool:
    """Whether there is, or was until this change, an entry whose cash goes by whether the units are held or short.  One query."""
    return any(event.kind in BY_SIDE for event in gone) or Transaction.objects.live().filter(portfolio=portfolio, kind__in=BY_SIDE).exists()
