"""Prices, actions and hits out of Alpha Vantage's tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from market.providers import reading
from market.providers.alpha_vantage.answers import Row
from market.providers.alpha_vantage.symbols import Place, place_of
from market.providers.base import ActionRow, Found, PriceRow, Profile, SymbolQuote, Weight
from market.providers.failures import BadAnswer, NoData
from market.providers.naming import country, plain_name, sector
from portfolio_site.kernel.decimals import EXACT, exact, rounded

_CLASSES = {"equity": "stock", "common stock": "stock", "stock": "stock", "etf": "etf", "mutual fund": "fund"}
# what Alpha Vantage calls the classes in a fund; what is "other" there is told by nobody
_ALLOCATED = {"domestic_equities": "stock", "foreign_equities": "stock", "bond": "bond", "cash": "cash"}
_EXCHANGES = {"NASDAQ": "XNAS", "NYSE": "XNYS", "NYSE ARCA": "ARCX", "NYSE MKT": "XASE", "AMEX": "XASE", "BATS": "BATS"}


def quote_of(row: Row, symbol: str, currency: str, now: datetime) -> SymbolQuote:
    """The price of the newest trading day, which tells no time: its end, or now where that is still to come.

    currency    as the source writes it (GBX); empty where nobody told it
    """
    if (told := row.get("symbol", symbol)).upper() != symbol.upper():
        raise BadAnswer(f"Alpha Vantage answered about {told[:20]} in place of {symbol}.")
    code, factor = reading.major(currency)
    price = _price(row, "price", factor)
    if price is None or not row.get("latest trading day", row.get("latest day")):
        raise NoData(f"Alpha Vantage has no price of {symbol}.")
    ended = end_of(reading.day(row.get("latest trading day", row.get("latest day"))), place_of(symbol))
    before, volume = _price(row, "previous close", factor), reading.count(row.get("volume"))
    return SymbolQuote(symbol, price, min(ended, now), "close" if ended <= now else "delayed", before, volume, code, factor)


def rate_of(row: Row, symbol: str) -> SymbolQuote:
    """The newest rate of a pair.  Its bid and ask may be "-"."""
    code, price = reading.unit(row.get("to currency code")), reading.price(row.get("exchange rate"))
    if price is None or "/".join((row.get("from currency code", ""), code)) != symbol.upper():
        raise NoData(f"Alpha Vantage has no rate of {symbol}.")
    return SymbolQuote(symbol, price, _moment(row.get("last refreshed"), row.get("time zone", "UTC")), "delayed", currency=code)


def prices_of(rows: Iterable[Row], after: date | None, factor: Decimal, *, closes_alone: bool = False) -> list[PriceRow]:
    """Daily prices as they were on the day, oldest first.  Of a weekly table the close alone is one of its day."""
    found = {}
    for row in rows:
        day, close = reading.day(row.get("timestamp")), _price(row, "close", factor)
        if close is None or (after is not None and day <= after):
            continue
        if closes_alone:
            found[day] = PriceRow(day, close)
        else:
            first, high, low = (_price(row, name, factor) for name in ("open", "high", "low"))
            found[day] = PriceRow(day, close, first, high, low, reading.count(row.get("volume")))
    return [found[day] for day in sorted(found)]


def actions_in(rows: Iterable[Row], after: date | None, until: date, factor: Decimal) -> tuple[ActionRow, ...]:
    """Dividends and splits up to a day, oldest first: of an adjusted daily table, or of the tables of dividends or of splits.

    What is only declared is later than that.
    """
    found: dict[tuple[date, str], ActionRow] = {}
    for row in rows:
        day = reading.day(row.get("timestamp") or row.get("ex dividend date") or row.get("effective date"))
        if day > until or (after is not None and day <= after):
            continue
        amount = _price(row, "dividend amount", factor) or _price(row, "amount", factor)
        ratio = reading.price(row.get("split coefficient") or row.get("split factor"))
        if amount is not None:
            found[day, "dividend"] = ActionRow("dividend", day, amount=amount)
        if ratio is not None and ratio != 1:
            new, old = reading.ratio(ratio)
            found[day, "split"] = ActionRow("split", day, new, old)
    return tuple(found[key] for key in sorted(found))


def final_until(prices: Sequence[PriceRow], place: Place, said: str, now: datetime) -> date | None:
    """The last day that will not change: days that have ended.  “Last Refreshed” with a time before the end tells of a running one."""
    day = reading.day(said) if said else None
    running = day if day is not None and len(said) > 10 and _moment(said, place.zone) < end_of(day, place) else None
    return max((row.day for row in prices if row.day != running and end_of(row.day, place) <= now), default=None)


def end_of(day: date, place: Place) -> datetime:
    return datetime.combine(day, time.fromisoformat(place.closes), reading.known_zone(place.zone))


# ── reference data ──────────────────────────────────────────────────────────


def hits_of(rows: Iterable[Row]) -> list[Found]:
    """Hits of a search, the best first; each tells its currency."""
    hits = []
    for row in rows:
        symbol, kind = reading.token(row.get("symbol")), _CLASSES.get(row.get("type", "").casefold(), "")
        if symbol and kind:
            currency = reading.major(reading.unit(row.get("currency")))[0]
            hits.append(Found(symbol, plain_name(row.get("name"), symbol), kind, place_of(symbol).mic, currency))
    return hits


def company_of(told: dict[str, Any], symbol: str) -> Profile:
    """The profile in an overview."""
    return Profile(
        symbol,
        name=plain_name(told.get("Name")),
        asset_class=_CLASSES.get(str(told.get("AssetType") or "").casefold(), ""),
        currency=reading.major(reading.unit(told.get("Currency")))[0],
        exchange=_EXCHANGES.get(str(told.get("Exchange") or "").upper(), ""),
        sector=sector(told.get("Sector")),
        industry=plain_name(str(told.get("Industry") or "").capitalize())[:60],
        country=country(told.get("Country")),
    )


def fund_of(told: dict[str, Any], symbol: str) -> Profile:
    """The profile of a fund: weights as fractions.  Raises NoData for one without."""
    allocated = told.get("asset_allocation")
    weights = [_weight("asset_class", name, allocated.get(word)) for word, name in _ALLOCATED.items()] if isinstance(allocated, dict) else []
    weights += [_weight("sector", sector(row.get("sector")), row.get("weight")) for row in _rows(told, "sectors")]
    weights += [_weight("holding", plain_name(row.get("description"), row.get("symbol")), row.get("weight")) for row in _rows(told, "holdings")]
    if not (found := tuple(each for each in weights if each is not None)):
        raise NoData(f"Alpha Vantage has no profile of {symbol}.")
    return Profile(symbol, asset_class="etf", weights=found)


def _rows(told: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return [reading.fields(each, "a weight") for each in reading.items(told.get(name) or [], name)]


def _weight(dimension: str, name: str, value: Any) -> Weight | None:
    weight = reading.number(value, 8)
    return Weight(dimension, name, weight) if name and weight is not None and 0 < weight <= 1 else None


def _price(row: Row, name: str, factor: Decimal) -> Decimal | None:
    found = reading.price(row.get(name))
    return None if found is None else exact(rounded(EXACT.multiply(found, factor)))


def _moment(text: str | None, zone: str) -> datetime:
    """A time without an offset, in the zone that is told beside it."""
    found = reading.moment(text)
    return found.replace(tzinfo=reading.known_zone(zone)) if found.tzinfo is UTC and zone != "UTC" else found
