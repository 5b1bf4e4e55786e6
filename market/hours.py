"""When what trades: the sessions of exchanges, coins always, funds after their price of the day is out.

An exchange whose hours are not known is taken to be open on weekdays, so that its prices are asked for too often and never too seldom;
`hours_unknown` says so.
"""

from __future__ import annotations

import logging
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from market.choices import AssetClass
from market.exchanges import known_exchange, shown_exchange

log = logging.getLogger(__name__)
FUNDS_AT = time(22, 0)  # UTC: by then most funds have told their price of the day
ALWAYS = frozenset({AssetClass.CRYPTO})
SETTLES = timedelta(minutes=30)  # after the close: by then a source that is a quarter of an hour behind has told the closing price


def hours_unknown(exchange: str, asset_class: str, moment: datetime) -> str:
    """Why nobody here can say when it trades; empty where that is known."""
    if asset_class in ALWAYS or asset_class == AssetClass.FUND or _calendar(exchange, moment) is not None:
        return ""
    where = f"The trading hours of {shown_exchange(exchange)} are" if exchange else "No exchange is known, and so its trading hours are"
    return f"{where} not known here. Weekdays are taken to be trading days, from midnight to midnight (UTC)."


def is_open(exchange: str, asset_class: str, moment: datetime) -> bool:
    """Whether it trades at that time."""
    if asset_class in ALWAYS:
        return True
    if asset_class == AssetClass.FUND:
        return False
    calendar = _calendar(exchange, moment)
    return moment.astimezone(UTC).weekday() < 5 if calendar is None else bool(calendar.is_trading_minute(_minute(moment)))


def last_open(exchange: str, asset_class: str, moment: datetime) -> datetime:
    """The newest time, not later than `moment`, at which it traded: a price of then is as new as can be."""
    moment = moment.astimezone(UTC)
    if is_open(exchange, asset_class, moment):
        return moment
    if asset_class == AssetClass.FUND:
        return _weekday_at(moment, FUNDS_AT)
    calendar = _calendar(exchange, moment)
    if calendar is None:
        return datetime.combine(_weekday_before(moment.date()) + timedelta(days=1), time(0), UTC)
    closed: datetime = calendar.previous_close(_minute(moment)).to_pydatetime()
    return closed


def next_open(exchange: str, asset_class: str, moment: datetime) -> datetime:
    """The next time, later than `moment`, at which it begins to trade, or a fund tells its price; `moment` itself where it trades now."""
    moment = moment.astimezone(UTC)
    if is_open(exchange, asset_class, moment):
        return moment
    calendar = None if asset_class == AssetClass.FUND else _calendar(exchange, moment)
    if calendar is not None:
        opening: datetime = calendar.next_open(_minute(moment)).to_pydatetime()
        return opening
    at = FUNDS_AT if asset_class == AssetClass.FUND else time(0)
    day = moment.date() if moment.time() < at else moment.date() + timedelta(days=1)
    while day.weekday() >= 5:
        day += timedelta(days=1)
    return datetime.combine(day, at, UTC)


def session_of(exchange: str, asset_class: str, moment: datetime) -> date:
    """The trading day that a price of that time belongs to."""
    moment = moment.astimezone(UTC)
    if asset_class in ALWAYS:
        return moment.date()
    calendar = _calendar(exchange, moment)
    if calendar is None or asset_class == AssetClass.FUND:
        return moment.date() if moment.weekday() < 5 else _weekday_before(moment.date())
    found: date = calendar.minute_to_session(_minute(moment), direction="previous").date()
    return found


def closes_at(exchange: str, asset_class: str, day: date) -> datetime:
    """When trading of that day is over; a coin's day ends at midnight (UTC)."""
    if asset_class == AssetClass.FUND:
        return datetime.combine(day, FUNDS_AT, UTC)
    midnight = datetime.combine(day + timedelta(days=1), time(0), UTC)
    calendar = None if asset_class in ALWAYS else _calendar(exchange, midnight)
    if calendar is None or not calendar.is_session(day.isoformat()):
        return midnight
    closed: datetime = calendar.session_close(day.isoformat()).to_pydatetime()
    return closed


def is_session(exchange: str, asset_class: str, day: date) -> bool:
    """Whether it trades on that day at all."""
    if asset_class in ALWAYS:
        return True
    calendar = _calendar(exchange, datetime.combine(day, time(12), UTC))
    return day.weekday() < 5 if calendar is None else bool(calendar.is_session(day.isoformat()))


def _minute(moment: datetime) -> Any:
    import pandas as pd

    return pd.Timestamp(moment).tz_convert("UTC").floor("min")


def _weekday_before(day: date) -> date:
    """The last weekday up to that day."""
    return day - timedelta(days=max(0, day.weekday() - 4))


def _weekday_at(moment: datetime, at: time) -> datetime:
    day = moment.date() if moment.time() >= at else moment.date() - timedelta(days=1)
    return datetime.combine(_weekday_before(day), at, UTC)


def _calendar(exchange: str, moment: datetime) -> Any:
    known = known_exchange(exchange)
    return _built(known.calendar, moment.year) if known and known.calendar else None


@lru_cache(maxsize=256)
def _built(code: str, year: int) -> Any:
    """Sessions of the year and of those beside it; None where the package cannot make them.  Building takes a tenth of a second."""
    import exchange_calendars

    for first, last in ((year - 1, year + 1), (year - 1, year), (year, year)):  # some are not known as far ahead
        try:
            return exchange_calendars.get_calendar(code, start=f"{first}-01-01", end=f"{last}-12-31", side="left")
        except (ValueError, NotImplementedError):  # its own faults, which differ by exchange and version
            continue
    log.info("hours.unknown", extra={"calendar": code, "year": year})
    return None
