"""The sources of one job: opened once, each behind its budget, in the order that suits an instrument."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from datetime import datetime
from typing import Any

from django.core.cache import cache

from market.exchanges import known_exchange
from market.models import Instrument
from market.providers import registry
from market.providers.base import ArticleRow, History, Intraday, Profile, RateSource, SymbolQuote
from market.providers.failures import Failure, FailureKind, NoData, PlanRestricted, UnknownSymbol
from market.providers.registry import Can
from market.services.calls import Source, frugal_gate, patient_gate, reserve_symbols
from market.services.sources import setup

INTRADAY_DAYS = 5  # trading days of one question
HISTORIES_AT_ONCE = PROFILES_AT_ONCE = 10  # one call for each; what fails for all ends the ten


class SharedPasses(MutableMapping[str, str]):
    """Yahoo's cookie and crumb in the shared cache, for a day: two calls a day, whatever the number of processes."""

    _DAY = 86_400

    def __getitem__(self, name: str) -> str:
        found = cache.get(f"yahoo:{name}")
        if found is None:
            raise KeyError(name)
        return str(found)

    def __setitem__(self, name: str, value: str) -> None:
        cache.set(f"yahoo:{name}", value, timeout=self._DAY)

    def __delitem__(self, name: str) -> None:
        cache.delete(f"yahoo:{name}")

    def __iter__(self) -> Iterator[str]:
        return iter(name for name in ("cookie", "crumb") if cache.get(f"yahoo:{name}") is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Openings:
    """What a job asks.  `patience`: seconds it waits for a budget to open; `frugal`: it leaves half of the long budgets to others."""

    def __init__(self, now: datetime, patience: float = 5.0, *, frugal: bool = False) -> None:
        self.now, self.patience, self.frugal = now, patience, frugal
        self.setup = setup()
        self._opened: dict[str, Any] = {}
        self._orders: dict[tuple[Can, str, bool], Sequence[Source[Any]]] = {}

    def source(self, name: str) -> Any:
        """One source.  Raises NotConfigured where it is off."""
        if name not in self._opened:
            limits = registry.limits(self.setup, name)
            gate = patient_gate(name, limits, self.patience)
            gate = frugal_gate(name, limits, gate) if self.frugal else gate
            self._opened[name] = registry.opened(self.setup, name, gate=gate, passes=SharedPasses())
        return self._opened[name]

    def quotes(self, instrument: Instrument) -> Sequence[Source[SymbolQuote]]:
        """The sources of its newest price, the first first."""
        return self._in_order(Can.QUOTES, instrument, self._quote_source)

    def histories(self, instrument: Instrument) -> Sequence[Source[History]]:
        """The sources of its daily prices, the first first."""
        return self._in_order(Can.HISTORY, instrument, self._history_source)

    def profiles(self, instrument: Instrument) -> Sequence[Source[Profile]]:
        """The sources of its reference data, the first first."""
        return self._in_order(Can.PROFILES, instrument, self._profile_source)

    def intraday(self, instrument: Instrument) -> Sequence[Source[Intraday]]:
        """The sources of its prices within the newest days, the first first."""
        return self._in_order(Can.INTRADAY, instrument, self._intraday_source)

    def rates(self) -> list[RateSource]:
        """The sources of reference rates, the first first."""
        return [self.source(name) for name in registry.order(self.setup, Can.RATES)]

    def news(self, since: datetime) -> Sequence[Source[tuple[ArticleRow, ...]]]:
        """The sources of news, asked for what was published since then, the first first."""
        return [self._news_source(name, since) for name in registry.order(self.setup, Can.NEWS)]

    def _in_order(self, can: Can, instrument: Instrument, made: Callable[[str], Source[Any]]) -> Sequence[Source[Any]]:
        place = can, instrument.asset_class, is_american(instrument)
        if place not in self._orders:
            self._orders[place] = [made(name) for name in registry.order(self.setup, can, instrument.asset_class, american=place[2])]
        return self._orders[place]

    def _quote_source(self, name: str) -> Source[SymbolQuote]:
        def call(symbols: Sequence[str]) -> Mapping[str, SymbolQuote | Failure]:
            self._reserve(name, symbols)
            found: Mapping[str, SymbolQuote | Failure] = self.source(name).quotes(symbols, self.now)
            return found

        return Source(name, self.source(name).quotes_at_once, call)

    def _history_source(self, name: str) -> Source[History]:
        def call(symbols: Sequence[str]) -> Mapping[str, History | Failure]:
            self._reserve(name, symbols)
            found: Mapping[str, History | Failure] = self.source(name).histories(dict.fromkeys(symbols), self.now)
            return found

        return Source(name, HISTORIES_AT_ONCE, call)

    def _profile_source(self, name: str) -> Source[Profile]:
        def call(symbols: Sequence[str]) -> Mapping[str, Profile | Failure]:
            self._reserve(name, symbols)
            found: Mapping[str, Profile | Failure] = self.source(name).profiles(symbols)
            return found

        return Source(name, PROFILES_AT_ONCE, call)

    def _intraday_source(self, name: str) -> Source[Intraday]:
        def call(symbols: Sequence[str]) -> Mapping[str, Intraday | Failure]:
            self._reserve(name, symbols)
            found: Mapping[str, Intraday | Failure] = self.source(name).intraday(symbols, self.now, INTRADAY_DAYS)
            return found

        return Source(name, HISTORIES_AT_ONCE, call)

    def _news_source(self, name: str, since: datetime) -> Source[tuple[ArticleRow, ...]]:
        known: dict[str, tuple[ArticleRow, ...] | Failure] = {}  # two instruments of one company may share a name

        def call(symbols: Sequence[str]) -> Mapping[str, tuple[ArticleRow, ...] | Failure]:
            if new := [symbol for symbol in symbols if symbol not in known]:
                self._reserve(name, new)
                known.update(self._news_of(name, new, since))
            return {symbol: known[symbol] for symbol in symbols}

        return Source(name, self.source(name).news_at_once, call)

    def _news_of(self, name: str, symbols: Sequence[str], since: datetime) -> dict[str, tuple[ArticleRow, ...] | Failure]:
        """Articles by symbol.  What is refused for a symbol that was asked for alone says nothing about the others."""
        try:
            rows: Sequence[ArticleRow] = self.source(name).news(symbols, since, self.now)
        except (NoData, PlanRestricted, UnknownSymbol) as problem:
            if len(symbols) > 1:
                raise
            return {symbols[0]: problem.failure}
        about: dict[str, list[ArticleRow]] = {symbol: [] for symbol in symbols}
        for row in rows:
            for symbol in row.symbols:
                if symbol in about:
                    about[symbol].append(row)
        return {symbol: tuple(found) or Failure(FailureKind.NO_DATA, f"{name} has no news of {symbol}.") for symbol, found in about.items()}

    def _reserve(self, name: str, symbols: Sequence[str]) -> None:
        reserve_symbols(name, registry.limits(self.setup, name), symbols)


def is_american(instrument: Instrument) -> bool:
    """Whether it is listed in the United States; with no exchange told, by its currency."""
    known = known_exchange(instrument.exchange)
    return known.country == "US" if known else instrument.currency == "USD" and not instrument.exchange
