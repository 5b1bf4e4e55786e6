"""Reference rates and statistical series of the made-up world, as functions of seed and day."""

from __future__ import annotations

import math
import zlib
from datetime import date, timedelta
from decimal import Decimal

FIRST_RATE = date(1999, 1, 4)
# units for €1 around which the rate swings, decimals as published, and the last day of those that ended
CURRENCIES: dict[str, tuple[float, int, date | None]] = {
    "USD": (1.15, 4, None), "JPY": (130.0, 2, None), "BGN": (1.9558, 4, date(2025, 12, 31)), "CZK": (25.5, 3, None),
    "DKK": (7.45, 4, None), "GBP": (0.85, 5, None), "HUF": (330.0, 2, None), "PLN": (4.3, 4, None), "RON": (4.8, 4, None),
    "SEK": (10.4, 4, None), "CHF": (1.08, 4, None), "ISK": (145.0, 1, None), "NOK": (10.2, 4, None), "HRK": (7.5, 4, date(2022, 12, 30)),
    "RUB": (70.0, 4, date(2022, 3, 1)), "TRY": (12.0, 4, None), "AUD": (1.55, 4, None), "BRL": (4.9, 4, None), "CAD": (1.46, 4, None),
    "CNY": (7.7, 4, None), "HKD": (8.9, 4, None), "IDR": (15800.0, 2, None), "ILS": (4.0, 4, None), "INR": (82.0, 4, None),
    "KRW": (1350.0, 2, None), "MXN": (20.5, 4, None), "MYR": (4.7, 4, None), "NZD": (1.7, 4, None), "PHP": (58.0, 3, None),
    "SGD": (1.5, 4, None), "THB": (37.0, 3, None), "ZAR": (17.0, 4, None),
}  # fmt: skip
OTHERS = {"KWD": 0.35, "SAR": 4.3, "TWD": 35.0, "CLP": 950.0}  # told by others than the ECB
# percent around which a series swings, days between two values, first day, months or weekdays
SERIES: dict[str, tuple[float, date]] = {
    "DTB3": (4.2, date(1999, 1, 4)),
    "DGS10": (4.1, date(1999, 1, 4)),
    "FEDFUNDS": (4.3, date(1999, 1, 1)),
    "SOFR": (4.3, date(2018, 4, 3)),
    "ECBDFR": (2.0, date(1999, 1, 1)),
    "ECBESTRVOLWGTTRMDMNRT": (1.9, date(2019, 10, 1)),
    "IUDSOIA": (4.0, date(1999, 1, 4)),
    "SP500": (5200.0, date(2016, 6, 16)),
}
MONTHLY, DAILY = frozenset({"FEDFUNDS"}), frozenset({"ECBDFR"})  # the others have weekdays


def target_open(day: date) -> bool:
    """Whether the ECB publishes rates on this day."""
    if day.weekday() > 4 or (day.month, day.day) in {(1, 1), (5, 1), (12, 25), (12, 26)}:
        return False
    easter = _easter(day.year)
    return day not in {easter - timedelta(days=2), easter + timedelta(days=1)}


def _easter(year: int) -> date:
    """Easter Sunday (Gregorian; the anonymous algorithm of 1876)."""
    a, b, c = year % 19, year // 100, year % 100
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    rest = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    m = (a + 11 * h + 22 * rest) // 451
    month, day = divmod(h + rest - 7 * m + 114, 31)
    return date(year, month, day + 1)


class Rates:
    def __init__(self, seed: int) -> None:
        self.seed = seed

    def level(self, currency: str, day: date, part: float = 1.0) -> float:
        """Units for €1, unrounded.  KeyError for a currency that nobody has."""
        if currency == "EUR":
            return 1.0
        middle = CURRENCIES[currency][0] if currency in CURRENCIES else OTHERS[currency]
        at = day.toordinal() - 1 + part
        size = 0.0 if currency == "BGN" else 0.002 if currency == "DKK" else 0.08
        return middle * (1 + size * math.sin(at / 210 + self._phase(currency)) + size / 20 * math.sin(at / 3 + self._phase(currency)))

    def cross(self, base: str, quote: str, day: date, part: float = 1.0) -> float:
        return self.level(quote, day, part) / self.level(base, day, part)

    def published(self, currency: str, day: date) -> Decimal | None:
        """The ECB's rate of the day, with its decimals; None on its holidays, before it began and after a currency ended."""
        if currency not in CURRENCIES or day < FIRST_RATE or not target_open(day):
            return None
        _, places, last = CURRENCIES[currency]
        if last is not None and day > last:
            return None
        return Decimal(repr(self.level(currency, day))).quantize(Decimal(1).scaleb(-places))

    def days(self, since: date, until: date) -> list[date]:
        """Days with rates from one to the other, both included, oldest first."""
        since = max(since, FIRST_RATE)
        return [day for day in (since + timedelta(days=n) for n in range((until - since).days + 1)) if target_open(day)]

    def observations(self, series: str, since: date, until: date) -> list[tuple[date, Decimal | None]]:
        """A series from a day to a day, oldest first; None on holidays that it lists without a value.  KeyError for an unknown one."""
        middle, first = SERIES[series]
        day, found = max(since, first), []
        while day <= until:
            if (day.day == 1) if series in MONTHLY else (series in DAILY or day.weekday() < 5):
                holiday = series not in MONTHLY | DAILY and (day.month, day.day) in {(1, 1), (7, 4), (12, 25)}
                value = middle * (1 + 0.2 * math.sin(day.toordinal() / 400 + self._phase(series)))
                found.append((day, None if holiday else Decimal(repr(value)).quantize(Decimal("0.01"))))
            day += timedelta(days=1)
        return found

    def _phase(self, name: str) -> float:
        return zlib.crc32(f"{self.seed}/{name}".encode()) / 2**32 * 6.3
