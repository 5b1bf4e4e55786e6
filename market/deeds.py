"""What the log of an account calls what a person does with instruments, prices, watch lists and news."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from market.models import Benchmark, FxRate, Instrument, MutedPublisher, Watchlist
from portfolio_site.web.deeds import Named, describe, names, owned_in

describe(
    "Market",
    {
        "instrument.created": "Instrument of one’s own made",
        "instrument.changed": "Instrument of one’s own changed",
        "instrument.removed": "Instrument of one’s own removed",
        "instrument.handed_over": "Instrument of one’s own given away with a portfolio",
        "instrument.received": "Instrument received with a portfolio",
        "instrument.listed": "Instrument added from a source",
        "instrument.renamed": "Instrument given another symbol",
        "instrument.named": "Instrument’s name at a source set",
        "instrument.classified": "Instrument classified for oneself",
        "instrument.classified_for_everybody": "Instrument classified for everybody",
        "instrument.merged": "Two instruments made one",
        "instrument.parted": "Two instruments that were made one are two again",
        "prices.entered": "Prices entered",
        "prices.removed": "Prices removed",
        "rates.entered": "Exchange rates entered",
        "rates.removed": "Exchange rates removed",
        "suspect.accepted": "Doubtful price accepted",
        "suspect.refused": "Doubtful price refused",
        "source.tried_again": "Price source asked again",
        "source.set_up": "Address of prices set up",
        "source.changed": "Address of prices changed",
        "source.removed": "Address of prices removed",
        "news.muted": "Publisher muted",
        "news.unmuted": "Publisher heard again",
        "blend.created": "Blend made",
        "blend.changed": "Blend changed",
        "blend.removed": "Blend deleted",
        "blend.restored": "Blend brought back",
        "watchlist.created": "Watch list made",
        "watchlist.changed": "Watch list changed",
        "watchlist.removed": "Watch list removed",
        "watchlist.instrument_added": "Instrument put on a watch list",
        "watchlist.instrument_removed": "Instrument taken off a watch list",
    },
)


@names("instrument")
def _instruments(user: Any, numbers: Collection[int]) -> Mapping[int, Named]:
    found = Instrument.objects.visible_to(user).filter(pk__in=numbers).values_list("pk", "symbol")
    return {pk: Named(symbol) for pk, symbol in found}


owned_in("benchmark", Benchmark)
owned_in("instrument", Instrument)
owned_in("publisher", MutedPublisher)
owned_in("rate", FxRate)
owned_in("watchlist", Watchlist)
