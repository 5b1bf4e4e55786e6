"""What each recorded file of Frankfurter holds."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from market.providers.base import RateRow
from market.providers.failures import FailureKind
from market.providers.frankfurter import BLENDED, Frankfurter
from tests.market.providers.table import Expected


def told(day: str, source: str = "frankfurter", **rates: str) -> list[RateRow]:
    return [RateRow("EUR", quote, date.fromisoformat(day), Decimal(rate), source) for quote, rate in rates.items()]


EXPECTED = {
    "v1-latest.json": Expected(
        lambda played: Frankfurter(played.web).latest(),
        told("2026-04-13", AUD="1.661", CAD="1.6177", CHF="0.9242", GBP="0.87058", JPY="186.75", USD="1.1684"),
    ),
    "v1-range.json": Expected(
        lambda played: Frankfurter(played.web).rates(date(2026, 3, 31), date(2026, 4, 13)),
        [
            *told("2026-04-01", CHF="0.9191", GBP="0.87113", USD="1.1605"),
            *told("2026-04-02", CHF="0.9213", GBP="0.87253", USD="1.1525"),
            *told("2026-04-07", CHF="0.9242", GBP="0.87258", USD="1.1557"),
            *told("2026-04-08", CHF="0.9223", GBP="0.86893", USD="1.1706"),
            *told("2026-04-09", CHF="0.924", GBP="0.87053", USD="1.1685"),
            *told("2026-04-10", CHF="0.9241", GBP="0.87105", USD="1.1711"),
            *told("2026-04-13", CHF="0.9242", GBP="0.87058", USD="1.1684"),
        ],
    ),
    "v1-error-404.json": Expected(lambda played: Frankfurter(played.web).latest("XXX"), fails=FailureKind.NO_DATA),
    "v2-rates.json": Expected(
        lambda played: Frankfurter(played.web).blended(date(2024, 1, 15), date(2024, 1, 15)),
        told("2024-01-15", BLENDED, GBP="0.8623", USD="1.089"),
    ),
    "v2-rate-eur-usd.json": Expected(unused="one pair a call: v2/rates gives all pairs at once"),
    "v2-currencies.json": Expected(unused="which currencies there are is seen by their rates"),
}
