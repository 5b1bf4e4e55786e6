"""What goes from one person to another with a portfolio: their own instruments, and copies of rates and words.

Instruments change hands, since a price of one's own has one person who keeps it.  Rates and words are copied: the giver has other
portfolios.  What the taker said already stays as it is.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from typing import Any

from django.db import transaction

from market.errors import InstrumentTaken
from market.models import Classification, FundWeight, FxRate, Instrument
from market.selectors.giving import rates_among, words_about
from market.signals import rates_changed
from portfolio_site.web.deeds import tell

_SAID = ("asset_class", "sector", "industry", "country", "region")


@transaction.atomic
def hand_over_instruments(giver: Any, taker: Any, instruments: Collection[int]) -> int:
    """The giver's own among these are the taker's from now on, with their prices.  Raises InstrumentTaken."""
    going = list(Instrument.objects.select_for_update().owned_by(giver).filter(pk__in=instruments).order_by("pk"))
    taken = Instrument.objects.owned_by(taker).filter(symbol__in=[one.symbol for one in going]).values_list("symbol", flat=True).order_by("symbol")
    if symbols := list(taken):
        raise InstrumentTaken(
            f"You have instruments of your own called {', '.join(symbols)}, and so has this portfolio. Give yours another symbol first, under Instruments."
        )
    said = list(words_about(taker, [one.pk for one in going]).values_list("instrument", flat=True))
    Classification.objects.filter(owner=giver, instrument__in=going).exclude(instrument__in=said).update(owner=taker)  # as it describes it
    Instrument.objects.filter(pk__in=[one.pk for one in going]).update(owner=taker)
    for one in going:
        tell(giver, "instrument.handed_over", object_type="instrument", object_id=one.pk)
        tell(taker, "instrument.received", object_type="instrument", object_id=one.pk)
    return len(going)


@transaction.atomic
def copy_rates(giver: Any, taker: Any, currencies: Collection[str]) -> int:
    """Copies of the giver's own rates between these currencies, for days of which the taker has none.  How many."""
    theirs = {(row.base, row.quote, row.day) for row in rates_among(taker, currencies)}
    theirs |= {(quote, base, day) for base, quote, day in theirs}
    rows = [row for row in rates_among(giver, currencies) if (row.base, row.quote, row.day) not in theirs]
    copies = [FxRate(owner=taker, base=row.base, quote=row.quote, day=row.day, rate=row.rate, source=row.source) for row in rows]
    FxRate.objects.bulk_create(copies, batch_size=500)
    if copies:
        used = tuple(sorted({row.base for row in rows} | {row.quote for row in rows}))
        transaction.on_commit(partial(rates_changed.send, FxRate, currencies=used, owner_id=taker.pk))
        tell(taker, "rates.entered", object_type="rate", count=len(copies))
    return len(copies)


@transaction.atomic
def copy_words(giver: Any, taker: Any, instruments: Collection[int]) -> int:
    """Copies of what the giver says of these instruments, where the taker says nothing.  How many."""
    said = set(words_about(taker, instruments).values_list("instrument", flat=True))
    found = [one for one in words_about(giver, instruments).prefetch_related("weights") if one.instrument_id not in said]
    for one in found:
        copy = Classification.objects.create(owner=taker, instrument_id=one.instrument_id, **{name: getattr(one, name) for name in _SAID})
        FundWeight.objects.bulk_create(
            FundWeight(classification=copy, dimension=part.dimension, key=part.key, name=part.name, weight=part.weight) for part in one.weights.all()
        )
        tell(taker, "instrument.classified", object_type="instrument", object_id=one.instrument_id)
    return len(found)
