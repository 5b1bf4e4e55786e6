"""What the world is made of: securities, bars, quotes, actions, articles.  Prices are raw and in major units."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from tests.emulator.catalogue import Exchange, Plan

MINOR = {"GBp": Decimal("0.01"), "ZAc": Decimal("0.01"), "ILA": Decimal("0.01"), "KWF": Decimal("0.001")}


@dataclass(frozen=True, slots=True)
class Split:
    ex_day: date
    new: int
    old: int


@dataclass(frozen=True, slots=True)
class Dividend:
    """`amount`: of one unit as it was on the ex-day, in major units."""

    ex_day: date
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Bar:
    """Prices of a day, raw.  `close` is None for a hole.  `running`: the session has not ended."""

    day: date
    open: Decimal | None
    high: Decimal | None
    low: Decimal | None
    close: Decimal | None
    volume: int | None
    running: bool = False

    @property
    def hole(self) -> Bar:
        return Bar(self.day, None, None, None, None, None, self.running)

    def times(self, factor: Decimal) -> Bar:
        """The prices multiplied; exact."""
        if self.close is None or self.open is None or self.high is None or self.low is None:
            return self
        return Bar(self.day, self.open * factor, self.high * factor, self.low * factor, self.close * factor, self.volume, self.running)


@dataclass(frozen=True, slots=True)
class Minute:
    """Prices of a part of a day from `start` on, raw."""

    start: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: int


@dataclass(frozen=True, slots=True)
class Quote:
    """The newest price.  `at` is when it was traded; `open_now` whether the session runs."""

    price: Decimal
    at: datetime
    previous_close: Decimal
    open: Decimal
    high: Decimal
    low: Decimal
    volume: int
    open_now: bool


@dataclass(frozen=True, slots=True)
class Security:
    """One that can be asked for.

    unit, factor   what sources with minor units call its currency (GBp), and what such a price is to be multiplied with (0.01)
    places         decimals of a price in major units
    coin           id at CoinGecko; empty for all but coins
    """

    symbol: str
    ticker: str
    exchange: Exchange
    plan: Plan

    @property
    def mic(self) -> str:
        return self.exchange.mic

    @property
    def currency(self) -> str:
        return self.plan.currency or self.exchange.currency

    @property
    def unit(self) -> str:
        return self.exchange.unit if self.exchange.unit and not self.plan.currency else self.currency

    @property
    def factor(self) -> Decimal:
        return MINOR.get(self.unit, Decimal(1))

    @property
    def asset_class(self) -> str:
        return self.plan.asset_class

    @property
    def name(self) -> str:
        return self.plan.name

    @property
    def isin(self) -> str:
        return self.plan.isin

    @property
    def coin(self) -> str:
        return self.plan.coin

    @property
    def places(self) -> int:
        return self.plan.places + (3 if self.unit == "KWF" else 2 if self.factor != 1 else 0)


@dataclass(frozen=True, slots=True)
class Article:
    url: str
    title: str
    summary: str
    publisher: str
    published_at: datetime
    language: str
    symbols: tuple[str, ...]
