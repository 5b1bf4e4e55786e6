"""Answers of Yahoo that tests write by hand: small, and in the real layout."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

NEW_YORK = "America/New_York"


def opening(day: date, zone: str = NEW_YORK, at: str = "09:30") -> int:
    """The stamp of a day: when its session begins."""
    return int(datetime.combine(day, time.fromisoformat(at), ZoneInfo(zone)).timestamp())


def chart(
    closes: dict[int, Any],
    *,
    splits: tuple[tuple[date, int, int], ...] = (),
    dividends: tuple[tuple[date, float], ...] = (),
    period: tuple[date, str, str] | None = None,
    **meta: Any,
) -> dict[str, Any]:
    """What is inside the envelope of a chart: closes by stamp, all prices of a bar alike; events under the openings of their days."""
    told = {
        "symbol": "X",
        "currency": "USD",
        "priceHint": 2,
        "exchangeTimezoneName": NEW_YORK,
        "instrumentType": "EQUITY",
        "dataGranularity": "1d",
    } | meta
    if period:
        day, begin, end = period
        zone = told["exchangeTimezoneName"]
        told["currentTradingPeriod"] = {"regular": {"start": opening(day, zone, begin), "end": opening(day, zone, end), "timezone": "XST"}}
    values = list(closes.values())
    result: dict[str, Any] = {
        "meta": told,
        "timestamp": list(closes),
        "indicators": {
            "quote": [{**dict.fromkeys(("open", "high", "low", "close"), values), "volume": [None if each is None else 1000 for each in values]}]
        },
    }
    if splits or dividends:
        zone = told["exchangeTimezoneName"]
        result["events"] = {
            "splits": {str(at): {"date": at, "numerator": new, "denominator": old} for day, new, old in splits if (at := opening(day, zone))},
            "dividends": {str(at): {"date": at, "amount": amount} for day, amount in dividends if (at := opening(day, zone))},
        }
    return {"result": [result], "error": None}


def row(symbol: str, **more: Any) -> dict[str, Any]:
    """A row of a bulk quote."""
    return {
        "symbol": symbol,
        "quoteType": "EQUITY",
        "currency": "USD",
        "regularMarketPrice": 10.5,
        "regularMarketTime": 1_781_622_000,
        "marketState": "REGULAR",
        "exchangeDataDelayedBy": 0,
        "exchangeTimezoneName": NEW_YORK,
        "priceHint": 2,
    } | more
