"""Money that a corporate action pays: for fractions of a unit, and for shares of the cost."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from portfolio_site.kernel.decimals import ONE_UNIT, plain
from portfolio_site.kernel.money import Currency
from portfolios.errors import Oversold, QuantityNotPositive
from portfolios.ledger.events import ZERO, Event
from portfolios.ledger.lots import OpenLot, Stock
from portfolios.ledger.run import Run, based
from portfolios.ledger.words import facts_of, in_units, in_words


def in_quote(run: Run, event: Event, currency: Currency | None, amount: Decimal, worth: Decimal, lots: Sequence[OpenLot]) -> Decimal:
    """`amount` of the settlement currency, worth `worth` of base, in the currency in which the instrument is quoted.

    An action knows no price; where it is settled in a third currency, the money counts at the rate at which the lots were bought.
    """
    if currency == run.base:
        return worth
    if currency == event.currency:
        return amount
    cost = sum((lot[3] for lot in lots), ZERO)
    return (worth * sum((lot[4] for lot in lots), ZERO) / cost).quantize(ONE_UNIT) if cost else ZERO


def shared(total: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """`total` by weight: each its part of what is left, so that the last one takes the rest."""
    left, weight, parts = total, sum(weights, ZERO), []
    for one in weights:
        part = left if one == weight else (left * one / weight).quantize(ONE_UNIT)
        parts.append(part)
        left, weight = left - part, weight - one
    return parts


def close(run: Run, event: Event, stock: Stock, lots: list[OpenLot], amount: Decimal, local: Decimal, *, short: bool) -> None:
    """These lots end for `amount` of base currency, received (+) or paid (−): a sale of what was held, a cover of what was short."""
    if not short:
        run.match(event, stock, lots, amount, local)
        return
    units, brought = sum((lot[2] for lot in lots), ZERO), sum((lot[3] for lot in lots), ZERO)
    run.sales += (event.id, stock.instrument, event.day, units, -amount, -local, lots, True)
    run.realise(event, brought + amount, stock)


def is_fraction(event: Event, stock: Stock, units: Decimal, fraction: Decimal, cash: Decimal) -> bool:
    """Whether a part of the units that an action brings is paid in cash.  Raises Oversold where that would be more than there are."""
    if fraction < ZERO or (cash and not fraction):
        raise QuantityNotPositive(
            f"The entry of {in_words(event.day)} pays {plain(cash)} for a fraction of {in_units(fraction)}. "
            "Enter the part of a unit that was paid in cash, or leave the cash out.",
            **facts_of(event),
        )
    if fraction > units:
        raise Oversold(
            f"On {in_words(event.day)} there were {in_units(units)} after the event; {plain(fraction)} of them are said to be paid in cash. "
            "Enter the fraction alone.",
            **facts_of(event) | {"instrument": stock.instrument},
            held=units,
            quantity=fraction,
        )
    return bool(fraction)


def pay_fraction(run: Run, event: Event, stock: Stock, taken: list[OpenLot], cash: Decimal, *, short: bool) -> None:
    """The units that were taken are paid in `cash`: a sale of them.  Who is short pays it."""
    cash = -cash if short else cash
    worth = based(cash, run.rate(event))
    close(run, event, stock, taken, worth, in_quote(run, event, stock.currency, cash, worth, taken), short=short)
    run.pay(event, cash, worth, stock.instrument)
