"""What each recorded file of the ECB holds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from market.providers.base import RateRow
from market.providers.ecb import read_csv, read_xml
from tests.market.providers.table import Expected, Played


def shape(rows: list[RateRow]) -> tuple[int, int, date, date]:
    """How many rates of how many currencies, the first day and the last."""
    return len(rows), len({row.quote for row in rows}), rows[0].day, rows[-1].day


def with_rates(read: Callable[[Played], list[RateRow]], *asked: tuple[str, str]) -> Callable[[Played], Any]:
    """The shape of a file, and its rates of these (currency, day); None where it has none."""

    def ask(played: Played) -> Any:
        rows = read(played)
        by = {(row.quote, row.day.isoformat()): row.rate for row in rows}
        assert {(row.base, row.source, row.simulated) for row in rows} == {("EUR", "ecb", False)}
        return (*shape(rows), *(by.get(each) for each in asked))

    return ask


def table(played: Played) -> list[RateRow]:
    return read_csv(played.text)


EXPECTED = {
    "eurofxref-hist-90d.xml": Expected(
        with_rates(lambda played: read_xml(played.reply), ("USD", "2018-06-11"), ("HRK", "2018-06-11"), ("ZAR", "2018-03-14")),
        (1952, 32, date(2018, 3, 14), date(2018, 6, 11), Decimal("1.179"), Decimal("7.3788"), Decimal("14.5494")),
    ),
    "eurofxref.csv": Expected(
        with_rates(table, ("USD", "2026-04-13"), ("HUF", "2026-04-13"), ("BGN", "2026-04-13")),
        (29, 29, date(2026, 4, 13), date(2026, 4, 13), Decimal("1.1684"), Decimal("366.90"), None),
    ),
    "eurofxref-hist-2024-10_2026-04.csv": Expected(
        with_rates(table, ("USD", "2024-10-01"), ("BGN", "2025-12-31"), ("BGN", "2026-01-02"), ("HRK", "2024-10-01"), ("GBP", "2026-04-03")),
        (11600, 30, date(2024, 10, 1), date(2026, 4, 13), Decimal("1.1086"), Decimal("1.9558"), None, None, None),
    ),
    "eurofxref-hist-edge-dates.csv": Expected(
        with_rates(table, ("HRK", "2022-12-30"), ("HRK", "2023-01-02"), ("RUB", "2022-03-01"), ("RUB", "2022-03-02"), ("USD", "1999-01-04")),
        (1011, 41, date(1999, 1, 4), date(2023, 1, 10), Decimal("7.5365"), None, Decimal("117.201"), None, Decimal("1.1789")),
    ),
}
