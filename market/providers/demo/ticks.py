"""Prices inside a day: from the close before to the day's own close, with small swings around the way.

The demo market never closes, so that a live page can be tried at any hour: where the day has no close of its own (a weekend,
for shares) the price swings around the last close and ends on it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from market.packing import day_number
from market.providers.demo.chance import pick, swing
from market.providers.demo.paths import to_cents

TICK = 2  # seconds
ONE_IN = 3  # a tick moves about every third instrument

_DAY = 86_400
_WIDTH = Decimal("0.006")  # of the price, at noon
# seconds between the knots of each swing, and its part of the whole
_WAVES = ((3600, Decimal("0.5")), (300, Decimal("0.3")), (20, Decimal("0.15")), (TICK, Decimal("0.05")))


def seconds_of(now: datetime) -> int:
    """Seconds since the start of the day."""
    return now.hour * 3600 + now.minute * 60 + now.second


def moves(symbol: str, now: datetime) -> bool:
    """Whether the instrument moves at this tick."""
    return pick(ONE_IN, "tick", symbol, int(now.timestamp()) // TICK) == 0


def price_at(symbol: str, now: datetime, before: Decimal, close: Decimal) -> Decimal:
    """The price at a time of its day, given the close before and the close it will have."""
    second = seconds_of(now)
    passed = Decimal(second) / _DAY
    width = _WIDTH * (Decimal("0.2") + Decimal("3.2") * passed * (1 - passed))
    level = before + (close - before) * passed
    return to_cents(level * (1 + width * _sway(symbol, day_number(now.date()), second)))


def _sway(symbol: str, day: int, second: int) -> Decimal:
    """Between -1 and 1, continuous in time."""
    total = Decimal(0)
    for step, part in _WAVES:
        knot, rest = divmod(second, step)
        here, there = swing(symbol, day, step, knot), swing(symbol, day, step, knot + 1)
        total += part * (here + (there - here) * rest / step)
    return total


def tick_of(now: datetime) -> datetime:
    """The time of the tick that `now` belongs to."""
    return now - timedelta(microseconds=now.microsecond, seconds=now.second % TICK)
