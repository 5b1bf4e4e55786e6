"""What each recorded file of FRED holds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from market.providers.base import Observation
from market.providers.failures import FailureKind
from market.providers.fred import Fred
from tests.market.providers.table import Expected, Played


def series(name: str, key: str = "KEY") -> Callable[[Played], Any]:
    return lambda played: Fred(played.web, key).series({name: None})[name]


def told(**values: str) -> tuple[Observation, ...]:
    """Observations by day, written d2026_03_02."""
    return tuple(Observation(date.fromisoformat(day[1:].replace("_", "-")), Decimal(value)) for day, value in values.items())


EXPECTED = {
    "series_observations-dexbzus.json": Expected(
        series("DEXBZUS"),
        told(
            d2026_03_02="5.1901",
            d2026_03_03="5.2732",
            d2026_03_04="5.2125",
            d2026_03_05="5.2585",
            d2026_03_06="5.2698",
            d2026_03_09="5.2099",
            d2026_03_10="5.1405",
            d2026_03_11="5.157",
            d2026_03_12="5.214",
            d2026_03_13="5.2914",
        ),
    ),
    "series_observations-dexchus.json": Expected(
        series("DEXCHUS"),
        told(
            d2026_03_02="6.8821",
            d2026_03_03="6.8996",
            d2026_03_04="6.8969",
            d2026_03_05="6.8912",
            d2026_03_06="6.8965",
            d2026_03_09="6.9066",
            d2026_03_10="6.8766",
            d2026_03_11="6.8655",
            d2026_03_12="6.8689",
            d2026_03_13="6.8961",
        ),
    ),
    "series_observations-dtb3-missing.json": Expected(series("DTB3"), told(d2026_05_22="3.61", d2026_05_26="3.60", d2026_05_27="3.60")),
    "series_observations-sp500.xml": Expected(series("SP500"), fails=FailureKind.MALFORMED),  # XML comes to those who do not ask for JSON
    "error-400-key.json": Expected(series("DTB3"), fails=FailureKind.AUTH),
    "error-400-series.json": Expected(series("NOPE"), fails=FailureKind.UNKNOWN_SYMBOL),
    "error-429.json": Expected(series("DTB3"), fails=FailureKind.RATE_LIMITED, pause=60.0),
    "fredgraph-dgs10.csv": Expected(series("DGS10", key=""), told(d2026_05_21="4.41", d2026_05_22="4.39", d2026_05_26="4.37")),
}
