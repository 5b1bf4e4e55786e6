"""What each kind of event does to a ledger: one function each, named in the table at the end.

Every function keeps numbers.md's identity by itself: what it adds to cost (of units and of cash) less what it adds to the flows
is what it adds to realised gains and income less expenses.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from portfolio_site.kernel.decimals import ONE_UNIT, plain
from portfolios.errors import CurrencyChanged, NotHeld, Oversold, QuantityNotPositive, SplitLeavesNothing
from portfolios.ledger.book import REALISED
from portfolios.ledger.events import (
    ONE,
    ZERO,
    Buy,
    Deposit,
    Dividend,
    Event,
    Fee,
    Interest,
    Sell,
    Split,
    Tax,
    TransferIn,
    TransferOut,
    Withdrawal,
)
from portfolios.ledger.gains import parts_of_gain
from portfolios.ledger.lots import OpenLot, Stock, lower_cost, split
from portfolios.ledger.run import Run, in_words

Trade = Buy | Sell | TransferIn


# ── helpers of several kinds ────────────────────────────────────────────────


def _based(amount: Decimal, rate: Decimal) -> Decimal:
    """The amount in base currency, rounded to 18 places once, here."""
    if rate == ONE or not amount:
        return amount
    return (amount * rate).quantize(ONE_UNIT)


def _settled(run: Run, event: Buy | Sell) -> tuple[Decimal, Decimal, Decimal]:
    """What the gross is worth in base currency; fees and taxes, in settlement currency; and what these are worth."""
    gross, fees, taxes = event.gross, event.fees, event.taxes
    costs = fees + taxes
    rate = run.rate(event)
    if rate == ONE:
        return gross, costs, costs
    worth = (gross * rate).quantize(ONE_UNIT)
    if not taxes:
        return worth, costs, (fees * rate).quantize(ONE_UNIT) if fees else ZERO
    return worth, costs, _based(fees, rate) + _based(taxes, rate)


def _local(run: Run, event: Buy | Sell, total: Decimal, worth: Decimal) -> Decimal:
    """`total` of the settlement currency, worth `worth` of base, in the currency in which the instrument is quoted.

    Where that is a third currency, fees and taxes are converted as the gross was: quantity × local price ÷ gross.
    """
    currency = event.local_currency
    if currency == run.base:
        return worth
    if currency == event.currency:
        return total
    gross = event.quantity * event.local_price
    if not event.gross:
        return gross.quantize(ONE_UNIT)
    return (gross * total / event.gross).quantize(ONE_UNIT)


def _refuse_quantity(event: Buy | Sell | TransferIn | TransferOut) -> QuantityNotPositive:
    return QuantityNotPositive(
        f"The entry of {in_words(event.day)} is of {plain(event.quantity)} units. Enter a quantity above zero; the type says the direction.",
        date=event.day,
        event_id=event.id,
        instrument=event.instrument,
    )


def _quote_in(stock: Stock, event: Trade) -> None:
    """An instrument is quoted in one currency for as long as units are held: local costs of two could not be added."""
    currency = event.local_currency
    if stock.quantity and stock.currency is not None:
        raise CurrencyChanged(
            f"On {in_words(event.day)} the price is in {currency}, but the units held then were priced in {stock.currency}. "
            f"Enter the price in {stock.currency}; what was paid may be in another currency.",
            date=event.day,
            event_id=event.id,
            instrument=event.instrument,
            expected=stock.currency,
            found=currency,
        )
    stock.currency = currency


def _arrive(run: Run, stock: Stock, event: Buy | TransferIn, lot: OpenLot) -> None:
    held = stock.quantity
    if not held:
        stock.opened_on = event.day
    run.keep(stock.lots, lot)
    stock.quantity = held = held + lot.quantity
    run.steps.append((event.day, stock.instrument, held))


def _leave(run: Run, stock: Stock, event: Sell | TransferOut) -> list[OpenLot]:
    """Take the units out by the portfolio's method.  Raises Oversold."""
    quantity = event.quantity
    if quantity <= ZERO:
        raise _refuse_quantity(event)
    left = stock.quantity - quantity
    if left < ZERO:
        what, missing = ("sale", "purchase") if event.kind == "sell" else ("transfer", "entry")
        raise Oversold(
            f"On {in_words(event.day)} you held {plain(stock.quantity)}; the {what} is of {plain(quantity)}. Check the date, or record the missing {missing}.",
            held=stock.quantity,
            date=event.day,
            quantity=quantity,
            event_id=event.id,
            instrument=event.instrument,
        )
    taken = run.take(stock.lots, quantity, event)
    stock.quantity = left
    run.steps.append((event.day, stock.instrument, left))
    return taken


# ── one handler for each kind ───────────────────────────────────────────────


def buy(run: Run, event: Buy) -> None:
    """Cost = gross + fees + taxes."""
    quantity, day = event.quantity, event.day
    if quantity <= ZERO:
        raise _refuse_quantity(event)
    stock = run.stock(event.instrument, day)
    if stock.currency != event.local_currency:
        _quote_in(stock, event)
    worth, costs, worth_of_costs = _settled(run, event)
    total, cost = event.gross + costs, worth + worth_of_costs
    _arrive(run, stock, event, OpenLot(event.id, day, quantity, cost, _local(run, event, total, cost)))
    run.pay(event, -total, -cost, event.instrument, quantity)


def sell(run: Run, event: Sell) -> None:
    """Proceeds = gross − fees − taxes, shared among the lots by their units; realised gain = proceeds − cost of those units."""
    stock = run.stock(event.instrument, event.day)
    if stock.currency != event.local_currency:
        _quote_in(stock, event)
    taken = _leave(run, stock, event)
    worth, costs, worth_of_costs = _settled(run, event)
    total, proceeds = event.gross - costs, worth - worth_of_costs
    realised = _match(run, event, taken, proceeds, _local(run, event, total, proceeds))
    stock.realised += realised
    run.postings.append((event.day, event.instrument, REALISED, event.kind, realised, event.id))
    run.pay(event, total, proceeds, event.instrument, -event.quantity)


def _match(run: Run, event: Sell, taken: list[OpenLot], proceeds: Decimal, local: Decimal) -> Decimal:
    """Record one match for each lot; the last one takes what is left of the proceeds.  Returns the gain of all."""
    matches, sale, instrument, day, pools = run.matches, event.id, event.instrument, event.day, run.pools
    units, realised, last = event.quantity, ZERO, taken[-1]
    for lot in taken:
        quantity, cost, cost_local = lot.quantity, lot.cost, lot.cost_local
        if lot is last:
            share, share_local = proceeds, local
        else:
            share = (proceeds * quantity / units).quantize(ONE_UNIT)
            share_local = share if local == proceeds else (local * quantity / units).quantize(ONE_UNIT)
            units -= quantity
            proceeds -= share
            local -= share_local
        gains = parts_of_gain(cost, cost_local, share, share_local)
        realised += gains[0]
        bought = None if pools else lot.event_id
        matches.append((sale, bought, instrument, lot.opened_on, day, quantity, cost, cost_local, share, share_local, *gains))
    return realised


def dividend(run: Run, event: Dividend) -> None:
    """Income is the dividend before tax; what is withheld is an expense.  Under reduce_cost it lowers the remaining cost first."""
    stock = run.stock(event.instrument, event.day)
    rate = run.rate(event)
    gross, fees, taxes = _based(event.gross, rate), _based(event.fees, rate), _based(event.taxes, rate)
    lowered = lower_cost(stock, gross, run.base) if run.reduces else ZERO
    run.earn(event, gross - lowered, stock)
    run.expend(event, fees, "fee", stock)
    run.expend(event, taxes, "tax", stock)
    run.pay(event, event.gross - event.fees - event.taxes, gross - fees - taxes, event.instrument)


def interest(run: Run, event: Interest) -> None:
    """Income before tax; what is withheld is an expense."""
    stock = None if event.instrument is None else run.stock(event.instrument, event.day)
    rate = run.rate(event)
    amount, fees, taxes = _based(event.amount, rate), _based(event.fees, rate), _based(event.taxes, rate)
    run.earn(event, amount, stock)
    run.expend(event, fees, "fee", stock)
    run.expend(event, taxes, "tax", stock)
    run.pay(event, event.amount - event.fees - event.taxes, amount - fees - taxes, event.instrument)


def cost(run: Run, event: Fee | Tax) -> None:
    """A fee or a tax that belongs to no trade: an expense."""
    stock = None if event.instrument is None else run.stock(event.instrument, event.day)
    amount = _based(event.amount, run.rate(event))
    run.expend(event, amount, event.kind, stock)
    run.pay(event, -event.amount, -amount, event.instrument)


def deposit(run: Run, event: Deposit) -> None:
    """Money from outside: a flow where cash is tracked.  Else only its costs count: they are paid from outside."""
    _external(run, event, ONE)


def withdrawal(run: Run, event: Withdrawal) -> None:
    """Money to the outside: a flow where cash is tracked.  Else only its costs count: they are paid from outside."""
    _external(run, event, -ONE)


def _external(run: Run, event: Deposit | Withdrawal, sign: Decimal) -> None:
    rate = run.rate(event)
    fees, taxes = _based(event.fees, rate), _based(event.taxes, rate)
    amount, worth = -event.fees - event.taxes, -fees - taxes
    run.expend(event, fees, "fee", None)
    run.expend(event, taxes, "tax", None)
    if run.tracks_cash:
        flow = sign * _based(event.amount, rate)
        run.flows.append((event.day, flow, event.id, None, None))
        amount, worth = amount + sign * event.amount, worth + flow
    run.pay(event, amount, worth)


def split_units(run: Run, event: Split) -> None:
    """Units × new ÷ old; cost and dates stay."""
    stock = run.stocks.get(event.instrument)
    facts: dict[str, Any] = {"date": event.day, "event_id": event.id, "instrument": event.instrument}
    if event.ratio_new <= ZERO or event.ratio_old <= ZERO:
        raise QuantityNotPositive(f"The split of {in_words(event.day)} needs two numbers above zero, such as 4 for 1.", **facts)
    if stock is None or not stock.quantity:
        raise NotHeld(f"On {in_words(event.day)} you held nothing that could be split. Check the date, or record the missing purchase.", **facts)
    held = stock.quantity
    after = split(stock.lots, event.ratio_new, event.ratio_old)
    if not after:
        raise SplitLeavesNothing(
            f"The split of {in_words(event.day)} would leave nothing of {plain(held)} units. Check the ratio.", held=held, **facts
        )
    stock.quantity = after
    stock.changed_on = event.day
    run.steps.append((event.day, event.instrument, after))


def transfer_in(run: Run, event: TransferIn) -> None:
    """Units arrive with their date and cost: a flow of that cost, and no gain.  Costs of the transfer are expenses."""
    if event.quantity <= ZERO:
        raise _refuse_quantity(event)
    stock = run.stock(event.instrument, event.day)
    if stock.currency != event.local_currency:
        _quote_in(stock, event)
    rate = run.rate(event)
    carried = _based(event.gross, rate)
    if event.cost_local is not None and event.local_currency != run.base:
        local = event.cost_local
    elif event.local_currency == run.base:
        local = carried
    elif event.local_currency == event.currency:
        local = event.gross
    else:
        local = (event.quantity * event.local_price).quantize(ONE_UNIT)
    _arrive(run, stock, event, OpenLot(event.id, event.acquired_on or event.day, event.quantity, carried, local))
    run.flows.append((event.day, carried, event.id, event.instrument, event.quantity))
    _transfer_costs(run, event, stock, rate)


def transfer_out(run: Run, event: TransferOut) -> None:
    """Units leave with their dates and cost: a flow of that cost, and no gain.  Costs of the transfer are expenses."""
    stock = run.stock(event.instrument, event.day)
    carried = ZERO
    for lot in _leave(run, stock, event):
        carried += lot.cost
        bought = None if run.pools else lot.event_id
        run.carried.append((event.id, bought, event.instrument, lot.opened_on, lot.quantity, lot.cost, lot.cost_local))
    run.flows.append((event.day, -carried, event.id, event.instrument, -event.quantity))
    _transfer_costs(run, event, stock, run.rate(event))


def _transfer_costs(run: Run, event: TransferIn | TransferOut, stock: Stock, rate: Decimal) -> None:
    fees, taxes = _based(event.fees, rate), _based(event.taxes, rate)
    if event.fees or event.taxes:
        run.expend(event, fees, "fee", stock)
        run.expend(event, taxes, "tax", stock)
        run.pay(event, -event.fees - event.taxes, -fees - taxes, event.instrument)


HANDLERS: dict[type[Event], Callable[[Run, Any], None]] = {
    Buy: buy,
    Sell: sell,
    Dividend: dividend,
    Interest: interest,
    Fee: cost,
    Tax: cost,
    Deposit: deposit,
    Withdrawal: withdrawal,
    Split: split_units,
    TransferIn: transfer_in,
    TransferOut: transfer_out,
}
