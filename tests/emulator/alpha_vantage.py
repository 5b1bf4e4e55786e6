"""Alpha Vantage's wire format: one address, a function in the query, tables as JSON with numbered keys or as CSV; every number is text.

`limit`: beyond it the burst is told where the pause is short, and the end of the day where it is longer.  `error_in_200`: "daily", "burst",
"note", "premium", "demo" or "invalid".  `plan`: the key is a free one, and the functions of paid ones are refused.  `wrong_key`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.emulator.formats import Answer, Ask, Format
from tests.emulator.rates import CURRENCIES
from tests.emulator.things import Bar, Security

SUFFIXES = {"LON": "XLON", "DEX": "XETR", "TRT": "XTSE"}
CLASSES = {"stock": "Equity", "etf": "ETF", "fund": "Mutual Fund"}
EXCHANGES = {"XNAS": "NASDAQ", "XNYS": "NYSE", "ARCX": "NYSE ARCA"}
PREMIUM = frozenset({"TIME_SERIES_DAILY_ADJUSTED", "REALTIME_BULK_QUOTES", "TIME_SERIES_INTRADAY"})
TEXTS = {
    "daily": ("Information", "We have detected your API key as {key} and our standard API rate limit is 25 requests per day. Please subscribe …"),
    "burst": (
        "Information",
        "Thank you for using Alpha Vantage! Please consider spreading out your free API requests more sparingly (1 request per second). You may "
        "subscribe to lift the free key rate limit (25 requests per day), raise the per-second burst limit, and unlock all premium endpoints",
    ),
    "note": ("Note", "Thank you for using Alpha Vantage! Our standard API call frequency is 5 calls per minute and 500 calls per day."),
    "premium": ("Information", "Thank you for using Alpha Vantage! This is a premium endpoint. You may subscribe to any of the premium plans"),
    "demo": ("Information", "The **demo** API key is for demo purposes only. Please claim your free API key to explore our full API offerings."),
    "invalid": ("Error Message", "Invalid API call. Please retry or visit the documentation for {function}."),
    "key": ("Error Message", "the parameter apikey is invalid or missing. Please claim your free API key."),
}
BURST = 1.5  # seconds


class Emulated(Format):
    def limited(self, ask: Ask, pause: float) -> Answer:
        return said(ask, "burst" if pause <= BURST else "daily")

    def answer(self, ask: Ask) -> Answer:
        if ask.path != "/query":
            return ask.missing
        if not ask.key("apikey"):
            return said(ask, "key")
        if ask.switches.error_in_200:
            return said(ask, ask.switches.error_in_200)
        function = ask.query.get("function", "")
        if function in PREMIUM and ask.switches.plan:
            return said(ask, "premium")
        if function in OF_ONE:
            security = _security(ask, ask.query.get("symbol", ""))
            if security is None:
                return Answer({"Global Quote": {}}) if function == "GLOBAL_QUOTE" else said(ask, "invalid") if "SERIES" in function else Answer({})
            return OF_ONE[function](ask, security)
        return OF_MANY[function](ask) if function in OF_MANY else ask.missing


def said(ask: Ask, kind: str) -> Answer:
    name, text = TEXTS[kind]
    return Answer({name: text.replace("{key}", ask.query.get("apikey", "")).replace("{function}", ask.query.get("function", ""))})


def table(ask: Ask, around: dict[str, Any], name: str, columns: Sequence[str], rows: Iterable[Sequence[str]], *, numbered: bool = True) -> Answer:
    """As CSV where that is asked for.  As JSON an object by the first column, or a list where its columns have no numbers."""
    found = list(rows)
    if ask.query.get("datatype") == "csv":
        lines = [",".join(columns), *(",".join(row) for row in found)]
        return Answer("\r\n".join(lines) + "\r\n", content_type="application/x-download")
    if not numbered:
        return Answer({**around, name: [dict(zip(columns, row, strict=True)) for row in found]})
    names = [f"{number}. {column.replace('_', ' ')}" for number, column in enumerate(columns[1:], 1)]
    return Answer({**around, name: {row[0]: dict(zip(names, row[1:], strict=True)) for row in found}})


# ── securities ──────────────────────────────────────────────────────────────


def _security(ask: Ask, symbol: str) -> Security | None:
    ticker, _, suffix = symbol.rpartition(".")
    if suffix in SUFFIXES and ticker:
        return ask.known(ask.world.find(ticker, SUFFIXES[suffix]))
    security = ask.security(symbol.replace(".", "-"))
    return security if security and security.asset_class in CLASSES and security.exchange.country == "US" else None


def _symbol(security: Security) -> str | None:
    """Theirs; None for one that they do not have."""
    if security.asset_class not in CLASSES:
        return None
    if security.exchange.country == "US":
        return security.symbol.replace("-", ".")
    suffix = next((name for name, mic in SUFFIXES.items() if mic == security.mic), "")
    return f"{security.ticker}.{suffix}" if suffix else None


def _currency(security: Security) -> str:
    return {"GBp": "GBX"}.get(security.unit, security.unit)


def _text(security: Security, price: Decimal | None) -> str:
    """In the unit of the exchange, with four places; a missing one is the word None."""
    return "None" if price is None else f"{price / security.factor:.4f}"


def _quote(ask: Ask, security: Security) -> Answer:
    quote = ask.quote(security)
    change = quote.price - quote.previous_close
    prices = [_text(security, each) for each in (quote.open, quote.high, quote.low, quote.price)]
    day = quote.at.date().isoformat()
    rest = [str(quote.volume), day, _text(security, quote.previous_close), _text(security, change), f"{change / quote.previous_close * 100:.4f}%"]
    row = [ask.query["symbol"], *prices, *rest]
    names = ("symbol", "open", "high", "low", "price", "volume", "latest trading day", "previous close", "change", "change percent")
    if ask.query.get("datatype") == "csv":
        return Answer("symbol,open,high,low,price,volume,latestDay,previousClose,change,changePercent\r\n" + ",".join(row) + "\r\n")
    return Answer({"Global Quote": {f"{number:02d}. {name}": value for number, (name, value) in enumerate(zip(names, row, strict=True), 1)}})


def _meta(ask: Ask, what: str, refreshed: str) -> dict[str, Any]:
    told = (what, ask.query["symbol"], refreshed, ask.query.get("outputsize", "Compact").capitalize(), "US/Eastern")
    names = ("Information", "Symbol", "Last Refreshed", "Output Size", "Time Zone")
    return {"Meta Data": {f"{number}. {name}": value for number, (name, value) in enumerate(zip(names, told, strict=True), 1)}}


def _bars(ask: Ask, security: Security) -> list[Bar]:
    """Newest first.  Of the running day twice told once: the table is an object by day."""
    since = None if ask.query.get("outputsize") == "full" else ask.world.now().date() - timedelta(days=160)
    bars = {bar.day: bar for bar in ask.bars(security, since) if bar.close is not None}
    newest = sorted(bars.values(), key=lambda bar: bar.day, reverse=True)
    return newest if since is None else newest[:100]


def _daily(ask: Ask, security: Security) -> Answer:
    """The running day among them, told by a time beside “Last Refreshed”."""
    bars = _bars(ask, security)
    adjusted = ask.query["function"].endswith("ADJUSTED")
    rows = [[bar.day.isoformat(), *_prices(security, bar), *([_adjusted(ask, security, bar)] if adjusted else []), str(bar.volume)] for bar in bars]
    if adjusted:
        paid, split = _paid(ask, security), {each.ex_day: Decimal(each.new) / each.old for each in ask.world.splits(security)}
        rows = [[*row, _text(security, paid.get(bar.day, Decimal(0))), f"{split.get(bar.day, 1):.4f}"] for row, bar in zip(rows, bars, strict=True)]
    now = ask.quote(security).at
    refreshed = f"{now:%Y-%m-%d %H:%M:%S}" if bars and bars[0].running else bars[0].day.isoformat() if bars else ""
    columns = ["timestamp", "open", "high", "low", "close", *(["adjusted_close"] if adjusted else []), "volume"]
    columns += ["dividend_amount", "split_coefficient"] if adjusted else []
    return table(ask, _meta(ask, "Daily Prices", refreshed), "Time Series (Daily)", columns, rows)


def _weekly(ask: Ask, security: Security) -> Answer:
    weeks: dict[tuple[int, int], list[Bar]] = {}
    for bar in ask.bars(security):
        if bar.close is not None:
            weeks.setdefault(bar.day.isocalendar()[:2], []).append(bar)
    paid = _paid(ask, security)
    rows = []
    for bars in reversed(weeks.values()):
        last = bars[-1]
        highs, lows = [bar.high for bar in bars if bar.high], [bar.low for bar in bars if bar.low]
        prices = [_text(security, each) for each in (bars[0].open, max(highs), min(lows), last.close)]
        amount = sum((paid.get(bar.day, Decimal(0)) for bar in bars), Decimal(0))
        volume = str(sum(bar.volume or 0 for bar in bars))
        rows.append([last.day.isoformat(), *prices, _adjusted(ask, security, last), volume, _text(security, amount)])
    columns = ("timestamp", "open", "high", "low", "close", "adjusted close", "volume", "dividend amount")
    meta = _meta(ask, "Weekly Adjusted Prices and Volumes", rows[0][0] if rows else "")
    return table(ask, meta, "Weekly Adjusted Time Series", columns, rows)


def _prices(security: Security, bar: Bar) -> list[str]:
    return [_text(security, each) for each in (bar.open, bar.high, bar.low, bar.close)]


def _adjusted(ask: Ask, security: Security, bar: Bar) -> str:
    return _text(security, (bar.close or Decimal(0)) / ask.world.split_factor(security, bar.day))


def _paid(ask: Ask, security: Security) -> dict[date, Decimal]:
    return {each.ex_day: each.amount for each in ask.world.dividends(security)}


def _dividends(ask: Ask, security: Security) -> Answer:
    rows = [
        [each.ex_day.isoformat(), "None", "None", (each.ex_day + timedelta(days=30)).isoformat(), _text(security, each.amount)]
        for each in reversed(ask.world.dividends(security))
    ]
    columns = ("ex_dividend_date", "declaration_date", "record_date", "payment_date", "amount")
    return table(ask, {"symbol": ask.query["symbol"]}, "data", columns, rows, numbered=False)


def _splits(ask: Ask, security: Security) -> Answer:
    rows = [[each.ex_day.isoformat(), f"{Decimal(each.new) / each.old:.4f}"] for each in reversed(ask.world.splits(security))]
    return table(ask, {"symbol": ask.query["symbol"]}, "data", ("effective_date", "split_factor"), rows, numbered=False)


def _overview(ask: Ask, security: Security) -> Answer:
    if security.asset_class != "stock":
        return Answer({})
    country = {"US": "USA", "GB": "UK", "DE": "Germany", "CA": "Canada"}.get(security.exchange.country, "None")
    told = {
        "Symbol": ask.query["symbol"],
        "AssetType": "Common Stock",
        "Name": security.name,
        "Exchange": EXCHANGES.get(security.mic, security.mic),
        "Currency": security.currency,
        "Country": country,
        "Sector": security.plan.sector.upper(),
        "Industry": security.plan.industry.upper(),
        "MarketCapitalization": f"{ask.world.market_cap(security):f}",
        "PERatio": "None",
        "DividendYield": "-",
    }
    return Answer(told)


def _fund(ask: Ask, security: Security) -> Answer:
    weights = security.plan.weights
    if security.asset_class != "etf" or not weights:
        return Answer({})
    sectors = [{"sector": name.upper(), "weight": f"{weight}"} for kind, name, weight in weights if kind == "sector"]
    holdings = [{"symbol": name, "description": f"{name} CORP", "weight": f"{weight}"} for kind, name, weight in weights if kind == "holding"]
    return Answer({"net_assets": "1000000", "portfolio_turnover": "n/a", "leveraged": "NO", "sectors": sectors, "holdings": holdings})


# ── all else ────────────────────────────────────────────────────────────────


def _search(ask: Ask) -> Answer:
    text = ask.query.get("keywords", "")
    one = _security(ask, text)
    found = [one] if one else [each for each in ask.world.search(text.partition(".")[0]) if ask.known(each)]
    columns = ("symbol", "name", "type", "region", "marketOpen", "marketClose", "timezone", "currency", "matchScore")
    rows = []
    for number, each in enumerate(found):
        if symbol := _symbol(each):
            hours = (each.exchange.opens, each.exchange.closes, "UTC+00")
            row = (
                symbol,
                each.name.replace(",", ""),
                CLASSES[each.asset_class],
                each.exchange.country,
                *hours,
                _currency(each),
                f"{1 - number / 10:.4f}",
            )
            rows.append(row)
    if ask.query.get("datatype") == "csv":
        return table(ask, {}, "bestMatches", columns, rows)
    return Answer({"bestMatches": [{f"{number}. {name}": row[number - 1] for number, name in enumerate(columns, 1)} for row in rows]})


def _level(ask: Ask, base: str, quote: str, day: date, part: float) -> Decimal | None:
    """Units of `quote` for one of a currency or of a coin; None where the world has neither."""
    known = {"EUR", *CURRENCIES}
    if quote not in known:
        return None
    if base in known:
        return Decimal(repr(ask.world.rates.cross(base, quote, day, part)))
    coin = ask.security(f"{base}-USD")
    if coin is None or not ask.world.trades(coin, day):
        return None
    close = ask.world.bar(coin, day).close or Decimal(0)
    return close * Decimal(repr(ask.world.rates.cross("USD", quote, day, part)))


def _rate(ask: Ask) -> Answer:
    base, quote, now = ask.query.get("from_currency", ""), ask.query.get("to_currency", ""), ask.world.now().astimezone(UTC)
    rate = _level(ask, base, quote, now.date(), 0.5)
    if rate is None:
        return said(ask, "invalid")
    names = (
        "From_Currency Code",
        "From_Currency Name",
        "To_Currency Code",
        "To_Currency Name",
        "Exchange Rate",
        "Last Refreshed",
        "Time Zone",
        "Bid Price",
        "Ask Price",
    )
    values = (base, base, quote, quote, f"{rate:.8f}", f"{now:%Y-%m-%d %H:%M:%S}", "UTC", "-", "-")
    return Answer(
        {"Realtime Currency Exchange Rate": {f"{number}. {name}": value for number, (name, value) in enumerate(zip(names, values, strict=True), 1)}}
    )


def _pair(ask: Ask) -> Answer:
    """A hundred days of a currency and 350 of a coin, the running one among them."""
    coin = ask.query["function"] == "DIGITAL_CURRENCY_DAILY"
    base, quote = (ask.query.get("symbol" if coin else "from_symbol", ""), ask.query.get("market" if coin else "to_symbol", ""))
    today, rows = ask.world.now().astimezone(UTC).date(), []
    for back in range(350 if coin else 140):
        day = today - timedelta(days=back)
        if coin or day.weekday() < 5:
            if (level := _level(ask, base, quote, day, 1.0)) is None:
                break
            rows.append([day.isoformat(), *[f"{level:.5f}"] * 4, *(["12.34567890"] if coin else [])])
    if not rows:
        return said(ask, "invalid")
    columns = ["timestamp", "open", "high", "low", "close", *(["volume"] if coin else [])]
    meta = {"Meta Data": {"1. Information": "Daily Prices", "6. Last Refreshed": rows[0][0], "7. Time Zone": "UTC"}}
    return table(ask, meta, "Time Series (Digital Currency Daily)" if coin else "Time Series FX (Daily)", columns, rows[: 350 if coin else 100])


def _series(ask: Ask) -> Answer:
    """Percent, newest first; holidays are a dot."""
    name = "DGS10" if ask.query["function"] == "TREASURY_YIELD" and ask.query.get("maturity", "10year") == "10year" else "DTB3"
    told = ask.world.rates.observations(name, date(2020, 1, 1), ask.world.now().date())
    rows = [[day.isoformat(), "." if value is None else f"{value:f}"] for day, value in reversed(told)]
    return table(
        ask,
        {"name": ask.query["function"], "interval": "daily", "unit": "percent"},
        "data",
        ("timestamp" if ask.query.get("datatype") == "csv" else "date", "value"),
        rows,
        numbered=False,
    )


def _news(ask: Ask) -> Answer:
    security = _security(ask, ask.query.get("tickers", ""))
    if security is None:
        return Answer({"Information": "Invalid inputs. Please refer to the API documentation and try again."})
    since = datetime.strptime(ask.query.get("time_from", "20200101T0000"), "%Y%m%dT%H%M").replace(tzinfo=UTC)
    feed = [
        {
            "title": each.title,
            "url": each.url,
            "time_published": f"{each.published_at:%Y%m%dT%H%M%S}",
            "authors": [],
            "summary": each.summary,
            "banner_image": "https://images.example/x.png",
            "source": each.publisher,
            "overall_sentiment_score": 0.1,
            "ticker_sentiment": [{"ticker": ask.query["tickers"], "relevance_score": "0.9"}],
        }
        for each in ask.world.articles((security.symbol,), since)[: int(ask.query.get("limit", "50"))]
    ]
    return Answer({"items": str(len(feed)), "sentiment_score_definition": "x", "feed": feed})


OF_ONE = {
    "GLOBAL_QUOTE": _quote,
    "TIME_SERIES_DAILY": _daily,
    "TIME_SERIES_DAILY_ADJUSTED": _daily,
    "TIME_SERIES_WEEKLY_ADJUSTED": _weekly,
    "DIVIDENDS": _dividends,
    "SPLITS": _splits,
    "OVERVIEW": _overview,
    "ETF_PROFILE": _fund,
}
OF_MANY = {
    "SYMBOL_SEARCH": _search,
    "CURRENCY_EXCHANGE_RATE": _rate,
    "FX_DAILY": _pair,
    "DIGITAL_CURRENCY_DAILY": _pair,
    "FEDERAL_FUNDS_RATE": _series,
    "TREASURY_YIELD": _series,
    "NEWS_SENTIMENT": _news,
}
