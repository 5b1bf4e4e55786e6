"""The list of indices: seeded with what can be priced here, then an administrator's."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from functools import partial

from django.db import transaction

from market.choices import AssetClass
from market.indices import LISTED, ListedIndex
from market.models import Benchmark, Instrument, SourceSymbol
from market.providers.demo import SOURCE as DEMO
from market.services.ingest import renew_versions
from market.services.listing.linking import link
from market.services.listing.names import suggested
from market.services.sources import sources_on
from market.signals import instruments_listed

log = logging.getLogger(__name__)
Names = dict[str, tuple[str, str]]


@transaction.atomic
def list_indices(wanted: Iterable[ListedIndex] = LISTED) -> int:
    """Puts the indices that are missing on the list, with instruments that sources price without a holder.

    Left out, until that changes: what no source that is on can price and the demo market does not have.  What stands on the list
    stays as it is, also switched off.  Answers how many were added.
    """
    sources = sources_on()
    placed = set(Benchmark.objects.indices().values_list("instrument_id", flat=True))
    begin = len(placed)
    made: list[int] = []
    for place, one in enumerate(wanted, start=1):
        instrument = _known(one) or _new(one, sources, made)
        if instrument is None or instrument.pk in placed:
            continue
        placed.add(instrument.pk)
        twin = _twin(one, sources, made) if instrument.provider != DEMO else None
        Benchmark.objects.create(
            name=one.name, currency=instrument.currency, instrument=instrument, kind=one.kind, twin=twin, note=one.note, position=place * 10
        )
    if made:
        transaction.on_commit(partial(instruments_listed.send, Instrument, instrument_ids=tuple(made)))
    if added := len(placed) - begin:
        log.info("indices.listed", extra={"added": added, "instruments": len(made)})
    return len(placed) - begin


def _known(one: ListedIndex) -> Instrument | None:
    """An instrument of everybody's that is it: by a name at a source, by the demo's symbol, by symbol and exchange."""
    for source, symbol in one.names:
        named = SourceSymbol.objects.filter(source=source, symbol=symbol, until=None, instrument__owner=None).select_related("instrument").first()
        if named is not None:
            return named.instrument
    mine = Instrument.objects.filter(owner=None, currency=one.currency)
    demo: Instrument | None = mine.filter(symbol=one.demo, provider=DEMO).first() if one.demo else None
    listed: Instrument | None = mine.filter(symbol=one.symbol, exchange=one.exchange).first()
    return demo or listed


def _new(one: ListedIndex, sources: tuple[str, ...], made: list[int]) -> Instrument | None:
    fresh = Instrument(
        symbol=one.symbol, name=one.instrument_name or one.name, asset_class=one.asset_class, currency=one.currency, exchange=one.exchange
    )
    return _saved(fresh, {source: (symbol, one.currency) for source, symbol in one.names if source in sources}, sources, made)


def _twin(one: ListedIndex, sources: tuple[str, ...], made: list[int]) -> Instrument | None:
    if not one.twin:
        return None
    known: Instrument | None = Instrument.objects.filter(owner=None, symbol=one.twin, exchange="").first()
    fresh = Instrument(symbol=one.twin, name=f"{one.name} Total Return", asset_class=AssetClass.INDEX, currency=one.currency)
    return known or _saved(fresh, {}, sources, made)


def _saved(fresh: Instrument, told: Mapping[str, tuple[str, str]], sources: tuple[str, ...], made: list[int]) -> Instrument | None:
    """The instrument with its names at sources; None where no source would price it."""
    names: Names = {**suggested(fresh, sources), **told}
    if not names or Instrument.objects.filter(owner=None, symbol=fresh.symbol, exchange=fresh.exchange).exists():
        return None
    fresh.provider = next(iter(names))
    fresh.save()
    link(fresh, names)
    made.append(fresh.pk)
    return fresh


def index_changed(index: Benchmark) -> None:
    """What rests on an index is computed anew: its kind or its twin is another one."""
    if index.instrument_id is not None:
        renew_versions([index.instrument_id])
