"""Whatever stands in an answer, a call ends in an answer that can be trusted or in a typed failure.

Each answer of the emulator is spoiled at each of its places, one at a time, with each of some values that no parser expects.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from market.providers.alpha_vantage import AlphaVantage
from market.providers.base import ArticleRow, Bar, Found, History, Intraday, Profile, SymbolQuote
from market.providers.coingecko import Coin, CoinGecko
from market.providers.failures import Failure, ProviderFailed
from market.providers.finnhub import Finnhub
from market.providers.finnhub_stream import read
from market.providers.newsapi import NewsApi
from market.providers.tiingo import Tiingo
from market.providers.twelve_data import TwelveData
from market.providers.web import Reply, Web
from market.providers.yahoo import Yahoo
from tests.emulator import Emulator
from tests.emulator.formats import exact_json

NOW = datetime(2026, 6, 16, 15, tzinfo=UTC)
RECENT = date(2026, 6, 12)
SINCE = NOW - timedelta(days=3)
SPOILED: tuple[Any, ...] = (
    None,
    "",
    "x",
    [],
    {},
    [None],
    {"a": 1},
    True,
    0,
    -1,
    10**40,
    "1e99",
    Decimal("1e-30"),
    "\u0000<b>",
    "https://x.example/\n",
)
CALLS: tuple[tuple[type, str, Callable[[Any], Any]], ...] = (
    (CoinGecko, "quotes", lambda s: s.quotes(["bitcoin", "ethereum"], NOW)),
    (CoinGecko, "histories", lambda s: s.histories({"bitcoin": RECENT}, NOW)),
    (CoinGecko, "search", lambda s: s.search("bitcoin")),
    (CoinGecko, "profiles", lambda s: s.profiles(["bitcoin"])),
    (CoinGecko, "coins", lambda s: s.coins()),
    (Finnhub, "quotes", lambda s: s.quotes(["AAPL"], NOW)),
    (Finnhub, "profiles", lambda s: s.profiles(["AAPL"])),
    (Finnhub, "search", lambda s: s.search("apple")),
    (Finnhub, "news", lambda s: s.news(["AAPL"], SINCE, NOW)),
    (Finnhub, "market_status", lambda s: s.market_status()),
    (TwelveData, "quotes of two", lambda s: s.quotes(["AAPL", "VOD:LSE"], NOW)),
    (TwelveData, "quotes of one", lambda s: s.quotes(["AAPL"], NOW)),
    (TwelveData, "histories", lambda s: s.histories({"AAPL": RECENT, "VOD:LSE": RECENT}, NOW)),
    (TwelveData, "exchange_rates", lambda s: s.exchange_rates(["EUR/USD"], NOW)),
    (TwelveData, "search", lambda s: s.search("vodafone")),
    (TwelveData, "profiles", lambda s: s.profiles(["AAPL"])),
    (Tiingo, "quotes of shares", lambda s: s.quotes(["AAPL", "MSFT"], NOW)),
    (Tiingo, "quotes of coins", lambda s: s.quotes(["crypto:btcusd"], NOW)),
    (Tiingo, "quotes of pairs", lambda s: s.quotes(["fx:eurusd"], NOW)),
    (Tiingo, "histories", lambda s: s.histories({"AAPL": RECENT}, NOW)),
    (Tiingo, "histories of coins", lambda s: s.histories({"crypto:btcusd": RECENT}, NOW)),
    (Tiingo, "profiles", lambda s: s.profiles(["AAPL"])),
    (Tiingo, "news", lambda s: s.news(["AAPL"], SINCE, NOW)),
    (Yahoo, "quotes", lambda s: s.quotes(["AAPL", "VOD.L"], NOW)),
    (Yahoo, "histories", lambda s: s.histories({"AAPL": RECENT}, NOW)),
    (Yahoo, "histories in pence", lambda s: s.histories({"VOD.L": RECENT}, NOW)),
    (Yahoo, "intraday", lambda s: s.intraday(["AAPL"], NOW)),
    (Yahoo, "search", lambda s: s.search("apple")),
    (Yahoo, "profiles", lambda s: s.profiles(["SPY"])),
    (AlphaVantage, "quotes", lambda s: s.quotes(["IBM"], NOW)),
    (AlphaVantage, "quotes in pence", lambda s: s.quotes(["VOD.LON"], NOW)),
    (AlphaVantage, "quotes of pairs", lambda s: s.quotes(["BTC/USD"], NOW)),
    (AlphaVantage, "histories", lambda s: s.histories({"IBM": RECENT}, NOW)),
    (AlphaVantage, "histories of coins", lambda s: s.histories({"BTC/USD": RECENT}, NOW)),
    (AlphaVantage, "search", lambda s: s.search("ibm")),
    (AlphaVantage, "profiles", lambda s: s.profiles(["IBM"])),
    (AlphaVantage, "profiles of funds", lambda s: s.profiles(["SPY"])),
    (AlphaVantage, "news", lambda s: s.news(["IBM"], SINCE, NOW)),
    (NewsApi, "news", lambda s: s.news(["Apple Inc.", "SAP SE"], SINCE, NOW)),
)


@pytest.mark.parametrize(("source", "what", "call"), CALLS, ids=[f"{source.name} {what}" for source, what, _ in CALLS])
def test_an_answer_spoiled_anywhere_ends_in_one_that_can_be_trusted_or_in_a_typed_failure(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, source: Any, what: str, call: Callable[[Any], Any]
) -> None:
    told: dict[str, Reply] = {}
    really = Web.get

    def once(self: Web, path: str, params: Mapping[str, str] | None = None, **more: Any) -> Reply:
        asked = path + (params or {}).get("function", "")  # Alpha Vantage has one path for all
        if asked not in told:
            told[asked] = really(self, path, params, **more)
        return told[asked]

    monkeypatch.setattr(Web, "get", once)
    assert sound(call(source.open("k", base=emulator.base(source.name))))
    for path, good in [(path, reply) for path, reply in told.items() if reply.body[:1] in {b"{", b"["}]:
        for spoiled in variants(good.json()):
            told[path] = replace(good, body=exact_json(spoiled))
            try:
                found = call(source.open("k", base=emulator.base(source.name)))
            except ProviderFailed as problem:
                found = problem.failure
            assert sound(found), spoiled
        told[path] = good


def test_a_trade_spoiled_anywhere_ends_in_one_that_can_be_trusted_or_in_a_typed_failure() -> None:
    for spoiled in variants({"type": "trade", "data": [{"c": ["1"], "p": Decimal("1.5"), "s": "A", "t": 1_781_622_000_000, "v": 1}]}):
        try:
            assert all(sound(quote) for quote in read(exact_json(spoiled)).quotes), spoiled
        except ProviderFailed:
            continue


def variants(good: Any) -> Iterator[Any]:
    """The answer with one place changed, each place with each value, and with each place missing.  Lists are cut to two first."""
    short = _cut(good)
    for path in _paths(short):
        for value in (*SPOILED, _missing):
            yield _put(short, path, value)


_missing = object()


def _cut(value: Any) -> Any:
    if isinstance(value, list):
        return [_cut(each) for each in value[:2]]
    if not isinstance(value, dict):
        return value
    kept = list(value)[: 2 if len(value) > 40 else None]  # a table by day
    return {name: _cut(value[name]) for name in kept}


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    for key, each in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from _paths(each, (*path, key))


def _put(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return None if new is _missing else new
    pairs = list(value.items() if isinstance(value, dict) else enumerate(value))
    changed = [
        (key, _put(each, path[1:], new) if key == path[0] else each)
        for key, each in pairs
        if not (key == path[0] and len(path) == 1 and new is _missing)
    ]
    return dict(changed) if isinstance(value, dict) else [each for _, each in changed]


def sound(found: Any) -> bool:
    """Whether an answer is what `base.py` says it is: prices above zero, times with an offset, text without marks."""
    match found:
        case Failure():
            return bool(found.detail)
        case Mapping():
            return all(map(sound, found.values()))
        case list() | tuple():
            return all(map(sound, found))
        case SymbolQuote():
            return (
                found.price > 0
                and found.price.is_finite()
                and found.as_of.utcoffset() is not None
                and found.currency in {"", "USD", "GBP"}
                and (found.previous_close or 1) > 0
            )
        case History():
            days = [row.day for row in found.prices]
            prices = [price for row in found.prices for price in (row.open, row.high, row.low, row.close) if price is not None]
            return days == sorted(set(days)) and all(0 < price < 10**20 for price in prices) and all(type(row.day) is date for row in found.prices)
        case Bar():
            return found.close > 0
        case Intraday():
            return found.currency in {"", "USD"} and all(bar.close > 0 for bar in found.bars)
        case ArticleRow():
            return found.url.startswith("https://") and bool(found.title) and "<" not in found.title + found.summary and "\u0000" not in found.title
        case Found() | Profile():
            texts = [getattr(found, each.name) for each in fields(found) if each.type == "str"]
            return all(isinstance(each, str) and each.isprintable() for each in texts) and found.currency in {"", "USD", "GBP"}
        case Coin():
            return found.id.isprintable() and " " not in found.id
        case _:
            return found is not None
