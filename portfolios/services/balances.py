"""Cash balances as they follow a change."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal

from portfolio_site.kernel.money import Currency
from portfolios.choices import TransactionKind as Kind
from portfolios.ledger.book import CashPool
from portfolios.ledger.events import Event
from portfolios.ledger.replay import replay
from portfolios.models import CashBalance, Portfolio, Transaction
from portfolios.selectors.ledger import cash_moves, events_moving, events_of, rules_of
from portfolios.services.projections import write_cash

BY_SIDE = (Kind.RETURN_OF_CAPITAL, Kind.SPLIT, Kind.SPIN_OFF, Kind.MERGER, Kind.SYMBOL_CHANGE)  # cash of fractions, or of capital


def move_cash(portfolio: Portfolio, come: Iterable[Event], gone: Sequence[Event]) -> None:
    """Rewrite the balances that a change moved, once it is written.

    A balance in the portfolio's own currency moves by the cash that the entries move, whatever else is in the ledger.  One
    in another currency has a pooled cost that depends on all that moved it, so that this is replayed.  Where units may be short,
    who is short pays what others receive of some entries, so that any change may turn their payments round: all is replayed.
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
    if touched - {base}:
        foreign = touched - {base}
        book = replay(events_moving(portfolio, foreign), rules_of(portfolio))
        write_cash(portfolio, (pool for code, pool in book.cash.items() if str(code) in foreign), replacing=foreign)
    if base in touched:
        stored = CashBalance.objects.filter(portfolio=portfolio, currency=base).first()
        after = (stored.amount if stored else Decimal(0)) + moved[base]
        write_cash(portfolio, [CashPool(Currency(base), after, after)], replacing=[base])


def _pays_by_side(portfolio: Portfolio, gone: Iterable[Event]) -> bool:
    """Whether there is, or was until this change, an entry whose cash goes by whether the units are held or short.  One query."""
    return any(event.kind in BY_SIDE for event in gone) or Transaction.objects.live().filter(portfolio=portfolio, kind__in=BY_SIDE).exists()
