"""Purchases and sales, long and short.

`buy` and `sell` are what nearly all of a large ledger consists of, and are written for speed: what is rare is in functions of its own.
"""

from __future__ import annotations

from decimal import Decimal

from portfolio_site.kernel.decimals import ONE_UNIT, plain
from portfolios.errors import Oversold, ShortNotAllowed
from portfolios.ledger.events import ZERO, BuyToCover, Purchase, Redemption, Sale, ShortSell, Trade
from portfolios.ledger.handlers.amounts import costs_of, local_of, pay_net, refuse_quantity
from portfolios.ledger.lots import Stock
from portfolios.ledger.run import Run, based
from portfolios.ledger.words import facts_of, in_words


def _whole(run: Run, event: Trade, sign: int) -> tuple[Decimal, Decimal]:
    """Gross and costs in base currency: added for a purchase (sign +1), taken off for a sale (−1); and the costs alone."""
    worth = based(event.gross, run.rate(event))
    fees, taxes, _ = costs_of(run, event)
    return worth + sign * (fees + taxes), fees + taxes


def _settle(run: Run, event: Trade, sign: int, whole: Decimal, costs: Decimal) -> None:
    """Pay the gross, the accrued interest and the costs of a trade; the interest is income of the seller and lowers the buyer's."""
    amount, worth = event.gross, whole - sign * costs
    if event.accrued:
        accrued = based(event.accrued, event.fx_rate)
        run.earn(event, -sign * accrued, run.stocks[event.instrument])
        amount, worth = amount + event.accrued, worth + accrued
    pay_net(run, event, -sign * amount, -sign * worth, costs, event.instrument, sign * event.quantity)


def buy(run: Run, event: Purchase) -> None:
    """Cost = gross + fees + taxes.  What is short is covered first."""
    quantity = event.quantity
    if quantity <= ZERO:
        raise refuse_quantity(event)
    stock = run.stock(event.instrument, event.day)
    if stock.currency != event.local_currency:
        run.quote(event, stock, event.local_currency)
    cost, costs = _whole(run, event, 1)
    local = local_of(run, event, 1, cost - costs, cost)
    run.arrive(event, stock, [(event.id, event.day, quantity, cost, local)])
    _settle(run, event, 1, cost, costs)


def buy_to_cover(run: Run, event: BuyToCover) -> None:
    """Closes units that are short, and no more than these."""
    stock = run.stocks.get(event.instrument)
    short = -stock.quantity if stock and stock.quantity < ZERO else ZERO
    if event.quantity > short:
        raise Oversold(
            f"On {in_words(event.day)} you were short of {plain(short)}; the purchase covers {plain(event.quantity)}. "
            "Check the date, or record what is more as a purchase.",
            **facts_of(event),
            held=-short,
            quantity=event.quantity,
        )
    buy(run, event)


def sell(run: Run, event: Sale) -> None:
    """Proceeds = gross − fees − taxes, shared among the lots by their units; realised gain = proceeds − cost of those units.

    More than is held is short from then on, where the portfolio allows that.
    """
    quantity = event.quantity
    if quantity <= ZERO:
        raise refuse_quantity(event)
    stock = run.stock(event.instrument, event.day)
    if stock.currency != event.local_currency:
        run.quote(event, stock, event.local_currency)
    proceeds, costs = _whole(run, event, -1)
    local = local_of(run, event, -1, proceeds + costs, proceeds)
    if quantity > stock.quantity and run.allows_short:
        _sell_short(run, event, stock, proceeds, local)
    else:
        run.match(event, stock, run.leave(event, stock, quantity, "sale", "purchase"), proceeds, local)
    _settle(run, event, -1, proceeds, costs)


def _sell_short(run: Run, event: Sale, stock: Stock, proceeds: Decimal, local: Decimal) -> None:
    """What is held leaves; the rest is a lot of the short position, with its share of the proceeds."""
    units = event.quantity
    if stock.quantity > ZERO:
        held = stock.quantity
        share, share_local = (proceeds * held / units).quantize(ONE_UNIT), (local * held / units).quantize(ONE_UNIT)
        run.match(event, stock, run.leave(event, stock, held), share, share_local)
        units, proceeds, local = units - held, proceeds - share, local - share_local
    run.owe(event, stock, (event.id, event.day, units, proceeds, local))
    run.steps.append((event.day, event.instrument, stock.quantity))


def short_sell(run: Run, event: ShortSell) -> None:
    """A sale of units that are not owned: only where the portfolio allows that."""
    if not run.allows_short:
        raise ShortNotAllowed(
            f"The entry of {in_words(event.day)} sells short, and this portfolio allows no short positions. "
            "Record a sale, or allow short positions in the portfolio's settings.",
            **facts_of(event),
            held=run.stock(event.instrument, event.day).quantity,
            quantity=event.quantity,
        )
    sell(run, event)


def redemption(run: Run, event: Redemption) -> None:
    """A bond is paid back: a sale of units that are held."""
    stock = run.stock(event.instrument, event.day)
    if event.quantity > stock.quantity:
        run.leave(event, stock, event.quantity, "redemption", "purchase")
    sell(run, event)
