"""Corporate actions."""

from __future__ import annotations

from portfolio_site.kernel.decimals import plain
from portfolios.errors import NotHeld, QuantityNotPositive, SplitLeavesNothing
from portfolios.ledger import lots as open_lots
from portfolios.ledger.events import ZERO, Split
from portfolios.ledger.run import Run
from portfolios.ledger.words import facts_of, in_words


def split(run: Run, event: Split) -> None:
    """Units × new ÷ old; cost and dates stay."""
    stock = run.stocks.get(event.instrument)
    facts = facts_of(event)
    if event.ratio_new <= ZERO or event.ratio_old <= ZERO:
        raise QuantityNotPositive(f"The split of {in_words(event.day)} needs two numbers above zero, such as 4 for 1.", **facts)
    if stock is None or not stock.quantity:
        raise NotHeld(f"On {in_words(event.day)} you held nothing that could be split. Check the date, or record the missing purchase.", **facts)
    held = stock.quantity
    lots = open_lots.split(run.lots(stock), event.ratio_new, event.ratio_old)
    if not lots:
        raise SplitLeavesNothing(
            f"The split of {in_words(event.day)} would leave nothing of {plain(held)} units. Check the ratio.", held=held, **facts
        )
    stock.changed_on = event.day
    run.hold(event, stock, lots, short=held < ZERO)
