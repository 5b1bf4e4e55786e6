"""A hit of a search becomes everybody's instrument: only what a source found, and only where one tells its price or currency.

A person names a hit by its key; what it is comes from the sources alone, out of the cache.  So nobody can make up an instrument that
others see.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from secrets import token_hex
from typing import Any

from django.core.cache import cache
from django.db import IntegrityError, transaction

from market import hits
from market.errors import NotConfirmed, NothingFound, SymbolTaken
from market.hits import AMERICA, Hit
from market.models import Instrument
from market.providers.failures import FailureKind
from market.selectors.searching import instruments_of
from market.services.calls import ask
from market.services.listing.linking import link
from market.services.listing.names import DOLLAR, Names, asset_of, names_of_hit, suggested
from market.services.listing.searching import LISTINGS, allow
from market.services.refreshing import Openings
from market.services.sources import sources_on
from market.signals import instruments_listed, listing_begun
from portfolio_site.kernel.errors import DomainError
from portfolio_site.kernel.money import Currency, UnknownCurrency
from portfolio_site.web.deeds import tell

_KEPT = 900  # seconds
WORKING, DONE, REFUSED = "working", "done", "refused"


@dataclass(frozen=True, slots=True)
class Listing:
    """How far a listing is.  `detail`: why it was refused."""

    id: str
    status: str
    name: str = ""
    instrument_id: int | None = None
    detail: str = ""


# ── for the person who waits ────────────────────────────────────────────────


def start_listing(user: Any, text: str, key: str) -> Listing:
    """Rings for a hit of a search to be taken in; done at once where it is listed already.

    Raises NothingFound for a search that is over or has no such hit, AskedTooOften.
    """
    hit = _hit(text, key)
    listing = Listing(token_hex(12), WORKING, hit.name)
    if pointed := instruments_of([hit]):
        return _kept(user.pk, Listing(listing.id, DONE, hit.name, pointed[key]))
    allow(user, "listings", LISTINGS)
    _kept(user.pk, listing, text=hits.tidy(text), key=key)
    listing_begun.send(None, user_id=user.pk, number=listing.id)
    return get_listing(user, listing.id)


def get_listing(user: Any, number: str) -> Listing:
    """How far it is.  Raises NothingFound, also for somebody else's."""
    return _stored(user.pk, number)[0]


def _hit(text: str, key: str) -> Hit:
    state = hits.looked(text)
    found = next((hit for hit in state.hits if hit.key == key), None) if state else None
    if found is None:
        raise NothingFound("The search is over. Search again, and choose from what is found then.")
    return found


def _kept(owner: int, listing: Listing, **asked: str) -> Listing:
    cache.set(_place(owner, listing.id), {"listing": asdict(listing), **asked}, timeout=_KEPT)
    return listing


def _stored(owner: int, number: str) -> tuple[Listing, str, str]:
    found = cache.get(_place(owner, number)) if len(number) == 24 and number.isalnum() else None
    if not isinstance(found, dict):
        raise NothingFound("This listing is over. Search again.")
    return Listing(**found["listing"]), found.get("text", ""), found.get("key", "")


def _place(owner: int, number: str) -> str:
    return f"listing:{owner}:{number}"


# ── the job ─────────────────────────────────────────────────────────────────


def finish_listing(user: Any, number: str, now: datetime) -> Listing:
    """Takes the hit in, or says why not.  Run twice it finds what the first one listed."""
    listing, text, key = _stored(user.pk, number)
    if listing.status != WORKING:
        return listing
    try:
        made = list_found(user, _hit(text, key), now)
    except DomainError as problem:
        return _kept(user.pk, Listing(number, REFUSED, listing.name, detail=problem.detail))
    return _kept(user.pk, Listing(number, DONE, listing.name, made.pk))


def list_found(actor: Any, hit: Hit, now: datetime) -> Instrument:
    """The everybody's instrument that a hit means; a new one where there is none, priced by jobs that are rung after the commit.

    Its currency is the one that a quote tells, else the hit's.  Raises NotConfirmed, SymbolTaken.
    """
    if pointed := instruments_of([hit]):
        known: Instrument = Instrument.objects.get(pk=pointed[hit.key])
        return known
    currency, source = _confirmed(hit, now)
    instrument = asset_of(hit)
    instrument.symbol, instrument.currency, instrument.provider, instrument.country = _symbol(hit), currency, source, hit.country
    instrument.isin = hit.isin if hits.is_isin(hit.isin) else ""
    return _saved(actor, instrument, hit)


def _confirmed(hit: Hit, now: datetime) -> tuple[str, str]:
    """The currency of its prices, and the source that said so."""
    names = names_of_hit(hit, sources_on())
    asked = ask("quotes", {0: [(source, names[source.name]) for source in Openings(now).quotes(asset_of(hit)) if source.name in names]})
    source, quote = asked.answers.get(0, (hit.symbols[0][0], None))
    told = quote.currency if quote is not None else ""
    if quote is not None and not told and hit.place == AMERICA:
        told = DOLLAR  # exchanges of the United States trade in nothing else, and some sources do not say so
    failed = {one.kind for one in asked.failures.get(0, {}).values()}
    unknown = quote is None and bool(failed) and failed <= {FailureKind.UNKNOWN_SYMBOL, FailureKind.NO_DATA}
    try:
        return str(Currency(told or ("" if unknown else hit.currency))), source
    except UnknownCurrency:
        raise NotConfirmed(_why_not(hit, later=bool(failed) and not unknown)) from None


def _why_not(hit: Hit, *, later: bool) -> str:
    if later:
        return f"No source could be asked for the currency of {hit.name} just now. Try again in a few minutes."
    return f"No source tells a price of {hit.name}, so it was not listed. You can add it as an instrument of your own."


def _symbol(hit: Hit) -> str:
    """Its ticker; a coin whose ticker another coin has goes by its id."""
    if not hit.place and Instrument.objects.filter(owner=None, symbol=hit.ticker, exchange="").exists():
        return next((symbol for source, symbol in hit.symbols if source == "coingecko"), hit.ticker).upper()[:32]
    return hit.ticker


def _saved(actor: Any, instrument: Instrument, hit: Hit) -> Instrument:
    try:
        with transaction.atomic():
            instrument.save()
            link(instrument, _names(instrument, hit))
            tell(actor, "instrument.listed", object_type="instrument", object_id=instrument.pk)
            transaction.on_commit(partial(instruments_listed.send, Instrument, instrument_ids=(instrument.pk,)))
    except IntegrityError:
        pointed = instruments_of([hit])  # somebody else listed it in the meantime
        if not pointed:
            raise SymbolTaken(
                f"{instrument.symbol} is another instrument here, of another ISIN. An administrator can say since when the symbol means this one."
            ) from None
        return Instrument.objects.get(pk=pointed[hit.key])
    return instrument


def _names(instrument: Instrument, hit: Hit) -> Names:
    """What sources called it in the search, and what the others call it by its ticker and exchange."""
    told: Names = {source: (symbol, hit.currency if source == "coingecko" else "") for source, symbol in hit.symbols}
    follow = suggested(instrument, sources_on())
    certain = {source: currency for source, (_, currency) in follow.items() if currency}
    return follow | {source: (symbol, currency or certain.get(source, "")) for source, (symbol, currency) in told.items()}
