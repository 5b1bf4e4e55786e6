"""Corporate actions of one instrument: splits, stock dividends, capital that is paid back."""

from __future__ import annotations

from decimal import Decimal

from portfolio_site.kernel.decimals import ONE_UNIT
from portfolios.errors import NotHeld, QuantityNotPositive, SplitLeavesNothing
from portfolios.ledger import lots as open_lots
from portfolios.ledger.events import ONE, ZERO, Event, ReturnOfCapital, Split, StockDividend
from portfolios.ledger.handlers.amounts import expend_costs, pay_net, refuse_quantity
from portfolios.ledger.handlers.paid import close, in_quote, is_fraction, pay_fraction, shared
from portfolios.ledger.lots import OpenLot, Stock, lowered
from portfolios.ledger.run import Run, based
from portfolios.ledger.words import facts_of, in_units, in_words


def _held(run: Run, event: Split | StockDividend, what: str) -> Stock:
    stock = run.stocks.get(event.instrument)
    if stock is None or not stock.quantity:
        raise NotHeld(f"On {in_words(event.day)} you held nothing that {what}. Check the date, or record the missing purchase.", **facts_of(event))
    stock.changed_on = event.day
    return stock


def split(run: Run, event: Split) -> None:
    """Units × new ÷ old; cost and dates stay.  A fraction that is paid in cash is sold."""
    if event.ratio_new <= ZERO or event.ratio_old <= ZERO:
        raise QuantityNotPositive(f"The split of {in_words(event.day)} needs two numbers above zero, such as 4 for 1.", **facts_of(event))
    stock = _held(run, event, "could be split")
    held = stock.quantity
    lots = open_lots.split(run.lots(stock), event.ratio_new, event.ratio_old)
    if not lots:
        raise SplitLeavesNothing(
            f"The split of {in_words(event.day)} would leave nothing of {in_units(held)}. Check the ratio.", held=held, **facts_of(event)
        )
    short = held < ZERO
    run.hold(event, stock, lots, short=short)
    if is_fraction(event, stock, abs(stock.quantity), event.fraction, event.cash):
        taken = run.redeem(event, stock, event.fraction) if short else run.leave(event, stock, event.fraction)
        pay_fraction(run, event, stock, taken, event.cash, short=short)


def stock_dividend(run: Run, event: StockDividend) -> None:
    """Units on top of those held.  Where nothing is taxed they bear the cost of these, and have their dates.

    What is taxed is income, and the new units are a lot of their own that costs it.  Who is short owes the units, and what they were worth.
    """
    if event.quantity <= ZERO:
        raise refuse_quantity(event)
    stock = _held(run, event, "could pay a stock dividend")
    short, held, lots = stock.quantity < ZERO, abs(stock.quantity), run.lots(stock)
    if not event.gross:
        run.hold(event, stock, open_lots.split(lots, held + event.quantity, held), short=short)
        return
    worth = based(event.gross, run.rate(event))
    local = in_quote(run, event, stock.currency, event.gross, worth, lots)
    run.earn(event, -worth if short else worth, stock)
    lot: OpenLot = (event.id, event.day, event.quantity, worth, local)
    if short:
        run.owe(event, stock, lot)
        run.steps += (event.day, event.instrument, stock.quantity)
    else:
        run.arrive(event, stock, [lot])


def return_of_capital(run: Run, event: ReturnOfCapital) -> None:
    """The cost falls by what is paid back, each unit's by as much, down to zero; what is left over is a gain.

    Who is short pays it: that lowers what the short sale brought.
    """
    stock = run.stocks.get(event.instrument)
    if stock is None or stock.currency is None:
        raise NotHeld(
            f"By {in_words(event.day)} you had held nothing of which capital could be paid back. Check the date, or record the missing purchase.",
            **facts_of(event),
        )
    stock.changed_on = event.day
    worth = based(event.amount, run.rate(event))
    short, excess = stock.quantity < ZERO, worth
    if stock.quantity:
        lots, taken = lowered(run.lots(stock), worth, local_is_base=stock.currency == run.base)
        run.hold(event, stock, lots, short=short)
        excess -= taken
    sign = -ONE if short else ONE
    if excess:
        local = excess if stock.currency == run.base else ZERO
        if event.currency == stock.currency != run.base:
            local = (event.amount * excess / worth).quantize(ONE_UNIT)
        _gain(run, event, stock, sign * excess, sign * local, short)
    pay_net(run, event, sign * event.amount, sign * worth, expend_costs(run, event, stock), event.instrument)


def _gain(run: Run, event: Event, stock: Stock, excess: Decimal, local: Decimal, short: bool) -> None:
    """What no cost is left for, lot by lot: matches of no units, since none left."""
    lots: list[OpenLot] = run.lots(stock) or [(None, stock.opened_on, ZERO, ZERO, ZERO)]
    units = [lot[2] for lot in lots]
    for lot, got, got_local in zip(lots, shared(excess, units), shared(local, units), strict=True):
        close(run, event, stock, [(None if run.pools else lot[0], lot[1], ZERO, ZERO, ZERO)], got, got_local, short=short)
