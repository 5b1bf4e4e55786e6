"""Units that come and go without being bought or sold."""

from __future__ import annotations

from decimal import Decimal

from portfolios.ledger.events import ZERO, TransferIn, TransferOut
from portfolios.ledger.handlers.amounts import expend_costs, local_worth, pay_net, refuse_quantity
from portfolios.ledger.lots import OpenLot, Stock, told_apart
from portfolios.ledger.run import Run, based


def transfer_in(run: Run, event: TransferIn) -> None:
    """Units arrive with their date and cost: a flow of that cost, and no gain.  Costs of the transfer are expenses."""
    if event.quantity <= ZERO:
        raise refuse_quantity(event)
    stock = run.stock(event.instrument, event.day)
    if stock.currency != event.local_currency:
        run.quote(event, stock, event.local_currency)
    lots = _arriving(run, event)
    run.arrive(event, stock, lots)
    run.flow(event, sum((lot[3] for lot in lots), ZERO), event.instrument, event.quantity)
    _pay_costs(run, event, stock)


def _arriving(run: Run, event: TransferIn) -> list[OpenLot]:
    rate, in_base = run.rate(event), event.local_currency == run.base
    if event.lots:
        costs = [based(lot.cost, rate) for lot in event.lots]
        return told_apart(
            (event.id, lot.acquired_on, lot.quantity, cost, cost if in_base else lot.cost_local) for lot, cost in zip(event.lots, costs, strict=True)
        )
    cost = based(event.gross, rate)
    local = local_worth(run, event, cost) if in_base or event.cost_local is None else event.cost_local
    return [(event.id, event.acquired_on or event.day, event.quantity, cost, local)]


def transfer_out(run: Run, event: TransferOut) -> None:
    """Units leave with their dates and cost: a flow of that cost, and no gain.  Costs of the transfer are expenses."""
    if event.quantity <= ZERO:
        raise refuse_quantity(event)
    stock = run.stock(event.instrument, event.day)
    carried: Decimal = ZERO
    for bought, opened_on, quantity, cost, local in run.leave(event, stock, event.quantity):
        carried += cost
        run.carried += (event.id, bought, event.instrument, opened_on, quantity, cost, local)
    run.flow(event, -carried, event.instrument, -event.quantity)
    _pay_costs(run, event, stock)


def _pay_costs(run: Run, event: TransferIn | TransferOut, stock: Stock) -> None:
    if event.fees or event.taxes:
        pay_net(run, event, ZERO, ZERO, expend_costs(run, event, stock), event.instrument)
