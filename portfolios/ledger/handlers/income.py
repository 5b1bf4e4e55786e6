"""What holdings bring."""

from __future__ import annotations

from portfolios.ledger.events import ZERO, Dividend
from portfolios.ledger.handlers.amounts import expend_costs, pay_net
from portfolios.ledger.lots import lowered
from portfolios.ledger.run import Run, based


def dividend(run: Run, event: Dividend) -> None:
    """Income is the dividend before tax; what is withheld is an expense.  Under reduce_cost it lowers the remaining cost first."""
    stock = run.stock(event.instrument, event.day)
    gross = based(event.gross, run.rate(event))
    taken = ZERO
    if run.reduces and stock.quantity > ZERO:
        lots, taken = lowered(run.lots(stock), gross, local_is_base=stock.currency == run.base)
        run.hold(event, stock, lots)
    run.earn(event, gross - taken, stock)
    costs = expend_costs(run, event, stock)
    pay_net(run, event, event.gross, gross, costs, event.instrument)
