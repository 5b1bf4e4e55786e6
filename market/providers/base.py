"""What a source of market data gives.

A provider fetches and parses; it stores nothing and knows no database.  `services` validate and store what it gives.
Prices are in major units (pounds, never pence) and raw, as they were on the day: a source that rewrites history after a split is
turned back by its parser.  Days are the exchange's calendar days, times carry an offset.

Every call takes a list and answers by symbol, each symbol with what was asked for or with a `Failure` that says why there is
none: an answer never has fewer keys than the question.  A call raises only where it failed as a whole (`failures.py`).
A source implements the protocols of what it has, and no others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol, runtime_checkable

from market.providers.failures import Failure


@dataclass(frozen=True, slots=True)
class InstrumentSpec:
    """An instrument as a source describes it.  Fields as in `models.Instrument`."""

    symbol: str
    name: str
    asset_class: str
    currency: str
    exchange: str = ""
    isin: str = ""
    sector: str = ""
    country: str = ""
    region: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class PriceRow:
    """One day's prices."""

    day: date
    close: Decimal
    open: Decimal | None = None
    high: Decimal | None = None
    low: Decimal | None = None
    volume: int | None = None
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class RateRow:
    """Units of `quote` for one unit of `base` on a day."""

    base: str
    quote: str
    day: date
    rate: Decimal
    source: str
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class ActionRow:
    """A corporate action as a source reports it: a split with both numbers of its ratio, or a dividend with what one unit is paid.

    What is bought on the ex-day or later has no part in it.
    """

    kind: str  # choices.ActionKind
    ex_day: date
    ratio_new: Decimal | None = None
    ratio_old: Decimal | None = None
    amount: Decimal | None = None  # before tax, in the instrument's currency


@dataclass(frozen=True, slots=True)
class SymbolQuote:
    """A newest price by the source's symbol.

    currency       of the price; empty where the source does not tell it, which makes it unfit to be stored without a check
    unit_factor    what the source's own number was multiplied with: 0.01 where it came in pence
    delay          seconds that the source says it is behind the exchange; None where it does not say
    """

    symbol: str
    price: Decimal
    as_of: datetime
    quality: str  # choices.Quality
    previous_close: Decimal | None = None
    volume: int | None = None
    currency: str = ""
    unit_factor: Decimal = Decimal(1)
    delay: int | None = None
    market_cap: Decimal | None = None  # in the currency of the price, in major units


@dataclass(frozen=True, slots=True)
class History:
    """Daily prices of one symbol up to now, oldest first and raw, with the corporate actions of the same days.

    final_until    the last day that will not change any more: a running day is later than that
    """

    currency: str
    prices: tuple[PriceRow, ...]
    actions: tuple[ActionRow, ...] = ()
    final_until: date | None = None
    unit_factor: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class Bar:
    """Prices of a part of a day, from `start` on."""

    start: datetime
    close: Decimal
    open: Decimal | None = None
    high: Decimal | None = None
    low: Decimal | None = None
    volume: int | None = None


@dataclass(frozen=True, slots=True)
class Intraday:
    """Prices of parts of the newest trading days of one symbol, oldest first.  `currency`: empty where the source does not tell it."""

    currency: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """A hit of a search.  What a source does not tell is empty; many tell no currency.

    ticker    what exchanges call it, where the source's symbol is an id of its own
    """

    symbol: str
    name: str
    asset_class: str  # choices.AssetClass
    exchange: str = ""  # ISO 10383 MIC
    currency: str = ""
    isin: str = ""
    country: str = ""
    ticker: str = ""


@dataclass(frozen=True, slots=True)
class Weight:
    """A part of a fund: of a class, sector, country, region or holding.  `weight` is a fraction of the whole.

    name    of a class its value in `choices.AssetClass`, or "cash"; else as the source writes it
    """

    dimension: str  # choices.Dimension
    name: str
    weight: Decimal


@dataclass(frozen=True, slots=True)
class Profile:
    """Reference data of one symbol.  What a source does not tell is empty."""

    symbol: str
    name: str = ""
    asset_class: str = ""
    currency: str = ""
    exchange: str = ""
    isin: str = ""
    sector: str = ""
    industry: str = ""
    country: str = ""  # ISO 3166-1 alpha-2
    weights: tuple[Weight, ...] = ()
    market_cap: Decimal | None = None  # in major units of `reports_in`
    reports_in: str = ""  # the currency of a company's accounts, which need not be the one it trades in


@dataclass(frozen=True, slots=True)
class ArticleRow:
    """A piece of news, without pictures.  `symbols` are those it was found for."""

    url: str
    title: str
    published_at: datetime
    publisher: str
    summary: str = ""
    language: str = ""  # ISO 639-1; empty where nobody tells
    symbols: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Observation:
    """A day's value of a statistical series, as the source publishes it."""

    day: date
    value: Decimal


# ── what a source can be asked ──────────────────────────────────────────────


class QuoteSource(Protocol):
    """Newest prices.  `symbols` are at most `quotes_at_once`: one call, or one for each where that is 1."""

    name: str
    quotes_at_once: int

    def quotes(self, symbols: Sequence[str], now: datetime) -> Mapping[str, SymbolQuote | Failure]: ...


class HistorySource(Protocol):
    """Daily prices after a day (None: from the first) up to now, with splits and dividends where the source has them."""

    name: str

    def histories(self, after: Mapping[str, date | None], now: datetime) -> Mapping[str, History | Failure]: ...


class IntradaySource(Protocol):
    """Prices within the newest trading days: so many of them, or fewer where the source has no more."""

    name: str

    def intraday(self, symbols: Sequence[str], now: datetime, days: int = 1) -> Mapping[str, Intraday | Failure]: ...


class SearchSource(Protocol):
    """Instruments by symbol, name or ISIN, the best first."""

    name: str

    def search(self, text: str) -> Sequence[Found]: ...


class ProfileSource(Protocol):
    name: str

    def profiles(self, symbols: Sequence[str]) -> Mapping[str, Profile | Failure]: ...


class RateSource(Protocol):
    """Reference rates, base EUR, after a day (None: from the first) up to and including `until`."""

    name: str

    def rates(self, after: date | None, until: date) -> Sequence[RateRow]: ...


@dataclass(frozen=True, slots=True)
class Version:
    """By what a file is known again: both empty where the source told neither."""

    etag: str = ""
    modified: str = ""
    file: str = ""  # which of the source's files it is of

    @property
    def headers(self) -> dict[str, str]:
        sent = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in sent.items() if value}


@dataclass(frozen=True, slots=True)
class Published:
    """Rates of a file, oldest first; `unchanged` and without rates where it is still of the version that was seen."""

    rows: tuple[RateRow, ...]
    version: Version
    unchanged: bool = False


@runtime_checkable
class VersionedRates(Protocol):
    """A `RateSource` that tells whether anything changed since it was asked last."""

    name: str

    def rates_unless(self, after: date | None, until: date, seen: Version | None) -> Published: ...


class NewsSource(Protocol):
    """Articles about these symbols published since then, newest first; in no certain number of calls."""

    name: str
    news_at_once: int

    def news(self, symbols: Sequence[str], since: datetime, now: datetime) -> Sequence[ArticleRow]: ...


class SeriesSource(Protocol):
    """Statistical series by their own names, after a day (None: from the first), oldest first."""

    name: str

    def series(self, after: Mapping[str, date | None]) -> Mapping[str, tuple[Observation, ...] | Failure]: ...


@runtime_checkable
class Provider(Protocol):
    """A source of market data.  Every call takes a list: one call for many symbols."""

    name: str

    def instruments(self) -> Sequence[InstrumentSpec]:
        """What it can price by itself; empty for sources that are asked by symbol."""
        ...

    def history(self, after: Mapping[str, date | None], until: date) -> Mapping[str, Sequence[PriceRow]]:
        """Daily closes by symbol, after the day given for it (None: from the first) up to and including `until`, oldest first."""
        ...

    def rates(self, after: date | None, until: date) -> Sequence[RateRow]:
        """Reference rates after a day (None: from the first) up to and including `until`."""
        ...

    def actions(self, after: date, until: date) -> Mapping[str, Sequence[ActionRow]]:
        """Splits and dividends by symbol with an ex-day after one day, up to and including another."""
        ...

    def quotes(self, symbols: Iterable[str], now: datetime) -> Sequence[SymbolQuote]:
        """Newest prices."""
        ...
