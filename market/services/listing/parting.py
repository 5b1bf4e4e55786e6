"""Taking a merge back: two instruments again, with what hung on each, as the journal of the merge has it.

What came since stays with the one that stayed: new prices, alerts, watched places.  What people recorded since in a ledger that named
the other cannot be told apart; then the merge stays, and the sentence says whose entry it is (portfolios/services/parting.py).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db import transaction

from market.choices import MergeStatus
from market.errors import CannotPart
from market.models import BlendPart, Instrument, InstrumentMerge
from market.selectors.quote_cache import forget_quotes
from market.services.ingest import rebuild_columns
from market.services.listing.journal import Journal
from market.services.listing.recorded import Progress, parters
from portfolio_site.web.deeds import tell


@transaction.atomic
def part_instruments(actor: Any, stays: int, goes: int, journal: Journal, progress: Progress) -> Instrument:
    """Makes the two that were merged two again; answers the one that is back.  Raises CannotPart with what to do."""
    parts = parters(actor, stays, goes, journal.keys, journal.parts, progress)
    for part in parts:
        part.lock()
    kept = _locked(stays, goes, journal)
    for part in parts:
        part.prepare()
    _take_off_weights(journal)
    gone = journal.bring_back(kept.pk)
    for name in journal.described:
        if getattr(kept, name) == journal.instrument[name]:
            setattr(kept, name, "")
    kept.save(update_fields=journal.described or ["name"])
    for part in parts:
        part.finish()
    rebuild_columns([kept.pk, gone.pk])
    transaction.on_commit(lambda: forget_quotes([kept.symbol, gone.symbol]))
    tell(actor, "instrument.parted", object_type="instrument", object_id=kept.pk, back=gone.pk)
    return gone


def _locked(stays: int, goes: int, journal: Journal) -> Instrument:
    """The one that stayed.  Nobody can name it in a new row until all is done."""
    kept: Instrument | None = Instrument.objects.select_for_update().filter(pk=stays).first()
    symbol, exchange = journal.instrument["symbol"], journal.instrument["exchange"]
    if kept is None:
        raise CannotPart("The instrument that stayed is gone: it was merged into another one since. Undo that merge first.")
    done = InstrumentMerge.objects.filter(stays=stays, merged_at__isnull=False).exclude(status=MergeStatus.PARTED)
    newest = done.order_by("-merged_at").values_list("goes", "goes_symbol").first()
    if newest is not None and newest[0] != goes:
        raise CannotPart(f"{newest[1]} was merged into {kept.symbol} since. Undo that merge first.")
    if (taken := Instrument.objects.filter(owner=None, symbol=symbol, exchange=exchange).first()) is not None:
        raise CannotPart(
            f"{symbol}{f' at {exchange}' if exchange else ''} was listed anew since, as number {taken.pk}. "
            f"Give that one another symbol, or merge it into {kept.symbol}, first."
        )
    return kept


def _take_off_weights(journal: Journal) -> None:
    """Of blends that nobody changed since; in others the one that stayed keeps what it has, and the part of the other does not come back."""
    rows = {part.pk: part for part in BlendPart.objects.filter(pk__in=[pk for pk, _, _ in journal.weights])}
    changed = [rows[pk] for pk, _, sum_then in journal.weights if pk in rows and rows[pk].weight == Decimal(sum_then)]
    added = {pk: Decimal(weight) for pk, weight, _ in journal.weights}
    for part in changed:
        part.weight -= added[part.pk]
    BlendPart.objects.bulk_update(changed, ["weight"])
    blends = {part.blend_id for part in changed}
    label = BlendPart._meta.label
    journal.removed = [(name, [row for row in rows if name != label or row["blend_id"] in blends]) for name, rows in journal.removed]
