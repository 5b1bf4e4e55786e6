"""Settling prices that were not believed: an administrator says whether they are meant."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from market.choices import ActionKind, Quality, SuspectKind, SuspectReason, Verdict
from market.errors import CannotAccept, StaffOnly, SuspectSettled, UnknownSuspect
from market.models import CorporateAction, Price, Suspect
from market.providers.base import ActionRow, PriceRow
from market.services.actions import ingest_actions
from market.services.ingest import ingest_prices
from market.services.quotes import QuoteDraft, publish_quotes
from market.services.refreshing.judging import split_factor
from portfolio_site.kernel.decimals import EXACT
from portfolio_site.web.administration import may
from portfolio_site.web.deeds import tell


@transaction.atomic
def settle_suspect(actor: Any, suspect_id: int, accept: bool, *, now: datetime | None = None) -> Suspect:
    """Accepts or refuses what was doubted; the same answer twice changes nothing.  Leaves an audit line.

    A newest price that is accepted becomes the quote, unless a newer one came meanwhile; a price of a day is stored for its day, and a
    dividend with the corporate actions.  What was refused may still be accepted.  Raises StaffOnly, UnknownSuspect, SuspectSettled for
    refusing what was accepted, CannotAccept, and what storing raises: then nothing changed.
    """
    if not may(actor, "work", "market.Suspect"):
        raise StaffOnly("Only administrators settle prices that were not believed.")
    suspect = Suspect.objects.select_for_update(of=("self",)).select_related("instrument").filter(pk=suspect_id).first()
    if suspect is None:
        raise UnknownSuspect("There is no such price. It may have gone with its instrument.")
    verdict = Verdict.ACCEPTED if accept else Verdict.REFUSED
    if suspect.verdict == verdict:
        return suspect
    if suspect.verdict == Verdict.ACCEPTED:
        raise SuspectSettled("The price was accepted and is stored. Correct it under Prices.", suspect=suspect.pk)
    if accept:
        _store(suspect)
    suspect.verdict, suspect.settled_at, suspect.settled_by = verdict, now or timezone.now(), actor
    suspect.save(update_fields=["verdict", "settled_at", "settled_by"])
    tell(actor, f"suspect.{verdict.value}", object_type="suspect", object_id=suspect.pk, instrument=suspect.instrument_id)
    return suspect


def _store(suspect: Suspect) -> None:
    if suspect.kind == SuspectKind.QUOTE:
        earlier = Price.objects.filter(instrument=suspect.instrument_id, day__lt=suspect.day)
        previous = earlier.order_by("-day").values_list("close", flat=True).first()
        publish_quotes([QuoteDraft(suspect.instrument_id, suspect.price, suspect.as_of, suspect.source, Quality.DELAYED, previous)])
    elif suspect.reason == SuspectReason.DIVIDEND:
        if _later_splits(suspect):
            raise CannotAccept("A split came after this dividend: enter it by hand under Corporate actions.", suspect=suspect.pk)
        row = ActionRow(ActionKind.DIVIDEND, suspect.day, amount=suspect.price)
        ingest_actions({suspect.instrument_id: [row]}, suspect.source)
    else:
        ingest_prices(suspect.instrument, [PriceRow(suspect.day, _raw(suspect))], suspect.source)


def _raw(suspect: Suspect) -> Decimal:
    """The price in units of its own day, as prices are stored; days are doubted in units of today."""
    return EXACT.multiply(suspect.price, split_factor(_later_splits(suspect)))


def _later_splits(suspect: Suspect) -> list[tuple[Decimal, Decimal]]:
    """New and old units of each split after the day.  One query."""
    found = CorporateAction.objects.filter(instrument=suspect.instrument_id, kind=ActionKind.SPLIT, ex_day__gt=suspect.day)
    return [(new, old) for new, old in found.values_list("ratio_new", "ratio_old") if new and old]
