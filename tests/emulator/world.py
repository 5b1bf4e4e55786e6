"""The made-up world that the emulator tells about: securities with prices, actions, profiles and news; rates and series; a clock.

Nothing is stored: every price is a function of the seed, the symbol and the moment, so that any day of any security is told at once and
two emulators tell the same.  Prices are raw and in major units, as they were on the day.  A symbol is written as Yahoo does (VOD.L,
BTC-USD, ^GSPC, EURUSD=X); `ticker`, `mic` and `coin` are there for sources that write it in another way.

Symbols `GEN0001`, `GEN0002`, … (also `GEN0001.L`, `GEN0001.DE`, and the coins `GEN0001-USD` with id `gen-coin-0001`) are all valid.
"""

from __future__ import annotations

import math
import re
import zlib
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from tests.emulator.catalogue import COINS, EXCHANGES, FIRST_DAY, LISTED, PLANS, Plan
from tests.emulator.rates import Rates
from tests.emulator.things import Article, Bar, Dividend, Minute, Quote, Security, Split

NOON = datetime(2026, 6, 16, 15, 0, tzinfo=UTC)  # a Tuesday: New York and London are open
_GENERATED = re.compile(r"GEN(\d{4,5})(\.L|\.DE|-USD)?")
_COIN = re.compile(r"gen-coin-(\d{4,5})")


@dataclass(slots=True)
class Clock:
    """The world's time: stands still until it is moved, or runs at a speed."""

    at: datetime = NOON
    speed: float = 0.0
    _begun: datetime = field(default_factory=lambda: datetime.now(UTC), repr=False)

    def now(self) -> datetime:
        return self.at + (datetime.now(UTC) - self._begun) * self.speed if self.speed else self.at

    def move(self, **delta: float) -> datetime:
        """Forward by so many `days=`, `hours=`, `seconds=`; gives the new time."""
        self.at += timedelta(**delta)
        return self.now()

    def set(self, moment: datetime) -> None:
        self.at, self._begun = moment, datetime.now(UTC)


class World:
    def __init__(self, seed: int = 4, clock: Clock | None = None) -> None:
        self.seed = seed
        self.clock = clock or Clock()
        self.rates = Rates(seed)
        self._listed = {symbol: _listed(symbol) for symbol in LISTED}
        self._more_splits: dict[str, list[Split]] = {}

    def now(self) -> datetime:
        return self.clock.now()

    # ── who is there ────────────────────────────────────────────────────────

    def securities(self) -> tuple[Security, ...]:
        """The named ones, without GEN…"""
        return tuple(self._listed.values())

    def get(self, symbol: str) -> Security | None:
        """The one of this symbol, generated ones included; None where nobody has it."""
        return self._listed.get(symbol) or _generated(symbol)

    def find(self, ticker: str, mic: str = "") -> Security | None:
        """The one of this ticker at this exchange; without one, at its first exchange in the list."""
        for each in self._listed.values():
            if each.ticker == ticker and mic in {"", each.mic}:
                return each
        suffix = next((each.suffix for each in EXCHANGES.values() if each.mic == mic), "")
        return _generated(ticker + suffix)

    def coin(self, coin_id: str) -> Security | None:
        """The coin of this id at CoinGecko."""
        if match := _COIN.fullmatch(coin_id):
            return _generated(f"GEN{match[1]}-USD")
        return next((each for each in self._listed.values() if each.coin == coin_id), None)

    def search(self, text: str) -> list[Security]:
        """Those whose symbol begins with the text or whose name or ISIN holds it, the best first."""
        asked = text.strip().casefold()
        if not asked:
            return []
        ranked = [
            (0 if each.symbol.casefold() == asked else 1 if each.ticker.casefold().startswith(asked) else 2, each)
            for each in self._listed.values()
            if each.symbol.casefold().startswith(asked)
            or each.ticker.casefold().startswith(asked)
            or asked in each.name.casefold()
            or asked == each.isin.casefold()
        ]
        found = [each for _, each in sorted(ranked, key=lambda hit: hit[0])]
        generated = _generated(text.strip().upper())
        return [*found, generated] if generated else found

    # ── sessions ────────────────────────────────────────────────────────────

    def session(self, security: Security, day: date) -> tuple[datetime, datetime] | None:
        """When the day's trading begins and ends, told where the exchange is; None where there is none on that day."""
        if not self.trades(security, day):
            return None
        zone, exchange = ZoneInfo(security.exchange.zone), security.exchange
        begin = datetime.combine(day, time.fromisoformat(exchange.opens), zone)
        if exchange.closes == "24:00":
            return begin, datetime.combine(day + timedelta(days=1), time(), zone)
        return begin, datetime.combine(day, time.fromisoformat(exchange.closes), zone)

    def trades(self, security: Security, day: date) -> bool:
        if day < max(FIRST_DAY, security.plan.first or FIRST_DAY) or (security.plan.last and day > security.plan.last):
            return False
        if security.exchange.always_open:
            return True
        return day.weekday() < 5 and (day.month, day.day) not in {(1, 1), (12, 25), (12, 26)}

    def newest_session(self, security: Security) -> date:
        """The newest day that has traded at all until now."""
        now = self.now()
        day = now.astimezone(ZoneInfo(security.exchange.zone)).date()
        while (hours := self.session(security, day)) is None or hours[0] >= now:
            day -= timedelta(days=1)
            if day < FIRST_DAY:
                raise LookupError(f"{security.symbol} has not traded yet")
        return day

    def is_open(self, security: Security) -> bool:
        hours = self.session(security, self.newest_session(security))
        return hours is not None and hours[0] <= self.now() < hours[1]

    # ── prices ──────────────────────────────────────────────────────────────

    def bars(self, security: Security, since: date | None = None, until: date | None = None) -> list[Bar]:
        """Daily prices from a day to a day, both included, oldest first and raw; nothing later than now."""
        last = self.newest_session(security)
        day = max(since or FIRST_DAY, FIRST_DAY)
        end = min(until or last, last)
        found = []
        while day <= end:
            if self.trades(security, day):
                found.append(self.bar(security, day))
            day += timedelta(days=1)
        return found

    def bar(self, security: Security, day: date) -> Bar:
        """The bar of a trading day up to now."""
        hours = self.session(security, day)
        if hours is None:
            raise LookupError(f"{security.symbol} does not trade on {day}")
        passed = min(1.0, (self.now() - hours[0]) / (hours[1] - hours[0]))
        first, price = self._level(security, day, 0.0), self._level(security, day, passed)
        wide = 0.002 + 0.004 * _chance(self.seed, security.symbol, day.toordinal(), "wide")
        return Bar(
            day,
            self._rounded(security, first, day),
            self._rounded(security, max(first, price) * (1 + wide * passed), day),
            self._rounded(security, min(first, price) * (1 - wide * passed), day),
            self._rounded(security, price, day),
            self._volume(security, day, passed),
            passed < 1.0,
        )

    def quote(self, security: Security) -> Quote:
        """The newest price and what belongs to it."""
        day = self.newest_session(security)
        hours = self.session(security, day)
        if hours is None:
            raise LookupError(security.symbol)
        bar = self.bar(security, day)
        if bar.close is None or bar.open is None or bar.high is None or bar.low is None or bar.volume is None:
            raise LookupError(security.symbol)
        before = day - timedelta(days=1)
        while not self.trades(security, before):
            before -= timedelta(days=1)
        previous = self._rounded(security, self._level(security, before, 1.0) / float(self.split_factor(security, before)), day)
        at = min(self.now(), hours[1]).replace(microsecond=0)
        return Quote(bar.close, at, previous, bar.open, bar.high, bar.low, bar.volume, bar.running)

    def minutes(self, security: Security, day: date, step: int) -> list[Minute]:
        """Prices of a day in parts of `step` minutes, up to now; raw."""
        hours = self.session(security, day)
        found: list[Minute] = []
        if hours is None:
            return found
        length, start = hours[1] - hours[0], hours[0].astimezone(UTC)
        while start < min(hours[1], self.now()):
            end = min(start + timedelta(minutes=step), hours[1], self.now())
            a = self._rounded(security, self._level(security, day, (start - hours[0]) / length), day)
            b = self._rounded(security, self._level(security, day, (end - hours[0]) / length), day)
            volume = 1000 + int(_chance(self.seed, security.symbol, int(start.timestamp()), "minute") * 9000)
            found.append(Minute(start.astimezone(hours[0].tzinfo), a, max(a, b), min(a, b), b, volume))
            start += timedelta(minutes=step)
        return found

    def market_cap(self, security: Security) -> Decimal | None:
        """In major units of its currency; None where there is no such thing."""
        if security.asset_class not in {"stock", "crypto"}:
            return None
        return (self.quote(security).price * (10_000_000 + zlib.crc32(security.symbol.encode()) % 5_000_000_000)).quantize(Decimal(1))

    # ── actions ─────────────────────────────────────────────────────────────

    def split(self, symbol: str, ex_day: date, new: int, old: int) -> None:
        """Adds a split: from its day on prices are `new`/`old` lower, and sources that adjust tell the whole past anew."""
        self._more_splits.setdefault(symbol, []).append(Split(ex_day, new, old))

    def splits(self, security: Security) -> tuple[Split, ...]:
        """Up to now, oldest first."""
        if not security.plan.splits and security.symbol not in self._more_splits:
            return ()
        planned = [Split(date.fromisoformat(day), new, old) for day, new, old in security.plan.splits]
        today = self.now().astimezone(ZoneInfo(security.exchange.zone)).date()
        return tuple(
            sorted((each for each in planned + self._more_splits.get(security.symbol, []) if each.ex_day <= today), key=lambda each: each.ex_day)
        )

    def dividends(self, security: Security) -> tuple[Dividend, ...]:
        """Up to now, oldest first: four a year in the months of the symbol, about `dividend` of the price a year."""
        today = self.now().astimezone(ZoneInfo(security.exchange.zone)).date()
        if not security.plan.dividend:
            return ()
        found, shift = [], zlib.crc32(security.symbol.encode()) % 3
        for year in range(FIRST_DAY.year, today.year + 1):
            for quarter in range(4):
                day = date(year, 1 + shift + 3 * quarter, 10)
                while not self.trades(security, day) and day <= today:
                    day += timedelta(days=1)
                if day <= today and self.trades(security, day):
                    amount = self._rounded(security, self._level(security, day, 0.0) * security.plan.dividend / 4, day)
                    found.append(Dividend(day, amount))
        return tuple(found)

    def split_factor(self, security: Security, day: date) -> Decimal:
        """Product of new/old of all splits after the day and up to now: a raw price divided by it is the split-adjusted one."""
        factor = Decimal(1)
        for each in self.splits(security):
            if each.ex_day > day:
                factor *= Decimal(each.new) / Decimal(each.old)
        return factor

    def dividend_factor(self, security: Security, day: date) -> Decimal:
        """Product of 1 − dividend/close of the day before, of all dividends after the day: times it, a price is adjusted for those."""
        factor = Decimal(1)
        for each in self.dividends(security):
            if each.ex_day > day:
                before = each.ex_day - timedelta(days=1)
                while not self.trades(security, before):
                    before -= timedelta(days=1)
                close = self._rounded(security, self._level(security, before, 1.0), before)
                factor *= 1 - each.amount / close
        return factor

    # ── news ────────────────────────────────────────────────────────────────

    def articles(self, symbols: tuple[str, ...], since: datetime, until: datetime | None = None) -> list[Article]:
        """News about the symbols in a span of time, newest first; about one a day and symbol."""
        until = min(until or self.now(), self.now())
        found: dict[str, Article] = {}
        for symbol in symbols:
            security = self.get(symbol)
            day = since.astimezone(UTC).date()
            while security is not None and day <= until.astimezone(UTC).date():
                article = self._article(security, day)
                if article and since <= article.published_at <= until:
                    found.setdefault(article.url, article)
                day += timedelta(days=1)
        return sorted(found.values(), key=lambda each: (each.published_at, each.url), reverse=True)

    def _article(self, security: Security, day: date) -> Article | None:
        chance = _chance(self.seed, security.symbol, day.toordinal(), "news")
        if chance > 0.8:
            return None
        at = datetime.combine(day, time(), UTC) + timedelta(minutes=int(chance * 1500))
        what = ("reports its figures", "names a new chair", "opens a plant", "buys a rival")[int(chance * 40) % 4]
        return Article(
            f"https://news.example/{security.ticker.lower().strip('^')}/{day.isoformat()}",
            f"{security.name} {what}",
            f"{security.name} {what}, it said on {day.isoformat()}.",
            ("Example Wire", "The Example")[int(chance * 10) % 2],
            at,
            "en",
            (security.symbol,),
        )

    # ── inside ──────────────────────────────────────────────────────────────

    def _level(self, security: Security, day: date, part: float) -> float:
        """The price at a part of a session, before rounding: waves and chance around a trend, over all splits until that day."""
        plan, number = security.plan, day.toordinal()
        if plan.pair:
            return self.rates.cross(*plan.pair, day, part)
        first, last = _at_end(self.seed, security.symbol, plan, number - 1), _at_end(self.seed, security.symbol, plan, number)
        wiggle = 0.003 * math.sin(9 * part + number) * part * (1 - part)
        raw = (first + (last - first) * part) * (1 + wiggle)
        for each in self.splits(security):
            if each.ex_day <= day:
                raw = raw * each.old / each.new
        return raw

    def _rounded(self, security: Security, level: float, day: date) -> Decimal:
        return max(Decimal(repr(level)).quantize(Decimal(1).scaleb(-security.places)), Decimal(1).scaleb(-security.places))

    def _volume(self, security: Security, day: date, passed: float) -> int | None:
        if security.asset_class in {"fund", "currency"}:
            return 0
        return int((1 + _chance(self.seed, security.symbol, day.toordinal(), "volume")) * 1_000_000 * passed)


def _chance(seed: int, symbol: str, number: int, what: str) -> float:
    """From 0 to 1, always the same for the same."""
    return zlib.crc32(f"{seed}/{symbol}/{number}/{what}".encode()) / 2**32


@lru_cache(maxsize=100_000)
def _at_end(seed: int, symbol: str, plan: Plan, number: int) -> float:
    """The price at the end of a day, over no split."""
    years = (number - FIRST_DAY.toordinal()) / 365.25
    swing = sum(size * math.sin(number / period + phase) for size, period, phase in _waves(seed, symbol))
    return plan.start * math.exp(plan.growth * years + plan.swing * (swing + 0.06 * (_chance(seed, symbol, number, "day") - 0.5)))


@lru_cache(maxsize=20_000)
def _waves(seed: int, symbol: str) -> tuple[tuple[float, float, float], ...]:
    return tuple((size, period, 6.3 * _chance(seed, symbol, int(period), "wave")) for size, period in ((0.10, 90.0), (0.04, 17.0), (0.02, 5.0)))


def _listed(symbol: str) -> Security:
    suffix, plan = LISTED[symbol]
    exchange = EXCHANGES[suffix]
    ticker = symbol.removesuffix(exchange.suffix) if exchange.suffix else symbol
    return Security(symbol, ticker, exchange, plan)


@lru_cache(maxsize=20_000)
def _generated(symbol: str) -> Security | None:
    match = _GENERATED.fullmatch(symbol)
    if not match:
        return None
    number, suffix = int(match[1]), match[2] or ""
    kind = "coin" if suffix == "-USD" else "share"
    return Security(symbol, symbol.removesuffix(suffix), COINS if kind == "coin" else EXCHANGES[suffix], PLANS[kind](number))
