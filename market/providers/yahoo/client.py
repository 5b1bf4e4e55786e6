"""Yahoo Finance.  No key and no contract: it may change or refuse at any time, and is to be replaceable.

Asked within what its users found to be borne: one call a second, 300 an hour.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Self

from market.providers.base import Found, History, Intraday, Profile, SymbolQuote
from market.providers.failures import Failure, ProviderFailed, UnknownSymbol
from market.providers.limits import HOUR, Limits, Window
from market.providers.web import Web, one_by_one
from market.providers.yahoo.chart import bars_of, history_of
from market.providers.yahoo.quotes import quotes_of, sparks_of
from market.providers.yahoo.reference import MODULES, found_in, profile_of
from market.providers.yahoo.symbols import askable, in_path, refused
from market.providers.yahoo.transport import BASE, COOKIES, OTHER, NoCrumb, Transport

SPARK_AT_ONCE, HITS = 20, 10
WITHOUT_CRUMB = 900.0  # seconds until a crumb is asked for again, where Yahoo gives none and does not say how long
EARLIEST = date(1927, 12, 30)  # Yahoo's oldest price is one of ^GSPC of that day
_REFUSED_UNTIL = "refused_until"


class Yahoo:
    """Quotes, daily and intraday prices, splits and dividends, search and profiles; by Yahoo's symbols (`exchanges.symbol_for`)."""

    name = "yahoo"
    quotes_at_once = 100
    LIMITS = Limits(windows=(Window(300, HOUR),), gap=1.0)

    def __init__(
        self, web: Web, hosts: Sequence[str] = (BASE, OTHER), cookies: str = COOKIES, passes: MutableMapping[str, str] | None = None
    ) -> None:
        self.web = web
        self.transport = Transport(web, tuple(hosts), cookies, {} if passes is None else passes)

    @classmethod
    def open(
        cls,
        key: str = "",
        *,
        base: str = BASE,
        gate: Callable[[int], None] = lambda cost: None,
        passes: MutableMapping[str, str] | None = None,
    ) -> Self:
        """`passes`: where the crumb and its cookie are kept, such as a cache that processes share.  There is no key."""
        hosts, cookies = ((BASE, OTHER), COOKIES) if base == BASE else ((base,), f"{base}/cookies")
        return cls(Web(base, gate=gate), hosts, cookies, passes)

    # ── newest prices ───────────────────────────────────────────────────────

    def quotes(self, symbols: Sequence[str], now: datetime) -> Mapping[str, SymbolQuote | Failure]:
        """One call, and two more where the crumb must be renewed; without a crumb one for every twenty symbols."""
        wanted, answers = [each for each in symbols if askable(each)], refused(symbols)
        if wanted:
            answers |= self._bulk(wanted, now) or self._sparks(wanted)
        return {symbol: answers[symbol] for symbol in symbols}

    def _bulk(self, symbols: Sequence[str], now: datetime) -> dict[str, SymbolQuote | Failure]:
        """Empty where no crumb can be got; nobody asks for one again for a while then."""
        passes = self.transport.passes
        if float(passes.get(_REFUSED_UNTIL) or 0) > now.timestamp():
            return {}
        try:
            inside = self.transport.get("/v7/finance/quote", {"symbols": ",".join(symbols).upper()}, "these symbols", crumb=True)
        except NoCrumb as problem:
            passes[_REFUSED_UNTIL] = str(now.timestamp() + max(problem.retry_after or 0.0, WITHOUT_CRUMB))
            return {}
        return quotes_of(inside, symbols)

    def _sparks(self, symbols: Sequence[str]) -> dict[str, SymbolQuote | Failure]:
        answers: dict[str, SymbolQuote | Failure] = {}
        for start in range(0, len(symbols), SPARK_AT_ONCE):
            chunk = symbols[start : start + SPARK_AT_ONCE]
            try:
                inside = self.transport.get(
                    "/v7/finance/spark", {"symbols": ",".join(chunk).upper(), "range": "1d", "interval": "5m"}, "these symbols"
                )
                answers |= sparks_of(inside, chunk)
            except UnknownSymbol as problem:  # it knows none of them
                answers |= dict.fromkeys(chunk, problem.failure)
            except ProviderFailed as problem:
                if not start:
                    raise
                return answers | dict.fromkeys(symbols[start:], problem.failure)
        return answers

    # ── series ──────────────────────────────────────────────────────────────

    def histories(self, after: Mapping[str, date | None], now: datetime) -> Mapping[str, History | Failure]:
        """One call for each symbol: to be right the splits up to now must be in it, so it always asks up to now."""
        return one_by_one(after, lambda symbol: self._history(symbol, after[symbol], now))

    def _history(self, symbol: str, after: date | None, now: datetime) -> History:
        since = datetime.combine(after or EARLIEST, time(), UTC)  # in the east a day begins on the day before
        inside = self._chart(
            symbol, {"period1": _seconds(since), "period2": _seconds(now + timedelta(days=1)), "interval": "1d", "events": "div|split"}
        )
        return history_of(inside, symbol, after, now)

    def intraday(self, symbols: Sequence[str], now: datetime, days: int = 1) -> Mapping[str, Intraday | Failure]:
        """One call for each symbol: parts of five minutes of the newest sessions, without what is traded before and after them."""
        asked = {"range": "1d" if days == 1 else "5d", "interval": "5m", "includePrePost": "false"}
        return one_by_one(symbols, lambda symbol: bars_of(self._chart(symbol, asked), symbol, days=days))

    def _chart(self, symbol: str, params: Mapping[str, str]) -> dict[str, object]:
        return self.transport.get(f"/v8/finance/chart/{_checked(symbol)}", params, symbol)

    # ── reference data ──────────────────────────────────────────────────────

    def search(self, text: str) -> Sequence[Found]:
        """Yahoo's best ten.  By ISIN it finds some and not others."""
        if not (text := " ".join(text.split())[:80]):
            return ()
        asked = {"q": text, "quotesCount": str(HITS), "newsCount": "0", "listsCount": "0", "enableFuzzyQuery": "false"}
        return found_in(self.transport.get("/v1/finance/search", asked, "this text"))

    def profiles(self, symbols: Sequence[str]) -> Mapping[str, Profile | Failure]:
        """One call for each symbol; none without a crumb."""
        asked = {"modules": ",".join(MODULES), "formatted": "false"}
        return one_by_one(
            symbols,
            lambda symbol: profile_of(self.transport.get(f"/v10/finance/quoteSummary/{_checked(symbol)}", asked, symbol, crumb=True), symbol),
        )


def _checked(symbol: str) -> str:
    if not askable(symbol):
        raise UnknownSymbol(f"“{symbol[:40]}” is no symbol of Yahoo.")
    return in_path(symbol)


def _seconds(moment: datetime) -> str:
    return str(int(moment.timestamp()))
