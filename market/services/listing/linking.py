"""The names of instruments at sources: suggested, taken over from a search, changed on a day, given to another instrument."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Q

from market.choices import AssetClass
from market.errors import InvalidInstrument, SymbolTaken, UnknownInstrument
from market.hits import plain
from market.models import Instrument, SourceSymbol
from market.providers.demo import SOURCE as DEMO
from market.querysets import EXCHANGE
from market.selectors.quote_cache import forget_quotes
from market.services.listing.names import DOLLAR, Names, suggested
from market.services.sources import sources_on
from market.signals import instruments_listed
from portfolio_site.kernel.errors import FieldError
from portfolio_site.web.deeds import tell

_BATCH = 500


def link(instrument: Instrument, names: Names) -> None:
    """Writes down what sources call an instrument.  A name that another instrument has stays with that one.  One query."""
    _write({instrument.pk: names})


def _write(names: Mapping[int, Names]) -> None:
    rows = [
        SourceSymbol(instrument_id=pk, source=source, symbol=symbol, currency=currency)
        for pk, by_source in names.items()
        for source, (symbol, currency) in by_source.items()
    ]
    SourceSymbol.objects.bulk_create(rows, ignore_conflicts=True, batch_size=_BATCH)


def link_symbols(coins: Iterable[Any] = ()) -> int:
    """Writes down what the sources that are on call everybody's instruments, where that follows from ticker and exchange.

    Left alone: what has a name at the source, also one that ended and would be the same again; the demo's own; a name that means
    another instrument.  coins: CoinGecko's list; a coin is linked where ticker and name both fit one of it alone.  Answers how many
    names are new.  Two queries and the writing.
    """
    sources = sources_on()
    known = SourceSymbol.objects.values_list("instrument_id", "source", "symbol", "until")
    named, ended, taken = set(), set(), set()
    for pk, source, symbol, until in known.iterator(chunk_size=5_000):
        if until is None:
            named.add((pk, source))
            taken.add((source, symbol))
        else:
            ended.add((pk, source, symbol))
    by_coin = _coins(coins)
    new: dict[int, Names] = {}
    for one in Instrument.objects.filter(owner=None).exclude(provider=DEMO).order_by("pk").iterator(chunk_size=2_000):
        for source, (symbol, currency) in (suggested(one, sources) | _coin_name(one, by_coin)).items():
            if (one.pk, source) in named or (one.pk, source, symbol) in ended or (source, symbol) in taken:
                continue
            taken.add((source, symbol))
            new.setdefault(one.pk, {})[source] = (symbol, currency)
    _write(new)
    return sum(len(names) for names in new.values())


def has_coins_without_a_name() -> bool:
    """Whether CoinGecko's list is worth a call.  One query."""
    nameless = ~Q(symbols__source="coingecko", symbols__until=None)
    return bool(Instrument.objects.filter(nameless, owner=None, asset_class=AssetClass.CRYPTO).exclude(provider=DEMO).exists())


def _coins(coins: Iterable[Any]) -> dict[tuple[str, str], str]:
    """Ids by ticker and name; without those that two coins share."""
    found: dict[tuple[str, str], str] = {}
    for coin in coins:
        place = coin.ticker.upper(), plain(coin.name)
        found[place] = "" if place in found else coin.id
    return found


def _coin_name(instrument: Instrument, coins: Mapping[tuple[str, str], str]) -> Names:
    if instrument.asset_class != AssetClass.CRYPTO:
        return {}
    ticker = instrument.symbol.removesuffix(f"-{instrument.currency}")
    coin = coins.get((ticker, plain(instrument.name)), "")
    return {"coingecko": (coin_symbol(coin, instrument.currency), instrument.currency)} if coin else {}


def coin_symbol(coin: str, currency: str) -> str:
    """CoinGecko's id as we ask for it: with the currency, where that is not the dollar."""
    return coin if currency == DOLLAR else f"{coin}/{currency.lower()}"


# ── names that change ───────────────────────────────────────────────────────


@transaction.atomic
def rename_instrument(actor: Any, instrument: Instrument, symbol: str, since: date) -> Instrument:
    """Its ticker is another one since a day (FB is META): one instrument, whose transactions, prices and holdings stay as they are.

    Names at sources end on that day, and those that follow from the new ticker begin; so does what the exchange called it.
    Raises InvalidInstrument, and SymbolTaken where everybody has an instrument of the new symbol: merge the two.
    """
    current = _locked(instrument.pk)
    symbol = symbol.strip().upper()
    if not symbol or len(symbol) > 32 or not symbol.isprintable():
        raise InvalidInstrument("Write a symbol.", errors=[FieldError("symbol", "invalid", "Write a symbol of at most 32 characters.")])
    if symbol == current.symbol:
        return current
    taken = Instrument.objects.filter(owner=None, symbol=symbol, exchange=current.exchange).exclude(pk=current.pk).first()
    if taken is not None:
        raise SymbolTaken(f"{symbol} is {taken.name}. Merge the two if they are the same; else rename that one first.", instrument=taken.pk)
    before = current.symbol
    current.symbols.filter(until=None).update(until=since)
    SourceSymbol.objects.create(instrument=current, source=EXCHANGE, symbol=before, until=since)
    current.symbol = symbol
    current.save(update_fields=["symbol"])
    link(current, suggested(current, sources_on()))
    transaction.on_commit(lambda: forget_quotes([before, symbol]))
    transaction.on_commit(partial(instruments_listed.send, Instrument, instrument_ids=(current.pk,)))
    tell(actor, "instrument.renamed", object_type="instrument", object_id=current.pk)
    return current


@transaction.atomic
def name_at_source(actor: Any, instrument: Instrument, source: str, symbol: str, since: date, *, currency: str = "") -> SourceSymbol:
    """Says what a source calls an instrument since a day, whatever was suggested.

    Its former name there ends on that day.  Where the symbol meant another instrument, it did so until then (GOOG, 3 April 2014).
    """
    current = _locked(instrument.pk)
    found = SourceSymbol.objects.select_for_update().filter(Q(instrument=current) | Q(symbol=symbol), source=source, until=None)
    for row in found:
        if row.instrument_id == current.pk and row.symbol == symbol:
            return row
        row.until = since
        row.save(update_fields=["until"])
    made = SourceSymbol.objects.create(instrument=current, source=source, symbol=symbol, currency=currency)
    tell(actor, "instrument.named", object_type="instrument", object_id=current.pk, source=source)
    transaction.on_commit(partial(instruments_listed.send, Instrument, instrument_ids=(current.pk,)))
    return made


def _locked(pk: int) -> Instrument:
    found: Instrument | None = Instrument.objects.select_for_update().filter(pk=pk, owner=None).first()
    if found is None:
        raise UnknownInstrument("There is no such instrument among everybody's.")
    return found
