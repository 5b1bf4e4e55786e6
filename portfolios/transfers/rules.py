"""What may be changed on one side of a transfer, and where the change goes.

Day, time, units and instrument are what both sides say: they are changed where the units leave, and the other side follows.
The cost comes with the units and is nobody's to enter.  Notes and tags are each side's own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from portfolio_site.kernel.errors import FieldError
from portfolios.choices import TransactionKind
from portfolios.errors import TransferMismatch
from portfolios.models import Transaction
from portfolios.services.locking import only_writer

SHARED = frozenset({"traded_on", "traded_at", "quantity", "instrument"})
OWN = frozenset({"notes", "tags", "external_id", "reference"})
_CARRIED = ("price", "amount", "fx_rate", "fx_source", "acquired_on", "currency", "settlement_currency")
_WORDS = {"kind": "type", "fees": "fee", "taxes": "tax", "fx_rate": "exchange rate", "acquired_on": "date of purchase", "price": "cost of one unit"}


def check_leaving(entry: Transaction, changes: Mapping[str, Any]) -> None:
    """Raises TransferMismatch where the leg that leaves would be no transfer any more."""
    if changes.get("kind", entry.kind) != entry.kind:
        raise _refusal("kind", "This entry is one side of a transfer. Void the transfer, and record what happened instead.")


def edit_arriving(
    actor: Any, entry: Transaction, leaving: Transaction, changes: Mapping[str, Any], now: Any, *, edit: Callable[..., Transaction]
) -> Transaction:
    """Change the leg that arrives: what both sides say on the one that leaves, its own words on itself.  Raises TransferMismatch.

    now  the entry as a draft: what is not different from it is no change
    """
    changed = {name: value for name, value in changes.items() if value != getattr(now, name)}
    for name in changed.keys() - SHARED - OWN:
        word = _WORDS.get(name, name.replace("_", " "))
        raise _refusal(name, f"The {word} comes with the units from “{leaving.portfolio.name}”. Change it in the entries there; this side follows.")
    with only_writer(entry.portfolio, leaving.portfolio, by=actor):
        shared = {name: value for name, value in changed.items() if name in SHARED}
        if shared:
            edit(actor, leaving, **shared)
            entry = Transaction.objects.live().of_entry(entry.entry).select_related("instrument", "portfolio__owner").get()
        own = {name: value for name, value in changed.items() if name in OWN}
        return edit(actor, entry, **own) if own or not shared else entry


def keep_carried(row: Transaction, entry: Transaction) -> None:
    """Another version of the leg that arrives says the same of lots and cost, to the last place, whatever its words are."""
    if entry.kind != TransactionKind.TRANSFER_IN:
        return
    row.lots = entry.lots
    if row.quantity == entry.quantity:
        for name in _CARRIED:
            setattr(row, name, getattr(entry, name))


def _refusal(field: str, sentence: str) -> TransferMismatch:
    return TransferMismatch(sentence, errors=[FieldError(field, "transfer_mismatch", sentence)])
