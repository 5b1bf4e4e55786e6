"""Yahoo's wire format: cookies and crumb, quote, spark, chart, search, quoteSummary, and prices by websocket.

`crumb_calls`: calls for which a crumb is good.  `wrong_key`: no crumb is good at all.  `error_in_200`: "crumb" tells “Too Many Requests” where a
crumb was asked for.  Prices of charts are in single precision and of today's units; a renamed symbol is answered with the type NONE.
"""

from __future__ import annotations

import struct
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tests.emulator.formats import Answer, Ask, Format, Socket
from tests.emulator.switches import Switches
from tests.emulator.things import Bar, Security
from tests.emulator.yahoo_stream import stream

TYPES = {
    "stock": "EQUITY",
    "etf": "ETF",
    "fund": "MUTUALFUND",
    "index": "INDEX",
    "crypto": "CRYPTOCURRENCY",
    "currency": "CURRENCY",
    "commodity": "FUTURE",
}
COUNTRIES = {"US": "United States", "GB": "United Kingdom", "DE": "Germany", "FR": "France", "NL": "Netherlands", "CH": "Switzerland", "CA": "Canada"}
SPAN = {"1d": 1, "5d": 5, "1mo": 30, "3mo": 91, "6mo": 182, "1y": 365, "2y": 730, "5y": 1826, "10y": 3652, "max": 40_000}
TOO_MANY = "Too Many Requests\r\n"


def refused(envelope: str, status: int, code: str, text: str) -> Answer:
    return Answer({envelope: {"result": None, "error": {"code": code, "description": text}}}, status)


class Emulated(Format):
    def __init__(self) -> None:
        self.crumbs = 0
        self.used = 0

    def tells_pause(self, switches: Switches) -> bool:
        """Yahoo itself never does; a proxy before it may."""
        return switches.retry_after is not None

    def limited(self, ask: Ask, pause: float) -> Answer:
        told = {"Retry-After": str(max(1, round(pause)))} if self.tells_pause(ask.switches) else {}
        return Answer(f"Edge: {TOO_MANY}", 429, headers=told)

    def answer(self, ask: Ask) -> Answer:
        match ask.path.strip("/").split("/"):
            case ["cookies"]:
                return Answer("", 404, headers={"Set-Cookie": "A3=d=emulated; Max-Age=31557600; Path=/"})
            case ["v1", "test", "getcrumb"]:
                return self._new_crumb(ask)
            case ["v1", "finance", "search"]:
                return _search(ask) if ask.query.get("q") else refused("finance", 400, "Bad Request", "Missing required query parameter=q")
            case ["v8", "finance", "chart", symbol]:
                return _chart(ask, symbol)
            case ["v7", "finance", "spark"]:
                return _spark(ask)
            case ["v7", "finance", "quote"]:
                rows = [_quote(ask, symbol) for symbol in sorted(ask.query.get("symbols", "").split(","), reverse=True)]
                return self._crumb_refused(ask) or Answer({"quoteResponse": {"result": [each for each in rows if each], "error": None}})
            case ["v10", "finance", "quoteSummary", symbol]:
                return self._crumb_refused(ask) or _summary(ask, symbol)
            case ["ws", "fundamentals-timeseries", *_]:  # other clients ask for it beside a profile
                return Answer({"timeseries": {"result": [], "error": None}})
        return ask.missing

    def stream(self, ask: Ask, socket: Socket) -> None:
        stream(ask, socket)

    # ── the crumb ───────────────────────────────────────────────────────────

    def _new_crumb(self, ask: Ask) -> Answer:
        if ask.switches.error_in_200 == "crumb":
            return Answer(TOO_MANY)
        if "A3=" not in ask.headers.get("cookie", ""):
            return refused("finance", 401, "Unauthorized", "Invalid Cookie")
        self.crumbs, self.used = self.crumbs + 1, 0
        return Answer(self._crumb)

    @property
    def _crumb(self) -> str:
        return f"em/crumb.{self.crumbs:02d}"

    def _crumb_refused(self, ask: Ask) -> Answer | None:
        if "A3=" not in ask.headers.get("cookie", "") or not ask.query.get("crumb"):
            return refused("finance", 401, "Unauthorized", "User is unable to access this feature - https://bit.ly/yahoo-finance-api-feedback")
        self.used += 1
        spent = ask.switches.crumb_calls is not None and self.used > ask.switches.crumb_calls
        if ask.query["crumb"] != self._crumb or spent or ask.switches.wrong_key:
            return refused("finance", 401, "Unauthorized", "Invalid Crumb")
        return None


# ── numbers ─────────────────────────────────────────────────────────────────


def single(value: Decimal) -> Decimal:
    """With the noise of single precision behind it."""
    return Decimal(repr(struct.unpack("<f", struct.pack("<f", float(value)))[0]))


def told(security: Security, price: Decimal) -> Decimal:
    """In the unit of the exchange."""
    return price / security.factor


# ── quotes ──────────────────────────────────────────────────────────────────


def _quote(ask: Ask, symbol: str) -> dict[str, Any] | None:
    if any(each.plan.former == symbol for each in ask.world.securities()):
        return {"language": "en-US", "region": "US", "quoteType": "NONE", "triggerable": False, "corporateActions": [], "symbol": symbol}
    security = ask.security(symbol)
    if security is None:
        return None
    quote = ask.quote(security)
    change = quote.price - quote.previous_close
    row: dict[str, Any] = {
        "language": "en-US",
        "region": "US",
        "quoteType": TYPES[security.asset_class],
        "currency": security.unit,
        "marketState": "REGULAR" if quote.open_now else "CLOSED",
        "regularMarketPrice": told(security, quote.price),
        "regularMarketTime": int(quote.at.timestamp()),
        "regularMarketPreviousClose": told(security, quote.previous_close),
        "regularMarketChange": single(told(security, change)),
        "regularMarketChangePercent": single(change / quote.previous_close * 100),
        "exchange": security.exchange.code,
        "fullExchangeName": security.exchange.name,
        "exchangeTimezoneName": security.exchange.zone,
        "exchangeTimezoneShortName": "XST",
        "gmtOffSetMilliseconds": _offset(ask, security) * 1000,
        "exchangeDataDelayedBy": 0 if security.exchange.country in {"US", ""} else 15,
        "priceHint": security.plan.places,
        "shortName": security.name.upper()[:30] + '",',
        "longName": security.name,
        "financialCurrency": security.currency,
        "symbol": symbol,
    }
    if security.asset_class != "fund":
        names = {"Open": quote.open, "DayHigh": quote.high, "DayLow": quote.low}
        row |= {f"regularMarket{name}": told(security, value) for name, value in names.items()} | {"regularMarketVolume": quote.volume}
    if (cap := ask.world.market_cap(security)) is not None:
        row["marketCap"] = cap  # in major units, also beside pence
    return row


def _spark(ask: Ask) -> Answer:
    found = []
    for symbol in ask.query.get("symbols", "").split(",")[:20]:
        if security := ask.security(symbol):
            found.append({"symbol": symbol, "response": [_series(ask, security, symbol, _bars(ask, security)[-1:], "5m")]})
    if not found:
        return refused("spark", 404, "Not Found", "No data found for spark symbols")
    return Answer({"spark": {"result": found, "error": None}})


# ── chart ───────────────────────────────────────────────────────────────────


def _chart(ask: Ask, symbol: str) -> Answer:
    security = ask.security(symbol.replace("%5E", "^").replace("%3D", "="))
    if security is None:
        return refused("chart", 404, "Not Found", "No data found, symbol may be delisted")
    if ask.query.get("interval", "1d") != "1d":
        return Answer({"chart": {"result": [_intraday(ask, security)], "error": None}})
    bars = _bars(ask, security)
    if not bars and "period2" in ask.query and _since(ask, security) < (security.plan.first or date.min):
        text = f"Data doesn't exist for startDate = {ask.query['period1']}, endDate = {ask.query['period2']}"
        return refused("chart", 400, "Bad Request", text)
    return Answer({"chart": {"result": [_series(ask, security, security.symbol, bars, "1d")], "error": None}})


def _since(ask: Ask, security: Security) -> date:
    zone = ZoneInfo(security.exchange.zone)
    if "period1" in ask.query:
        return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=int(ask.query["period1"]))).astimezone(zone).date()
    return ask.world.now().astimezone(zone).date() - timedelta(days=SPAN[ask.query.get("range", "1mo")])


def _bars(ask: Ask, security: Security) -> list[Bar]:
    until = datetime.fromtimestamp(int(ask.query["period2"]), UTC).date() if "period2" in ask.query else None
    return ask.bars(security, _since(ask, security), until)


def _series(ask: Ask, security: Security, symbol: str, bars: list[Bar], granularity: str) -> dict[str, Any]:
    """Closes of today's units, those beside dividends too; the running day at the time of its newest price, the same day before it at its opening."""
    result: dict[str, Any] = {"meta": _meta(ask, security, symbol, granularity)}
    if not bars:
        return result | {"indicators": {"quote": [{}]}}
    factors = [ask.world.split_factor(security, bar.day) for bar in bars]
    stamps = [_opening(ask, security, bar.day) for bar in bars]
    if bars[-1].running:
        stamps[-1] = int(ask.quote(security).at.timestamp())
    arrays: dict[str, list[Any]] = {
        name: [
            None if (price := getattr(bar, name)) is None else single(told(security, price) / factor)
            for bar, factor in zip(bars, factors, strict=True)
        ]
        for name in ("open", "high", "low", "close")
    }
    arrays["volume"] = [None if bar.volume is None else int(bar.volume * factor) for bar, factor in zip(bars, factors, strict=True)]
    adjusted = [
        None if close is None else single(close * ask.world.dividend_factor(security, bar.day))
        for bar, close in zip(bars[-30:], arrays["close"][-30:], strict=True)
    ]
    result |= {"timestamp": stamps, "indicators": {"quote": [arrays], "adjclose": [{"adjclose": arrays["close"][:-30] + adjusted}]}}
    if events := _events(ask, security, bars[0].day):
        result["events"] = events
    return result


def _meta(ask: Ask, security: Security, symbol: str, granularity: str) -> dict[str, Any]:
    quote, zone = ask.quote(security), security.exchange.zone
    day = ask.world.now().astimezone(ZoneInfo(zone)).date()
    for _ in range(7):
        if (hours := ask.world.session(security, day)) and hours[1] > ask.world.now() - timedelta(hours=8):
            break
        day += timedelta(days=1)
    begin, end = hours or (quote.at, quote.at)
    edges = {"timezone": "XST", "gmtoffset": _offset(ask, security)}
    start, stop = int(begin.timestamp()), int(end.timestamp())
    return {
        "currency": security.unit,
        "symbol": symbol,
        "exchangeName": security.exchange.code,
        "fullExchangeName": security.exchange.name,
        "instrumentType": TYPES[security.asset_class],
        "firstTradeDate": 345479400,
        "regularMarketTime": int(quote.at.timestamp()),
        "hasPrePostMarketData": True,
        "gmtoffset": _offset(ask, security),
        "timezone": "XST",
        "exchangeTimezoneName": zone,
        "regularMarketPrice": told(security, quote.price),
        "regularMarketVolume": quote.volume,
        "longName": security.name,
        "shortName": security.name,
        "chartPreviousClose": told(security, quote.previous_close),
        "previousClose": told(security, quote.previous_close),
        "priceHint": security.plan.places,
        "currentTradingPeriod": {
            "pre": {**edges, "start": start - 3600, "end": start},
            "regular": {**edges, "start": start, "end": stop},
            "post": {**edges, "start": stop, "end": stop + 3600},
        },
        "dataGranularity": granularity,
        "range": ask.query.get("range", ""),
        "validRanges": [*SPAN, "ytd"],
    }


def _events(ask: Ask, security: Security, since: date) -> dict[str, Any]:
    """Dividends of today's units, with six places; splits.  Each stands under the opening of its day."""
    asked = ask.query.get("events", "")
    found: dict[str, Any] = {"dividends": {}, "splits": {}}
    for each in ask.world.dividends(security) if "div" in asked else ():
        if each.ex_day >= since:
            at = _opening(ask, security, each.ex_day)
            amount = round(told(security, each.amount) / ask.world.split_factor(security, each.ex_day), 6)
            found["dividends"][str(at)] = {"amount": amount, "date": at}
    for split in ask.world.splits(security) if "split" in asked else ():
        if split.ex_day >= since:
            at = _opening(ask, security, split.ex_day)
            found["splits"][str(at)] = {"date": at, "numerator": split.new, "denominator": split.old, "splitRatio": f"{split.new}:{split.old}"}
    return {name: events for name, events in found.items() if events}


def _intraday(ask: Ask, security: Security) -> dict[str, Any]:
    """Parts of five minutes of the newest session, or of five of them, and behind them the live point."""
    day = ask.world.newest_session(security)
    minutes = [each for one in _sessions(ask, security, day, 5 if ask.query.get("range") == "5d" else 1) for each in ask.minutes(security, one, 5)]
    meta = _meta(ask, security, security.symbol, ask.query["interval"])
    if hours := ask.world.session(security, day):
        edges = {"timezone": "XST", "gmtoffset": _offset(ask, security)}
        meta["tradingPeriods"] = [[{**edges, "start": int(hours[0].timestamp()), "end": int(hours[1].timestamp())}]]
    result: dict[str, Any] = {"meta": meta}
    if not minutes:
        return result | {"indicators": {"quote": [{}]}}
    stamps = [int(each.start.timestamp()) for each in minutes]
    arrays = {name: [single(told(security, getattr(each, name))) for each in minutes] for name in ("open", "high", "low", "close")}
    volumes = [each.volume for each in minutes]
    quote = ask.quote(security)
    if quote.open_now:
        stamps.append(int(quote.at.timestamp()))
        volumes.append(0)
        for values in arrays.values():
            values.append(single(told(security, quote.price)))
    return result | {"timestamp": stamps, "indicators": {"quote": [{**arrays, "volume": volumes}]}}


def _sessions(ask: Ask, security: Security, newest: date, count: int) -> list[date]:
    days = (newest - timedelta(days=back) for back in range(3 * count))
    return sorted([day for day in days if ask.world.trades(security, day)][:count])


def _opening(ask: Ask, security: Security, day: date) -> int:
    hours = ask.world.session(security, day)
    return int((hours[0] if hours else datetime.combine(day, time(9, 30), ZoneInfo(security.exchange.zone))).timestamp())


def _offset(ask: Ask, security: Security) -> int:
    offset = ask.world.now().astimezone(ZoneInfo(security.exchange.zone)).utcoffset()
    return int(offset.total_seconds()) if offset else 0


# ── reference data ──────────────────────────────────────────────────────────


def _search(ask: Ask) -> Answer:
    """Hits of an object that is none of Yahoo Finance's at the end, as there often is."""
    hits = [
        {
            "exchange": each.exchange.code,
            "shortname": each.name[:31],
            "quoteType": TYPES[each.asset_class],
            "symbol": each.symbol,
            "index": "quotes",
            "score": 20000.0 - number,
            "longname": each.name,
            "isYahooFinance": True,
        }
        for number, each in enumerate(ask.world.search(ask.query["q"]))
        if ask.known(each)
    ]
    return Answer({"explains": [], "count": len(hits), "quotes": [*hits, {"index": "x", "name": "A firm", "isYahooFinance": False}], "news": []})


def _summary(ask: Ask, symbol: str) -> Answer:
    security = ask.security(symbol.replace("%5E", "^").replace("%3D", "="))
    if security is None:
        return refused("quoteSummary", 404, "Not Found", f"Quote not found for symbol: {symbol}")
    kind = {"exchange": security.exchange.code, "quoteType": TYPES[security.asset_class], "symbol": security.symbol, "longName": security.name}
    modules: dict[str, Any] = {
        "price": {**kind, "currency": security.unit, "shortName": security.name, "priceHint": security.plan.places},
        "quoteType": {**kind, "shortName": security.name, "timeZoneFullName": security.exchange.zone},
        "summaryDetail": {"currency": security.unit, "priceHint": security.plan.places, "maxAge": 1},
        "summaryProfile": {"longBusinessSummary": f"{security.name} is made up.", "maxAge": 86400},
    }
    if security.asset_class == "stock":
        country = COUNTRIES.get(security.exchange.country, "")
        modules["assetProfile"] = {"sector": security.plan.sector, "industry": security.plan.industry, "country": country, "maxAge": 86400}
    if security.plan.weights:
        sectors = [{name.lower().replace(" ", "_"): weight} for kind, name, weight in security.plan.weights if kind == "sector"]
        holdings = [
            {"symbol": name, "holdingName": name, "holdingPercent": weight} for kind, name, weight in security.plan.weights if kind == "holding"
        ]
        modules["topHoldings"] = {"maxAge": 1, "holdings": holdings, "sectorWeightings": sectors}
        modules["fundProfile"] = {"family": "Example", "legalType": "Exchange Traded Fund", "maxAge": 1}
    wanted = {name: modules[name] for name in ask.query.get("modules", "").split(",") if name in modules}
    if not wanted:
        text = f"No fundamentals data found for any of the summaryTypes={ask.query.get('modules', '')}"
        return refused("quoteSummary", 404, "Not Found", text)
    return Answer({"quoteSummary": {"result": [wanted], "error": None}})
