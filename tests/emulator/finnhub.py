"""Finnhub's wire format: quote, profile2, search, company-news, news, market-status, and trades by websocket.

`plan`: symbols outside the United States are refused with 403, as a free key finds them; without it they are given.
`error_in_200`: "limit" tells a refusal with status 200.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, time
from typing import Any

from tests.emulator.formats import Answer, Ask, Format, Socket
from tests.emulator.things import Article, Security

_LIMIT = {"error": "API limit reached. Please try again later. Remaining Limit: 0"}
_NO_ACCESS = Answer({"error": "You don't have access to this resource."}, 403)
_PREMIUM = frozenset({"/stock/candle", "/stock/split", "/stock/dividend", "/forex/rates", "/stock/profile"})
MOST = 50  # symbols of a free key on the websocket


class Emulated(Format):
    def limited(self, ask: Ask, pause: float) -> Answer:
        reset = str(int(datetime.now(UTC).timestamp() + pause + 1))
        return Answer(_LIMIT, 429, headers={"x-ratelimit-limit": "60", "x-ratelimit-remaining": "0", "x-ratelimit-reset": reset})

    def answer(self, ask: Ask) -> Answer:
        if not ask.key("X-Finnhub-Token", "token"):
            return Answer({"error": "Invalid API key" if ask.switches.wrong_key else "Please use an API key."}, 401)
        if ask.switches.error_in_200 == "limit":
            return Answer(_LIMIT)
        path = "/" + ask.path.strip("/")
        if path in _PREMIUM:
            return _NO_ACCESS
        if path == "/search":
            found = [_row(each) for each in ask.world.search(ask.query.get("q", "")) if ask.known(each) and _listed(each)]
            return Answer({"count": len(found), "result": found})
        if path == "/news":
            securities = [each.symbol for each in ask.world.securities() if each.asset_class == "stock"][:5]
            return Answer([_article(each, "") for each in ask.world.articles(tuple(securities), _day(ask))])
        if path == "/stock/market-status":
            return Answer(self._status(ask))
        if path not in {"/quote", "/stock/profile2", "/company-news"}:
            return ask.missing
        security = ask.security(_world_symbol(ask.query.get("symbol", "")))
        if security and ask.switches.plan and security.exchange.country != "US":
            return _NO_ACCESS
        return {"/quote": self._quote, "/stock/profile2": self._profile, "/company-news": self._news}[path](ask, security)

    def stream(self, ask: Ask, socket: Socket) -> None:
        """A ping, and after each message the newest trades of all subscribed."""
        if not ask.key("token"):
            socket.send({"type": "error", "msg": "Invalid API key"})
            return
        wanted: dict[str, Security] = {}
        socket.send({"type": "ping"})
        while True:
            message = socket.receive(timeout=0.05)
            if message is not None:
                self._subscribed(ask, socket, json.loads(message), wanted)
            if wanted and (message is not None or ask.world.clock.speed):
                socket.send({"type": "trade", "data": [_trade(ask, symbol, each) for symbol, each in wanted.items()]})

    def _subscribed(self, ask: Ask, socket: Socket, message: dict[str, Any], wanted: dict[str, Security]) -> None:
        symbol = str(message.get("symbol", ""))
        if message.get("type") == "unsubscribe":
            wanted.pop(symbol, None)
        elif message.get("type") == "subscribe" and (security := ask.security(_world_symbol(symbol))):
            if len(wanted) >= MOST:
                socket.send({"type": "error", "msg": "Subscribing to too many symbols"})
            else:
                wanted[symbol] = security

    def _quote(self, ask: Ask, security: Security | None) -> Answer:
        if security is None or ask.switches.empty_window:
            return Answer({"c": 0, "d": None, "dp": None, "h": 0, "l": 0, "o": 0, "pc": 0, "t": 0})
        quote = ask.quote(security)
        change = quote.price - quote.previous_close
        return Answer(
            {
                "c": quote.price,
                "d": change,
                "dp": round(change / quote.previous_close * 100, 4),
                "h": quote.high,
                "l": quote.low,
                "o": quote.open,
                "pc": quote.previous_close,
                "t": int(quote.at.timestamp()),
            }
        )

    def _profile(self, ask: Ask, security: Security | None) -> Answer:
        if security is None or security.asset_class != "stock":
            return Answer({})  # for what is not known and for funds alike
        return Answer(
            {
                "country": security.exchange.country,
                "currency": security.currency,
                "estimateCurrency": security.currency,
                "exchange": "NASDAQ NMS - GLOBAL MARKET" if security.mic == "XNAS" else "NEW YORK STOCK EXCHANGE, INC.",
                "finnhubIndustry": security.plan.sector,
                "ipo": "1980-12-12",
                "logo": "https://static.example/logo.png",
                "marketCapitalization": round(ask.quote(security).price * 15_000, 6),
                "name": security.name,
                "shareOutstanding": 15_000,
                "ticker": ask.query.get("symbol", ""),
                "weburl": "https://www.example.org/",
            }
        )

    def _news(self, ask: Ask, security: Security | None) -> Answer:
        if security is None:
            return Answer([])
        since, until = (datetime.combine(datetime.fromisoformat(ask.query[name]), at, UTC) for name, at in (("from", time()), ("to", time.max)))
        return Answer([_article(each, ask.query["symbol"]) for each in ask.world.articles((security.symbol,), since, until)])

    def _status(self, ask: Ask) -> dict[str, Any]:
        apple = ask.world.get("AAPL")
        is_open = apple is not None and ask.world.is_open(apple)
        return {
            "exchange": ask.query.get("exchange", "US"),
            "holiday": None,
            "isOpen": is_open,
            "session": "regular" if is_open else None,
            "t": int(ask.world.now().timestamp()),
            "timezone": "America/New_York",
        }


def _world_symbol(symbol: str) -> str:
    """BRK.B is the world's BRK-B; VOD.L stays."""
    ticker, dot, end = symbol.rpartition(".")
    return f"{ticker}-{end}" if dot and end in {"A", "B"} else symbol


def _listed(security: Security) -> bool:
    return security.asset_class in {"stock", "etf"}


def _row(security: Security) -> dict[str, Any]:
    symbol = security.symbol.replace("-", ".")
    kind = "ETP" if security.asset_class == "etf" else "Common Stock"
    return {"description": security.name.upper(), "displaySymbol": symbol, "symbol": symbol, "type": kind}


def _article(article: Article, related: str) -> dict[str, Any]:
    return {
        "category": "company" if related else "top news",
        "datetime": int(article.published_at.timestamp()),
        "headline": article.title,
        "id": abs(hash(article.url)) % 10**9,
        "image": "https://img.example/a.jpg",
        "related": related,
        "source": article.publisher,
        "summary": f"<p>{article.summary}</p>",
        "url": article.url,
    }


def _trade(ask: Ask, symbol: str, security: Security) -> dict[str, Any]:
    quote = ask.quote(security)
    return {"c": ["1"], "p": quote.price, "s": symbol, "t": int(quote.at.timestamp() * 1000), "v": 100}


def _day(ask: Ask) -> datetime:
    return ask.world.now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
