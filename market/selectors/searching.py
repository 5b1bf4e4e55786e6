"""What a search knows: the instruments that there are, and listings that sources found, each once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q

from market import hits
from market.choices import AssetClass
from market.exchanges import shown_exchange
from market.hits import Hit, place_of, plain, spellings
from market.models import Instrument, SourceSymbol
from market.selectors.listing import ListedInstrument, find_listed, listed_of, shown_source


@dataclass(frozen=True, slots=True)
class FoundListing:
    """A listing that sources know and nobody has here yet.

    currency    empty where no source told it with the hit: it is asked for before the listing is taken in
    exchange    as people call it
    sources     who knows it, as people call them
    """

    key: str
    symbol: str
    name: str
    asset_class: str
    exchange: str
    currency: str
    isin: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SearchView:
    """What is known of a search by now.

    known      instruments that there are, the nearest first; those that sources found are among them
    more       there are more than are listed
    listings   what can be listed
    begun      sources were asked, or are being asked
    waiting    sources that have not answered yet, as people call them
    failed     sources that gave no answer, with the reason
    """

    text: str
    known: tuple[ListedInstrument, ...]
    more: bool
    listings: tuple[FoundListing, ...]
    begun: bool
    waiting: tuple[str, ...]
    failed: tuple[tuple[str, str], ...]

    @property
    def done(self) -> bool:
        return not self.waiting


def found_instruments(user: Any, text: str) -> SearchView:
    """What is in the database at once, and what sources have found by now; a hit that is listed is the instrument.

    One query; up to four where sources found something.
    """
    text = hits.tidy(text)
    here = find_listed(user, text)
    state = hits.looked(text) if text else None
    if state is None:
        return SearchView(text, here.rows, here.more, (), False, (), ())
    pointed = instruments_of(state.hits)
    shown = {row.id for row in here.rows}
    missing = [pk for pk in dict.fromkeys(pointed.values()) if pk not in shown]
    return SearchView(
        text=text,
        known=here.rows + tuple(listed_of(user, missing)),
        more=here.more,
        listings=tuple(_shown(hit) for hit in state.hits if hit.key not in pointed),
        begun=True,
        waiting=tuple(shown_source(name) for name in state.waiting),
        failed=tuple((shown_source(name), why) for name, why in state.failed.items()),
    )


def _shown(hit: Hit) -> FoundListing:
    exchange = shown_exchange(hit.exchange) if hit.exchange else "United States" if hit.place == hits.AMERICA else ""
    sources = tuple(shown_source(source) for source, _ in hit.symbols)
    return FoundListing(hit.key, hit.ticker, hit.name, hit.asset_class, exchange, hit.currency, hit.isin, sources)


def instruments_of(found: Iterable[Hit]) -> dict[str, int]:
    """Everybody's instruments by the key of the hit that means them.  Two queries, none without hits.

    A name that a source has for an instrument decides; then ISIN and place, then ticker and place unless both have ISINs and these differ.
    """
    wanted = tuple(found)
    if not wanted:
        return {}
    names = {name for hit in wanted for name in hit.symbols}
    rows = (
        SourceSymbol.objects.filter(source__in={source for source, _ in names}, symbol__in={symbol for _, symbol in names}, until=None)
        .filter(instrument__owner=None)
        .values_list("source", "symbol", "instrument_id")
    )
    named = {(source, symbol): pk for source, symbol, pk in rows}
    tickers = {text for hit in wanted for ticker in (hit.ticker, f"{hit.ticker}-{hit.currency}") for text in spellings(ticker)}
    isins = {hit.isin for hit in wanted if hit.isin}
    there = list(Instrument.objects.filter(Q(symbol__in=tickers) | Q(isin__in=isins), owner=None).order_by("pk"))
    pointed = {}
    for hit in wanted:
        pk = next((named[name] for name in hit.symbols if name in named), None) or _meant(hit, there)
        if pk is not None:
            pointed[hit.key] = pk
    return pointed


def _meant(hit: Hit, there: Iterable[Instrument]) -> int | None:
    by_isin = (one.pk for one in there if hit.isin and one.isin == hit.isin and _same_place(hit, one))
    by_ticker = (one.pk for one in there if _same_ticker(hit, one) and not (hit.isin and one.isin))
    return next(by_isin, None) or next(by_ticker, None)


def _same_place(hit: Hit, one: Instrument) -> bool:
    return place_of(one.exchange, one.currency) == hit.place


def _same_ticker(hit: Hit, one: Instrument) -> bool:
    if hit.asset_class == AssetClass.CRYPTO:
        ticker = one.symbol.removesuffix(f"-{one.currency}")
        return one.asset_class == AssetClass.CRYPTO and one.currency == hit.currency and ticker == hit.ticker and plain(one.name) == plain(hit.name)
    if not hit.place:
        return one.symbol == hit.ticker and one.asset_class == hit.asset_class
    return hits.marked(one.symbol) == hit.ticker and _same_place(hit, one)


def instrument_meant(source: str, symbol: str, day: date) -> int | None:
    """Which instrument a source meant by a symbol on a day: the one whose name there ended first after it, else today's.  One query."""
    rows = SourceSymbol.objects.filter(Q(until=None) | Q(until__gt=day), source=source, symbol=symbol).values_list("until", "instrument_id")
    found = min(rows, key=lambda row: row[0] or date.max, default=None)
    return None if found is None else found[1]
