"""What amounts of an event are worth, and how its costs are paid.  Shared by several kinds."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from portfolio_site.kernel.decimals import ONE_UNIT
from portfolio_site.kernel.money import Currency
from portfolios.errors import QuantityNotPositive
from portfolios.ledger.events import ONE, Reinvestment, Reward, Trade, TransferIn
from portfolios.ledger.lots import Stock
from portfolios.ledger.run import Run, based
from portfolios.ledger.words import facts_of, in_units, in_words


def refuse_quantity(event: Any) -> QuantityNotPositive:
    """For the caller to raise."""
    return QuantityNotPositive(
        f"The entry of {in_words(event.day)} is of {in_units(event.quantity)}. Enter a quantity above zero; the type says the direction.",
        **facts_of(event),
    )


def costs_of(run: Run, event: Any) -> tuple[Decimal, Decimal, Currency]:
    """Fees and taxes in base currency, each rounded by itself, and the currency in which they are paid."""
    currency, rate = getattr(event, "costs_currency", None), event.fx_rate
    if currency is None or currency == event.currency:
        currency = event.currency
        if rate != ONE:
            run.rate(event)
    else:
        rate = run.rate(event, currency, event.costs_rate)
    return based(event.fees, rate), based(event.taxes, rate), currency


def expend_costs(run: Run, event: Any, stock: Stock | None) -> Decimal:
    """Fees and taxes that belong to no cost are expenses.  Returns what they are worth; `pay_net` pays them."""
    fees, taxes, _ = costs_of(run, event)
    if fees:
        run.expend(event, fees, "fee", stock)
    if taxes:
        run.expend(event, taxes, "tax", stock)
    return fees + taxes


def pay_net(
    run: Run, event: Any, amount: Decimal, worth: Decimal, costs_worth: Decimal, instrument: int | None = None, quantity: Decimal | None = None
) -> None:
    """Pay `amount` (+ received, worth `worth`) and the event's fees and taxes: as one payment, or as two where these are in a
    currency of their own."""
    costs = event.fees + event.taxes
    own = getattr(event, "costs_currency", None)
    if own is None or own == event.currency or not run.tracks_cash:
        run.pay(event, amount - costs, worth - costs_worth, instrument, quantity)
        return
    run.pay(event, amount, worth, instrument, quantity)
    if costs:
        run.pay(event, -costs, -costs_worth, instrument, None, own)


def local_of(run: Run, event: Trade | Reinvestment, sign: int, worth: Decimal, whole: Decimal) -> Decimal:
    """What a trade costs (sign +1) or brings (−1) with its costs, in the currency in which the instrument is quoted.

    worth  of the gross alone, whole: of all of it, both in base currency
    Where the instrument is quoted in a third currency, fees and taxes are converted as the gross was.
    """
    currency, gross = event.local_currency, event.gross
    if currency == run.base:
        return whole
    costs, own = sign * (event.fees + event.taxes), event.costs_currency or event.currency
    quoted = gross if currency == event.currency else event.quantity * event.local_price
    if currency == own:
        return quoted.quantize(ONE_UNIT) + costs
    if own == event.currency:
        return (quoted * (gross + costs) / gross if gross else quoted).quantize(ONE_UNIT)
    return (quoted * whole / worth if worth else quoted).quantize(ONE_UNIT)


def local_worth(run: Run, event: Reward | TransferIn, worth: Decimal) -> Decimal:
    """The gross of an event without a trade, worth `worth` in base currency, in the currency in which the instrument is quoted."""
    if event.local_currency == run.base:
        return worth
    return event.gross if event.local_currency == event.currency else (event.quantity * event.local_price).quantize(ONE_UNIT)
