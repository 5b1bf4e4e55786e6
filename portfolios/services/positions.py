"""Holdings set directly: as entries of the ledger, like everything else.  No cash moves."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.utils import timezone

from market.models import Instrument
from portfolio_site.kernel.decimals import quotient
from portfolio_site.kernel.errors import Conflict, FieldError, Invalid
from portfolios.choices import TransactionKind
from portfolios.errors import HoldingNotFound
from portfolios.models import Holding, Portfolio, Transaction
from portfolios.services.locking import only_writer
from portfolios.services.recording import edit_transaction, record_transaction

_CARRIES_COST = (TransactionKind.BUY, TransactionKind.TRANSFER_IN)


def add_position(
    actor: Any,
    portfolio: Portfolio,
    *,
    instrument: Instrument,
    quantity: Decimal,
    average_cost: Decimal,
    day: date | None = None,
    currency: str = "",
    notes: str = "",
) -> Transaction:
    """Units that are there already, bought for `average_cost` of money each on `day`: a transfer in.  Raises as record_transaction."""
    when = day or timezone.localdate()
    return record_transaction(
        actor,
        portfolio,
        kind=TransactionKind.TRANSFER_IN,
        traded_on=when,
        instrument=instrument,
        quantity=quantity,
        price=_quoted(instrument, average_cost),
        currency=currency,
        acquired_on=when,
        notes=notes,
    )


def adjust_position(
    actor: Any,
    portfolio: Portfolio,
    *,
    instrument: Instrument,
    quantity: Decimal | None = None,
    average_cost: Decimal | None = None,
    day: date | None = None,
) -> None:
    """Bring a holding to `quantity`: more units arrive by a transfer in, fewer leave by a transfer out.

    average_cost  what the added units cost each, in the instrument's currency; where missing, as much as those held.  Without
                  a change of quantity it corrects the price of the one entry that the holding comes from.
    Raises HoldingNotFound; Conflict where several entries make the cost; otherwise as record_transaction.
    """
    if quantity is not None and quantity < 0:
        raise Invalid("The quantity cannot be below zero.", errors=[FieldError("quantity", "negative", "The quantity cannot be below zero.")])
    with only_writer(portfolio, by=actor) as locked:
        row = _held(locked, instrument)
        change = Decimal(0) if quantity is None else quantity - row.quantity
        when = day or timezone.localdate()
        if change > 0:
            price = row.cost_local / row.quantity if average_cost is None else average_cost
            price = price.quantize(Decimal(1).scaleb(-18))
            add_position(actor, locked, instrument=instrument, quantity=change, average_cost=price, day=when)
        elif change < 0:
            record_transaction(actor, locked, kind=TransactionKind.TRANSFER_OUT, traded_on=when, instrument=instrument, quantity=-change)
        elif average_cost is not None:
            _correct_cost(actor, locked, instrument, average_cost)


def remove_position(actor: Any, portfolio: Portfolio, *, instrument: Instrument, day: date | None = None) -> Transaction:
    """All units leave, at their cost: a transfer out.  Raises HoldingNotFound."""
    with only_writer(portfolio, by=actor) as locked:
        row = _held(locked, instrument)
        when = day or timezone.localdate()
        return record_transaction(actor, locked, kind=TransactionKind.TRANSFER_OUT, traded_on=when, instrument=instrument, quantity=row.quantity)


def _quoted(instrument: Instrument, average_cost: Decimal) -> Decimal:
    """What one unit cost, as the instrument is quoted: of a bond in percent of par."""
    return average_cost if instrument.price_factor == 1 else quotient(average_cost, instrument.price_factor)


def _held(portfolio: Portfolio, instrument: Instrument) -> Holding:
    row = Holding.objects.filter(portfolio=portfolio, instrument=instrument, is_open=True).first()
    if row is None:
        raise HoldingNotFound(f"You hold nothing of {instrument.symbol} in this portfolio. Add it first.")
    return row


def _correct_cost(actor: Any, portfolio: Portfolio, instrument: Instrument, average_cost: Decimal) -> None:
    entries = list(Transaction.objects.live().filter(portfolio=portfolio, instrument=instrument).select_related("instrument", "portfolio__owner")[:2])
    if len(entries) != 1 or entries[0].kind not in _CARRIES_COST:
        raise Conflict("Several transactions make up what this holding cost. Correct the one that is wrong.", instrument=instrument.pk)
    edit_transaction(actor, entries[0], price=_quoted(instrument, average_cost), amount=None)
