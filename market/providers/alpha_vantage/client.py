"""Alpha Vantage.  A free key buys 25 calls a day, so it is the last to be asked, and for one symbol at a time.

The key stands in the query, as there is no other way; neither errors nor logs hold addresses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Self

from market.providers import articles, reading
from market.providers.alpha_vantage.answers import Row, body_of, refreshed, rows_of
from market.providers.alpha_vantage.symbols import AMERICA, Place, pair_of, place_of
from market.providers.alpha_vantage.tables import (
    actions_in,
    company_of,
    final_until,
    fund_of,
    hits_of,
    prices_of,
    quote_of,
    rate_of,
)
from market.providers.base import ArticleRow, Found, History, Observation, Profile, SymbolQuote
from market.providers.failures import BadAnswer, Failure, NoData, NotConfigured, UnknownSymbol
from market.providers.limits import DAY, Limits, Window
from market.providers.web import Reply, Web, one_by_one
from portfolio_site.kernel.money import CURRENCIES

BASE = "https://www.alphavantage.co"
COMPACT = timedelta(days=135)  # of the calendar, which hold less than the hundred days of a compact table
CSV = {"datatype": "csv"}
_UTC = Place("", "UTC", "23:59:59")  # pairs have a price at all hours


class AlphaVantage:
    """Quotes, daily prices with actions, search, profiles, interest rates and news; pairs as BTC/EUR.

    paid          the key buys more than a free one: whole daily histories with their actions in one call
    currencies    what each symbol outside the United States trades in, as the source writes it; asked once and kept here
    """

    name = "alpha_vantage"
    quotes_at_once = news_at_once = 1
    LIMITS = Limits(windows=(Window(25, DAY),), gap=1.2)

    def __init__(self, web: Web, key: str, *, paid: bool = False, currencies: MutableMapping[str, str] | None = None) -> None:
        self.web, self.key, self.paid = web, key, paid
        self.currencies = {} if currencies is None else currencies

    @classmethod
    def open(
        cls,
        key: str,
        *,
        base: str = BASE,
        gate: Callable[[int], None] = lambda cost: None,
        paid: bool = False,
        currencies: MutableMapping[str, str] | None = None,
    ) -> Self:
        return cls(Web(base, secrets=(key,), gate=gate), key, paid=paid, currencies=currencies)

    # ── newest prices ───────────────────────────────────────────────────────

    def quotes(self, symbols: Sequence[str], now: datetime) -> Mapping[str, SymbolQuote | Failure]:
        """One call for each, and one more where the currency is not known yet."""
        return one_by_one(symbols, lambda symbol: self._quote(symbol, now))

    def _quote(self, symbol: str, now: datetime) -> SymbolQuote:
        if pair := pair_of(symbol):
            asked = {"function": "CURRENCY_EXCHANGE_RATE", "from_currency": pair[0], "to_currency": pair[1]}
            return rate_of(self._row(asked, symbol, now), symbol)
        row = self._row({"function": "GLOBAL_QUOTE", "symbol": symbol}, symbol, now)
        return quote_of(row, symbol, self._currency(symbol, now), now)

    def _currency(self, symbol: str, now: datetime) -> str:
        """What it trades in; empty where the source does not tell.  Without a suffix it trades in the United States."""
        if place_of(symbol) is AMERICA:
            return "USD"
        if symbol not in self.currencies:
            rows = rows_of(self._get({"function": "SYMBOL_SEARCH", "keywords": symbol}), symbol, now)
            self._note(rows)
            self.currencies.setdefault(symbol, "")
        return self.currencies[symbol]

    def _note(self, rows: Sequence[Row]) -> None:
        self.currencies.update({row["symbol"]: unit for row in rows if row.get("symbol") and (unit := reading.unit(row.get("currency")))})

    # ── series ──────────────────────────────────────────────────────────────

    def histories(self, after: Mapping[str, date | None], now: datetime) -> Mapping[str, History | Failure]:
        """With a paid key one call for each; with a free one three, and a fourth for what is older than a hundred days.

        What is older is told by the closes of the ends of weeks alone.
        """
        return one_by_one(after, lambda symbol: self._history(symbol, after[symbol], now))

    def _history(self, symbol: str, after: date | None, now: datetime) -> History:
        if pair := pair_of(symbol):
            return self._pair_history(*pair, after, now)
        currency, factor = reading.major(self._currency(symbol, now))
        if not currency:
            raise NoData(f"Alpha Vantage does not tell what {symbol} trades in, and so not what its prices are.")
        today = now.astimezone(reading.known_zone(place_of(symbol).zone)).date()
        if self.paid:
            reply = self._get({"function": "TIME_SERIES_DAILY_ADJUSTED", "symbol": symbol, "outputsize": "full"})
            rows = rows_of(reply, symbol, now)
            prices, actions = prices_of(rows, after, factor), actions_in(rows, after, today, factor)
        else:
            reply = self._get({"function": "TIME_SERIES_DAILY", "symbol": symbol})
            prices = prices_of(rows_of(reply, symbol, now), after, factor)
            if after is None or now.date() - after > COMPACT:
                older = prices_of(
                    self._rows({"function": "TIME_SERIES_WEEKLY_ADJUSTED", "symbol": symbol, **CSV}, symbol, now), after, factor, closes_alone=True
                )
                prices = [row for row in older if not prices or row.day < prices[0].day] + prices
            actions = actions_in([*self._events("SPLITS", symbol, now), *self._events("DIVIDENDS", symbol, now)], after, today, factor)
        if not prices and after is None:
            raise NoData(f"Alpha Vantage has no prices of {symbol}.")
        return History(currency, tuple(prices), actions, final_until(prices, place_of(symbol), refreshed(reply), now), factor)

    def _events(self, function: str, symbol: str, now: datetime) -> list[Row]:
        """Its splits or dividends; none where the source has nothing to tell."""
        try:
            return self._rows({"function": function, "symbol": symbol, **CSV}, symbol, now)
        except (NoData, UnknownSymbol):
            return []

    def _pair_history(self, base: str, quote: str, after: date | None, now: datetime) -> History:
        """A hundred days of a currency, about a year of a coin; days of UTC."""
        asked = {"function": "DIGITAL_CURRENCY_DAILY", "symbol": base, "market": quote}
        if base in CURRENCIES:
            asked = {"function": "FX_DAILY", "from_symbol": base, "to_symbol": quote}
        prices = prices_of(self._rows(asked, f"{base}/{quote}", now), after, Decimal(1))
        if not prices and after is None:
            raise NoData(f"Alpha Vantage has no prices of {base}/{quote}.")
        return History(quote, tuple(prices), final_until=final_until(prices, _UTC, "", now))

    def series(self, after: Mapping[str, date | None]) -> Mapping[str, tuple[Observation, ...] | Failure]:
        """Interest rates in percent, by the name of the function and a maturity behind it: FEDERAL_FUNDS_RATE, TREASURY_YIELD:3month."""
        return one_by_one(after, lambda name: self._series(name, after[name]))

    def _series(self, name: str, after: date | None) -> tuple[Observation, ...]:
        function, _, maturity = name.partition(":")
        if function not in {"FEDERAL_FUNDS_RATE", "TREASURY_YIELD"}:
            raise UnknownSymbol(f"Alpha Vantage has no series {name[:40]}.")
        reply = self._get({"function": function, "interval": "daily", **({"maturity": maturity} if maturity else {}), **CSV})
        found = []
        for row in rows_of(reply, name, reply.said_at):
            day, value = reading.day(row.get("timestamp") or row.get("date")), reading.number(row.get("value"))
            if value is not None and (after is None or day > after):
                found.append(Observation(day, value))
        return tuple(sorted(found, key=lambda each: each.day))

    # ── reference data and news ─────────────────────────────────────────────

    def search(self, text: str) -> Sequence[Found]:
        """The source's best ten, with their currencies, which are kept."""
        if not (text := " ".join(text.split())[:80]):
            return ()
        reply = self._get({"function": "SYMBOL_SEARCH", "keywords": text})
        rows = rows_of(reply, "this text", reply.said_at)
        self._note(rows)
        return hits_of(rows)

    def profiles(self, symbols: Sequence[str]) -> Mapping[str, Profile | Failure]:
        """One call for a company, two for a fund."""
        return one_by_one(symbols, self._profile)

    def _profile(self, symbol: str) -> Profile:
        if told := self._body({"function": "OVERVIEW", "symbol": symbol}, symbol):
            return company_of(told, symbol)
        if told := self._body({"function": "ETF_PROFILE", "symbol": symbol}, symbol):
            return fund_of(told, symbol)
        raise UnknownSymbol(f"Alpha Vantage does not know {symbol}.")

    def news(self, symbols: Sequence[str], since: datetime, now: datetime) -> Sequence[ArticleRow]:
        """One call for each: several symbols in one would find what is about all of them at once."""
        found = []
        for symbol in symbols:
            asked = {"function": "NEWS_SENTIMENT", "tickers": symbol, "time_from": f"{since:%Y%m%dT%H%M}", "sort": "LATEST", "limit": "50"}
            try:
                told = body_of(self._get(asked), symbol, now)
            except (NoData, UnknownSymbol):
                continue
            found += [_article(reading.fields(each, "an article"), symbol) for each in reading.items(told.get("feed"), "a list of articles")]
        return articles.merged(each for each in found if each is not None)

    # ── calls ───────────────────────────────────────────────────────────────

    def _get(self, asked: Mapping[str, str]) -> Reply:
        if not self.key:
            raise NotConfigured("Alpha Vantage needs a key.")
        return self.web.get("/query", {**asked, "apikey": self.key})

    def _rows(self, asked: Mapping[str, str], what: str, now: datetime) -> list[Row]:
        return rows_of(self._get(asked), what, now)

    def _row(self, asked: Mapping[str, str], what: str, now: datetime) -> Row:
        if not (rows := self._rows(asked, what, now)):
            raise BadAnswer(f"Alpha Vantage answered about {what} with an empty table.")
        return rows[0]

    def _body(self, asked: Mapping[str, str], what: str) -> dict[str, object]:
        reply = self._get(asked)
        return body_of(reply, what, reply.said_at)


def _article(row: dict[str, object], symbol: str) -> ArticleRow | None:
    """The article, without its picture; None for one without an address, title or time."""
    url, title = articles.link(row.get("url")), articles.text(row.get("title"), articles.TITLE)
    if not url or not title or not row.get("time_published"):
        return None
    publisher = articles.text(row.get("source"), articles.TITLE)
    return ArticleRow(url, title, reading.moment(row["time_published"]), publisher, articles.text(row.get("summary")), symbols=(symbol,))
