"""Money by itself: interest, costs, money from outside and to it, exchange of currencies."""

from __future__ import annotations

from decimal import Decimal

from portfolios.ledger.events import ONE, ZERO, AdjustmentOfCash, Deposit, Fee, FxExchange, Interest, Tax, Withdrawal
from portfolios.ledger.handlers.amounts import expend_costs, pay_net
from portfolios.ledger.run import Run, based


def interest(run: Run, event: Interest) -> None:
    """Income before tax; what is withheld is an expense."""
    stock = None if event.instrument is None else run.stock(event.instrument, event.day)
    amount = based(event.amount, run.rate(event))
    run.earn(event, amount, stock)
    costs = expend_costs(run, event, stock)
    pay_net(run, event, event.amount, amount, costs, event.instrument)


def cost(run: Run, event: Fee | Tax) -> None:
    """A fee or a tax that belongs to no trade: an expense."""
    stock = None if event.instrument is None else run.stock(event.instrument, event.day)
    amount = based(event.amount, run.rate(event))
    run.expend(event, amount, event.kind, stock)
    run.pay(event, -event.amount, -amount, event.instrument)


def deposit(run: Run, event: Deposit) -> None:
    """Money from outside: a flow where cash is tracked.  Else only its costs count: they are paid from outside."""
    _external(run, event, ONE)


def withdrawal(run: Run, event: Withdrawal) -> None:
    """Money to the outside: a flow where cash is tracked.  Else only its costs count: they are paid from outside."""
    _external(run, event, -ONE)


def _external(run: Run, event: Deposit | Withdrawal, sign: Decimal) -> None:
    costs = expend_costs(run, event, None)
    amount = worth = ZERO
    if run.tracks_cash:
        amount, worth = sign * event.amount, sign * based(event.amount, run.rate(event))
        run.flow(event, worth)
    pay_net(run, event, amount, worth, costs)


def adjustment_of_cash(run: Run, event: AdjustmentOfCash) -> None:
    """A balance is put right, by money from outside or to it.  Where cash is not tracked there is no balance."""
    worth = based(event.amount, run.rate(event))
    if run.tracks_cash:
        run.flow(event, worth)
        run.pay(event, event.amount, worth)


def fx_exchange(run: Run, event: FxExchange) -> None:
    """One currency is given for another: what comes is worth what goes, and only the currency that goes may have a gain."""
    given_rate = run.rate(event, event.given_currency, event.given_rate)
    fees, taxes = based(event.fees, given_rate), based(event.taxes, given_rate)
    run.expend(event, fees, "fee", None)
    run.expend(event, taxes, "tax", None)
    amount, worth = ZERO, ZERO
    if run.tracks_cash:
        amount = event.given
        worth = based(event.amount, run.rate(event)) if event.currency == run.base else based(event.given, given_rate)
    run.pay(event, -amount - event.fees - event.taxes, -worth - fees - taxes, currency=event.given_currency)
    if run.tracks_cash:
        run.pay(event, event.amount, worth)
