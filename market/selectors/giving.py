"""What hangs on a person's own rates, words and instruments, for a portfolio that is about to change hands."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db.models import QuerySet

from market.models import BlendPart, Classification, FxRate, Instrument


def rates_among(user: Any, currencies: Collection[str]) -> QuerySet[FxRate]:
    """The person's own rates between any two of these currencies."""
    return FxRate.objects.filter(owner=user, base__in=list(currencies), quote__in=list(currencies))


def words_about(user: Any, instruments: Collection[int]) -> QuerySet[Classification]:
    """What the person says of these instruments."""
    return Classification.objects.filter(owner=user, instrument__in=list(instruments)).order_by("pk")


def own_among(user: Any, instruments: Collection[int]) -> list[Instrument]:
    """Those that are the person's own, by symbol.  One query."""
    return list(Instrument.objects.owned_by(user).filter(pk__in=list(instruments)).order_by("symbol"))


def in_blends(user: Any, instruments: Collection[int]) -> set[int]:
    """Those that stand in blends of the person's, also in removed ones, which can be brought back.  One query."""
    return set(BlendPart.objects.filter(blend__owner=user, instrument__in=list(instruments)).values_list("instrument", flat=True))
