"""Cash balances carried on from where they stand, by events that come after all that moved them so far.

A balance in another currency has a pooled cost, so that what an event makes of it depends on all that came before, but only by
the amount and the cost that there are then.  What a plain event pays and receives depends on nothing but itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from decimal import Decimal, localcontext
from typing import Any, NamedTuple

from portfolio_site.kernel.decimals import EXACT
from portfolio_site.kernel.money import Currency
from portfolios.ledger import events as of
from portfolios.ledger.cash import Pool
from portfolios.ledger.events import Event, Sale, in_ledger_order
from portfolios.ledger.handlers import HANDLERS, trades
from portfolios.ledger.records import CashPool
from portfolios.ledger.run import Rules, Run

# Not here: what pays for fractions or for capital, which goes by whether the units are held or short, and what takes units out
# without a sale, which cannot happen where there are none.  A cover and a redemption pay as any purchase and sale.
_ALONE: dict[type[Event], Callable[[Run, Any], None]] = {
    **{cls: HANDLERS[cls] for cls in (of.Buy, of.Rights, of.Sell, of.ShortSell, of.Dividend, of.Coupon, of.Reinvestment)},
    **{cls: HANDLERS[cls] for cls in (of.StakingReward, of.Airdrop, of.TransferIn, of.AdjustmentIn)},
    **{cls: HANDLERS[cls] for cls in (of.Interest, of.Fee, of.Tax, of.Deposit, of.Withdrawal, of.FxExchange, of.AdjustmentOfCash)},
    of.BuyToCover: trades.buy,
    of.Redemption: trades.sell,
}


class Payment(NamedTuple):
    """Money received (+) or paid (−), and what it is worth in base currency, with the same sign."""

    currency: Currency
    amount: Decimal
    worth: Decimal


class _Paying(Run):
    """A run that only writes down what is paid."""

    __slots__ = ("payments",)

    def __init__(self, base: Currency) -> None:
        super().__init__(Rules(base, "fifo", allows_short=True))
        self.payments: list[Payment] = []

    def pay(
        self,
        event: Event,
        amount: Decimal,
        worth: Decimal,
        instrument: int | None = None,
        quantity: Decimal | None = None,
        currency: Currency | None = None,
    ) -> None:
        self.payments.append(Payment(currency or event.currency, amount, worth))


def is_plain(event: Event) -> bool:
    """Whether what it pays and receives depends on nothing but itself."""
    return type(event) in _ALONE


def payments_of(event: Event, base: Currency) -> list[Payment]:
    """What a plain event pays and receives where cash is tracked, in the order in which it does."""
    run = _Paying(base)
    if isinstance(event, Sale):
        event = replace(event, method="", lots=())
    with localcontext(EXACT):
        _ALONE[type(event)](run, event)
    return run.payments


def carried_on(pools: Iterable[CashPool], events: Iterable[Event], base: Currency) -> list[CashPool]:
    """The balances, none of them of base currency, after plain events that come after all that moved them so far.

    `realised` of what is returned is the gain of these events alone.
    """
    running: dict[Currency, Pool] = {}
    for pool in pools:
        running[pool.currency] = one = Pool(pool.currency, is_base=False)
        one.amount, one.cost = pool.amount, pool.cost
    with localcontext(EXACT):
        for event in in_ledger_order(events):
            for currency, amount, worth in payments_of(event, base):
                if currency in running:
                    running[currency].move(amount, worth)
    return [pool.balance() for pool in running.values()]
