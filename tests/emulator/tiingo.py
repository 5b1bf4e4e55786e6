"""Tiingo's wire format: daily prices, meta, IEX quotes and bars, coins, pairs, news.

Knows shares and funds of the United States, coins and pairs.  `error_in_200`: "hourly", "daily" or "monthly" tell a refusal with
status 200, "text" one without any form.  `plan`: news is not part of the key's plan.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.emulator.formats import Answer, Ask, Format
from tests.emulator.things import Bar, Security

_OVER = {
    "hourly": "Error: You have run over your hourly request allocation. Please upgrade at https://api.tiingo.com/pricing to have your limits increased.",
    "daily": "Error: You have run over your daily request allocation. Please upgrade at https://api.tiingo.com/pricing to have your limits increased.",
    "monthly": "Error: You have run over your 500 symbol look up for this month. Please upgrade at https://api.tiingo.com/pricing.",
}


class Emulated(Format):
    def limited(self, ask: Ask, pause: float) -> Answer:
        return Answer({"detail": _OVER["hourly"]}, 429, headers={"Retry-After": str(max(1, round(pause)))})

    def answer(self, ask: Ask) -> Answer:
        if not (ask.key("authorization") or ask.key("token")):
            return Answer({"detail": "Invalid token." if ask.switches.wrong_key else "Please supply a token"}, 403)
        if ask.switches.error_in_200 == "text":
            return Answer(_OVER["hourly"])
        if ask.switches.error_in_200:
            return Answer({"detail": _OVER[ask.switches.error_in_200]})
        match ask.path.strip("/").split("/"):
            case ["iex"]:
                return Answer([_quote(ask, each) for each in self._asked(ask, _share)])
            case ["iex", ticker, "prices"]:
                return self._minutes(ask, ticker)
            case ["tiingo", "daily", ticker, *rest] if rest in ([], ["prices"]):
                security = _share(ask, ticker)
                if security is None:
                    return Answer({"detail": f"Error: Ticker '{ticker.upper()}' not found"}, 404)
                return Answer(self._days(ask, security) if rest else _meta(security))
            case ["tiingo", "crypto", "top"]:
                return Answer([_coin_quote(ask, each) for each in self._asked(ask, _coin)])
            case ["tiingo", "crypto", "prices"]:
                return Answer([_coin_days(ask, each, _bars(ask, each)) for each in self._asked(ask, _coin)])
            case ["tiingo", "fx", "top"]:
                return Answer([_pair_quote(ask, each) for each in self._asked(ask, _pair)])
            case ["tiingo", "fx", ticker, "prices"]:
                security = _pair(ask, ticker)
                return Answer([_plain(each) | {"ticker": ticker} for each in _bars(ask, security)] if security else [])
            case ["tiingo", "news"]:
                return self._news(ask)
        return ask.missing

    def _asked(self, ask: Ask, find: Any) -> list[Security]:
        """Those of the query that are known, in an order of its own; the others are left out."""
        return [each for ticker in sorted(ask.query.get("tickers", "").split(","), reverse=True) if (each := find(ask, ticker))]

    def _days(self, ask: Ask, security: Security) -> list[dict[str, Any]]:
        bars = [each for each in _bars(ask, security) if not each.running] if "startDate" in ask.query else ask.bars(security)[-1:]
        splits = {each.ex_day: Decimal(each.new) / each.old for each in ask.world.splits(security)}
        paid = {each.ex_day: each.amount for each in ask.world.dividends(security)}
        return [
            _day(each, ask.world.split_factor(security, each.day), splits.get(each.day, Decimal(1)), paid.get(each.day, Decimal(0))) for each in bars
        ]

    def _minutes(self, ask: Ask, ticker: str) -> Answer:
        security = _share(ask, ticker)
        if security is None:
            return Answer({"detail": "Not found."}, 404)
        newest, step = ask.world.newest_session(security), int(ask.query.get("resampleFreq", "5min").removesuffix("min"))
        days = [newest - timedelta(days=1), newest] if ask.world.trades(security, newest - timedelta(days=1)) else [newest]
        bars = [each for day in days for each in ask.minutes(security, day, step)]
        rows = [
            {"date": _time(each.start), "open": each.open, "high": each.high, "low": each.low, "close": each.close, "volume": float(each.volume)}
            for each in bars
        ]
        return Answer(rows)

    def _news(self, ask: Ask) -> Answer:
        if ask.switches.plan:
            return Answer({"detail": "You do not have permission to access the News API"}, 403)
        shares = {each.symbol: each for ticker in ask.query.get("tickers", "").split(",") if (each := _share(ask, ticker))}
        since = datetime.combine(date.fromisoformat(ask.query["startDate"]), datetime.min.time(), UTC)
        found = ask.world.articles(tuple(shares), since)
        rows = [
            {
                "id": number,
                "publishedDate": _time(each.published_at),
                "crawlDate": _time(each.published_at),
                "title": each.title,
                "url": each.url,
                "description": each.summary,
                "source": "example.org",
                "tags": ["Finance"],
                "tickers": [symbol.lower() for symbol in each.symbols] + ["other"],
            }
            for number, each in enumerate(found[: int(ask.query.get("limit", "100"))])
        ]
        return Answer(rows)


def _share(ask: Ask, ticker: str) -> Security | None:
    found = ask.security(ticker.upper())
    return found if found and found.exchange.country == "US" and found.asset_class in {"stock", "etf", "fund"} else None


def _coin(ask: Ask, ticker: str) -> Security | None:
    return ask.security(f"{ticker.upper().removesuffix('USD')}-USD") if ticker.endswith("usd") else None


def _pair(ask: Ask, ticker: str) -> Security | None:
    return ask.security(f"{ticker.upper()}=X")


def _bars(ask: Ask, security: Security) -> list[Bar]:
    until = date.fromisoformat(ask.query["endDate"]) if "endDate" in ask.query else None
    return ask.bars(security, date.fromisoformat(ask.query["startDate"]), until)


def _time(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _plain(bar: Bar) -> dict[str, Any]:
    return {"date": f"{bar.day}T00:00:00.000Z", "open": bar.open, "high": bar.high, "low": bar.low, "close": bar.close}


def _day(bar: Bar, factor: Decimal, split: Decimal, cash: Decimal) -> dict[str, Any]:
    """Raw columns, adjusted ones beside them by the splits since, and what happened on the day."""
    raw = _plain(bar) | {"volume": bar.volume}
    adjusted = {
        "adj" + name.capitalize(): None if bar.close is None else value / factor for name, value in raw.items() if name not in {"date", "volume"}
    }
    return raw | adjusted | {"adjVolume": bar.volume, "divCash": cash, "splitFactor": round(split, 8)}


def _meta(security: Security) -> dict[str, Any]:
    exchange = {"XNAS": "NASDAQ", "XNYS": "NYSE", "ARCX": "NYSE ARCA"}.get(security.mic, "")
    return {
        "ticker": security.ticker,
        "name": security.name,
        "exchangeCode": exchange,
        "description": "Made up.",
        "startDate": "2010-01-04",
        "endDate": None,
    }


def _quote(ask: Ask, security: Security) -> dict[str, Any]:
    quote = ask.quote(security)
    return {
        "ticker": security.symbol,
        "timestamp": quote.at.isoformat(),
        "lastSaleTimestamp": quote.at.isoformat(),
        "quoteTimestamp": quote.at.isoformat(),
        "open": quote.open,
        "high": quote.high,
        "low": quote.low,
        "mid": None,
        "tngoLast": quote.price,
        "last": None,
        "lastSize": None,
        "bidSize": None,
        "bidPrice": None,
        "askPrice": None,
        "askSize": None,
        "volume": quote.volume,
        "prevClose": quote.previous_close,
    }


def _coin_quote(ask: Ask, security: Security) -> dict[str, Any]:
    quote = ask.quote(security)
    top = {
        "lastPrice": quote.price,
        "lastSaleTimestamp": quote.at.isoformat(),
        "quoteTimestamp": quote.at.isoformat(),
        "bidPrice": None,
        "askPrice": None,
    }
    return _coin_head(security) | {"topOfBookData": [top]}


def _coin_days(ask: Ask, security: Security, bars: list[Bar]) -> dict[str, Any]:
    return _coin_head(security) | {"priceData": [_plain(each) | {"volume": each.volume, "tradesDone": 5} for each in bars]}


def _coin_head(security: Security) -> dict[str, Any]:
    base = security.symbol.partition("-")[0].lower()
    return {"ticker": f"{base}usd", "baseCurrency": base, "quoteCurrency": "usd"}


def _pair_quote(ask: Ask, security: Security) -> dict[str, Any]:
    quote = ask.quote(security)
    ticker = security.symbol.removesuffix("=X").lower()
    return {"ticker": ticker, "quoteTimestamp": quote.at.isoformat(), "bidPrice": quote.price, "askPrice": quote.price, "midPrice": quote.price}
