"""Lots as they lie in an entry's sealed `lots`: those that a sale names, and those that a transfer brings.

Numbers are plain text, days ISO 8601, so that they come out exactly as they went in.  What a sale names says of each lot the
entry that opened it, and its day and place among several where they were said; what a transfer brings says when each lot was bought, in the order in which it is taken.
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
    """The lots that a sale takes from, as they are stored: of their names what was said."""
    return [{"entry": choice.event_id, "quantity": plain(choice.quantity), **_told(choice)} for choice in choices]


def _told(choice: LotChoice) -> Record:
    told: Record = {} if choice.opened_on is None else {"opened_on": choice.opened_on.isoformat()}
    return told | ({} if choice.nth is None else {"nth": choice.nth}) | ({"sole": True} if choice.sole else {})


def choices_of(records: Sequence[Record] | None) -> tuple[LotChoice, ...]:
    """The lots that a sale takes from; none where it names none."""
    return tuple(
        LotChoice(
            int(one["entry"]),
            Decimal(one["quantity"]),
            date.fromisoformat(one["opened_on"]) if one.get("opened_on") else None,
            int(one["nth"]) if one.get("nth") else None,
            bool(one.get("sole")),
        )
        for one in records or ()
    )


def as_kept(records: Sequence[Record]) -> list[Record]:
    """Without the wish that a name fit one lot only, which is of the moment of recording: a later change is not refused for it."""
    return [{name: value for name, value in one.items() if name != "sole"} for one in records]


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
