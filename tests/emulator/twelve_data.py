"""Twelve Data's wire format: quote, time_series, price, exchange_rate, symbol_search, profile.

`error_in_200`: "minute" or "day" tell with status 200 that no credits are left.  `plan`: only the United States are part of the plan.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from market.providers.twelve_data import symbol_for
from tests.emulator.formats import Answer, Ask, Format
from tests.emulator.things import Security

_TEXT = {
    "minute": "You have run out of API credits for the current minute. 10 API credits were used, with the current limit being 8. "
    "Wait for the next minute or consider switching to a higher tier plan at https://twelvedata.com/pricing",
    "day": "You have run out of API credits for the day. 801 API credits were used, with the current limit being 800. "
    "Wait for the next day or consider switching to a higher tier plan at https://twelvedata.com/pricing",
}
_COUNTRIES = {
    "US": "United States",
    "GB": "United Kingdom",
    "DE": "Germany",
    "FR": "France",
    "NL": "Netherlands",
    "CH": "Switzerland",
    "CA": "Canada",
}
_KINDS = {
    "stock": "Common Stock",
    "etf": "ETF",
    "fund": "Mutual Fund",
    "index": "Index",
    "crypto": "Digital Currency",
    "currency": "Physical Currency",
}
Part = Callable[[Ask, Security], dict[str, Any]]


class Emulated(Format):
    def limited(self, ask: Ask, pause: float) -> Answer:
        return Answer(_error(429, _TEXT["minute"]), 429, headers={"Retry-After": str(max(1, round(pause)))})

    def answer(self, ask: Ask) -> Answer:
        if not (ask.key("authorization") or ask.key("apikey")):
            return Answer(_error(401, "**apikey** parameter is incorrect or not specified."), 401)
        if ask.switches.error_in_200:
            return Answer(_error(429, _TEXT[ask.switches.error_in_200]))
        path = ask.path.strip("/")
        if path == "symbol_search":
            found = [each for each in ask.world.search(ask.query.get("symbol", "")) if ask.known(each)]
            return Answer({"data": [_hit(each) for each in found], "status": "ok"})
        parts: dict[str, Part] = {"quote": _quote, "time_series": _series, "price": _price, "exchange_rate": _rate, "profile": _profile}
        return self._each(ask, parts[path]) if path in parts else ask.missing

    def _each(self, ask: Ask, part: Part) -> Answer:
        """One symbol's part as it is; those of several by symbol, an error for each that is not known, all with status 200."""
        symbols = ask.query.get("symbol", "").split(",")
        told = {symbol: self._one(ask, symbol, part) for symbol in reversed(symbols)}
        if len(symbols) > 1:
            return Answer(told)
        only = told[symbols[0]]
        return Answer(only, only["code"] if only.get("status") == "error" else 200)

    def _one(self, ask: Ask, symbol: str, part: Part) -> dict[str, Any]:
        security = ask.known(_security(ask, symbol))
        if security is None:
            return _error(400, f"**symbol** not found: {symbol}. Please specify it correctly according to API Documentation.")
        if ask.switches.plan and security.exchange.country not in {"US", ""}:
            return _error(404, "This symbol is available starting with Grow. Consider upgrading now at https://twelvedata.com/pricing")
        return part(ask, security)


def _error(code: int, message: str) -> dict[str, Any]:
    return {"code": code, "message": message, "status": "error"}


def _security(ask: Ask, symbol: str) -> Security | None:
    if "/" in symbol:
        base, _, quote = symbol.partition("/")
        return ask.world.get(f"{base}{quote}=X") or ask.world.get(f"{base}-{quote}")
    ticker, colon, _ = symbol.partition(":")
    if not colon:
        return ask.world.get(ticker.replace(".", "-"))
    listed = (each for each in ask.world.securities() if _symbol(each) == symbol)
    return next(listed, None) or next((each for end in (".L", ".DE") if (each := ask.world.get(ticker + end)) and _symbol(each) == symbol), None)


def _symbol(security: Security) -> str | None:
    return symbol_for(security.ticker, security.mic)


def _head(security: Security) -> dict[str, Any]:
    pair = security.symbol.removesuffix("=X").removesuffix("-USD")
    if security.exchange.mic == "":
        return {"symbol": pair, "currency_base": pair[:3], "currency_quote": "US Dollar"}
    exchange = (_symbol(security) or ":NASDAQ").partition(":")[2] or "NASDAQ"
    mic = "XNGS" if security.mic == "XNAS" else security.mic
    return {"symbol": security.ticker, "exchange": exchange, "mic_code": mic, "currency": security.unit}


def _text(security: Security, value: Decimal | None) -> str | None:
    """Prices are text, with five decimals at least, in the unit of the currency that is told."""
    return None if value is None else f"{value / security.factor:.8f}"


def _quote(ask: Ask, security: Security) -> dict[str, Any]:
    quote = ask.quote(security)
    begun = ask.world.session(security, ask.world.newest_session(security))
    return _head(security) | {
        "name": security.name,
        "datetime": ask.world.newest_session(security).isoformat(),
        "timestamp": int((begun[0] if begun else quote.at).timestamp()),
        "last_quote_at": int(quote.at.timestamp()),
        "open": _text(security, quote.open),
        "high": _text(security, quote.high),
        "low": _text(security, quote.low),
        "close": _text(security, quote.price),
        "volume": str(quote.volume),
        "previous_close": _text(security, quote.previous_close),
        "is_market_open": quote.open_now,
    }


def _series(ask: Ask, security: Security) -> dict[str, Any]:
    since = date.fromisoformat(ask.query["start_date"]) if "start_date" in ask.query else None
    assert ask.query.get("adjust") == "none" and ask.query.get("interval") == "1day"
    bars = ask.bars(security, since)[-int(ask.query.get("outputsize", "30")) :]
    if not bars:
        return _error(400, "No data is available on the specified dates. Try setting different start/end dates.")
    values = [
        {
            "datetime": each.day.isoformat(),
            "open": _text(security, each.open),
            "high": _text(security, each.high),
            "low": _text(security, each.low),
            "close": _text(security, each.close),
            "volume": str(each.volume or 0),
        }
        for each in bars
    ]
    if ask.query.get("order", "DESC").upper() == "DESC":
        values.reverse()
    meta = _head(security) | {"interval": "1day", "exchange_timezone": security.exchange.zone, "type": _KINDS[security.asset_class]}
    return {"meta": meta, "values": values, "status": "ok"}


def _price(ask: Ask, security: Security) -> dict[str, Any]:
    return {"price": _text(security, ask.quote(security).price)}


def _rate(ask: Ask, security: Security) -> dict[str, Any]:
    quote = ask.quote(security)
    return {"symbol": ask.query["symbol"].split(",")[0], "rate": quote.price, "timestamp": int(quote.at.timestamp())}


def _profile(ask: Ask, security: Security) -> dict[str, Any]:
    plan = security.plan
    return _head(security) | {
        "name": security.name,
        "sector": plan.sector,
        "industry": plan.industry,
        "type": _KINDS[security.asset_class],
        "country": _COUNTRIES.get(security.exchange.country, ""),
    }


def _hit(security: Security) -> dict[str, Any]:
    return _head(security) | {
        "instrument_name": security.name,
        "exchange_timezone": security.exchange.zone,
        "instrument_type": _KINDS[security.asset_class],
        "country": _COUNTRIES.get(security.exchange.country, ""),
    }
