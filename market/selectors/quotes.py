"""The newest prices.  A change is against the close before the quote's day; fractions, never percent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.utils import timezone

from market.choices import AssetClass, Quality
from market.errors import NoQuote, UnknownInstrument
from market.hits import ISIN_LENGTH, marked, spellings
from market.models import Instrument, Quote
from market.selectors.prices import ONE, per_unit
from market.selectors.quote_cache import cached_quotes, quotes_read
from portfolio_site.kernel.decimals import quotient

# How long a price may stand before it counts as stale: a long weekend for what trades on weekdays, a day for coins that
# trade always, a year for what its owner prices by hand.
_STALE_AFTER = timedelta(days=4)
_STALE_COIN = timedelta(days=1)
_STALE_OWN = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class QuoteView:
    """One newest price with its source and age.  `sequence` is raised by each new price of the instrument."""

    instrument_id: int
    symbol: str
    price: Decimal
    currency: str
    previous_close: Decimal | None
    change: Decimal | None  # price - previous_close
    change_fraction: Decimal | None  # 0.05 is 5 %; rounded to 18 places
    as_of: datetime
    source: str
    quality: str
    stale: bool
    sequence: int
    volume: int | None
    factor: Decimal = ONE  # what one unit is worth for a price of 1 (Instrument.price_factor)
    price_unit: str = ""  # what the price is shown in: the currency, or per cent of par

    @property
    def unit_price(self) -> Decimal:
        """What one unit is worth: holdings are valued at this, never at the quoted price."""
        return per_unit(self.price, self.factor)

    @property
    def unit_previous(self) -> Decimal | None:
        return None if self.previous_close is None else per_unit(self.previous_close, self.factor)

    @property
    def unit_change(self) -> Decimal | None:
        return None if self.change is None else per_unit(self.change, self.factor)


@dataclass(frozen=True, slots=True)
class UnansweredSymbol:
    """A symbol that has no answer, and why."""

    symbol: str
    code: str  # "unknown_instrument" or "no_quote"
    detail: str


@dataclass(frozen=True, slots=True)
class StocksAnswer:
    """Quotes in the order asked for, and the rest."""

    quotes: tuple[QuoteView, ...]
    errors: tuple[UnansweredSymbol, ...]


def view_of(instrument: Instrument, quote: Quote, *, now: datetime | None = None) -> QuoteView:
    """The quote as shown.  No query."""
    previous = quote.previous_close
    change = None if previous is None else quote.price - previous
    return QuoteView(
        instrument_id=instrument.pk,
        symbol=instrument.symbol,
        price=quote.price,
        currency=instrument.currency,
        previous_close=previous,
        change=change,
        change_fraction=None if change is None or not previous else quotient(change, previous),
        as_of=quote.as_of,
        source=quote.source,
        quality=quote.quality,
        stale=_stale(instrument.asset_class, quote, now or timezone.now()),
        sequence=quote.sequence,
        volume=quote.volume,
        factor=instrument.price_factor,
        price_unit=instrument.price_unit,
    )


def _stale(asset_class: str, quote: Quote, now: datetime) -> bool:
    by_class = _STALE_COIN if asset_class == AssetClass.CRYPTO else _STALE_AFTER
    limit = _STALE_OWN if quote.quality == Quality.OWN else by_class
    return now - quote.as_of > limit


def is_of_last_session(day: date, asset_class: str, today: date) -> bool:
    """Whether a price of `day` is of the newest session there was: a long weekend old at most, a coin's a day; own prices too.

    Only then is its difference to the close before a change of the day (numbers.md, "Value").
    """
    return today - day <= (_STALE_COIN if asset_class == AssetClass.CRYPTO else _STALE_AFTER)


def moved_since(moment: datetime) -> list[int]:
    """The instruments whose newest price was fetched since, by number.  One query."""
    return list(Quote.objects.filter(fetched_at__gte=moment).order_by("pk").values_list("pk", flat=True))


def quotes_of(instrument_ids: Iterable[int], known: Mapping[int, Instrument] | None = None) -> dict[int, QuoteView]:
    """The newest price of each instrument that has one.  One query, none for no instruments.

    known  all of the instruments, by number, where the caller has read them: they are not read again
    """
    wanted = set(instrument_ids)
    if not wanted:
        return {}
    now = timezone.now()
    found = Quote.objects.filter(pk__in=wanted)
    if known is None:
        return {quote.pk: view_of(quote.instrument, quote, now=now) for quote in found.select_related("instrument")}
    return {quote.pk: view_of(known[quote.pk], quote, now=now) for quote in found}


def sequences_of(instrument_ids: Iterable[int]) -> dict[int, int]:
    """How often the newest price of each was replaced.  One query, none for no instruments."""
    wanted = set(instrument_ids)
    return dict(Quote.objects.filter(pk__in=wanted).values_list("pk", "sequence")) if wanted else {}


def stocks(user: Any, symbols: Sequence[str]) -> StocksAnswer:
    """Quotes by symbol, a share class in any spelling, or by ISIN; the person's own instruments before everybody's.

    At most two queries; one where all is cached.
    """
    asked = list(dict.fromkeys(symbol.strip().upper() for symbol in symbols))
    found = _quoted(Instrument.objects.owned_by(user), asked) if user.is_authenticated else {}
    shared = [symbol for symbol in asked if symbol not in found]
    cached = cached_quotes(shared)
    if missing := [symbol for symbol in shared if symbol not in cached]:
        read = _quoted(Instrument.objects.filter(owner=None), missing)
        quotes_read({symbol: view for symbol, view in read.items() if view is not None})
        found |= read
    found |= cached
    errors = tuple(_unanswered(symbol, symbol in found) for symbol in asked if found.get(symbol) is None)
    return StocksAnswer(quotes=tuple(view for symbol in asked if (view := found.get(symbol)) is not None), errors=errors)


def _quoted(instruments: Any, asked: Iterable[str]) -> dict[str, QuoteView | None]:
    """By what was asked for, as far as there are such instruments; of several listings the one with the newest quote.  One query."""
    forms = {text: _forms(text) for text in asked if text.isprintable()}  # a database refuses some signs that are not
    isins = [text for text in forms if len(text) == ISIN_LENGTH]
    meant = Q(symbol__in={form for each in forms.values() for form in each})
    now, views = timezone.now(), dict[str, QuoteView | None]()
    for instrument in instruments.filter(meant | Q(isin__in=isins) if isins else meant).select_related("quote").order_by("pk"):
        quote = getattr(instrument, "quote", None)
        view = None if quote is None else view_of(instrument, quote, now=now)
        for name in filter(None, {instrument.symbol, instrument.isin}):
            known = views.get(name)
            if view is not None and (known is None or view.as_of > known.as_of):
                views[name] = view
            else:
                views.setdefault(name, view)
    return {text: views[form] for text, each in forms.items() if (form := next((one for one in each if one in views), None)) is not None}


def _forms(text: str) -> tuple[str, ...]:
    """What the instrument may be called: the text itself, then other spellings of a share class (BRK-B, BRK/B, BRK.B)."""
    return (text,) if text.isalnum() else (text, *sorted(spellings(marked(text)) - {text}))


def _unanswered(symbol: str, known: bool) -> UnansweredSymbol:
    if known:
        return UnansweredSymbol(symbol, NoQuote.code, f"{symbol} is known, but no price of it has arrived yet.")
    return UnansweredSymbol(symbol, UnknownInstrument.code, f"No instrument has the symbol or ISIN {symbol[:40]}.")


def stock(user: Any, symbol: str) -> QuoteView:
    """One quote by symbol.  Raises UnknownInstrument or NoQuote.  At most two queries."""
    answer = stocks(user, [symbol])
    if answer.quotes:
        return answer.quotes[0]
    problem = answer.errors[0]
    raise NoQuote(problem.detail) if problem.code == NoQuote.code else UnknownInstrument(problem.detail)
