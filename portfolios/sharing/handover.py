"""A portfolio becomes somebody else's, with all that hangs on it, in the transaction of whoever calls (consequences.py says what)."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.services import record_audit
from market.errors import BlendTaken, TooManyBlends
from market.models import Benchmark
from market.services import PartDraft, copy_rates, copy_words, create_blend, hand_over_instruments
from portfolios.models import Portfolio, Transaction
from portfolios.roles import Role
from portfolios.sharing.consequences import ending_invitations, ending_links, linked_elsewhere, used_by
from portfolios.sharing.memberships import end_membership, set_membership
from portfolios.signals import ledger_changed

_TRIES = 9  # names of a blend


def hand_over(portfolio: Portfolio, taker: Any, *, stays: bool, copies: bool) -> None:
    """Makes the taker the owner of a portfolio whose row is locked.

    stays   whether who owned it is a manager from now on; else they see it no more
    copies  whether the taker gets copies of the rates and words that its figures are told with
    Raises InstrumentTaken where the taker has instruments of their own of the same symbols.
    """
    giver, used = portfolio.owner, used_by(portfolio)
    _cut_transfers(portfolio)
    hand_over_instruments(giver, taker, used.instruments)
    copied = {"rates": copy_rates(giver, taker, used.currencies), "words": copy_words(giver, taker, used.instruments)} if copies else {}
    ended = {"links": _all_gone(ending_links(portfolio, stays=stays)), "invitations": _all_gone(ending_invitations(portfolio, stays=stays))}
    portfolio.blend = _blend_for(taker, portfolio.blend)
    portfolio.owner, portfolio.is_linked = taker, False
    portfolio.revision += 1
    portfolio.save()
    end_membership(portfolio, taker)
    if stays:
        set_membership(portfolio, giver, Role.MANAGER, invited_by=taker)
    else:
        end_membership(portfolio, giver)  # there is none: their open pages are told
    for subject in (giver, taker):
        record_audit(
            taker, "ownership.given", subject=subject.pk, object_type="portfolio", object_id=portfolio.pk,
            before=giver.pk, owner=taker.pk, stays=stays, **copied, **ended,
        )  # fmt: skip
    _tell_of_ledger(portfolio)


def _cut_transfers(portfolio: Portfolio) -> None:
    """Both sides stay as they are, and follow one another no more."""
    links = linked_elsewhere(portfolio)
    others = Portfolio.objects.filter(transactions__link__in=links).exclude(pk=portfolio.pk).distinct() if links else []
    keys = [one.pk for one in others]
    Transaction.objects.filter(link__in=links).update(link=None)
    Portfolio.objects.filter(pk__in=keys).update(revision=F("revision") + 1, updated_at=timezone.now())
    for pk in keys:
        _tell_of_ledger(Portfolio(pk=pk))


def _tell_of_ledger(portfolio: Portfolio) -> None:
    first = Transaction.objects.live().filter(portfolio=portfolio.pk).order_by("traded_on").values_list("traded_on", flat=True).first()
    if first is not None:
        transaction.on_commit(partial(ledger_changed.send, Portfolio, portfolio_id=portfolio.pk, since=first))


def _all_gone(rows: Any) -> int:
    many = int(rows.count())
    rows.delete()
    return many


def _blend_for(taker: Any, blend: Benchmark | None) -> Benchmark | None:
    """A copy of the blend for the taker; none where it has parts that are somebody's own, or the taker has too many."""
    if blend is None:
        return None
    parts = [PartDraft(one.instrument, one.weight) for one in blend.parts.select_related("instrument").order_by("pk")]
    if any(part.instrument is not None and part.instrument.owner_id is not None for part in parts):
        return None
    for number in range(1, _TRIES + 1):
        name = blend.name if number == 1 else f"{blend.name[:76]} {number}"
        try:
            with transaction.atomic():
                return create_blend(taker, name=name, currency=blend.currency, parts=parts, rebalancing=blend.rebalancing)
        except BlendTaken:
            continue
        except TooManyBlends:
            break
    return None
