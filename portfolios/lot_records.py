"""Lots as they lie in an entry's sealed `lots`: those that a sale names, and those that a transfer brings.

Numbers are plain text, days ISO 8601, so that they come out exactly as they went in.  What a sale names says of each lot the
entry that opened it; what a transfer brings says when each lot was bought, in the order in which it is taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from portfolio_site.kernel.decimals import plain
from portfolios.ledger.events import Arriving, LotChoice

Record = dict[str, Any]


def of_choices(choices: Iterable[LotChoice]) -> list[Record]:
    """The lots that a sale takes from, as they are stored."""
    return [{"entry": choice.event_id, "quantity": plain(choice.quantity)} for choice in choices]


def choices_of(records: Sequence[Record] | None) -> tuple[LotChoice, ...]:
    """The lots that a sale takes from; none where it names none."""
    return tuple(LotChoice(int(one["entry"]), Decimal(one["quantity"])) for one in records or ())


def of_arriving(lots: Iterable[Arriving]) -> list[Record]:
    """The lots that a transfer brings, as they are stored."""
    return [
        {"acquired_on": lot.acquired_on.isoformat(), "quantity": plain(lot.quantity), "cost": plain(lot.cost), "cost_local": plain(lot.cost_local)}
        for lot in lots
    ]


def arriving_of(records: Sequence[Record] | None) -> tuple[Arriving, ...]:
    """The lots that a transfer brings; none where it is of one lot, told by its own fields."""
    return tuple(
        Arriving(date.fromisoformat(one["acquired_on"]), Decimal(one["quantity"]), Decimal(one["cost"]), Decimal(one["cost_local"]))
        for one in records or ()
    )
