"""Currencies that ended.  Where a country took the euro the conversion rate is law, and holds on every later day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Ended:
    """last: day of the last rate.  fixed: units for €1 that hold for ever since, where the country took the euro."""

    last: date
    fixed: Decimal | None = None


# conversion rates: Council regulations, https://www.ecb.europa.eu/euro/intro/html/index.en.html
ENDED = {
    "GRD": Ended(date(2000, 12, 29), Decimal("340.750")),
    "TRL": Ended(date(2004, 12, 31)),
    "ROL": Ended(date(2005, 6, 30)),
    "SIT": Ended(date(2006, 12, 29), Decimal("239.640")),
    "CYP": Ended(date(2007, 12, 31), Decimal("0.585274")),
    "MTL": Ended(date(2007, 12, 31), Decimal("0.429300")),
    "SKK": Ended(date(2008, 12, 31), Decimal("30.1260")),
    "EEK": Ended(date(2010, 12, 31), Decimal("15.6466")),
    "LVL": Ended(date(2013, 12, 31), Decimal("0.702804")),
    "LTL": Ended(date(2014, 12, 31), Decimal("3.45280")),
    "RUB": Ended(date(2022, 3, 1)),
    "HRK": Ended(date(2022, 12, 30), Decimal("7.53450")),
    "BGN": Ended(date(2025, 12, 31), Decimal("1.95583")),
}


def fixed_rate(currency: str, day: date) -> Decimal | None:
    """Units for €1 that hold on the day because the currency became the euro; None on days on which it was still traded."""
    ended = ENDED.get(currency)
    return ended.fixed if ended is not None and day > ended.last else None
