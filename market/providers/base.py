"""What a source of market data gives, and how it may fail.

A provider fetches and parses; it stores nothing and knows no database.  `services` validate and store what it gives.
Prices are in the instrument's currency (major units: pounds, never pence), days are the exchange's calendar days, times carry
an offset.  Whatever a source cannot answer it leaves out of the answer; it raises only where the call as a whole failed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol, runtime_checkable

from portfolio_site.kernel.errors import Unavailable


class ProviderFailed(Unavailable):
    """A call to a source failed.  The leaves say what to do about it."""

    code, title = "provider_failed", "The source of prices does not answer."


class NotConfigured(ProviderFailed):
    """The source needs a key or a package that is not there.  Nobody should ask again before the settings change."""

    code = "provider_not_configured"


class Unreachable(ProviderFailed):
    """No answer, or a broken one on the way: try again with a growing pause."""

    code = "provider_unreachable"


class Throttled(ProviderFailed):
    """Too many calls.  `retry_after` seconds must pass before the next."""

    code = "provider_throttled"

    def __init__(self, detail: str, *, retry_after: float) -> None:
        super().__init__(detail, retry_after=retry_after)
        self.retry_after = retry_after


class BadAnswer(ProviderFailed):
    """It answered, but not in a form that can be trusted; nothing of the answer is used."""

    code = "provider_bad_answer"


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
    """A newest price by the source's symbol."""

    symbol: str
    price: Decimal
    as_of: datetime
    quality: str
    previous_close: Decimal | None = None
    volume: int | None = None


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
