"""CoinGecko: prices, history and profiles of coins.  https://docs.coingecko.com

A symbol is CoinGecko's own id, for tickers are not unique: `bitcoin` in US dollars, `bitcoin/eur` in another currency.
A coin's day is the one of UTC.  A value stamped 00:00 is the close of the day before; the last value of a series is the price of
the moment of asking and no close.  Without a plan that is paid for, history reaches 365 days back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar, Self
from urllib.parse import quote as escaped

from market.choices import AssetClass, Quality
from market.providers.articles import text
from market.providers.base import Found, History, PriceRow, Profile, SymbolQuote
from market.providers.failures import (
    BadAnswer,
    Failure,
    FailureKind,
    NoData,
    NotConfigured,
    PlanRestricted,
    ProviderFailed,
    Throttled,
    UnknownSymbol,
)
from market.providers.limits import MINUTE, MONTH, Limits, Window
from market.providers.reading import epoch, fields, items, number, price, token
from market.providers.web import PAUSE, Reply, Web, classified, one_by_one

BASE = "https://api.coingecko.com/api/v3"
PRO_BASE = "https://pro-api.coingecko.com/api/v3"  # takes paid keys only, and the other host takes none of them
CURRENCY = "USD"  # of a symbol that names none
AT_ONCE = 100  # ids in one address, which must not grow too long
LONGEST_ID = 100
FREE_DAYS = 365  # how far back the free plan reaches
NEAR = timedelta(minutes=5)  # a value so shortly after midnight is the close of the day before
_KEY, _PRO_KEY = "x-cg-demo-api-key", "x-cg-pro-api-key"
_KEY_CODES = frozenset({10002, 10010, 10011})  # missing; of the other host; the other way round
_PLAN_CODES = frozenset({10005, 10012})  # endpoint, or time, that is paid for.  10012 arrives as 401 and is not about the key
_LEAN = dict.fromkeys(("localization", "tickers", "market_data", "community_data", "developer_data", "sparkline"), "false")


@dataclass(frozen=True, slots=True)
class Coin:
    """An id with its ticker, which others may have as well."""

    id: str
    ticker: str
    name: str


@dataclass(frozen=True, slots=True)
class CoinGecko:
    """Quotes of many coins in one call; history, profile and search one call each.  Works without a key, slowly."""

    name: ClassVar[str] = "coingecko"
    quotes_at_once: ClassVar[int] = AT_ONCE
    LIMITS: ClassVar[Limits] = Limits((Window(5, MINUTE),))  # without a key; by address, and refused calls count
    KEYED_LIMITS: ClassVar[Limits] = Limits((Window(30, MINUTE), Window(10_000, MONTH)))
    PRO_LIMITS: ClassVar[Limits] = Limits((Window(250, MINUTE), Window(100_000, MONTH)))

    web: Web
    pro: bool = False

    @classmethod
    def open(cls, key: str = "", *, pro: bool = False, base: str = "", gate: Callable[[int], None] = lambda cost: None) -> Self:
        """The source; `pro` where the key is a paid one, which has its own host and header."""
        headers = {_PRO_KEY if pro else _KEY: key} if key else {}
        return cls(Web(base or (PRO_BASE if pro else BASE), headers=headers, secrets=(key,), gate=gate), pro)

    @classmethod
    def limits(cls, key: str = "", *, pro: bool = False) -> Limits:
        """What the plan of a key allows."""
        return cls.PRO_LIMITS if pro else cls.KEYED_LIMITS if key else cls.LIMITS

    def quotes(self, symbols: Sequence[str], now: datetime) -> dict[str, SymbolQuote | Failure]:
        """Newest prices of at most 100 coins.  An id that nobody knows is left out of the answer, and is a failure here."""
        asked = {symbol: _parts(symbol) for symbol in symbols}
        answer = fields(
            self._json(
                "/simple/price",
                ids=",".join(sorted({coin for coin, _ in asked.values()})),
                vs_currencies=",".join(sorted({currency.lower() for _, currency in asked.values()})),
                include_market_cap="true",
                include_last_updated_at="true",
                precision="full",
            )
        )
        return {symbol: _quote(symbol, coin, currency, answer) for symbol, (coin, currency) in asked.items()}

    def histories(self, after: Mapping[str, date | None], now: datetime) -> dict[str, History | Failure]:
        """Daily closes after a day; on a free plan not more than 365 of them, also where that leaves a gap."""
        return one_by_one(after, lambda symbol: self._history(symbol, after[symbol], now))

    def search(self, text: str) -> list[Found]:
        """Coins by name, ticker or id, the largest first."""
        return [each for row in items(fields(self._json("/search", query=text)).get("coins")) if (each := _found(fields(row)))]

    def profiles(self, symbols: Sequence[str]) -> dict[str, Profile | Failure]:
        return one_by_one(symbols, self._profile)

    def coins(self) -> tuple[Coin, ...]:
        """Every id there is, some 17 000, in one call: to be kept for a day."""
        rows = (fields(row) for row in items(self._json("/coins/list")))
        coins = ((token(row.get("id"), LONGEST_ID), row) for row in rows)
        return tuple(Coin(coin, token(row.get("symbol")).upper(), text(row.get("name"), 200)) for coin, row in coins if coin)

    # ── inside ──────────────────────────────────────────────────────────────

    def _history(self, symbol: str, after: date | None, now: datetime) -> History:
        coin, currency = _parts(symbol)
        today = now.astimezone(UTC).date()
        days = max(1, (today - after).days + 1) if after else 0  # 0: all
        if not self.pro:
            days = min(days or FREE_DAYS, FREE_DAYS)
        answer = fields(
            self._json(f"/coins/{escaped(coin, safe='')}/market_chart", vs_currency=currency.lower(), days=str(days or "max"), interval="daily")
        )
        rows = [row for row in closes(answer.get("prices")) if after is None or row.day > after]
        if not rows and after is None:
            raise NoData(f"CoinGecko has no closing price of {symbol}.")
        return History(currency, tuple(rows), final_until=rows[-1].day if rows else None)

    def _profile(self, symbol: str) -> Profile:
        coin, currency = _parts(symbol)
        answer = fields(self._json(f"/coins/{escaped(coin, safe='')}", **_LEAN))
        kinds = [kind for each in items(answer.get("categories") or []) if (kind := text(each, 60)) and kind != "Cryptocurrency"]
        return Profile(symbol, text(answer.get("name"), 200), AssetClass.CRYPTO, currency, industry=kinds[0] if kinds else "")

    def _json(self, path: str, **params: str) -> Any:
        """The answer.  Raises by what the body says, in any of the three forms of an error, and by the status after that."""
        reply = self.web.get(path, params)
        if reply.status == 429 or reply.status >= 500:
            classified(reply, "CoinGecko")  # often HTML there
        answer = reply.json() if reply.status == 200 else _json_or_none(reply)
        code, said = _error(answer)
        if code or said:
            raise self._problem(reply, code, self.web.scrubbed(said))
        classified(reply, "CoinGecko")
        return answer

    def _problem(self, reply: Reply, code: int, said: str) -> ProviderFailed:
        if code == 429:
            return Throttled("CoinGecko was asked too often.", retry_after=reply.retry_after() or PAUSE)
        if code in _PLAN_CODES:
            return PlanRestricted(f"CoinGecko does not give this without a paid plan: {said}")
        if code in _KEY_CODES or (reply.status in {401, 403} and code):
            return NotConfigured(f"CoinGecko refuses the key: {said}")
        if "not found" in said.lower() or "invalid vs_currency" in said.lower():
            return UnknownSymbol(f"CoinGecko does not know this: {said}")
        return BadAnswer(f"CoinGecko answered with an error: {said}")


def closes(points: Any) -> list[PriceRow]:
    """The closes of days among [milliseconds, price], oldest first.

    A close is the first value within five minutes after 00:00 UTC.  The newest value is the price of now: it counts only where it
    is stamped 00:00 to the millisecond.
    """
    found: dict[date, PriceRow] = {}
    stamped = sorted((_point(row) for row in items(points)), key=lambda point: point[0])
    for at, value in stamped:
        midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
        day = midnight.date() - timedelta(days=1)
        newest = at == stamped[-1][0]
        if value is not None and day not in found and (at == midnight or (at - midnight <= NEAR and not newest)):
            found[day] = PriceRow(day, value)
    return list(found.values())


def _point(row: Any) -> tuple[datetime, Decimal | None]:
    pair = items(row)
    if len(pair) != 2 or not isinstance(pair[0], (int, Decimal)):
        raise BadAnswer("Something else was sent where a time with its price was expected.")
    return epoch(Decimal(pair[0]) / 1000), price(pair[1])


def _parts(symbol: str) -> tuple[str, str]:
    """`bitcoin/eur` → ("bitcoin", "EUR")."""
    coin, _, currency = symbol.partition("/")
    return coin.lower(), currency.upper() or CURRENCY


def _quote(symbol: str, coin: str, currency: str, answer: Mapping[str, Any]) -> SymbolQuote | Failure:
    if coin not in answer:
        return Failure(FailureKind.UNKNOWN_SYMBOL, f"CoinGecko does not know {coin}.")
    row, unit = fields(answer[coin]), currency.lower()
    try:
        value, stamp = price(row.get(unit)), number(row.get("last_updated_at"))
        if value is None:
            return Failure(FailureKind.NO_DATA, f"CoinGecko has no price of {coin} in {currency}.")
        if not stamp:
            return Failure(FailureKind.MALFORMED, f"CoinGecko did not tell the time of its price of {coin}.")
        cap = price(row.get(f"{unit}_market_cap"))
        return SymbolQuote(symbol, value, epoch(stamp), Quality.LIVE, currency=currency, market_cap=cap)
    except BadAnswer as problem:
        return problem.failure


def _found(row: Mapping[str, Any]) -> Found | None:
    coin = token(row.get("id") or row.get("api_symbol"), LONGEST_ID)
    if not coin:
        return None
    return Found(coin, text(row.get("name"), 200), AssetClass.CRYPTO, currency=CURRENCY, ticker=token(row.get("symbol")).upper())


def _error(answer: Any) -> tuple[int, str]:
    """Code and text of an error, from {"status": {…}}, {"error": {"status": {…}}} or {"error": "…"}; 0 and nothing where there is none."""
    if not isinstance(answer, dict):
        return 0, ""
    told = answer.get("error")
    if isinstance(told, str):
        return 0, told
    status = (told if isinstance(told, dict) else answer).get("status")
    if not isinstance(status, dict) or not isinstance(status.get("error_code"), int):
        return (0, "an error of unknown form") if told else (0, "")
    return status["error_code"], str(status.get("error_message") or "")


def _json_or_none(reply: Reply) -> Any:
    try:
        return reply.json()
    except BadAnswer:
        return None
