"""Purchases and sales, long and short.

Nearly all of a large ledger is `buy` and `sell`, so these two are written for speed: plain trades in one pass, without the verbs
of `Run` that do the same in general.  What is rare (costs in a currency of their own, accrued interest, short positions, lots that
a sale names) takes the general way.
"""

from __future__ import annotations

from decimal import Decimal

from portfolio_site.kernel.decimals import ONE_UNIT, plain
from portfolios.errors import Oversold, ShortNotAllowed
from portfolios.ledger.events import ONE, ZERO, BuyToCover, Purchase, Redemption, Sale, ShortSell, Trade
from portfolios.ledger.handlers.amounts import costs_of, local_of, pay_net, refuse_quantity
from portfolios.ledger.lots import Stock
from portfolios.ledger.matching import lot_not_open
from portfolios.ledger.records import REALISED
from portfolios.ledger.run import Run, based
from portfolios.ledger.words import facts_of, in_words

Money = tuple[Decimal, Decimal, Decimal]  # in settlement currency, in base currency, in the currency of the quote


def _money(run: Run, event: Trade, sign: int) -> Money:
    """What a trade costs (sign +1) or brings (−1), with fees and taxes.  Gross, fees and taxes are rounded each by itself."""
    gross, costs, taxes, rate, currency = event.gross, event.fees, event.taxes, event.fx_rate, event.currency
    if rate == ONE:
        if taxes:
            costs += taxes
        whole = total = gross + costs if sign > 0 else gross - costs
    else:
        if currency == run.base:
            run.rate(event)
        worth = (costs * rate).quantize(ONE_UNIT) if costs else costs
        if taxes:
            costs, worth = costs + taxes, worth + (taxes * rate).quantize(ONE_UNIT)
        whole = (gross * rate).quantize(ONE_UNIT)
        total, whole = (gross + costs, whole + worth) if sign > 0 else (gross - costs, whole - worth)
    quoted = event.local_currency
    if quoted == run.base:
        return total, whole, whole
    return total, whole, total if quoted == currency else local_of(run, event, sign, whole, whole)


def cost_of(run: Run, event: Purchase) -> tuple[Decimal, Decimal]:
    """The cost of a purchase, and the same in the currency in which the instrument is quoted."""
    if event.costs_currency is None:
        return _money(run, event, 1)[1:]
    cost, costs = _whole(run, event, 1)
    return cost, local_of(run, event, 1, cost - costs, cost)


# ── purchases ───────────────────────────────────────────────────────────────


def buy(run: Run, event: Purchase) -> None:
    """Cost = gross + fees + taxes.  What is short is covered first."""
    quantity, day, instrument = event.quantity, event.day, event.instrument
    if quantity <= ZERO:
        raise refuse_quantity(event)
    stock = run.stocks.get(instrument) or run.stock(instrument, day)
    stock.changed_on = day
    if stock.currency != event.local_currency:
        run.quote(event, stock, event.local_currency)
    held = stock.quantity
    if held < ZERO or event.costs_currency is not None or event.accrued:
        _buy_with_more(run, event, stock)
        return
    total, cost, local = _money(run, event, 1)
    if not held:
        stock.opened_on = day
    run.add(stock.lots, (event.id, day, quantity, cost, local))
    stock.quantity = held = held + quantity
    run.steps += (day, instrument, held)
    run.pay(event, -total, -cost, instrument, quantity)


def _buy_with_more(run: Run, event: Purchase, stock: Stock) -> None:
    (cost, local), (_, costs) = cost_of(run, event), _whole(run, event, 1)
    run.arrive(event, stock, [(event.id, event.day, event.quantity, cost, local)])
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


# ── sales ───────────────────────────────────────────────────────────────────


def sell(run: Run, event: Sale) -> None:
    """Proceeds = gross − fees − taxes, shared among the lots by their units; realised gain = proceeds − cost of those units.

    More than is held is short from then on, where the portfolio allows that.
    """
    quantity, day, instrument = event.quantity, event.day, event.instrument
    if quantity <= ZERO:
        raise refuse_quantity(event)
    stock = run.stocks.get(instrument) or run.stock(instrument, day)
    stock.changed_on = day
    if stock.currency != event.local_currency:
        run.quote(event, stock, event.local_currency)
    left = stock.quantity - quantity
    if left < ZERO or event.costs_currency is not None or event.accrued or event.method or event.lots:
        _sell_with_more(run, event, stock)
        return
    total, proceeds, local = _money(run, event, -1)
    taken = run.take(stock.lots, quantity, event.id)
    gain = proceeds
    for lot in taken:
        gain -= lot[3]
    stock.quantity = left
    stock.realised += gain
    run.steps += (day, instrument, left)
    run.sales += (event.id, instrument, day, quantity, proceeds, local, taken, False)
    run.postings += (day, instrument, REALISED, event.kind, gain, event.id)
    run.pay(event, total, proceeds, instrument, -quantity)


def _sell_with_more(run: Run, event: Sale, stock: Stock) -> None:
    proceeds, costs = _whole(run, event, -1)
    local = local_of(run, event, -1, proceeds + costs, proceeds)
    if event.quantity > stock.quantity and run.allows_short:
        _sell_short(run, event, stock, proceeds, local)
    else:
        run.match(event, stock, run.leave(event, stock, event.quantity, "sale", "purchase"), proceeds, local)
    _settle(run, event, -1, proceeds, costs)


def _sell_short(run: Run, event: Sale, stock: Stock, proceeds: Decimal, local: Decimal) -> None:
    """What is held leaves; the rest is a lot of the short position, with its share of the proceeds."""
    units = event.quantity
    if stock.quantity <= ZERO and (event.method or event.lots):  # nothing is chosen from now, but would be after a purchase before it
        run.method_of(event, stock, units)
        if event.lots:
            raise lot_not_open(event, event.lots[0], ZERO)
    if stock.quantity > ZERO:
        held = stock.quantity
        share, share_local = (proceeds * held / units).quantize(ONE_UNIT), (local * held / units).quantize(ONE_UNIT)
        run.match(event, stock, run.leave(event, stock, held), share, share_local)
        units, proceeds, local = units - held, proceeds - share, local - share_local
    run.owe(event, stock, (event.id, event.day, units, proceeds, local))
    run.steps += (event.day, event.instrument, stock.quantity)


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


# ── what both need where a trade is not plain ───────────────────────────────


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
