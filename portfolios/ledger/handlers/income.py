"""What holdings bring: dividends, coupons, units that arrive as income."""

from __future__ import annotations

from decimal import Decimal

from portfolios.ledger.events import ONE, ZERO, Coupon, Dividend, Income, Reinvestment, Reward
from portfolios.ledger.handlers.amounts import expend_costs, local_of, local_worth, pay_net, refuse_quantity
from portfolios.ledger.lots import Stock, lowered
from portfolios.ledger.run import Run, based


def _earn(run: Run, event: Income, stock: Stock) -> Decimal:
    """Income is the dividend before tax.  Under reduce_cost it lowers the remaining cost first.  Returns the whole of it.

    What is paid for units that are short (a negative amount) is always income below zero.
    """
    gross, rate = event.gross, event.fx_rate
    if rate != ONE:
        gross = based(gross, run.rate(event))
    taken = ZERO
    if run.reduces and stock.quantity > ZERO and not isinstance(event, Coupon):
        lots, taken = lowered(run.lots(stock), gross, local_is_base=stock.currency == run.base)
        run.hold(event, stock, lots)
    run.earn(event, gross - taken if taken else gross, stock)
    return gross


def dividend(run: Run, event: Dividend | Coupon) -> None:
    """Income before tax; what is withheld is an expense."""
    stock = run.stock(event.instrument, event.day)
    gross = _earn(run, event, stock)
    if event.fees or event.taxes:
        pay_net(run, event, event.gross, gross, expend_costs(run, event, stock), event.instrument)
    else:
        run.pay(event, event.gross, gross, event.instrument)


def reinvestment(run: Run, event: Reinvestment) -> None:
    """A dividend, and a purchase of units for what is left of it after costs; no cash moves."""
    if event.quantity <= ZERO:
        raise refuse_quantity(event)
    stock = run.stock(event.instrument, event.day)
    if stock.currency != event.local_currency:
        run.quote(event, stock, event.local_currency)
    gross = _earn(run, event, stock)
    cost = gross - expend_costs(run, event, stock)
    run.arrive(event, stock, [(event.id, event.day, event.quantity, cost, local_of(run, event, -1, gross, cost))])


def reward(run: Run, event: Reward) -> None:
    """Units arrive for nothing: what they are worth is income, and their cost.  Costs are paid in cash, and are expenses."""
    if event.quantity <= ZERO:
        raise refuse_quantity(event)
    stock = run.stock(event.instrument, event.day)
    if stock.currency != event.local_currency:
        run.quote(event, stock, event.local_currency)
    worth = based(event.gross, run.rate(event))
    run.earn(event, worth, stock)
    run.arrive(event, stock, [(event.id, event.day, event.quantity, worth, local_worth(run, event, worth))])
    if event.fees or event.taxes:
        pay_net(run, event, ZERO, ZERO, expend_costs(run, event, stock), event.instrument)
