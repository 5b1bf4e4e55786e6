"""Finnhub: quotes, profiles, search and news of companies in North America, one symbol a call.  https://finnhub.io/docs/api

Symbols end as Yahoo's do (VOD.L); a share class has a dot (BRK.B).  A free key gives the United States only.  Daily prices, splits,
dividends and exchange rates are paid for and not asked for.  Trades as they happen are in `finnhub_stream.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Self

from market.choices import AssetClass, Quality
from market.providers.articles import TITLE, link, merged, text
from market.providers.base import ArticleRow, Found, Profile, SymbolQuote
from market.providers.exchanges import mic_of_name
from market.providers.failures import BadAnswer, Failure, NoData, NotConfigured, PlanRestricted, ProviderFailed, Throttled, UnknownSymbol
from market.providers.limits import MINUTE, Limits, Window
from market.providers.naming import country, plain_name
from market.providers.reading import epoch, fields, items, number, price, token, unit
from market.providers.web import PAUSE, Reply, Web, classified, one_by_one
from market.providers.yahoo.exchanges import symbol_for as yahoo_symbol
from market.providers.yahoo.exchanges import ticker_and_mic

BASE = "https://finnhub.io/api/v1"
OLDEST_NEWS = timedelta(days=364)  # a free key reaches a year back
MILLION = 1_000_000  # in which market caps and shares outstanding are told
_KINDS = {
    "common stock": AssetClass.STOCK,
    "preferred stock": AssetClass.STOCK,
    "adr": AssetClass.STOCK,
    "gdr": AssetClass.STOCK,
    "reit": AssetClass.STOCK,
    "dutch cert": AssetClass.STOCK,
    "ny reg shrs": AssetClass.STOCK,
    "etp": AssetClass.ETF,
    "etf": AssetClass.ETF,
    "mutual fund": AssetClass.FUND,
    "open-end fund": AssetClass.FUND,
    "closed-end fund": AssetClass.FUND,
    "bond": AssetClass.BOND,
    "crypto": AssetClass.CRYPTO,
    "index": AssetClass.INDEX,
}
# Finnhub names industries only; the sector that each belongs to
_SECTORS = {
    industry: name
    for name, industries in {
        "Basic materials": "Chemicals|Metals & Mining|Packaging|Paper & Forest",
        "Communication services": "Communications|Media|Telecommunication",
        "Consumer discretionary": "Auto Components|Automobiles|Distributors|Diversified Consumer Services|Hotels, Restaurants & Leisure|Leisure Products"
        "|Retail|Textiles, Apparel & Luxury Goods",
        "Consumer staples": "Beverages|Consumer products|Food Products|Tobacco",
        "Energy": "Energy",
        "Financials": "Banking|Financial Services|Insurance",
        "Health care": "Biotechnology|Health Care|Life Sciences Tools & Services|Pharmaceuticals",
        "Industrials": "Aerospace & Defense|Airlines|Building|Commercial Services & Supplies|Construction|Electrical Equipment|Industrial Conglomerates"
        "|Logistics & Transportation|Machinery|Marine|Professional Services|Road & Rail|Trading Companies & Distributors|Transportation Infrastructure",
        "Real estate": "Real Estate",
        "Technology": "Semiconductors|Technology",
        "Utilities": "Utilities",
    }.items()
    for industry in industries.split("|")
}


@dataclass(frozen=True, slots=True)
class MarketStatus:
    """Whether an exchange trades at a moment.  `session` is "pre-market", "regular", "post-market" or empty; `holiday` its name."""

    exchange: str
    is_open: bool
    as_of: datetime
    session: str = ""
    holiday: str = ""


@dataclass(frozen=True, slots=True)
class Finnhub:
    name: ClassVar[str] = "finnhub"
    quotes_at_once: ClassVar[int] = 1
    news_at_once: ClassVar[int] = 1
    LIMITS: ClassVar[Limits] = Limits((Window(60, MINUTE), Window(30, 1)))

    web: Web

    @classmethod
    def open(cls, key: str, *, base: str = BASE, gate: Callable[[int], None] = lambda cost: None) -> Self:
        return cls(Web(base, headers={"X-Finnhub-Token": key}, secrets=(key,), gate=gate))

    def quotes(self, symbols: Sequence[str], now: datetime) -> dict[str, SymbolQuote | Failure]:
        """Newest prices, without a currency: Finnhub tells none."""
        return one_by_one(symbols, self._quote)

    def profiles(self, symbols: Sequence[str]) -> dict[str, Profile | Failure]:
        """Reference data of companies.  Of funds there is none, and no currency of trading: only that of the accounts."""
        return one_by_one(symbols, self._profile)

    def search(self, text: str) -> list[Found]:
        """By symbol, name or ISIN, the best first.  No currencies."""
        rows = items(fields(self._json("/search", q=text)).get("result"))
        return [found for row in rows if (found := _found(fields(row)))]

    def news(self, symbols: Sequence[str], since: datetime, now: datetime) -> list[ArticleRow]:
        """Articles about companies, a call for each."""
        first, last = max(since, now - OLDEST_NEWS).astimezone(UTC).date().isoformat(), now.astimezone(UTC).date().isoformat()
        found: list[ArticleRow] = []
        for symbol in symbols:
            rows = items(self._json("/company-news", **{"symbol": symbol, "from": first, "to": last}))
            found += [article for row in rows if (article := _article(fields(row), symbol)) and since <= article.published_at <= now]
        return merged(found)

    def headlines(self, since: datetime, now: datetime) -> list[ArticleRow]:
        """General news, about no symbol in particular."""
        rows = items(self._json("/news", category="general"))
        return merged(article for row in rows if (article := _article(fields(row))) and since <= article.published_at <= now)

    def market_status(self, exchange: str = "US") -> MarketStatus:
        """Whether an exchange, by Finnhub's code, trades now."""
        row = fields(self._json("/stock/market-status", exchange=exchange))
        if not isinstance(row.get("isOpen"), bool):
            raise BadAnswer("Finnhub did not tell whether the market is open.")
        return MarketStatus(exchange, row["isOpen"], epoch(row.get("t")), text(row.get("session"), 20), text(row.get("holiday"), 100))

    # ── inside ──────────────────────────────────────────────────────────────

    def _quote(self, symbol: str) -> SymbolQuote:
        row = fields(self._json("/quote", symbol=symbol))
        value, stamp = price(row.get("c")), number(row.get("t"))
        if value is None and not stamp:
            raise UnknownSymbol(f"Finnhub does not know {symbol}.")  # told by zeros throughout
        if value is None or not stamp:
            raise NoData(f"Finnhub has no price of {symbol}.")
        return SymbolQuote(symbol, value, epoch(stamp), Quality.LIVE, previous_close=price(row.get("pc")))

    def _profile(self, symbol: str) -> Profile:
        row = fields(self._json("/stock/profile2", symbol=symbol))
        if not row:
            raise NoData(f"Finnhub has no profile of {symbol}: it is a fund, or not known.")
        cap = price(row.get("marketCapitalization"))
        industry = text(row.get("finnhubIndustry"), 60)
        return Profile(
            symbol,
            plain_name(row.get("name")),
            AssetClass.STOCK,
            exchange=mic_of_name(row.get("exchange")),
            isin=token(row.get("isin"), 12).upper(),  # told to keys that are paid for
            sector=_SECTORS.get(industry, ""),
            industry="" if industry == "N/A" else industry,
            country=country(row.get("country")),
            market_cap=None if cap is None else cap * MILLION,
            reports_in=unit(row.get("currency")).upper(),
        )

    def _json(self, path: str, **params: str) -> Any:
        reply = self.web.get(path, params)
        try:
            answer = reply.json()
        except BadAnswer:
            classified(reply, "Finnhub")
            raise
        if isinstance(answer, dict) and "error" in answer:
            raise _problem(reply, self.web.scrubbed(str(answer["error"])))
        if reply.status == 429:
            raise _problem(reply, "")
        classified(reply, "Finnhub")
        return answer


def symbol_for(ticker: str, mic: str) -> str | None:
    """Finnhub's symbol of a ticker at an exchange: Yahoo's, but for a dot before the mark of a share class (BRK.B)."""
    symbol = yahoo_symbol(ticker, mic)
    return symbol.replace("-", ".") if symbol and "." not in symbol else symbol


def _problem(reply: Reply, said: str) -> ProviderFailed:
    """By words that no other error has, then by status: a plan's limit was a 401 for years and is a 403 now."""
    words = said.lower()
    if reply.status >= 500:
        classified(reply, "Finnhub")
    if reply.status == 429 or "limit reached" in words:
        return Throttled("Finnhub was asked too often.", retry_after=_pause(reply))
    if "don't have access" in words or reply.status == 403:
        return PlanRestricted(f"Finnhub does not give this to the key: {said}")
    if "api key" in words or reply.status == 401:
        return NotConfigured("Finnhub refuses the key.")
    return BadAnswer(f"Finnhub answered with an error: {said}")


def _pause(reply: Reply) -> float:
    """Seconds until calls are given again: the header says when, in seconds since 1970."""
    reset = reply.headers.get("x-ratelimit-reset", "")
    if reset.isdigit() and len(reset) <= 10:
        return min(max(1.0, (epoch(int(reset)) - reply.said_at).total_seconds()), 3_600.0)
    return reply.retry_after() or PAUSE


def _found(row: Mapping[str, Any]) -> Found | None:
    symbol = token(row.get("symbol"))
    if not symbol:
        return None
    kind = _KINDS.get(str(row.get("type") or "").strip().lower(), AssetClass.OTHER)
    return Found(symbol, plain_name(row.get("description")), kind, ticker_and_mic(symbol)[1])


def _article(row: Mapping[str, Any], *symbols: str) -> ArticleRow | None:
    """None for one without an address, a title or a time."""
    address, title, stamp = link(row.get("url")), text(row.get("headline"), TITLE), number(row.get("datetime"))
    if not (address and title and stamp):
        return None
    summary = text(row.get("summary"))
    return ArticleRow(address, title, epoch(stamp), text(row.get("source"), 100), "" if summary == title else summary, symbols=symbols)
